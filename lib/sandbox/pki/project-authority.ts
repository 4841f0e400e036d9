import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
  type X509Certificate,
} from "node:crypto";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createCertificate, nameOf, type Issuer } from "./certificate.js";
import { keepText, readText } from "./files.js";
import { isOfLoopback, loopbackOnly, loopbackServer } from "./loopback.js";
import { readPair, writePair, type Pair } from "./pair-files.js";
import { publicAuthorities } from "./public-authorities.js";

/*
 * The project's certificate authority, on disk, for whatever listens with TLS on this machine.
 *
 *   authority.pem   its key and certificate
 *   server.pem      the server's
 *   ca.pem          the authority's certificate alone
 *   ca-bundle.pem   the same, and all public authorities
 */

export interface ProjectAuthority {
  /** What clients trust beside all they trust already (`NODE_EXTRA_CA_CERTS`, `--cacert`). */
  readonly caFile: string;
  /** What clients trust instead of what they trusted before (`AWS_CA_BUNDLE`, `SSL_CERT_FILE`). */
  readonly bundleFile: string;
  /**
   * A certificate for this machine's loopback names, and its key. The same one until it is renewed,
   * because it ends soon or its file is damaged: all files are looked at each time.
   */
  serverCertificate(): Issuer;
}

export interface AuthorityOptions {
  /** Where the files are; made when it is not there. */
  readonly folder: string;
  /** The clients' time. Default: the machine's. */
  readonly now?: () => Date;
  /** What names further authorities. Default: the process's. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Called when clients have to load a new authority, with what was wrong with the old one. */
  readonly onReplaced?: (wrong: string) => void;
}

const DAY_MS = 24 * 3600 * 1000;

/** In days. Apple's limit for servers of an authority of one's own is 825, browsers' for public ones 398. */
const SERVER_DAYS = 397;
const AUTHORITY_DAYS = 10 * 365;

/** Nothing is used for its last so many days: a sandbox may run for weeks. */
const SPARE_DAYS = 30;

/** How far a client's clock may be behind, in days. */
const HEAD_START_DAYS = 1;

/** A clock that is set back must not cost the authority that clients were told to trust. */
const AUTHORITY_HEAD_START_DAYS = 365;

/**
 * Open the authority of `folder`, or make it: once, and again only when its file is damaged or it ends
 * soon. Its server's certificate comes and goes without it.
 *
 * @throws what the file system throws
 */
export function openAuthority(options: AuthorityOptions): ProjectAuthority {
  const { folder, now = () => new Date(), environment = process.env, onReplaced } = options;
  const file = (name: string): string => join(folder, name);
  const caFile = file("ca.pem");
  const bundleFile = file("ca-bundle.pem");

  const authority = (): Pair => {
    const path = file("authority.pem");
    const found = readPair(path);
    const wrong = faultOf(found, now(), ({ ca }) => ca);
    if (wrong !== undefined && wrong !== "missing") onReplaced?.(wrong);
    return typeof found === "object" && !wrong
      ? kept(path, found)
      : writePair(path, makeAuthority(now()));
  };

  const server = (root: Pair): Pair => {
    const path = file("server.pem");
    const found = readPair(path);
    const isOurs = (certificate: X509Certificate): boolean =>
      certificate.verify(root.certificate.publicKey) && isOfLoopback(certificate);
    const wrong = faultOf(found, now(), isOurs);
    return typeof found === "object" && !wrong
      ? kept(path, found)
      : writePair(path, makeServer(root, now()));
  };

  const serverCertificate = (): Issuer => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const root = authority();
    // The environment may name the very files that are written here.
    const former = readText(caFile) ?? "";
    const others = publicAuthorities(environment, [root.certificatePem, former]);
    keepText(caFile, root.certificatePem, 0o644);
    keepText(bundleFile, root.certificatePem + others.join(""), 0o644);
    return server(root);
  };

  serverCertificate();
  return { caFile, bundleFile, serverCertificate };
}

/** As it was found, for the user alone again should somebody have opened it. */
function kept(path: string, pair: Pair): Pair {
  chmodSync(path, 0o600);
  return pair;
}

/** What is wrong with a pair; undefined when it can be used. */
function faultOf(
  found: Pair | "missing" | "damaged",
  now: Date,
  isFit: (certificate: X509Certificate) => boolean,
): string | undefined {
  if (typeof found === "string") return found;
  const { validFrom, validTo } = found.certificate;
  if (now < new Date(validFrom)) return "not valid yet";
  if (now.getTime() + SPARE_DAYS * DAY_MS > Date.parse(validTo)) return "at its end";
  return isFit(found.certificate) ? undefined : "damaged";
}

function makeAuthority(now: Date): Issuer {
  const { publicKey, privateKey } = newKeys();
  // OpenSSL looks issuers up by name, and a machine may know several projects.
  const subject = { name: nameOf(`Fleetlab sandbox ${randomHex(4)}`), publicKey };
  const certificatePem = createCertificate({
    subject,
    issuer: subject,
    signingKey: privateKey,
    serial: randomHex(16),
    notBefore: daysFrom(now, -AUTHORITY_HEAD_START_DAYS),
    notAfter: daysFrom(now, AUTHORITY_DAYS),
    isAuthority: true,
    extensions: [loopbackOnly()],
  });
  return { certificatePem, privateKeyPem: pemOfKey(privateKey) };
}

function makeServer({ certificate: root, privateKeyPem }: Pair, now: Date): Issuer {
  const { publicKey, privateKey } = newKeys();
  const end = Math.min(Date.parse(root.validTo), daysFrom(now, SERVER_DAYS).getTime());
  const certificatePem = createCertificate({
    subject: { name: nameOf("localhost"), publicKey },
    issuer: { name: nameOf(root.subject.replace(/^CN=/, "")), publicKey: root.publicKey },
    signingKey: createPrivateKey(privateKeyPem),
    serial: randomHex(16),
    notBefore: daysFrom(now, -HEAD_START_DAYS),
    notAfter: new Date(end),
    isAuthority: false,
    extensions: loopbackServer(),
  });
  return { certificatePem, privateKeyPem: pemOfKey(privateKey) };
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }) as string;
}

function daysFrom(now: Date, days: number): Date {
  return new Date(now.getTime() + days * DAY_MS);
}

function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
