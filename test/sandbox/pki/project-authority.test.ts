import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthority } from "../../../lib/sandbox/pki/project-authority.js";

const DAY_MS = 24 * 3600 * 1000;
const START = Date.parse("2026-01-01T00:00:00Z");

let folder: string;
let day: number;
let replaced: string[];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "fleetlab-authority-")), "tls");
  day = 0;
  replaced = [];
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

const file = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(file(name), "utf8");
const open = (environment: NodeJS.ProcessEnv = {}) =>
  openAuthority({
    folder,
    now: () => new Date(START + day * DAY_MS),
    environment,
    onReplaced: (wrong) => replaced.push(wrong),
  });
/** The authority and the server as a start of the sandbox finds or makes them. */
const start = () => {
  const server = open().serverCertificate().certificatePem;
  return { authority: read("ca.pem"), server };
};
const daysOf = ({ validFrom, validTo }: X509Certificate) =>
  (Date.parse(validTo) - Date.parse(validFrom)) / DAY_MS;

describe("the project's certificate authority", () => {
  it("is of an elliptic curve, and trusted for this machine alone", () => {
    const { authority } = start();

    const root = new X509Certificate(authority);
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(daysOf(root)).toBeGreaterThan(3649);
    expect(root.subject).toMatch(/^CN=Fleetlab sandbox [0-9a-f]{8}$/);
  });

  it("issues one server certificate for all of loopback, no longer than the strictest clients take", () => {
    const { authority, server } = start();

    const [root, leaf] = [new X509Certificate(authority), new X509Certificate(server)];
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.ca).toBe(false);
    for (const name of ["localhost", "a-bucket.s3.localhost", "s3.localhost"]) {
      expect(leaf.checkHost(name), name).toBeDefined();
    }
    for (const address of ["127.0.0.1", "::1"]) expect(leaf.checkIP(address)).toBe(address);
    expect(leaf.checkHost("example.com")).toBeUndefined();
    expect(daysOf(leaf)).toBeLessThanOrEqual(398);
    expect(new Date(leaf.validFrom).getTime()).toBeLessThan(START);
  });

  it("is made once, with its server's certificate", () => {
    const first = start();
    const second = start();

    expect(second).toEqual(first);
    expect(replaced).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("keeps its keys for the user alone", () => {
    start();
    chmodSync(file("authority.pem"), 0o644);
    chmodSync(file("server.pem"), 0o644);
    start();

    for (const name of ["authority.pem", "server.pem"]) {
      expect(statSync(file(name)).mode & 0o777, name).toBe(0o600);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(read("ca.pem") + read("ca-bundle.pem")).not.toContain("PRIVATE KEY");
  });

  it("leaves no drafts behind", () => {
    start();

    expect(readdirSync(folder).sort()).toEqual([
      "authority.pem",
      "ca-bundle.pem",
      "ca.pem",
      "server.pem",
    ]);
  });

  it.each([
    ["with a day to go", 366, true],
    ["at its end", 368, false],
    ["after its end", 800, false],
  ])("renews a server's certificate %s, and stays itself", (_, days, isSame) => {
    const first = start();
    day = days;
    const later = start();

    expect(later.server === first.server).toBe(isSame);
    expect(later.authority).toBe(first.authority);
    expect(replaced).toEqual([]);
  });

  it("ends before its server's certificate does in no year of its life", () => {
    for (day = 0; day < 3620; day += 90) {
      const { authority, server } = start();
      const [root, leaf] = [new X509Certificate(authority), new X509Certificate(server)];
      expect(Date.parse(leaf.validTo)).toBeLessThanOrEqual(Date.parse(root.validTo));
      expect(Date.parse(leaf.validTo)).toBeGreaterThan(START + (day + 29) * DAY_MS);
    }
  });

  it("stays when the machine's clock is set back by months", () => {
    const { authority } = start();
    day = -300;

    const { authority: later, server } = start();

    expect(later).toBe(authority);
    expect(Date.parse(new X509Certificate(server).validFrom)).toBeLessThan(START + day * DAY_MS);
  });

  it.each([
    ["near its end", 3625, "at its end"],
    ["long after its end", 9000, "at its end"],
    ["when the machine's clock was ahead as it was made", -400, "not valid yet"],
  ])("is replaced %s", (_, days, wrong) => {
    const first = start();
    day = days;
    const later = start();

    expect(later.authority).not.toBe(first.authority);
    expect(replaced).toEqual([wrong]);
    expect(read("ca-bundle.pem")).not.toContain(first.authority);
    expect(start()).toEqual(later);
  });

  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ["cut off", (path) => truncateSync(path, 300)],
    ["emptied", (path) => truncateSync(path, 0)],
    ["overwritten", (path) => writeFileSync(path, Buffer.alloc(2000, 0xff))],
    ["without its key", (path) => writeFileSync(path, read("ca.pem"))],
    [
      "with another's key",
      (path) => {
        const own = readFileSync(path, "utf8");
        rmSync(path);
        start();
        const key = readFileSync(path, "utf8").split("-----BEGIN CERTIFICATE")[0] ?? "";
        writeFileSync(path, key + own.slice(own.indexOf("-----BEGIN CERTIFICATE")));
      },
    ],
  ];
  it.each(damages)("is made anew when its file is %s", (_, damage) => {
    start();
    damage(file("authority.pem"));

    const { authority, server } = start();

    expect(replaced).toEqual(["damaged"]);
    expect(new X509Certificate(server).verify(new X509Certificate(authority).publicKey)).toBe(true);
  });

  it.each(damages)("stays when its server's file is %s", (_, damage) => {
    const { authority } = start();
    damage(file("server.pem"));

    const later = start();

    expect(later.authority).toBe(authority);
    const root = new X509Certificate(authority);
    expect(new X509Certificate(later.server).verify(root.publicKey)).toBe(true);
  });

  it.each(["ca.pem", "ca-bundle.pem"])("writes %s again when it is gone or wrong", (name) => {
    start();
    const before = read(name);
    rmSync(file(name));
    start();
    expect(read(name)).toBe(before);
    writeFileSync(file(name), "nonsense");
    start();
    expect(read(name)).toBe(before);
  });
});

describe("ca-bundle.pem, which clients trust instead of all others", () => {
  it("has ours first, and every authority that came with Node", () => {
    const { authority } = start();

    const bundle = read("ca-bundle.pem");
    expect(bundle.startsWith(authority)).toBe(true);
    const prints = bundle
      .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
      ?.map((pem) => new X509Certificate(pem).fingerprint256);
    const roots = rootCertificates.map((pem) => new X509Certificate(pem).fingerprint256);
    expect(roots.filter((one) => !prints?.includes(one))).toEqual([]);
    expect(new Set(prints).size).toBe(prints?.length);
  });

  it("has what the environment names, a company's own authority say, and itself only once", () => {
    const company = start().authority;
    const theirs = join(folder, "..", "company.pem");
    writeFileSync(theirs, company);
    rmSync(folder, { recursive: true });

    const environment = { AWS_CA_BUNDLE: theirs, SSL_CERT_FILE: file("ca-bundle.pem") };
    open(environment);
    open(environment);

    const bundle = read("ca-bundle.pem");
    expect(bundle.split(company)).toHaveLength(2);
    expect(bundle.split(read("ca.pem"))).toHaveLength(2);
  });

  it("does without files that the environment names and that are not there", () => {
    expect(() => open({ AWS_CA_BUNDLE: "/nowhere/ca.pem" })).not.toThrow();
  });
});

describe("openssl, which knows nothing of us", () => {
  it("takes the chain in its strict mode, and the constraint on names", ({ skip }) => {
    const authority = open();
    const { certificatePem } = authority.serverCertificate();
    writeFileSync(file("leaf.pem"), certificatePem);
    let said: string;
    try {
      const at = String(START / 1000);
      const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-attime", at, "-CAfile"];
      said = execFileSync("openssl", [...args, authority.caFile, file("leaf.pem")]).toString();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return skip();
      throw error;
    }
    const shown = execFileSync("openssl", ["x509", "-in", authority.caFile, "-noout", "-text"]);

    expect(said).toContain("leaf.pem: OK");
    expect(shown.toString()).toMatch(/Permitted:\s+DNS:localhost\s+IP:127.0.0.0\/255.0.0.0/);
  });
});
