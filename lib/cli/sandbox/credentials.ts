import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "#bootstrap/files";
import { asCredentials, readSandboxFile } from "../../aws/local.js";
import type { Credentials } from "../../sandbox/door/credentials.js";
import { inTheWay } from "./trouble.js";

/** The account of every sandbox: AWS's documentation uses this number for examples. */
const ACCOUNT = "111122223333";

/**
 * The project's keys, made once.
 *
 * Damaged ones are restored from what the last sandbox wrote about itself, or else made anew: the data
 * belongs to the account and not to the keys.
 *
 * @throws Failure when something else has the file's name
 */
export function credentialsOf(home: string): Credentials {
  const path = join(home, "credentials.json");
  const text = read(path);
  const found = text === undefined ? undefined : asCredentials(parsed(text));
  if (found) {
    chmodSync(path, 0o600);
    return found;
  }
  const lastKnown = readSandboxFile(home)?.credentials;
  const credentials = lastKnown ?? newCredentials();
  writeWhole(path, JSON.stringify(credentials, null, 2), 0o600);
  if (text !== undefined) {
    console.error(
      lastKnown
        ? `${path} was damaged: it is restored.`
        : `${path} was damaged: the sandbox has new keys. Whoever was given the old ones needs these.`,
    );
  }
  return credentials;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw inTheWay(path, error);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short or overwritten: as good as none.
    return undefined;
  }
}

function newCredentials(): Credentials {
  return {
    accessKeyId: `AKIASANDBOX${randomBytes(8).toString("hex").toUpperCase().slice(0, 9)}`,
    secretAccessKey: randomBytes(30).toString("base64url"),
    account: ACCOUNT,
  };
}
