import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Fleet } from "../connect.js";
import { hasPrefix } from "../ownership.js";
import type { DeviceKeys } from "./device-keys.js";

/*
 * Private keys of vehicles on this machine: one file a vehicle for its key, one for its certificate,
 * readable by this user alone, in a folder that git ignores. Nothing else in the workshop holds them,
 * and AWS never sees them: it signs a request that is made with the key.
 */

/** What a vehicle's files say. */
export interface KeptKeys extends DeviceKeys {
  /** The SHA-256 of the certificate, by which AWS IoT knows it. */
  readonly certificateId: string;
}

/** A key without its certificate: the request for it was made, and nobody has noted the answer. */
export interface PendingKey {
  readonly privateKeyPem: string;
  /** When the key was made, in milliseconds since the epoch, by the fleet's clock. */
  readonly madeAt: number;
}

const KEY = ".key.pem";
const CERTIFICATE = ".cert.pem";

/** Read a vehicle's key and certificate; undefined when there are none, or they do not belong together. */
export function readKeys(fleet: Fleet, thing: string): KeptKeys | undefined {
  const privateKeyPem = readText(pathOf(fleet, thing, KEY));
  const certificatePem = readText(pathOf(fleet, thing, CERTIFICATE));
  if (privateKeyPem === undefined || certificatePem === undefined) return undefined;
  try {
    const certificate = new X509Certificate(certificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) return undefined;
    return { privateKeyPem, certificatePem, certificateId: idOf(certificate) };
  } catch {
    // Cut short by a full disk, or edited: a vehicle gets new ones.
    return undefined;
  }
}

/** Read a vehicle's key for which there is no certificate yet; undefined when there is none. */
export function readPendingKey(fleet: Fleet, thing: string): PendingKey | undefined {
  const path = pathOf(fleet, thing, KEY);
  const privateKeyPem = readText(path);
  if (privateKeyPem === undefined || existsSync(pathOf(fleet, thing, CERTIFICATE)))
    return undefined;
  try {
    createPrivateKey(privateKeyPem);
  } catch {
    return undefined;
  }
  return { privateKeyPem, madeAt: statSync(path).mtimeMs };
}

/** Keep a new key, before anybody is asked to certify it. A certificate of a former one goes. */
export function keepKey(fleet: Fleet, thing: string, privateKeyPem: string): void {
  mkdirSync(fleet.keyFolder, { recursive: true, mode: 0o700 });
  rmSync(pathOf(fleet, thing, CERTIFICATE), { force: true });
  const path = pathOf(fleet, thing, KEY);
  writeWhole(path, privateKeyPem);
  // The sandbox's clock may be ahead of this machine's, and certificates have its time.
  const now = fleet.clock.now() / 1000;
  utimesSync(path, now, now);
}

/** Keep the certificate of the key that is kept already. */
export function keepCertificate(fleet: Fleet, thing: string, certificatePem: string): void {
  writeWhole(pathOf(fleet, thing, CERTIFICATE), certificatePem);
}

/** Remove a vehicle's files. Returns true when there were any. */
export function removeKeys(fleet: Fleet, thing: string): boolean {
  const paths = [KEY, CERTIFICATE].map((ending) => pathOf(fleet, thing, ending));
  const isThere = paths.some((path) => existsSync(path));
  for (const path of paths) rmSync(path, { force: true });
  // The last one takes the folder along; somebody else's file in it keeps it.
  if (isThere && readdirSync(fleet.keyFolder).length === 0) rmdirSync(fleet.keyFolder);
  return isThere;
}

/** The vehicles of this fleet's prefix that have files here, in the order of their names. */
export function listKeys(fleet: Fleet): string[] {
  if (!existsSync(fleet.keyFolder)) return [];
  const names = readdirSync(fleet.keyFolder)
    .filter((file) => file.endsWith(KEY))
    .map((file) => decodeURIComponent(file.slice(0, -KEY.length)));
  return names.filter((name) => hasPrefix(fleet, name)).sort();
}

/** Where a vehicle's key is, for whoever connects with another client. */
export function keyFilesOf(
  fleet: Fleet,
  thing: string,
): { readonly key: string; readonly certificate: string } {
  return { key: pathOf(fleet, thing, KEY), certificate: pathOf(fleet, thing, CERTIFICATE) };
}

/** The id by which AWS IoT knows a certificate: the SHA-256 of its bytes, in lower-case hexadecimal. */
function idOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(":", "").toLowerCase();
}

/** True when this certificate is of this private key. */
export function isCertificateOf(certificatePem: string, privateKeyPem: string): boolean {
  const spki = (key: KeyObject) => key.export({ type: "spki", format: "pem" });
  const mine = spki(createPublicKey(privateKeyPem));
  return spki(new X509Certificate(certificatePem).publicKey) === mine;
}

/** A thing's name may have a colon, which not every file system takes. */
function pathOf(fleet: Fleet, thing: string, ending: string): string {
  return join(fleet.keyFolder, `${encodeURIComponent(thing)}${ending}`);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all: whoever is interrupted leaves no half a key. */
function writeWhole(path: string, text: string): void {
  const draft = join(dirname(path), `.${process.pid}.draft`);
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
}
