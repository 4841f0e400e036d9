import { CreateThingGroupCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { NotOursError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import { tagList } from "../../../lib/aws/ownership.js";
import {
  createCountryGroups,
  deleteThingGroup,
  findThingGroup,
  listThingGroups,
} from "../../../lib/fleet/registry/thing-groups.js";
import { openTestFleet } from "../../fleet.js";

describe("deleteThingGroup", () => {
  it("deletes a group of ours, and finds nothing the second time", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createCountryGroups(fleet, ["US"]));

    const first = await settle(deleteThingGroup(fleet, "US_Fleet"));
    const second = await settle(deleteThingGroup(fleet, "US_Fleet"));

    expect([first, second]).toEqual([true, false]);
  });

  it("leaves a group alone that is only named like ours", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingGroupCommand({ thingGroupName: "US_Fleet" })));

    await expect(settle(deleteThingGroup(fleet, "US_Fleet"))).rejects.toBeInstanceOf(NotOursError);

    expect(await settle(findThingGroup(fleet, "US_Fleet"))).toBeDefined();
  });

  it("says at once that it has a child group, and which", async () => {
    const { fleet, settle, clock } = openTestFleet();
    await settle(createCountryGroups(fleet, ["US"]));
    const child = { thingGroupName: "Texas", parentGroupName: "US_Fleet" };
    await settle(
      fleet.iot.send(new CreateThingGroupCommand({ ...child, tags: tagList(fleet.tags) })),
    );

    const children = await settle(collect(listThingGroups(fleet, { parent: "US_Fleet" })));
    const startedAt = clock.now();
    await expect(settle(deleteThingGroup(fleet, "US_Fleet"))).rejects.toThrow(
      "The group US_Fleet has the child group Texas.",
    );
    expect(clock.now() - startedAt).toBeLessThan(10_000);
    await settle(deleteThingGroup(fleet, "Texas"));

    expect(children.map(({ groupName }) => groupName)).toEqual(["Texas"]);
    expect(await settle(deleteThingGroup(fleet, "US_Fleet"))).toBe(true);
  });

  it("waits while AWS still sees a child group that is gone, and gives up in those words", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createCountryGroups(fleet, ["US"]));
    const refusal = "Cannot delete thing group : US_Fleet when there are still child groups";
    let refusals = 3;
    fleet.iot.middlewareStack.add(
      (next, context) => async (args) => {
        if (context["commandName"] !== "DeleteThingGroupCommand" || refusals-- <= 0) {
          return next(args);
        }
        throw Object.assign(new Error(refusal), { name: "InvalidRequestException" });
      },
      { step: "initialize", name: "lagging" },
    );

    expect(await settle(deleteThingGroup(fleet, "US_Fleet"))).toBe(true);
    await settle(createCountryGroups(fleet, ["US"]));
    refusals = Number.POSITIVE_INFINITY;
    await expect(settle(deleteThingGroup(fleet, "US_Fleet"))).rejects.toBeInstanceOf(
      WaitTimeoutError,
    );
  });
});
