import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../../lib/sandbox/state/store.js";
import { asNobody, bytesIn, contentsOf, damageNames, damageStore, fillStore } from "./damages.js";

const RUNS = 60;

let folder: string;
/** A store whose process was killed, and one that was closed. */
let stores: readonly string[];
let wanted: ReturnType<typeof contentsOf>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fleetlab-damage-"));
  // `asNobody` has to come through.
  chmodSync(folder, 0o755);
  const closed = join(folder, "closed");
  const killed = join(folder, "killed");
  const store = openStore(closed);
  await fillStore(store);
  wanted = contentsOf(store);
  cpSync(closed, killed, { recursive: true });
  await store.close();
  stores = [closed, killed];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a damaged store", () => {
  it("holds something to lose", () => {
    expect(wanted.records.length).toBeGreaterThan(50);
    expect(wanted.blobs.length).toBeGreaterThan(1);
  });

  it(`has all that was acknowledged, or says in one sentence that it has not: ${RUNS} damages`, async () => {
    const outcomes: string[] = [];
    for (let seed = 0; seed < RUNS; seed++) {
      const copy = join(folder, `copy-${seed}`);
      cpSync(stores[seed % 2] as string, copy, { recursive: true });
      const what = damageStore(copy, seed);
      const before = bytesIn(copy);

      const outcome = asNobody(copy, () => {
        try {
          return openStore(copy, { tell: () => {} });
        } catch (error) {
          return error as Error;
        }
      });

      if (outcome instanceof Error) {
        outcomes.push("refused");
        expect(outcome.name, what).toMatch(/^Store(Damaged|Access|Version)Error$/);
        expect(outcome.message, what).toContain(copy);
        expect(outcome.message, what).toMatch(/--reset --yes|start it again/);
        expect(outcome.message, what).not.toContain("\n");
        expect(bytesIn(copy), `${what}, left as it is`).toEqual(before);
      } else {
        outcomes.push("whole");
        expect(contentsOf(outcome), what).toEqual(wanted);
        await outcome.close();
      }
      rmSync(copy, { recursive: true, force: true });
    }

    const count = (of: string) => outcomes.filter((outcome) => outcome === of).length;
    expect(count("refused")).toBeGreaterThan(20);
    expect(count("whole")).toBeGreaterThan(10);
  });

  it.runIf(process.getuid?.() === 0)(
    "says whose it must be when it belongs to somebody else",
    () => {
      const copy = join(folder, "root");
      cpSync(stores[0] as string, copy, { recursive: true });
      process.seteuid?.(65_534);
      try {
        expect(() => openStore(copy)).toThrow(/this user may not read and write there.*chown/);
      } finally {
        process.seteuid?.(0);
      }
    },
  );

  it("is damaged in every way there is", () => {
    expect(RUNS).toBeGreaterThan(2 * damageNames.length);
  });
});
