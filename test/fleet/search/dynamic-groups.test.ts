import {
  CreateDynamicThingGroupCommand,
  CreateThingGroupCommand,
  DescribeThingGroupCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import { InvalidInputError, NotOursError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import {
  countMembers,
  createDynamicGroup,
  deleteDynamicGroup,
  describeDynamicGroup,
  EmptyGroupError,
  listDynamicGroups,
  waitForGroup,
  waitForMembers,
} from "../../../lib/fleet/search/dynamic-groups.js";
import {
  enableFleetIndexing,
  waitForIndex,
  waitForThings,
} from "../../../lib/fleet/search/fleet-index.js";
import { reportState } from "../../../lib/fleet/shadows/shadows.js";
import { listTags } from "../../../lib/fleet/registry/tags.js";
import { addToGroup, createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { openTestFleet } from "../../fleet.js";

const FULL = { name: "Full", query: "shadow.reported.batteryStatus>50" };
const LOW = { name: "Low", query: "shadow.reported.batteryStatus<30" };

/** An index that knows two vans: one with 80 % of battery, one with exactly 50. */
async function openIndexedFleet() {
  const test = openTestFleet();
  const { fleet, settle } = test;
  await settle(enableFleetIndexing(fleet));
  await settle(waitForIndex(fleet));
  for (const [name, batteryStatus] of [
    ["Van-1", 80],
    ["Van-2", 50],
  ] as const) {
    await settle(createThing(fleet, { name }));
    await settle(reportState(fleet, name, { batteryStatus }));
  }
  await settle(waitForThings(fleet, "shadow.reported.batteryStatus:*", 2));
  return test;
}

/** A dynamic group that somebody else made. */
const foreign = ({ name, query }: typeof FULL) =>
  new CreateDynamicThingGroupCommand({ thingGroupName: name, queryString: query });

describe("createDynamicGroup", () => {
  it("creates a group of ours that builds, and then has who matches", async () => {
    const { fleet, settle } = await openIndexedFleet();

    const group = await settle(createDynamicGroup(fleet, { ...FULL, country: "US" }));
    const before = await settle(countMembers(fleet, "Full"));
    const built = await settle(waitForGroup(fleet, "Full"));

    expect([group.status, before]).toEqual(["BUILDING", 0]);
    expect(built.status).toBe("ACTIVE");
    // Van-2 has exactly 50.
    expect(await settle(waitForMembers(fleet, "Full"))).toBe(1);
    expect(await settle(listTags(fleet, group.arn))).toEqual({ ...fleet.tags, country: "US" });
  });

  it("tags a group of no one country as global, and describes it in words", async () => {
    const { fleet, settle } = await openIndexedFleet();

    const { arn } = await settle(createDynamicGroup(fleet, FULL));
    const described = await settle(
      fleet.iot.send(new DescribeThingGroupCommand({ thingGroupName: "Full" })),
    );

    expect(await settle(listTags(fleet, arn))).toMatchObject({ country: "global" });
    expect(described.thingGroupProperties?.thingGroupDescription).toBe(
      "Things of which the reported battery (%) is above 50",
    );
  });

  it("finds the group the second time and changes nothing", async () => {
    const { fleet, settle, calls } = await openIndexedFleet();
    const first = await settle(createDynamicGroup(fleet, FULL));

    const second = await settle(createDynamicGroup(fleet, FULL));

    expect(second).toMatchObject({ arn: first.arn, query: FULL.query });
    expect(calls("CreateDynamicThingGroup")).toHaveLength(1);
  });

  it("finds a group of ours even when it has run empty", async () => {
    const { fleet, settle } = await openIndexedFleet();
    await settle(createDynamicGroup(fleet, FULL));
    await settle(reportState(fleet, "Van-1", { batteryStatus: 7 }));
    await settle(waitForMembers(fleet, "Full", 0));

    expect((await settle(createDynamicGroup(fleet, FULL))).status).toBe("ACTIVE");
  });

  it("refuses a query that matches nothing, unless it is asked for", async () => {
    const { fleet, settle, calls } = await openIndexedFleet();

    const refused = settle(createDynamicGroup(fleet, LOW));
    await expect(refused).rejects.toThrow(EmptyGroupError);
    await expect(refused).rejects.toThrow(/allowEmpty: true/);
    expect(calls("CreateDynamicThingGroup")).toHaveLength(0);

    const asked = await settle(createDynamicGroup(fleet, { ...LOW, allowEmpty: true }));
    expect(asked.name).toBe("Low");
  });

  it("refuses a name that has another query, or is a static group's", async () => {
    const { fleet, settle, calls } = await openIndexedFleet();
    await settle(createDynamicGroup(fleet, FULL));
    await settle(createCountryGroups(fleet, ["US"]));

    const other = settle(createDynamicGroup(fleet, { ...LOW, name: "Full" }));
    await expect(other).rejects.toThrow(InvalidInputError);
    await expect(other).rejects.toThrow(/taken by a group with the query "shadow.*>50"/);
    const asStatic = settle(createDynamicGroup(fleet, { ...FULL, name: "US_Fleet" }));
    await expect(asStatic).rejects.toThrow(/taken by a static group/);
    expect(calls("CreateDynamicThingGroup")).toHaveLength(1);
  });

  it("leaves alone a group that somebody else made, whatever its query", async () => {
    const { fleet, settle } = await openIndexedFleet();
    await settle(fleet.iot.send(foreign(FULL)));

    await expect(settle(createDynamicGroup(fleet, FULL))).rejects.toThrow(NotOursError);
  });

  it("D29: refuses an illegal name before any call", async () => {
    const { fleet, settle, calls } = openTestFleet();

    const refused = settle(createDynamicGroup(fleet, { ...FULL, name: "all sedans" }));

    await expect(refused).rejects.toThrow(InvalidInputError);
    expect(calls()).toHaveLength(0);
  });

  it("passes on what AWS says of a query that it cannot read", async () => {
    const { fleet, settle } = await openIndexedFleet();

    const refused = settle(createDynamicGroup(fleet, { name: "Bad", query: "colour:red" }));

    await expect(refused).rejects.toMatchObject({ name: "InvalidQueryException" });
  });
});

describe("describeDynamicGroup", () => {
  it("D13: has the date on which the group was created", async () => {
    const { fleet, settle, clock } = await openIndexedFleet();
    const at = clock.now();
    await settle(createDynamicGroup(fleet, FULL));
    await clock.advance(86_400_000);

    const { createdAt } = await settle(describeDynamicGroup(fleet, "Full"));

    // Pacing moves the clock by some milliseconds on the way.
    expect((createdAt?.getTime() ?? 0) - at).toBeGreaterThanOrEqual(0);
    expect((createdAt?.getTime() ?? 0) - at).toBeLessThan(10_000);
  });

  it("tells a static group and a missing one apart", async () => {
    const { fleet, settle } = await openIndexedFleet();
    await settle(createCountryGroups(fleet, ["US"]));

    const ofStatic = settle(describeDynamicGroup(fleet, "US_Fleet"));
    await expect(ofStatic).rejects.toThrow(/it is a static group/);
    const ofMissing = settle(describeDynamicGroup(fleet, "Nowhere"));
    await expect(ofMissing).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("listDynamicGroups", () => {
  it("D14: finds the dynamic groups beyond the first page, and no static ones", async () => {
    const { fleet, settle } = await openIndexedFleet();
    const names = Array.from({ length: 260 }, (_, i) => `Static-${i}`);
    for (const thingGroupName of names) {
      await settle(fleet.iot.send(new CreateThingGroupCommand({ thingGroupName })));
    }
    await settle(createDynamicGroup(fleet, { ...FULL, name: "A-first" }));
    await settle(createDynamicGroup(fleet, { ...FULL, name: "Z-last" }));

    const groups = await settle(collect(listDynamicGroups(fleet)));

    expect(groups.map(({ name }) => name)).toEqual(["A-first", "Z-last"]);
    expect(groups.map(({ query }) => query)).toEqual([FULL.query, FULL.query]);
  });
});

describe("waitForMembers", () => {
  it("follows a device from one group into another", async () => {
    const { fleet, settle } = await openIndexedFleet();
    await settle(createDynamicGroup(fleet, FULL));
    await settle(createDynamicGroup(fleet, { ...LOW, allowEmpty: true }));
    await settle(waitForMembers(fleet, "Full", 1));

    await settle(reportState(fleet, "Van-1", { batteryStatus: 12 }));

    expect(await settle(waitForMembers(fleet, "Low", 1))).toBe(1);
    expect(await settle(waitForMembers(fleet, "Full", 0))).toBe(0);
  });

  it("says how many it had when it gives up", async () => {
    const { fleet, settle } = await openIndexedFleet();
    await settle(createDynamicGroup(fleet, FULL));

    const gaveUp = settle(waitForMembers(fleet, "Full", 3));

    await expect(gaveUp).rejects.toThrow(WaitTimeoutError);
    await expect(gaveUp).rejects.toThrow(/Full has 3 members, after 5 min: it has 1/);
  });

  it("D14: counts the members beyond the first page", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createCountryGroups(fleet, ["US"]));
    for (let i = 0; i < 260; i++) {
      await settle(createThing(fleet, { name: `Van-${i}` }));
      await settle(addToGroup(fleet, `Van-${i}`, "US_Fleet"));
    }

    expect(await settle(countMembers(fleet, "US_Fleet"))).toBe(260);
  });
});

describe("deleteDynamicGroup", () => {
  it("wants a confirmation, and says what would go", async () => {
    const { fleet, settle, calls } = await openIndexedFleet();
    await settle(createDynamicGroup(fleet, FULL));

    const refused = settle(deleteDynamicGroup(fleet, "Full"));

    await expect(refused).rejects.toThrow(NotConfirmedError);
    await expect(refused).rejects.toThrow(/deletes the dynamic group Full \(shadow.*>50\)/);
    expect(calls("DeleteDynamicThingGroup")).toHaveLength(0);
  });

  it("deletes the group but no thing, and finds nothing the second time", async () => {
    const { fleet, settle, calls } = await openIndexedFleet();
    await settle(createDynamicGroup(fleet, FULL));

    const first = await settle(deleteDynamicGroup(fleet, "Full", { confirm: "DELETE" }));
    const second = await settle(deleteDynamicGroup(fleet, "Full", { confirm: "DELETE" }));

    expect([first, second]).toEqual([true, false]);
    expect(await settle(collect(listDynamicGroups(fleet)))).toEqual([]);
    expect(calls("DeleteThing")).toHaveLength(0);
  });

  it("refuses a static group, and one that is not ours", async () => {
    const { fleet, settle, calls } = await openIndexedFleet();
    await settle(createCountryGroups(fleet, ["US"]));
    await settle(fleet.iot.send(foreign(FULL)));

    const ofStatic = settle(deleteDynamicGroup(fleet, "US_Fleet", { confirm: "DELETE" }));
    await expect(ofStatic).rejects.toThrow(InvalidInputError);
    const ofOthers = settle(deleteDynamicGroup(fleet, "Full", { confirm: "DELETE" }));
    await expect(ofOthers).rejects.toThrow(NotOursError);
    expect(calls("DeleteDynamicThingGroup")).toHaveLength(0);
  });
});
