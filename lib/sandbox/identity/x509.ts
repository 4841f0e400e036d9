import { CertificationRequest } from "@peculiar/asn1-csr";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  X509Certificate,
  type KeyObject,
} from "node:crypto";

/*
 * Real X.509 certificates (RFC 5280), made synchronously: keys and signatures are Node's own, only
 * the encoding comes from a library.
 */

/** A certificate and the key that belongs to it, both in PEM. */
export interface Issuer {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface KeyPairPem {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** What a certificate is issued for. */
export interface Subject {
  readonly name: asn1.Name;
  readonly publicKey: KeyObject;
}

/** AWS's own choice for device certificates: midnight at the end of 2049. */
const NOT_AFTER = new Date("2049-12-31T23:59:59Z");

/** Certificates are valid a moment before they are made, for clocks that are a little behind. */
const HEAD_START_MS = 2 * 60_000;

const NO_PARAMETERS = Uint8Array.of(0x05, 0x00).buffer;
const SHA256_WITH_RSA = new asn1.AlgorithmIdentifier({
  algorithm: "1.2.840.113549.1.1.11",
  parameters: NO_PARAMETERS,
});

/** The digest of each signature algorithm that a certificate signing request may use. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
]);

const CURVES = ["prime256v1", "secp384r1", "secp521r1"];

/** A new 2048-bit RSA key pair in the forms that CreateKeysAndCertificate gives. */
export function createKeyPair(): KeyPairPem {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
}

/** A certificate authority of its own, which signs itself. */
export function createAuthority(commonName: string, serial: string, now: Date): Issuer {
  const { publicKey, privateKey } = createKeyPair();
  const subject = { name: nameOf(commonName), publicKey: createPublicKey(publicKey) };
  return {
    certificatePem: certificate(subject, subject, { serial, now, privateKey, isAuthority: true }),
    privateKeyPem: privateKey,
  };
}

/** A client certificate in PEM. `serial` is hexadecimal, at most 19 bytes. */
export function issue(subject: Subject, by: Issuer, serial: string, now: Date): string {
  const issuer = new X509Certificate(by.certificatePem);
  const { tbsCertificate } = AsnConvert.parse(issuer.raw, asn1.Certificate);
  return certificate(
    subject,
    { name: tbsCertificate.subject, publicKey: issuer.publicKey },
    { serial, now, privateKey: by.privateKeyPem, isAuthority: false },
  );
}

/** `CN=<commonName>` */
export function nameOf(commonName: string): asn1.Name {
  const value = new asn1.AttributeValue({ utf8String: commonName });
  const attribute = new asn1.AttributeTypeAndValue({ type: "2.5.4.3", value });
  return new asn1.Name([new asn1.RelativeDistinguishedName([attribute])]);
}

/**
 * Name and key of a certificate signing request (PKCS #10, in PEM), or undefined when it is none, its
 * signature is wrong, or AWS does not accept its key.
 */
export function readRequest(pem: string): Subject | undefined {
  try {
    const request = AsnConvert.parse(derOf(pem, "CERTIFICATE REQUEST"), CertificationRequest);
    const { subject, subjectPKInfo } = request.certificationRequestInfo;
    const publicKey = keyOf(subjectPKInfo);
    const digest = DIGESTS.get(request.signatureAlgorithm.algorithm);
    const signed = request.certificationRequestInfoRaw;
    if (!digest || !signed || !isAccepted(publicKey)) return undefined;
    const isProven = verify(
      digest,
      new Uint8Array(signed),
      publicKey,
      new Uint8Array(request.signature),
    );
    return isProven ? { name: subject, publicKey } : undefined;
  } catch {
    // Whatever the parsers say of it: this is no request that could be answered.
    return undefined;
  }
}

/** The one certificate in a PEM text, or undefined when there is none that can be read. */
export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(new Uint8Array(derOf(pem, "CERTIFICATE")));
  } catch {
    return undefined;
  }
}

/** How AWS IoT numbers certificates: the SHA-256 digest of their DER form, in hexadecimal. */
export function certificateIdOf(pem: string): string {
  return createHash("sha256")
    .update(new Uint8Array(derOf(pem, "CERTIFICATE")))
    .digest("hex");
}

function certificate(
  subject: Subject,
  issuer: Subject,
  options: {
    readonly serial: string;
    readonly now: Date;
    readonly privateKey: string;
    readonly isAuthority: boolean;
  },
): string {
  const { serial, now, privateKey, isAuthority } = options;
  const { KeyUsageFlags } = asn1;
  const usage = isAuthority
    ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
    : KeyUsageFlags.digitalSignature;
  const tbsCertificate = new asn1.TBSCertificate({
    version: asn1.Version.v3,
    // A first byte of our own: a serial number is positive, and its shortest form is the only valid one.
    serialNumber: new Uint8Array(Buffer.from(`01${serial}`, "hex")).buffer,
    signature: SHA256_WITH_RSA,
    issuer: issuer.name,
    validity: new asn1.Validity({
      notBefore: new Date(now.getTime() - HEAD_START_MS),
      notAfter: NOT_AFTER,
    }),
    subject: subject.name,
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(subject.publicKey), asn1.SubjectPublicKeyInfo),
    extensions: new asn1.Extensions([
      extension(
        asn1.id_ce_authorityKeyIdentifier,
        new asn1.AuthorityKeyIdentifier({ keyIdentifier: keyIdOf(issuer.publicKey) }),
      ),
      extension(asn1.id_ce_subjectKeyIdentifier, keyIdOf(subject.publicKey)),
      extension(
        asn1.id_ce_basicConstraints,
        new asn1.BasicConstraints({ cA: isAuthority }),
        "critical",
      ),
      extension(asn1.id_ce_keyUsage, new asn1.KeyUsage(usage), "critical"),
    ]),
  });
  const signed = new Uint8Array(AsnConvert.serialize(tbsCertificate));
  const der = AsnConvert.serialize(
    new asn1.Certificate({
      tbsCertificate,
      tbsCertificateRaw: signed.slice().buffer,
      signatureAlgorithm: SHA256_WITH_RSA,
      signatureValue: new Uint8Array(sign("sha256", signed, privateKey)).buffer,
    }),
  );
  return pemOf(der);
}

function extension(id: string, value: object, weight?: "critical"): asn1.Extension {
  return new asn1.Extension({
    extnID: id,
    critical: weight === "critical",
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

/** The key's name inside certificates: the SHA-1 digest of its bits (RFC 5280, 4.2.1.2). */
function keyIdOf(publicKey: KeyObject): asn1.SubjectKeyIdentifier {
  const { subjectPublicKey } = AsnConvert.parse(spkiOf(publicKey), asn1.SubjectPublicKeyInfo);
  const digest = createHash("sha1").update(new Uint8Array(subjectPublicKey)).digest();
  return new asn1.SubjectKeyIdentifier(new Uint8Array(digest));
}

function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}

function keyOf(info: asn1.SubjectPublicKeyInfo): KeyObject {
  const key = Buffer.from(AsnConvert.serialize(info));
  return createPublicKey({ key, type: "spki", format: "der" });
}

/** RSA from 2,048 bits on, or one of three elliptic curves (API_CreateCertificateFromCsr). */
function isAccepted({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === "rsa") return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  return asymmetricKeyType === "ec" && CURVES.includes(asymmetricKeyDetails?.namedCurve ?? "");
}

function derOf(pem: string, label: string): ArrayBuffer {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const from = pem.indexOf(begin);
  const to = pem.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the text has no ${label}`);
  return new Uint8Array(Buffer.from(pem.slice(from + begin.length, to), "base64")).buffer;
}

function pemOf(der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
