import { CertificationRequest } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  verify,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
import {
  createCertificate,
  HEAD_START_MS,
  keyOf,
  nameOf,
  type Issuer,
  type Subject,
} from "../pki/certificate.js";
import type { KeyPairPem } from "../pki/key-pool.js";
import { derOf } from "../pki/pem.js";

/** AWS's own choice for device certificates: midnight at the end of 2049. */
const NOT_AFTER = new Date("2049-12-31T23:59:59Z");

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

/** A new 2048-bit RSA key pair, while everything else waits: for tests, and where none was found before. */
export function createKeyPair(): KeyPairPem {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
}

/** A certificate authority of its own, which signs itself. */
export function createAuthority(
  commonName: string,
  serial: string,
  now: Date,
  { publicKey, privateKey } = createKeyPair(),
): Issuer {
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
  return createCertificate({
    subject,
    issuer,
    signingKey: createPrivateKey(privateKey),
    serial,
    notBefore: new Date(now.getTime() - HEAD_START_MS),
    notAfter: NOT_AFTER,
    isAuthority,
  });
}

/** RSA from 2,048 bits on, or one of three elliptic curves (API_CreateCertificateFromCsr). */
function isAccepted({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === "rsa") return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  return asymmetricKeyType === "ec" && CURVES.includes(asymmetricKeyDetails?.namedCurve ?? "");
}
