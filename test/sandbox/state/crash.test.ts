import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newHome, removeHome } from "../server.js";
import { killUnderLoad } from "./kills.js";

/** `npm run test:faults` does it more often. */
const KILLS = 2;

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

describe("a sandbox that is killed", () => {
  it(`has every acknowledged write after each of ${KILLS} kills under load`, async () => {
    const { lost, writes } = await killUnderLoad(home, KILLS);

    expect(lost).toEqual([]);
    expect(writes).toBeGreaterThan(KILLS * 3);
  }, 300_000);
});
