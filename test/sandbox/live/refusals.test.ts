import { describe, expect, it } from "vitest";
import { createRefusals } from "../../../lib/sandbox/live/refusals.js";

const call = (prefix: string, error?: string, account = "1") => ({
  service: "iot" as const,
  operation: "DescribeThing",
  status: error === undefined ? 200 : 404,
  at: 0,
  account,
  prefix,
  ...(error !== undefined && { error }),
});

describe("createRefusals", () => {
  it("keeps the refused calls of each account and prefix", () => {
    const refusals = createRefusals();
    refusals.add(call("Ada-"));
    refusals.add(call("Ada-", "E1"));
    refusals.add(call("Bob-", "E2"));
    refusals.add(call("Ada-", "E3", "2"));

    const of = (account: string, prefix?: string) =>
      refusals.of({ account, ...(prefix !== undefined && { prefix }) }).map(({ error }) => error);

    expect([of("1", "Ada-"), of("1"), of("2"), of("3")]).toEqual([
      ["E1"],
      ["E1", "E2"],
      ["E3"],
      [],
    ]);
  });

  it("hands over the last two hundred, oldest first, and keeps a thousand of all", () => {
    const refusals = createRefusals();
    refusals.add(call("Bob-", "E"));
    for (let n = 1; n <= 999; n++) refusals.add(call("Ada-", `E${n}`));

    const ada = refusals.of({ account: "1", prefix: "Ada-" });
    expect([ada.length, ada[0]?.error, ada.at(-1)?.error]).toEqual([200, "E800", "E999"]);
    expect(refusals.of({ account: "1", prefix: "Bob-" })).toHaveLength(1);

    refusals.add(call("Ada-", "E1000"));

    expect(refusals.of({ account: "1", prefix: "Bob-" })).toEqual([]);
  });
});
