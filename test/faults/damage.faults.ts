import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeStores, tryDamage } from "../sandbox/state/damages.js";
import { firstSeed, runs, secondsSince, tell } from "./figures.js";

const RUNS = runs(600);

describe("damaged files", () => {
  it(`are refused, or do no harm: ${RUNS} of them`, async () => {
    const startedAt = performance.now();
    const folder = mkdtempSync(join(tmpdir(), "fleetlab-damage-"));
    const stores = await makeStores(folder);
    const found = { whole: 0, refused: 0 };
    const wrong: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + RUNS; seed++) {
      const { damage, outcome } = await tryDamage(stores, seed);
      if (outcome === "whole" || outcome === "refused") found[outcome]++;
      else wrong.push(`seed ${seed}, ${damage}: ${outcome}`);
    }
    rmSync(folder, { recursive: true, force: true });

    const seconds = secondsSince(startedAt);
    tell("damaged files", { runs: RUNS, ...found, wrong: wrong.length, seconds });
    expect(wrong).toEqual([]);
  });
});
