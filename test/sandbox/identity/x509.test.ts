import { execFileSync } from "node:child_process";
import { createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  certificateIdOf,
  createAuthority,
  createKeyPair,
  issue,
  readCertificate,
  readRequest,
} from "../../../lib/sandbox/identity/x509.js";
import { nameOf } from "../../../lib/sandbox/pki/certificate.js";

const now = new Date("2026-01-01T00:00:00Z");

describe("a certificate authority", () => {
  it("signs itself and what it issues", () => {
    const authority = createAuthority("Test", "0a", now);
    const { publicKey } = createKeyPair();

    const pem = issue(
      { name: nameOf("device"), publicKey: createPublicKey(publicKey) },
      authority,
      "ff".repeat(16),
      now,
    );

    const root = new X509Certificate(authority.certificatePem);
    const leaf = new X509Certificate(pem);
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf).toMatchObject({
      subject: "CN=device",
      issuer: "CN=Test",
      serialNumber: `01${"FF".repeat(16)}`,
      validFrom: "Dec 31 23:58:00 2025 GMT",
      validTo: "Dec 31 23:59:59 2049 GMT",
    });
    expect(leaf.publicKey.export({ type: "spki", format: "pem" })).toBe(publicKey);
    expect(certificateIdOf(pem)).toBe(leaf.fingerprint256.replaceAll(":", "").toLowerCase());
  });
});

describe("what is no PEM", () => {
  it.each([
    "",
    "x",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----AA-----END CERTIFICATE-----",
  ])("is no certificate and no request: %j", (text) => {
    expect(readCertificate(text)).toBeUndefined();
    expect(readRequest(text)).toBeUndefined();
  });
});

describe("openssl, which knows nothing of us", () => {
  const folder = mkdtempSync(join(tmpdir(), "fleetlab-x509-"));
  const file = (name: string) => join(folder, name);
  let hasOpenssl = true;

  beforeAll(() => {
    try {
      execFileSync("openssl", ["version"]);
    } catch {
      hasOpenssl = false;
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("verifies the chain", ({ skip }) => {
    if (!hasOpenssl) skip();
    const authority = createAuthority("Test", "0a", now);
    const publicKey = createPublicKey(createKeyPair().publicKey);
    writeFileSync(file("ca.pem"), authority.certificatePem);
    writeFileSync(
      file("leaf.pem"),
      issue({ name: nameOf("device"), publicKey }, authority, "00", now),
    );

    const said = execFileSync(
      "openssl",
      ["verify", "-x509_strict", "-attime", String(now.getTime() / 1000)].concat([
        "-CAfile",
        file("ca.pem"),
        file("leaf.pem"),
      ]),
    );

    expect(said.toString()).toContain("leaf.pem: OK");
  });

  it.each([
    ["RSA 2048", ["-newkey", "rsa:2048"], true],
    ["RSA 1024", ["-newkey", "rsa:1024"], false],
    ["P-256", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], true],
    ["P-384", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"], true],
    ["secp256k1", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], false],
  ])("makes a signing request with %s: accepted or not", (_, key, isAccepted) => {
    if (!hasOpenssl) return;
    const common = ["req", "-new", "-nodes", "-subj", "/CN=car-1", "-keyout", file("key.pem")];
    execFileSync("openssl", [...common, ...key, "-out", file("csr.pem")], { stdio: "ignore" });

    const request = readRequest(readFileSync(file("csr.pem"), "utf8"));

    expect(request !== undefined).toBe(isAccepted);
  });

  it("makes a request whose last bytes we change: its signature is wrong", ({ skip }) => {
    if (!hasOpenssl) skip();
    const common = ["req", "-new", "-nodes", "-subj", "/CN=car-1", "-keyout", file("key.pem")];
    execFileSync("openssl", [...common, "-newkey", "rsa:2048", "-out", file("csr.pem")], {
      stdio: "ignore",
    });
    const pem = readFileSync(file("csr.pem"), "utf8");
    const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const broken = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----`;

    expect(readRequest(pem)).toBeDefined();
    expect(readRequest(broken)).toBeUndefined();
  });
});
