import { describe as group, expect, it } from "vitest";
import { describe } from "../../../lib/cli/sandbox/announce.js";
import { readOptions } from "../../../lib/cli/sandbox/options.js";

const lagOf = (...args: string[]) => readOptions(args).options.indexLagMs;

group("--index-lag", () => {
  it("takes seconds, parts of them too, from none to an hour", () => {
    expect(lagOf("--index-lag", "120")).toBe(120_000);
    expect(lagOf("--index-lag", "0.5")).toBe(500);
    expect(lagOf("--index-lag", "0")).toBe(0);
    expect(lagOf("--index-lag", "3600")).toBe(3_600_000);
    expect(lagOf()).toBeUndefined();
  });

  it.each(["-1", "3601", "two", "", " "])("refuses %j, with the range", (given) => {
    expect(() => lagOf(`--index-lag=${given}`)).toThrow(
      `--index-lag takes a number of seconds from 0 to 3600, got "${given}"`,
    );
  });

  it("is told as the sandbox starts", () => {
    const { options } = readOptions(["--ephemeral", "--index-lag", "120"]);

    expect(describe(options, "nowhere")).toContain("the index 120 s late");
  });
});
