import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as Ts from "@tslab/typescript-for-tslab";
import { projectRoot } from "../project.js";
import { asOneFile, NotOneFileError } from "./one-file.js";
import { COMPILER, tslabRequire } from "./tslab.js";

/** Where `npm run build` puts them: a file for each client of the SDK. */
const FOLDER = join(projectRoot, "lib", "dist", "sdk-types");
const require = createRequire(import.meta.url);

/** Packages whose documentation Shift+Tab shows. */
export const DOCUMENTED = /client-iot|[\\/]tslab[\\/]/;

/** What a command's documentation ends with, as every other's does: examples of how to send it. */
const BOILERPLATE =
  /^[ \t]*\* @(?:example|param|returns|see|public|internal)\b[^]*?(?=^[ \t]*\*(?:\/| @))/gm;

/**
 * Write the declarations of each client of the SDK that the library depends on as one file: a kernel
 * reads five files in place of 810. A client that cannot be written so is read as it is.
 *
 * @returns the names of those that are written
 */
export function writeSdkTypes(): string[] {
  const ts = tslabRequire(COMPILER) as typeof Ts;
  const manifest = join(projectRoot, "lib", "package.json");
  const { dependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const clients = Object.keys(dependencies).filter((name) => name.startsWith("@aws-sdk/client-"));
  mkdirSync(FOLDER, { recursive: true });
  const maker = makerStamp();
  return clients.filter((name) => {
    const { index, stamp } = packageOf(name);
    const path = join(FOLDER, fileOf(name));
    const head = `${stamp}\n${maker}\n`;
    if (textOf(path)?.startsWith(head)) return true;
    const edit = (documentation: string) =>
      DOCUMENTED.test(name) ? documentation.replace(BOILERPLATE, "") : "";
    try {
      writeFileSync(path, head + asOneFile(ts, index, edit));
      return true;
    } catch (error) {
      if (error instanceof NotOneFileError) return false;
      throw error;
    }
  });
}

/** What is written stays until the package changes, or the code that writes. */
function makerStamp(): string {
  const hash = createHash("sha256");
  const own = [import.meta.url, import.meta.url.replace(/sdk-types(?=\.\w+$)/, "one-file")];
  for (const url of own) hash.update(readFileSync(new URL(url)));
  return `// ${hash.digest("hex")}`;
}

/** Which file to read in place of a package's first file of declarations, by that one's path. */
export function sdkTypes(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of written()) {
    const path = join(FOLDER, file);
    try {
      const { index, stamp } = packageOf(`@aws-sdk/${file.replace(/\.d\.ts$/, "")}`);
      // Of another version they would be another package's.
      if (textOf(path)?.startsWith(`${stamp}\n`)) found.set(index, path);
    } catch {
      // A package that is gone.
    }
  }
  return found;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function written(): string[] {
  try {
    return readdirSync(FOLDER);
  } catch {
    return []; // Not built.
  }
}

const fileOf = (name: string) => `${name.slice(name.indexOf("/") + 1)}.d.ts`;

function packageOf(name: string): { readonly index: string; readonly stamp: string } {
  const manifest = require.resolve(`${name}/package.json`);
  const { types, version } = require(manifest) as { types: string; version: string };
  return {
    index: join(dirname(manifest), types).replaceAll("\\", "/"),
    stamp: `// ${name} ${version}`,
  };
}
