import { CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { Fleet } from "../../aws/connect.js";
import { keepKey, readPendingKey } from "../../aws/mqtt/key-files.js";

/*
 * A certificate signing request (PKCS #10, RFC 2986): keys and signature are Node's own, only the
 * encoding comes from a library. The private key stays here; who signs the request sees the public one.
 */

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const ORGANISATION = "2.5.4.10";

/** Of a name's part, by X.520: a thing's name may be longer. */
const LONGEST_NAME = 64;

/** A new private key in PEM: elliptic curve P-256, which AWS IoT takes and a device can afford. */
function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

/**
 * The request for a certificate of the key that waits for one on this machine, or of a new one. That is
 * kept before anybody is asked: with the key, the certificate can be found again.
 */
export function requestOfKept(fleet: Fleet, thing: string): string {
  const waiting = readPendingKey(fleet, thing)?.privateKeyPem;
  const privateKeyPem = waiting ?? newPrivateKey();
  if (waiting === undefined) keepKey(fleet, thing, privateKeyPem);
  return signingRequest(thing, privateKeyPem);
}

/** The request for a certificate of this key, in PEM; the subject says whose key it is. */
function signingRequest(thing: string, privateKeyPem: string): string {
  const key = createPrivateKey(privateKeyPem);
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const info = new CertificationRequestInfo({
    subject: new asn1.Name([
      part(ORGANISATION, "fleetlab"),
      part(COMMON_NAME, thing.slice(0, LONGEST_NAME)),
    ]),
    subjectPKInfo: AsnConvert.parse(spki, asn1.SubjectPublicKeyInfo),
  });
  const signed = new Uint8Array(AsnConvert.serialize(info));
  const der = AsnConvert.serialize(
    new CertificationRequest({
      certificationRequestInfo: info,
      certificationRequestInfoRaw: signed.slice().buffer,
      signatureAlgorithm: new asn1.AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 }),
      signature: new Uint8Array(sign("sha256", signed, key)).buffer,
    }),
  );
  const lines = Buffer.from(der)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

function part(type: string, text: string): asn1.RelativeDistinguishedName {
  const value = new asn1.AttributeValue({ utf8String: text });
  return new asn1.RelativeDistinguishedName([new asn1.AttributeTypeAndValue({ type, value })]);
}
