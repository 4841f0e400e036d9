import { describe, expect, it } from "vitest";
import { InvalidInputError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import { createDynamicGroup, waitForMembers } from "../../../lib/fleet/search/dynamic-groups.js";
import { reportState } from "../../../lib/fleet/shadows/shadows.js";
import {
  showDynamicGroup,
  showDynamicGroups,
  watchMove,
} from "../../../lib/tasks/groups/show-groups.js";
import { openProvisionedFleet } from "./groups.js";

const EVERY = { name: "Every", query: "shadow.reported.batteryStatus>=30" };
const LOW = { name: "Low", query: "shadow.reported.batteryStatus<30", allowEmpty: true };
const THING = "Vehicle-VIN-001";

async function openGroupedFleet() {
  const test = await openProvisionedFleet();
  await test.settle(createDynamicGroup(test.fleet, EVERY));
  await test.settle(createDynamicGroup(test.fleet, LOW));
  await test.settle(waitForMembers(test.fleet, "Every", 12));
  return test;
}

describe("showDynamicGroups", () => {
  it("lists members and queries of the dynamic groups only, by name", async () => {
    const { fleet, settle, lines } = await openGroupedFleet();

    await settle(showDynamicGroups(fleet));

    expect(lines.at(-1)?.split("\n")).toEqual([
      expect.stringMatching(/^name +members +query +status +created$/),
      expect.stringMatching(/^Every +12 +shadow\S*>=30 +ACTIVE +20\d\d-\d\d-\d\d$/),
      expect.stringMatching(/^Low +0 +shadow\S*<30 +ACTIVE +20\d\d-\d\d-\d\d$/),
    ]);
  });

  it("counts the groups beyond the eight it shows", async () => {
    const { fleet, settle, lines } = await openGroupedFleet();
    for (let i = 1; i <= 7; i++) {
      await settle(createDynamicGroup(fleet, { ...EVERY, name: `Every-${i}` }));
    }

    await settle(showDynamicGroups(fleet));

    expect(lines.at(-2)?.split("\n")).toHaveLength(9);
    expect(lines.at(-1)).toBe("… and 1 more of 9.");
  });
});

describe("showDynamicGroup", () => {
  it("D13: shows the date of creation, and members with type and country", async () => {
    const { fleet, settle, lines, calls } = await openGroupedFleet();
    const described = calls("DescribeThing").length;

    await settle(showDynamicGroup(fleet, "Every"));

    expect(lines.at(-3)).toMatch(/Created +20\d\d-\d\d-\d\d\nMembers +12/);
    expect(lines.at(-2)).toMatch(/Vehicle-VIN-001 +(Van|Bus) +(US|CA)/);
    expect(lines.at(-1)).toBe("… and 4 more of 12.");
    expect(calls("DescribeThing").length - described).toBe(8);
  });

  it("shows an empty group without a table", async () => {
    const { fleet, settle, lines } = await openGroupedFleet();

    await settle(showDynamicGroup(fleet, "Low"));

    expect(lines.at(-1)).toMatch(/Members +0$/);
  });
});

describe("watchMove", () => {
  const groups = ["Every", "Low"];

  it("ends when the device is in the one group and no longer in the other", async () => {
    const { fleet, settle, lines } = await openGroupedFleet();
    await settle(
      watchMove(fleet, { thing: THING, groups, until: "Low", report: { batteryStatus: 12 } }),
    );
    const [title, , ...rows] = (lines.at(-1) ?? "").split("\n");
    const times = rows.map((row) => row.split(/ {2,}/));

    expect(title).toBe("Vehicle-VIN-001 moves");
    expect(times.map(([name]) => name)).toEqual([
      "reported: batteryStatus 12",
      "in the index",
      "Every",
      "Low",
    ]);
    const [reported, indexed, every, low] = times.map((row) => row.slice(1).map(Number));
    expect(reported).toEqual([0]);
    expect(indexed?.[0]).toBeGreaterThan(0);
    // It leaves a group for what the index has, never before.
    expect(every?.[1]).toBeGreaterThanOrEqual(indexed?.[0] ?? Infinity);
    expect(low?.[0]).toBeGreaterThanOrEqual(indexed?.[0] ?? Infinity);
  });

  it("says that the index had it when it came between two looks", async () => {
    const { fleet, settle, lines } = await openGroupedFleet();
    // Whoever asks the index has always asked just too early.
    fleet.iot.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const result = await next(args);
          const { things } = result.output as { things?: { shadow?: string }[] };
          if (commandName === "SearchIndexCommand")
            for (const one of things ?? []) one.shadow = "{}";
          return result;
        },
      { step: "initialize" },
    );

    await settle(
      watchMove(fleet, { thing: THING, groups, until: "Low", report: { batteryStatus: 12 } }),
    );

    const rows = (lines.at(-1) ?? "").split("\n").map((row) => row.split(/ {2,}/));
    const from = (name: string) => Number(rows.find(([first]) => first === name)?.[1]);
    expect(from("in the index")).toBeGreaterThan(0);
    expect(from("in the index")).toBeLessThanOrEqual(from("Low"));
  });

  it("watches without a report what somebody else has set in motion", async () => {
    const { fleet, settle, lines } = await openGroupedFleet();
    await settle(reportState(fleet, THING, { batteryStatus: 12 }));

    await settle(watchMove(fleet, { thing: THING, groups, until: "Low" }));

    expect(lines.at(-1)).toMatch(/\nEvery +0 +[\d.]+\nLow +[\d.]+$/);
  });

  it("says where the device is when it does not come", async () => {
    const { fleet, settle, lines } = await openGroupedFleet();

    const waited = settle(watchMove(fleet, { thing: THING, groups, until: "Low" }));

    await expect(waited).rejects.toThrow(WaitTimeoutError);
    await expect(waited).rejects.toThrow(/it is in Every/);
    expect(lines.at(-1)).toMatch(/Every +0\nLow$/);
  });

  it("refuses to wait for a group that it does not look at", async () => {
    const { fleet, settle } = await openGroupedFleet();

    const refused = settle(watchMove(fleet, { thing: THING, groups, until: "Full" }));

    await expect(refused).rejects.toThrow(InvalidInputError);
  });
});
