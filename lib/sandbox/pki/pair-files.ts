import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Issuer } from "./certificate.js";
import { readText, writeWhole } from "./files.js";
import { derOf, pemOf } from "./pem.js";

/** A certificate and its key, read and understood. */
export interface Pair extends Issuer {
  readonly certificate: X509Certificate;
}

/** Both in one file for the user alone, so that no crash can leave a key without its certificate. */
export function writePair(path: string, { certificatePem, privateKeyPem }: Issuer): Pair {
  writeWhole(path, privateKeyPem + certificatePem, 0o600);
  return { certificatePem, privateKeyPem, certificate: new X509Certificate(certificatePem) };
}

/** What stands in such a file; `damaged` is everything that is no certificate with its key. */
export function readPair(path: string): Pair | "missing" | "damaged" {
  const text = readText(path);
  if (text === undefined) return "missing";
  try {
    const privateKeyPem = pemOf(derOf(text, "PRIVATE KEY"), "PRIVATE KEY");
    const certificatePem = pemOf(derOf(text, "CERTIFICATE"), "CERTIFICATE");
    const certificate = new X509Certificate(certificatePem);
    const isPair = certificate.checkPrivateKey(createPrivateKey(privateKeyPem));
    return isPair ? { certificatePem, privateKeyPem, certificate } : "damaged";
  } catch {
    // Whatever the parsers say of it: this is nothing that could be used.
    return "damaged";
  }
}
