import { SearchIndexCommand, GetStatisticsCommand } from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { explainQuery, testQuery } from "../../../lib/tasks/groups/test-query.js";
import { openTestFleet } from "../../fleet.js";
import { openProvisionedFleet } from "./groups.js";

describe("explainQuery", () => {
  it("has AWS count, and says the query in words", async () => {
    const { fleet, settle, calls } = await openProvisionedFleet();
    const before = calls().length;

    const explained = await settle(explainQuery(fleet, "attributes.country:(US OR CA)"));

    expect(explained).toEqual({
      query: "attributes.country:(US OR CA)",
      words: "the attribute country is US or CA",
      count: 12,
      hints: [],
    });
    expect(calls().slice(before)).toHaveLength(1);
  });

  it("tells AWS's refusal with hints, instead of failing", async () => {
    const { fleet, settle } = await openProvisionedFleet();

    const refused = await settle(explainQuery(fleet, "country:US"));

    expect(refused.words).toBeUndefined();
    expect(refused.problem).toMatch(/invalid field name/);
    expect(refused.hints).toEqual(["There is no field country; it is called attributes.country."]);
  });

  it("hints at what is legal and still cannot match", async () => {
    const { fleet, settle } = await openProvisionedFleet();

    const explained = await settle(explainQuery(fleet, "attributes.Country:US"));

    expect(explained).toMatchObject({
      count: 0,
      hints: ["The case of a field's name matters: attributes.country."],
    });
  });

  it.each(["", "((", '"', "[", "NOT"])("takes %j for a query that AWS refuses", async (query) => {
    const { fleet, settle } = await openProvisionedFleet();

    expect((await settle(explainQuery(fleet, query))).problem).toBeDefined();
  });

  it("passes on what is no fault of the query", async () => {
    const { fleet, settle } = openTestFleet();

    const off = settle(explainQuery(fleet, "*"));

    await expect(off).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("testQuery", () => {
  it("shows the query in words, and what AWS refuses with its hints", async () => {
    const { fleet, settle, lines } = await openProvisionedFleet();

    await settle(testQuery(fleet, "shadow.reported.batteryStatus<30"));
    await settle(testQuery(fleet, "country:US"));

    expect(lines.at(-2)).toMatch(/In words +the reported battery \(%\) is below 30\nMatches +0$/);
    expect(lines.at(-1)).toMatch(/Refused +.*\nHint +There is no field country/);
  });

  it("shows the first three and says how many more there are", async () => {
    const { fleet, settle, lines } = await openProvisionedFleet();

    await settle(testQuery(fleet, "*"));

    expect(lines.at(-2)?.split("\n")).toHaveLength(4);
    expect(lines.at(-2)).toMatch(/Vehicle-VIN-001 .*(Van|Bus): 1\.0\.0/);
    expect(lines.at(-1)).toBe("… and 9 more of 12.");
  });

  it("D14: counts beyond the first page of the search", async () => {
    const { fleet, settle, lines } = openTestFleet();
    const iot = mockClient(fleet.iot);
    const things = Array.from({ length: 100 }, (_, i) => ({ thingName: `Van-${i}` }));
    iot.on(GetStatisticsCommand).resolves({ statistics: { count: 4_321 } });
    iot.on(SearchIndexCommand).resolves({ things, nextToken: "next" });

    await settle(testQuery(fleet, "*"));

    expect(lines.at(-1)).toBe("… and 4,318 more of 4,321.");
    expect(iot.commandCalls(SearchIndexCommand)).toHaveLength(1);
  });

  it("searches for nothing when nothing matches", async () => {
    const { fleet, settle, calls } = await openProvisionedFleet();

    await settle(testQuery(fleet, "shadow.reported.batteryStatus<30"));

    expect(calls("SearchIndex")).toHaveLength(0);
  });
});
