import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { derOf, pemOf } from "./pem.js";

/** Where operating systems keep the authorities that their owner trusts, companies' own among them. */
const SYSTEM_FILES = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL, Amazon Linux
  "/etc/ssl/ca-bundle.pem", // openSUSE
  "/etc/ssl/cert.pem", // macOS, Alpine, BSD
];

/** Variables that name a file of authorities, by which users have told their programs of more. */
const VARIABLES = [
  "AWS_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
  "SSL_CERT_FILE",
  "CURL_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
];

/**
 * The authorities that this machine trusts anyway, in PEM, each once: those that came with Node, of
 * the operating system, and of the files that the environment names. A program that is told of a file
 * of authorities takes it for the only one, so whatever it must go on trusting has to stand in it.
 *
 * @param without PEM texts to leave out
 */
export function publicAuthorities(
  environment: NodeJS.ProcessEnv,
  without: readonly string[] = [],
): string[] {
  const named = VARIABLES.flatMap((name) => environment[name] ?? []);
  const texts = [...rootCertificates, ...[...SYSTEM_FILES, ...named].map(readIfAny)];
  const left = certificatesIn(texts);
  for (const certificate of certificatesIn(without)) left.delete(certificate);
  return [...left];
}

/** A missing or unreadable file of others is no reason to fail: it is trusted by nobody then. */
function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Each certificate of PEM texts once, in one form and without the remarks between them. */
function certificatesIn(texts: readonly string[]): Set<string> {
  const blocks = texts.flatMap(
    (text) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
  );
  // Most stand in several files: taking them apart is what takes time.
  return new Set(
    [...new Set(blocks)].map((one) => pemOf(derOf(one, "CERTIFICATE"), "CERTIFICATE")),
  );
}
