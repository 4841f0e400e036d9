import {
  DeleteThingShadowCommand,
  GetThingShadowCommand,
  UpdateThingShadowCommand,
} from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { openBroker, type Broker, type Wire } from "./broker.js";

const NOW = Date.UTC(2026, 0, 1) / 1000;

describe.each([
  ["classic", "$aws/things/t/shadow", undefined],
  ["named", "$aws/things/t/shadow/name/s", "s"],
])("the %s shadow", (_, P, shadowName) => {
  async function open(): Promise<[Broker, Wire]> {
    const broker = openBroker();
    const device = await broker.client("t");
    await device.subscribe(
      ["get", "update", "delete"].flatMap((verb) => [`${P}/${verb}/+`]),
      1,
    );
    return [broker, device];
  }
  const update = (document: object) =>
    new UpdateThingShadowCommand({
      thingName: "t",
      ...(shadowName !== undefined && { shadowName }),
      payload: Buffer.from(JSON.stringify(document)),
    });

  it("is updated, told of, read and deleted, each answer with its request's token", async () => {
    const [, device] = await open();
    const desired = { speed: 80, lights: { front: "on" } };

    await device.publish(`${P}/update`, { state: { desired }, clientToken: "one" });
    expect(await device.document()).toEqual([
      `${P}/update/accepted`,
      {
        state: { desired },
        metadata: { desired: { speed: { timestamp: NOW }, lights: { front: { timestamp: NOW } } } },
        version: 1,
        timestamp: NOW,
        clientToken: "one",
      },
    ]);
    expect(await device.document()).toEqual([
      `${P}/update/delta`,
      {
        state: desired,
        metadata: { speed: { timestamp: NOW }, lights: { front: { timestamp: NOW } } },
        version: 1,
        timestamp: NOW,
        clientToken: "one",
      },
    ]);
    const [topic, documents] = await device.document();
    expect(topic).toBe(`${P}/update/documents`);
    expect(documents).toEqual({
      previous: null,
      current: { state: { desired }, metadata: expect.anything(), version: 1 },
      timestamp: NOW,
      clientToken: "one",
    });

    await device.publish(`${P}/update`, { state: { reported: { speed: 80 } }, version: 1 });
    expect((await device.document())[1]).not.toHaveProperty("clientToken");
    // All that is outstanding, whoever has caused it.
    expect(await device.document()).toMatchObject([
      `${P}/update/delta`,
      { state: { lights: { front: "on" } } },
    ]);
    expect((await device.document())[1]).toMatchObject({
      previous: { state: { desired }, version: 1 },
      current: { state: { desired, reported: { speed: 80 } }, version: 2 },
    });

    await device.publish(`${P}/update`, { state: { reported: desired } });
    // Nothing is left to tell: no delta.
    expect(await device.rest()).toEqual([`${P}/update/accepted`, `${P}/update/documents`]);

    await device.publish(`${P}/get`, { clientToken: "two" });
    expect(await device.document()).toMatchObject([
      `${P}/get/accepted`,
      { state: { desired, reported: desired }, version: 3, clientToken: "two" },
    ]);
    await device.publish(`${P}/get`);
    expect((await device.document())[1]).not.toHaveProperty("clientToken");

    await device.publish(`${P}/delete`, { clientToken: "three" });
    expect(await device.document()).toEqual([
      `${P}/delete/accepted`,
      { version: 3, timestamp: NOW, clientToken: "three" },
    ]);
    await device.publish(`${P}/delete`, "whatever");
    expect(await device.document()).toMatchObject([`${P}/delete/rejected`, { code: 404 }]);
  });

  it("rejects over MQTT, with HTTP's codes, and says why", async () => {
    const [, device] = await open();
    const reject = async (verb: string, payload: string | object) => {
      await device.publish(`${P}/${verb}`, payload);
      const [topic, document] = await device.document();
      expect(topic).toBe(`${P}/${verb}/rejected`);
      return document;
    };

    expect(await reject("update", "{")).toEqual({
      code: 400,
      message: "Invalid JSON",
      timestamp: NOW,
    });
    expect(await reject("get", "{")).toMatchObject({ code: 400 });
    expect(await reject("get", { clientToken: "x" })).toEqual({
      code: 404,
      message: `No shadow exists with name: '${shadowName ?? "t"}'`,
      timestamp: NOW,
      clientToken: "x",
    });
    expect(await reject("update", { clientToken: "x" })).toMatchObject({
      code: 400,
      clientToken: "x",
    });
    expect(await reject("update", { state: {}, version: 7 })).toMatchObject({
      code: 409,
      message: "Version conflict",
    });
    expect(await reject("update", { state: { desired: { a: "x".repeat(8_200) } } })).toMatchObject({
      code: 413,
    });
    expect(await reject("update", Buffer.from([0xff]))).toMatchObject({ code: 415 });
  });

  it("tells of what HTTP does, and of nothing that HTTP refuses or reads", async () => {
    const [broker, device] = await open();
    const { iotData } = broker;
    const name = { thingName: "t", ...(shadowName !== undefined && { shadowName }) };

    await iotData.send(update({ state: { desired: { a: 1 } }, clientToken: "h" }));
    expect((await device.document())[1]).toMatchObject({ clientToken: "h", version: 1 });
    expect(await device.rest()).toEqual([`${P}/update/delta`, `${P}/update/documents`]);
    await iotData.send(new GetThingShadowCommand(name));
    await expect(iotData.send(update({ state: {}, version: 7 }))).rejects.toThrow(/conflict/i);
    expect(await device.rest()).toEqual([]);
    await iotData.send(new DeleteThingShadowCommand(name));
    expect(await device.document()).toEqual([
      `${P}/delete/accepted`,
      { version: 1, timestamp: NOW },
    ]);
    await expect(iotData.send(new DeleteThingShadowCommand(name))).rejects.toThrow(/No shadow/);
    expect(await device.rest()).toEqual([]);
  });
});

it("the request itself is a message like any other, and only who has subscribed is answered", async () => {
  const broker = openBroker();
  const device = await broker.client("t");
  const watcher = await broker.client("watcher");
  await watcher.subscribe("$aws/things/+/shadow/#");

  await device.publish("$aws/things/t/shadow/get", "", { qos: 1 });

  expect(await watcher.rest()).toEqual([
    "$aws/things/t/shadow/get",
    "$aws/things/t/shadow/get/rejected",
  ]);
  expect(await device.rest()).toEqual([]);
});

it("a named shadow without a name is rejected", async () => {
  const broker = openBroker();
  const device = await broker.client("t");
  await device.subscribe("$aws/things/t/shadow/name//get/rejected");

  await device.publish("$aws/things/t/shadow/name//get");

  expect((await device.document())[1]).toMatchObject({ code: 400 });
});

it("AWS's quotas hold: one too many is rejected with 429", async () => {
  const broker = openBroker({ quotas: { GetThingShadow: { perSecond: 1 } } });
  const device = await broker.client("t");
  await device.subscribe("$aws/things/t/shadow/get/+");

  await device.publish("$aws/things/t/shadow/get");
  await device.publish("$aws/things/t/shadow/get");

  expect((await device.document())[1]).toMatchObject({ code: 404 });
  expect((await device.document())[1]).toMatchObject({ code: 429 });
});
