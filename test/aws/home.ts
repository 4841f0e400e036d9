import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder that goes away with the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fleetlab-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder whose `sandbox.json` says this. */
export function homeWith(content: string | object): string {
  const home = emptyFolder();
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(join(home, "sandbox.json"), text);
  return home;
}

/** A program on loopback that answers everything with `body`. Resolves to its URL. */
export async function listen(body: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** What a sandbox of the test's own writes about itself. */
export function sandboxFile(url: string) {
  return {
    url,
    pid: process.pid,
    instance: "instance-1",
    credentials: { accessKeyId: "key", secretAccessKey: "secret", account: "111122223333" },
  };
}
