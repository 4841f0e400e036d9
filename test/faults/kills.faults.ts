import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newHome, removeHome } from "../sandbox/server.js";
import { killUnderLoad } from "./kills.js";
import { runs, secondsSince, tell } from "./figures.js";

const KILLS = runs(15);

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

describe("kills", () => {
  it(`lose nothing that was acknowledged: ${KILLS} of them`, async () => {
    const startedAt = performance.now();
    const { lost, writes } = await killUnderLoad(home, KILLS);

    const seconds = secondsSince(startedAt);
    tell("kills", { runs: KILLS, "acknowledged writes": writes, lost: lost.length, seconds });
    expect(lost).toEqual([]);
    expect(writes).toBeGreaterThan(KILLS * 3);
  });
});
