import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions } from "../../../lib/fleet/software/version-order.js";

describe("compareVersions", () => {
  it.each([
    ["1.0.0", "1.0.1"],
    ["1.9.0", "1.10.0"],
    ["1.9", "1.10.0"],
    ["9.0.0", "10.0.0"],
    ["1.0.0", "1.0.0.1"],
    ["2.0.0-beta", "2.0.0"],
    ["1.9.9", "2.0.0-beta"],
    ["2.0.0-alpha", "2.0.0-beta"],
    ["2.0.0-beta", "2.0.0-beta.1"],
    ["2.0.0-beta.2", "2.0.0-beta.10"],
    ["2.0.0-1", "2.0.0-alpha"],
    ["2.0.0-rc2", "2.0.0-rc10"],
    ["v2", "v10"],
    ["1", "a"],
    ["1.0_1", "1.0_2"],
    ["1.9007199254740993", "1.9007199254740995"],
  ])("takes %s for older than %s", (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  it.each([
    ["1.0.0", "1.0.0"],
    ["1.1", "1.1.0"],
    ["1.01.0", "1.1.0"],
    ["2.0.0-beta", "2-beta"],
  ])("takes neither %s nor %s for newer", (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
    expect(compareVersions(b, a)).toBe(0);
  });

  it("puts names without numbers after all numbers, by their letters", () => {
    const names = ["two", "1.10.0", "one", "latest", "1.9.0", "2.0.0", "2.0.0-one", "One"];

    expect(names.sort(compareVersions)).toEqual([
      "1.9.0",
      "1.10.0",
      "2.0.0-one",
      "2.0.0",
      "One",
      "latest",
      "one",
      "two",
    ]);
  });

  it("orders all names that AWS takes: what is older than the older is older", () => {
    const name = fc.stringMatching(/^[ab01_-]{1,3}(\.[ab01_-]{1,3}){0,3}$/);

    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        const [first, second, third] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(first, second)).toBeLessThanOrEqual(0);
        expect(compareVersions(second, third)).toBeLessThanOrEqual(0);
        expect(compareVersions(first, third)).toBeLessThanOrEqual(0);
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      }),
      { numRuns: 2_000 },
    );
  });
});
