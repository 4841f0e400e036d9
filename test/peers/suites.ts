// The suites that others' local AWS servers are tested with, as their source distributions hold them.
// None of it is in this project: it is fetched into build/peers and stays there.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../sandbox/python.js";

/** moto's tests that its authors say they ran against AWS itself. */
export const MOTO = {
  version: "5.2.5",
  folders: ["tests/test_iot", "tests/test_iotdata", "tests/test_s3"],
} as const;

/** What moto's tests import, and pytest. */
const PACKAGES = [`moto[iot,iotdata,s3,server]==${MOTO.version}`, "pytest", "sure", "freezegun"];

/**
 * A Python with moto and its tests, made once under `folder`.
 *
 * @returns the Python, and the folder that holds `tests`
 * @throws Error with pip's words when something cannot be had
 */
export async function provideMoto(folder: string): Promise<{ python: string; root: string }> {
  const python = join(folder, "venv", "bin", "python");
  const root = join(folder, `moto-${MOTO.version}`);
  const stamp = join(folder, "made-of.txt");
  const wanted = createHash("sha256").update(PACKAGES.join()).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return { python, root };
  mkdirSync(folder, { recursive: true });
  await succeed("python3", ["-m", "venv", join(folder, "venv")]);
  const pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"];
  await succeed(python, [...pip, "install", ...PACKAGES]);
  // The source distribution alone holds the tests.
  await succeed(python, [
    ...[...pip, "download", "--no-deps", "--no-binary", "moto", "--dest", folder],
    `moto==${MOTO.version}`,
  ]);
  await succeed("tar", ["xzf", join(folder, `moto-${MOTO.version}.tar.gz`), "-C", folder]);
  writeFileSync(stamp, wanted);
  return { python, root };
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}\n${output}`);
}
