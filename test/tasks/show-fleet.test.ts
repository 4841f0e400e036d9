import { beforeAll, describe, expect, it } from "vitest";
import { createDynamicGroup, waitForMembers } from "../../lib/fleet/search/dynamic-groups.js";
import {
  enableFleetIndexing,
  waitForIndex,
  waitForThings,
} from "../../lib/fleet/search/fleet-index.js";
import { reportState } from "../../lib/fleet/shadows/shadows.js";
import { showFleet } from "../../lib/tasks/show-fleet.js";
import { openTestFleet } from "../fleet.js";
import { openProvisionedFleet } from "./groups/groups.js";
import { openVans } from "./simulated-fleet.js";

describe("showFleet", () => {
  let provisioned: Awaited<ReturnType<typeof openProvisionedFleet>>;
  beforeAll(async () => void (provisioned = await openProvisionedFleet()));

  /** What the last picture says, without its title: a row of counts for each country and type. */
  async function shown(options: Parameters<typeof showFleet>[1]) {
    const { fleet, settle, lines } = provisioned;
    await settle(showFleet(fleet, options));
    return (lines.at(-1) ?? "").split("\n");
  }
  const sum = (rows: readonly string[], column: string) => {
    const names = (rows[1] ?? "").split(/ {2,}/);
    return rows
      .slice(2)
      .reduce((n, row) => n + Number(row.split(/ {2,}/)[names.indexOf(column)]), 0);
  };

  it("counts every vehicle once, by country and type", async () => {
    const rows = await shown({ colour: "version" });

    expect(rows[0]).toBe("The fleet by version");
    expect(rows.slice(2).map((row) => row.slice(0, 13).trim())).toEqual(
      expect.arrayContaining(["CA       Bus", "US       Van"]),
    );
    expect(sum(rows, "1.0.0")).toBe(12);
    // Nobody runs it yet, and it has its place.
    expect(sum(rows, "1.1.0")).toBe(0);
  });

  it("tells batteries that are low from those that are charged", async () => {
    const { fleet, settle, plan } = provisioned;
    const first = `${plan.prefix}001`;
    await settle(reportState(fleet, first, { batteryStatus: 12 }));
    await settle(
      waitForThings(fleet, `thingName:${first} AND shadow.reported.batteryStatus:12`, 1),
    );

    const rows = await shown({ colour: "battery" });

    expect(sum(rows, "below 30 %")).toBe(1);
    expect(sum(rows, "above 50 %") + sum(rows, "30 to 50 %")).toBe(11);
  });

  it("shows who is connected: on the sandbox nobody", async () => {
    expect(sum(await shown({ colour: "connection" }), "not connected")).toBe(12);
  });

  it("shows who is in a group, and who in none of those asked for", async () => {
    const { fleet, settle } = provisioned;
    const group = { name: "Vans", query: "thingTypeName:Van" };
    await settle(createDynamicGroup(fleet, group));
    const members = await settle(waitForMembers(fleet, group.name));

    const rows = await shown({ colour: "group", groups: ["Vans"], title: "Who is meant" });

    expect(rows[0]).toBe("Who is meant");
    expect(sum(rows, "Vans")).toBe(members);
    expect(sum(rows, "in none of them")).toBe(12 - members);
  });

  it("shows where each vehicle stands in a job", async () => {
    const { fleet, settle, lines, clock, createVanJob } = await openVans(4);
    await createVanJob();
    await clock.advance(60_000);

    await settle(showFleet(fleet, { colour: "job", jobId: "job" }));

    expect(lines.at(-1)?.split("\n")).toEqual([
      "The fleet in the job job",
      "country  type  QUEUED",
      "US       Van        4",
    ]);
  });

  it("has a sentence instead of a picture while the index is off, is built, and is empty", async () => {
    const { fleet, settle, lines, calls } = openTestFleet();
    const sentence = "The index knows no vehicle of this fleet, or none yet: waitForIndex() waits.";

    await settle(showFleet(fleet, { colour: "version" }));
    await settle(enableFleetIndexing(fleet));
    await settle(showFleet(fleet, { colour: "version" }));
    await settle(waitForIndex(fleet));
    await settle(showFleet(fleet, { colour: "version" }));

    expect(lines.filter((line) => line === sentence)).toHaveLength(3);
    expect(calls("SearchIndex").map(({ error }) => error)).toEqual([
      "ResourceNotFoundException",
      "IndexNotReadyException",
      undefined,
    ]);
  });
});
