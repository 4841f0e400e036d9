import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog, openLog, type Log } from "../../../lib/sandbox/state/log.js";

const VERSION = 2;
const BOOTED = 1_000_000;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetlab-log-"));
  path = join(folder, "test.log");
  createLog(path, VERSION);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(bootedAt = BOOTED): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = openLog({ path, version: VERSION, onLine: (text) => lines.push(text), bootedAt });
  return { log, lines };
}

function linesOf(bootedAt = BOOTED): { lines: string[]; lostBytes: number } {
  const { log, lines } = open(bootedAt);
  log.close();
  return { lines, lostBytes: log.lostBytes };
}

/** What a killed process leaves: nobody has closed the log. */
async function written(...texts: string[]): Promise<Log> {
  const { log } = open();
  texts.forEach((text) => log.append(text));
  return log;
}

describe("a log", () => {
  it("gives back its lines in order, without having been closed", async () => {
    await written("a", "é".repeat(3), "b".repeat(9_000_000), "");

    expect(linesOf().lines).toEqual(["a", "ééé", "b".repeat(9_000_000), ""]);
  });

  it("goes on behind what it has read", async () => {
    await written("a");
    await written("b");

    expect(linesOf().lines).toEqual(["a", "b"]);
  });

  it("cuts off a line that the process died in, at any byte", async () => {
    const log = await written("a", "b");
    const whole = readFileSync(path);
    const more = Buffer.from("00000000 c\n");
    for (let bytes = 0; bytes < more.byteLength; bytes++) {
      writeFileSync(path, Buffer.concat([whole, more.subarray(0, bytes)]));

      expect(linesOf().lines).toEqual(["a", "b"]);
      expect(readFileSync(path)).toHaveLength(log.size);
    }
  });

  it("takes a whole line behind the end that it knows: the process died before it noted it", async () => {
    const log = await written("a");
    const before = readFileSync(path);
    log.append("b");
    const after = readFileSync(path);
    // The marks of before, the lines of after.
    writeFileSync(path, Buffer.concat([before.subarray(0, 256), after.subarray(256)]));

    expect(linesOf().lines).toEqual(["a", "b"]);
  });

  it("refuses to begin when acknowledged lines are missing, at any length", async () => {
    const log = await written("a", "b", "c");
    const whole = readFileSync(path);
    for (let bytes = 0; bytes < log.size; bytes++) {
      writeFileSync(path, whole);
      truncateSync(path, bytes);

      expect(() => open(), `${bytes} bytes`).toThrow(/ is damaged: /);
      expect(readFileSync(path)).toEqual(whole.subarray(0, bytes));
    }
  });

  it("notices every changed byte, or begins with all there is", async () => {
    await written("a", "b", "c");
    const whole = readFileSync(path);
    for (let at = 0; at < whole.byteLength; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x41;
      writeFileSync(path, damaged);

      let found: string[] | undefined;
      try {
        found = linesOf().lines;
      } catch (error) {
        expect((error as Error).name, `byte ${at}`).toMatch(/^Store(Damaged|Version)Error$/);
      }
      if (found) expect(found, `byte ${at}`).toEqual(["a", "b", "c"]);
    }
  });

  it("notices lines that were left out or changed places", async () => {
    await written("a", "b", "c", "d");
    const head = readFileSync(path).subarray(0, 256);
    const lines = readFileSync(path, "latin1").slice(256).match(/.*\n/g) ?? [];
    const [a = "", b = "", c = "", d = ""] = lines;
    for (const others of [
      [a, c, b, d],
      [a, b, b, d],
      [b, a, c, d],
      [a, b, d],
    ]) {
      writeFileSync(path, Buffer.concat([head, Buffer.from(others.join(""))]));

      expect(() => open()).toThrow(/ is damaged: /);
    }
  });

  it("does without the last moments when the machine went down, and says how much that is", async () => {
    const log = await written("a");
    await log.sync();
    const { size } = log;
    log.append("b");
    truncateSync(path, size + 3);

    expect(() => open(BOOTED + 5), "the same start of the machine").toThrow(/ is damaged: /);
    expect(linesOf(BOOTED + 3600)).toEqual({ lines: ["a"], lostBytes: 11 });
    expect(linesOf(BOOTED + 3600)).toEqual({ lines: ["a"], lostBytes: 0 });
  });

  it("refuses when the machine went down, but what is missing was on the disk", async () => {
    const log = await written("a", "b");
    await log.sync();
    truncateSync(path, log.size - 3);

    expect(() => open(BOOTED + 3600)).toThrow(/ is damaged: /);
  });

  it("is rewritten while lines come in, which follow", async () => {
    const log = await written("old", "old");
    const sizeBefore = log.size;
    await log.rewrite(
      (async function* () {
        yield "new";
        log.append("late");
        yield "newer";
      })(),
    );
    log.append("last");

    expect(linesOf().lines).toEqual(["new", "newer", "late", "last"]);
    expect(sizeBefore).toBeLessThan(log.size);
  });

  it("stays as it was when it cannot be rewritten", async () => {
    const log = await written("a");
    const failing = (async function* () {
      yield "new";
      await Promise.reject(new Error("no room"));
    })();

    await expect(log.rewrite(failing)).rejects.toThrow("no room");
    log.append("b");

    expect(linesOf().lines).toEqual(["a", "b"]);
  });

  it("refuses another version, naming both", async () => {
    rmSync(path);
    createLog(path, VERSION + 1);

    expect(() => open()).toThrow("has version 3, this sandbox reads version 2");
  });
});
