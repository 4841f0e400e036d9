import { CreateThingCommand, CreateThingTypeCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
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

  it("says so when things still have a type, and deletes the others", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createThingTypes(fleet, ["Van", "Bus"]));
    const thing = { thingName: "Van-1", thingTypeName: "Van" };
    await settle(fleet.iot.send(new CreateThingCommand(thing)));

    const result = await settle(deleteThingTypes(fleet, ["Van", "Bus"]));

    expect(result).toMatchObject({
      done: 1,
      failed: [{ name: "Van", error: "InvalidRequestException" }],
    });
  });
});
