import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeWhole } from "../../../lib/cli/bootstrap/files.mjs";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-files-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("writeWhole", () => {
  it("replaces what is there, makes the folder, and leaves nothing else behind", () => {
    const file = join(folder, "deep", "er", "note.json");
    writeWhole(file, "one");
    writeWhole(file, "two");

    expect(readFileSync(file, "utf8")).toBe("two");
    expect(readdirSync(join(folder, "deep", "er"))).toEqual(["note.json"]);
  });

  it.skipIf(process.platform === "win32")("makes a file for the user alone when told", () => {
    const file = join(folder, "keys");
    writeWhole(file, "secret", 0o600);

    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("leaves no draft behind and names the file when it fails", () => {
    const file = join(folder, "taken");
    mkdirSync(join(file, "by a folder"), { recursive: true });

    expect(() => writeWhole(file, "text")).toThrow(expect.objectContaining({ path: file }));
    expect(readdirSync(folder)).toEqual(["taken"]);
  });
});
