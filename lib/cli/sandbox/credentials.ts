import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Credentials } from "../../sandbox/door/credentials.js";

/** The account of every sandbox: AWS's documentation uses this number for examples. */
const ACCOUNT = "111122223333";

/** The project's keys, made once. */
export function credentialsOf(home: string): Credentials {
  const path = join(home, "credentials.json");
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Credentials;
    chmodSync(path, 0o600);
    return found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made: Credentials = {
    accessKeyId: `AKIASANDBOX${randomBytes(8).toString("hex").toUpperCase().slice(0, 9)}`,
    secretAccessKey: randomBytes(30).toString("base64url"),
    account: ACCOUNT,
  };
  writePrivate(path, JSON.stringify(made, null, 2));
  return made;
}

/** Write whole or not at all, readable by the user alone. */
export function writePrivate(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}
