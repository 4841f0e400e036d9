import {
  CreateThingCommand,
  GetThingConnectivityDataCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { openSandbox } from "../clients.js";

async function withThing() {
  const clients = openSandbox();
  const { iot } = clients;
  await iot.send(new CreateThingCommand({ thingName: "car-1" }));
  const enable = () =>
    iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: {
          thingIndexingMode: "REGISTRY",
          thingConnectivityIndexingMode: "STATUS",
        },
      }),
    );
  const ask = (thingName = "car-1") => iot.send(new GetThingConnectivityDataCommand({ thingName }));
  return { ...clients, enable, ask };
}

describe("GetThingConnectivityData (API_GetThingConnectivityData)", () => {
  it("says of a thing that has never connected that it is not connected, and no more", async () => {
    const { clock, enable, ask } = await withThing();
    await enable();
    await clock.advance(5000);

    const { $metadata: _, ...data } = await ask();

    expect(data).toEqual({ thingName: "car-1", connected: false });
  });

  it("needs connectivity indexing, and its index", async () => {
    const { enable, ask } = await withThing();

    await expect(ask()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await enable();

    await expect(ask()).rejects.toMatchObject({ name: "IndexNotReadyException" });
  });

  it("refuses an unknown thing", async () => {
    const { ask } = await withThing();

    await expect(ask("nope")).rejects.toThrow("Thing nope cannot be found");
  });
});
