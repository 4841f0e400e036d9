import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../../lib/sandbox/state/store.js";
import { damageNames, makeStores, tryDamage, type Stores } from "./damages.js";

/** `npm run test:faults` does more. */
const RUNS = 60;

let folder: string;
let stores: Stores;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fleetlab-damage-"));
  stores = await makeStores(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a damaged store", () => {
  it("holds something to lose", () => {
    expect(stores.wanted.records.length).toBeGreaterThan(50);
    expect(stores.wanted.blobs.length).toBeGreaterThan(1);
    expect(RUNS).toBeGreaterThan(2 * damageNames.length);
  });

  it(`has all that was acknowledged, or says in one message that it has not: ${RUNS} damages`, async () => {
    const outcomes: string[] = [];
    for (let seed = 0; seed < RUNS; seed++) {
      const { damage, outcome } = await tryDamage(stores, seed);
      expect(["whole", "refused"], `${damage}, seed ${seed}: ${outcome}`).toContain(outcome);
      outcomes.push(outcome);
    }

    const count = (of: string) => outcomes.filter((outcome) => outcome === of).length;
    expect(count("refused")).toBeGreaterThan(20);
    expect(count("whole")).toBeGreaterThan(10);
  });

  it.runIf(process.getuid?.() === 0)("says whose it must be when it is somebody else's", () => {
    const copy = join(folder, "root");
    cpSync(stores.stores[0], copy, { recursive: true });
    process.seteuid?.(65_534);
    try {
      expect(() => openStore(copy)).toThrow(/this user may not read and write there.*chown/);
    } finally {
      process.seteuid?.(0);
    }
  });
});
