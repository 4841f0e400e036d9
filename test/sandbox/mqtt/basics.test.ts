import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { openBroker } from "./broker.js";

describe.each([4, 5] as const)("MQTT of version %i", (version) => {
  it("connects, subscribes, publishes and says goodbye", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", { version });
    const writer = await broker.client("writer", { version });
    expect(await reader.subscribe(["a/+", "b"], 1)).toEqual([1, 1]);

    await writer.publish("a/x", "hello", { qos: 1 });
    await writer.publish("b", "there");

    expect(await reader.message()).toMatchObject({ topic: "a/x", text: "hello", qos: 1 });
    expect(await reader.message()).toMatchObject({ topic: "b", text: "there", qos: 0 });
    await reader.leave();
    await writer.leave();
    expect(broker.lines).toEqual([]);
  });

  it("hears of a shadow that was changed over HTTP, and changes it", async () => {
    const broker = openBroker();
    const device = await broker.client("lorry", { version });
    await device.subscribe("$aws/things/lorry/shadow/#");

    await broker.iotData.send(
      new UpdateThingShadowCommand({
        thingName: "lorry",
        payload: Buffer.from('{"state":{"desired":{"speed":80}}}'),
      }),
    );
    expect(await device.document()).toMatchObject(["$aws/things/lorry/shadow/update/accepted", {}]);
    expect(await device.document()).toMatchObject([
      "$aws/things/lorry/shadow/update/delta",
      { state: { speed: 80 } },
    ]);
    expect((await device.document())[0]).toBe("$aws/things/lorry/shadow/update/documents");

    await device.publish("$aws/things/lorry/shadow/get", "");
    expect((await device.message()).topic).toBe("$aws/things/lorry/shadow/get");
    expect(await device.document()).toMatchObject([
      "$aws/things/lorry/shadow/get/accepted",
      { state: { desired: { speed: 80 } } },
    ]);
  });
});
