import {
  CreateThingCommand,
  CreateThingTypeCommand,
  DeprecateThingTypeCommand,
  type ThingAttribute,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import {
  createThingTypes,
  deleteThingTypes,
  findThingType,
} from "../../../lib/fleet/registry/thing-types.js";
import { openTestFleet } from "../../fleet.js";

const MINUTE_MS = 60_000;

describe("deleteThingTypes", () => {
  it("deprecates all, waits the five minutes once with a countdown, and deletes", async () => {
    const { fleet, settle, clock, calls, lines } = openTestFleet();
    await settle(createThingTypes(fleet, ["Van", "Bus"]));
    const startedAt = clock.now();

    const result = await settle(deleteThingTypes(fleet, ["Van", "Bus"]));

    const minutes = (clock.now() - startedAt) / MINUTE_MS;
    expect(result).toMatchObject({ done: 2, existed: 0, failed: [] });
    expect(minutes).toBeGreaterThanOrEqual(5);
    expect(minutes).toBeLessThan(6.5);
    expect(calls("DeleteThingType").filter(({ error }) => error)).toEqual([]);
    expect(lines.filter((line) => line.includes("min left"))).toHaveLength(5);
    expect(await settle(findThingType(fleet, "Van"))).toBeUndefined();
  });

  it("D19: counts the minutes that a type was deprecated already", async () => {
    const { fleet, settle, clock } = openTestFleet();
    await settle(createThingTypes(fleet, ["Van"]));
    const interrupted = deleteThingTypes(fleet, ["Van"]).catch((error: unknown) => error);
    await clock.advance(4 * MINUTE_MS);
    process.emit("SIGINT");
    await interrupted;
    const startedAt = clock.now();

    const result = await settle(deleteThingTypes(fleet, ["Van"]));

    expect(result).toMatchObject({ done: 1 });
    expect(clock.now() - startedAt).toBeLessThanOrEqual(MINUTE_MS);
  });

  it("finds nothing to do the second time, and does not wait", async () => {
    const { fleet, settle, clock } = openTestFleet();
    const startedAt = clock.now();

    const result = await settle(deleteThingTypes(fleet, ["Van"]));

    expect(result).toMatchObject({ done: 0, existed: 1, failed: [] });
    expect(clock.now() - startedAt).toBeLessThan(MINUTE_MS);
  });

  it("leaves a type alone that somebody else made: not even deprecated", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingTypeCommand({ thingTypeName: "Crane" })));

    const result = await settle(deleteThingTypes(fleet, ["Crane"]));

    expect(result.failed).toMatchObject([{ name: "Crane", error: "NotOursError" }]);
    const type = await settle(findThingType(fleet, "Crane"));
    expect(type?.thingTypeMetadata?.deprecated).toBe(false);
  });

  it("says at once when things still have a type, leaves it in use, and deletes the others", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(createThingTypes(fleet, ["Van", "Bus"]));
    const thing = { thingName: "Van-1", thingTypeName: "Van" };
    await settle(fleet.iot.send(new CreateThingCommand(thing)));

    const result = await settle(deleteThingTypes(fleet, ["Van", "Bus"]));

    expect(result).toMatchObject({
      done: 1,
      failed: [{ name: "Van", cause: expect.stringContaining("Van-1 still has the type Van") }],
    });
    expect(calls("DeleteThingType")).toHaveLength(1);
    const type = await settle(findThingType(fleet, "Van"));
    expect(type?.thingTypeMetadata?.deprecated).toBe(false);
  });

  it("does not wait at all when no type can go", async () => {
    const { fleet, settle, clock, lines } = openTestFleet();
    await settle(createThingTypes(fleet, ["Van"]));
    const thing = { thingName: "Van-1", thingTypeName: "Van" };
    await settle(fleet.iot.send(new CreateThingCommand(thing)));
    const deprecate = { thingTypeName: "Van" };
    await settle(fleet.iot.send(new DeprecateThingTypeCommand(deprecate)));
    const startedAt = clock.now();

    const result = await settle(deleteThingTypes(fleet, ["Van"]));

    expect(result).toMatchObject({ done: 0, failed: [{ name: "Van" }] });
    expect(clock.now() - startedAt).toBeLessThan(MINUTE_MS);
    expect(lines.join("\n")).not.toContain("min left");
  });

  it("passes by a thing that AWS still lists although it is gone", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(createThingTypes(fleet, ["Van"]));
    listOneMore(fleet, { thingName: "Van-1", thingTypeName: "Van" });

    const result = await settle(deleteThingTypes(fleet, ["Van"]));

    expect(result).toMatchObject({ done: 1, failed: [] });
    expect(calls("DescribeThing")).toHaveLength(1);
  });
});

/** ListThings as AWS answers it for a moment after a thing was deleted. */
function listOneMore({ iot }: Fleet, thing: ThingAttribute): void {
  iot.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (context["commandName"] !== "ListThingsCommand") return answer;
      return { ...answer, output: { ...answer.output, things: [thing] } };
    },
    { step: "initialize", name: "listOneMore" },
  );
}
