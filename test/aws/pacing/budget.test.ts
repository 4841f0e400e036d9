import {
  chmodSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";

import { tmpdir } from "node:os";
import { join } from "node:path";
import fsNative from "fs-native-extensions";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { budgetFolder, sharedBucket } from "../../../lib/aws/pacing/budget.js";
import type { Bucket } from "../../../lib/aws/pacing/limiter.js";

const RATE = { perSecond: 10, burst: 2 };

let home: string;
let folder: string;
let now: number;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fleetlab-budget-test-"));
  folder = join(home, "budget");
  now = 5_000_000;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What another process of the machine would have: the same file, opened for itself. */
const aProcess = (rate = RATE, key = "account/iot/CreateThing") =>
  sharedBucket(folder, key, rate, () => now);
const fileOf = () => join(folder, readdirSync(folder)[0]!);

/** Calls that leave within some milliseconds, when each process asks again as soon as it may. */
function leavingIn(ms: number, processes: readonly Bucket[]): { at: number; by: number }[] {
  const left: { at: number; by: number }[] = [];
  const start = now;
  const asksAt = processes.map(() => now);
  for (;;) {
    const by = asksAt.indexOf(Math.min(...asksAt));
    now = Math.max(now, asksAt[by]!);
    if (now > start + ms) return left;
    const waitMs = processes[by]!.take(now);
    if (waitMs === 0) left.push({ at: now - start, by });
    else asksAt[by] = now + waitMs;
  }
}

describe("sharedBucket", () => {
  it.each([1, 2, 30])("lets %i processes out at one rate together, each its part", (count) => {
    const left = leavingIn(
      30_000,
      Array.from({ length: count }, () => aProcess()),
    );

    // 10 a second for 30 s, and the burst before.
    expect(left).toHaveLength(301 + RATE.burst - 1);
    for (let by = 0; by < count; by++) {
      const own = left.filter((one) => one.by === by).length;
      expect(own).toBeGreaterThanOrEqual(Math.floor(301 / count) - 2);
    }
    const gaps = left.slice(RATE.burst).map(({ at }, i) => at - left[i + RATE.burst - 1]!.at);
    expect(Math.min(...gaps)).toBeGreaterThan(99.9);
  });

  it("keeps limits apart that are not the same", () => {
    const [things, types] = [aProcess(), aProcess(RATE, "account/iot/CreateThingType")];

    expect([things, types].map((one) => [one.take(now), one.take(now)])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it("loses the one turn of a process that is gone, and no more", () => {
    const [gone, other] = [aProcess(), aProcess()];
    for (let i = 0; i < 2; i++) expect(gone.take(now)).toBe(0);
    // Its third turn is taken, and it is never heard of again.
    expect(gone.take(now)).toBeCloseTo(100, 3);

    expect(other.take(now)).toBeCloseTo(200, 3);
    now += 200;
    expect(other.take(now)).toBe(0);
  });

  it.each([
    ["a time before the machine was started anew", Buffer.from(new Float64Array([9e9]).buffer)],
    ["less than nothing", Buffer.from(new Float64Array([-1e300]).buffer)],
    ["no number", Buffer.from(new Float64Array([Number.NaN]).buffer)],
    ["something else", Buffer.from("not ours at all")],
    ["half a number", Buffer.from([1, 2, 3])],
  ])("begins anew where the file holds %s", (_what, bytes) => {
    aProcess().take(now);
    writeFileSync(fileOf(), bytes);

    const waits = [1, 2, 3].map(() => aProcess().take(now));

    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits[2]).toBeCloseTo(100, 3);
  });

  it("finds the others again when somebody has emptied the folder", () => {
    const [one, other] = [aProcess(), aProcess()];
    one.take(now);
    other.take(now);
    unlinkSync(fileOf());

    const waits = [one, other, one].map((bucket) => bucket.take(now));

    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits[2]).toBeCloseTo(100, 3);
  });

  it("waits a little for a lock, and goes on alone when it is held for seconds", () => {
    const bucket = aProcess();
    bucket.take(now);
    const holder = openSync(fileOf(), "r+");
    expect(fsNative.tryLock(holder)).toBe(true);

    expect(bucket.take(now)).toBe(1);
    now += 3_000;
    const alone = [1, 2, 3].map(() => bucket.take(now));
    fsNative.unlock(holder);
    now += 1_000;

    expect(alone.slice(0, 2)).toEqual([0, 0]);
    expect(alone[2]).toBeCloseTo(100, 3);
    expect(bucket.take(now)).toBe(0);
  });

  it("keeps to the rate for itself where no folder can be", () => {
    writeFileSync(folder, "a file");
    const bucket = aProcess();

    const waits = [1, 2, 3].map(() => bucket.take(now));

    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits[2]).toBeCloseTo(100, 3);
  });

  it.skipIf(process.platform === "win32")("is for every user of the machine, by files only", () => {
    const before = process.umask(0o077);
    try {
      aProcess().take(now);
    } finally {
      process.umask(before);
    }
    expect((statSync(folder).mode & 0o7777).toString(8)).toBe("1777");
    expect((statSync(fileOf()).mode & 0o777).toString(8)).toBe("666");

    // A link that somebody has put there leads nowhere.
    const file = fileOf();
    const target = join(home, "precious");
    unlinkSync(file);
    symlinkSync(target, file);
    expect(aProcess().take(now)).toBe(0);
    expect(existsSync(target)).toBe(false);
    chmodSync(folder, 0o755);
  });
});

describe("budgetFolder", () => {
  it("is the machine's, whatever TMPDIR says, or the one that FLEETLAB_BUDGET names", () => {
    vi.stubEnv("TMPDIR", "/home/ada/tmp");
    const shared = budgetFolder();
    vi.stubEnv("FLEETLAB_BUDGET", "/srv/class");

    if (process.platform !== "win32") expect(shared).toBe("/tmp/fleetlab-budget");
    expect(budgetFolder()).toBe("/srv/class");
    vi.unstubAllEnvs();
  });
});
