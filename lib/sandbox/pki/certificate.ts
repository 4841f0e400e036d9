import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";
import { createHash, createPublicKey, sign, type KeyObject } from "node:crypto";
import { pemOf } from "./pem.js";

/*
 * Real X.509 certificates (RFC 5280), made synchronously: keys and signatures are Node's own, only
 * the encoding comes from a library. What a certificate is for is its caller's business.
 */

/** A certificate and the key that belongs to it, both in PEM. */
export interface Issuer {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What a certificate is issued for. */
export interface Subject {
  readonly name: asn1.Name;
  readonly publicKey: KeyObject;
}

export interface CertificateTerms {
  readonly subject: Subject;
  readonly issuer: Subject;
  /** The issuer's, RSA or elliptic curve. */
  readonly signingKey: KeyObject;
  /** Hexadecimal, at most 19 bytes. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isAuthority: boolean;
  /** Beside those that every certificate has: whose keys, authority or not, and what the key may do. */
  readonly extensions?: readonly asn1.Extension[];
}

/** Certificates are valid a moment before they are made, for clocks that are a little behind. */
export const HEAD_START_MS = 2 * 60_000;

const SHA256_WITH_RSA = new asn1.AlgorithmIdentifier({
  algorithm: "1.2.840.113549.1.1.11",
  parameters: Uint8Array.of(0x05, 0x00).buffer,
});
const SHA256_WITH_ECDSA = new asn1.AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });

/** A signed certificate in PEM. */
export function createCertificate(terms: CertificateTerms): string {
  const { subject, issuer, signingKey, serial, notBefore, notAfter, isAuthority } = terms;
  const { KeyUsageFlags } = asn1;
  const usage = isAuthority
    ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
    : KeyUsageFlags.digitalSignature;
  const algorithm = signingKey.asymmetricKeyType === "ec" ? SHA256_WITH_ECDSA : SHA256_WITH_RSA;
  const tbsCertificate = new asn1.TBSCertificate({
    version: asn1.Version.v3,
    // A first byte of our own: a serial number is positive, and its shortest form is the only valid one.
    serialNumber: new Uint8Array(Buffer.from(`01${serial}`, "hex")).buffer,
    signature: algorithm,
    issuer: issuer.name,
    validity: new asn1.Validity({ notBefore, notAfter }),
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
      ...(terms.extensions ?? []),
    ]),
  });
  const signed = new Uint8Array(AsnConvert.serialize(tbsCertificate));
  const der = AsnConvert.serialize(
    new asn1.Certificate({
      tbsCertificate,
      tbsCertificateRaw: signed.slice().buffer,
      signatureAlgorithm: algorithm,
      signatureValue: new Uint8Array(sign("sha256", signed, signingKey)).buffer,
    }),
  );
  return pemOf(der, "CERTIFICATE");
}

/** `CN=<commonName>` */
export function nameOf(commonName: string): asn1.Name {
  const value = new asn1.AttributeValue({ utf8String: commonName });
  const attribute = new asn1.AttributeTypeAndValue({ type: "2.5.4.3", value });
  return new asn1.Name([new asn1.RelativeDistinguishedName([attribute])]);
}

export function extension(id: string, value: object, weight?: "critical"): asn1.Extension {
  return new asn1.Extension({
    extnID: id,
    critical: weight === "critical",
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

export function keyOf(info: asn1.SubjectPublicKeyInfo): KeyObject {
  const key = Buffer.from(AsnConvert.serialize(info));
  return createPublicKey({ key, type: "spki", format: "der" });
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
