import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../lib/sandbox/state/store.js";
import { openBroker, settled, type Broker, type ClientOptions } from "./broker.js";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-mqtt-test-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lasting = { clean: false } as const;
let copies = 0;

/** A sandbox on what the disk has at this moment, as after `kill -9` of the first. */
function restarted(): Broker {
  const copy = join(folder, `copy-${++copies}`);
  cpSync(join(folder, "data"), copy, { recursive: true });
  return openBroker({ store: openStore(copy) });
}

function opened(): Broker {
  return openBroker({ store: openStore(join(folder, "data")) });
}

describe("what was acknowledged outlives the process", () => {
  it("subscriptions, messages that nobody has acknowledged yet, and retained ones", async () => {
    const broker = opened();
    const identity = await broker.identity();
    const options: ClientOptions = { ...lasting, identity };
    const away = await broker.client("away", options);
    await away.subscribe(["a/#", "$aws/things/t/shadow/update/accepted"], 1);
    await away.leave();
    const there = await broker.client("there", options);
    await there.subscribe("a/b", 1);
    const writer = await broker.client("writer", { identity });
    await writer.publish("a/b", "to both", { qos: 1 });
    await writer.publish("kept", "retained", { qos: 1, retain: true });
    await broker.iotData.send(
      new UpdateThingShadowCommand({ thingName: "t", payload: Buffer.from('{"state":{}}') }),
    );

    const second = restarted();

    const back = await second.client("away", options);
    expect(back.heard[0]).toMatchObject({ cmd: "connack", sessionPresent: true });
    expect(await back.message()).toMatchObject({ topic: "a/b", text: "to both" });
    await second.pass(100);
    expect((await back.message()).topic).toBe("$aws/things/t/shadow/update/accepted");
    expect((await (await second.client("there", options)).message()).text).toBe("to both");
    await back.subscribe("kept");
    expect(await back.message()).toMatchObject({ text: "retained", retain: true });
    // In the order they came, also behind a restart.
    const again = await second.client("writer", { identity });
    await again.publish("a/c", "live", { qos: 1 });
    expect((await back.message()).text).toBe("live");
  });

  it("that somebody has acknowledged a message, when there was time to note it", async () => {
    const broker = opened();
    const identity = await broker.identity();
    const reader = await broker.client("reader", { ...lasting, identity });
    await reader.subscribe("a", 1);
    await (await broker.client("writer", { identity })).publish("a", "once", { qos: 1 });
    await reader.message();
    await settled();

    const back = await restarted().client("reader", { ...lasting, identity });

    expect(await back.rest()).toEqual([]);
  });

  it("who was connected is not any more, and its will is sent", async () => {
    const broker = opened();
    const identity = await broker.identity();
    const watcher = await broker.client("watcher", { ...lasting, identity });
    await watcher.subscribe(["wills", "$aws/events/presence/disconnected/c"], 1);
    await watcher.leave();
    await broker.client("c", {
      identity,
      will: { topic: "wills", payload: Buffer.from(""), qos: 1 },
    });

    const second = restarted();
    await settled();

    const state = second.sandbox.state("111122223333", "eu-west-1");
    expect(state.mqttConnections.get("c")).toMatchObject({
      isConnected: false,
      disconnectReason: "CONNECTION_LOST",
    });
    const back = await second.client("watcher", { ...lasting, identity });
    expect((await back.message()).topic).toBe("wills");
    await second.pass(100);
    expect((await back.message()).topic).toBe("$aws/events/presence/disconnected/c");
  });
});

it("a sandbox that is closed says so to its clients, and keeps their sessions", async () => {
  const broker = opened();
  const identity = await broker.identity();
  const client = await broker.client("c", { identity, version: 5 });
  const other = await broker.client("other", { ...lasting, identity });

  await broker.sandbox.close();

  await Promise.all([client.closed(), other.closed()]);
  expect(client.heard.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x8b });
  const second = restarted();
  const state = second.sandbox.state("111122223333", "eu-west-1");
  expect(state.mqttConnections.get("c")?.disconnectReason).toBe("SERVER_INITIATED_DISCONNECT");
  const back = await second.client("other", { ...lasting, identity });
  expect(back.heard[0]).toMatchObject({ sessionPresent: true });
});
