import {
  CreateCommandCommand,
  CreateProvisioningTemplateCommand,
  CreateThingCommand,
  GetCommandExecutionCommand,
} from "@aws-sdk/client-iot";
import { StartCommandExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../lib/sandbox/state/store.js";
import { createRole } from "../jobs/fleet.js";
import { ROLE, template } from "../provisioning/templates.js";
import { ARN, openBroker, settled, type Broker, type ClientOptions } from "./broker.js";

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

  it("what devices have said of commands, what is left of their time, and what may yet be registered", async () => {
    const broker = opened();
    const identity = await broker.identity();
    await createRole(broker, { RoleName: "provisioning" });
    await broker.iot.send(new CreateThingCommand({ thingName: "car" }));
    const payload = { content: Buffer.from([1, 2, 3]), contentType: "application/json" };
    const { commandArn } = await broker.iot.send(
      new CreateCommandCommand({ commandId: "lock", payload }),
    );
    const targetArn = `${ARN}thing/car`;
    const start = async (on: Broker) => {
      const { executionId = "" } = await on.iotJobs.send(
        new StartCommandExecutionCommand({
          commandArn: commandArn as string,
          targetArn,
          executionTimeoutSeconds: 60,
        }),
      );
      return executionId;
    };
    const look = (on: Broker, executionId: string) =>
      on.iot.send(new GetCommandExecutionCommand({ executionId, targetArn, includeResult: true }));
    await broker.iot.send(
      new CreateProvisioningTemplateCommand({
        templateName: "fleet",
        enabled: true,
        provisioningRoleArn: ROLE,
        templateBody: template({ CertificateId: { Ref: "AWS::IoT::Certificate::Id" } }),
      }),
    );
    const device = await broker.client("device", { identity });
    const base = "$aws/commands/things/car/executions";
    await device.subscribe([`${base}/+/response/accepted/json`, "$aws/certificates/create/json/+"]);
    const [done, open] = [await start(broker), await start(broker)];
    await device.publish(`${base}/${done}/response/json`, {
      status: "SUCCEEDED",
      result: { raw: { bin: "BwgJ" } },
    });
    await device.document();
    await device.publish("$aws/certificates/create/json", "");
    const [, { certificateOwnershipToken }] = await device.document();

    const second = restarted();

    const found = await look(second, done);
    expect(found.status).toBe("SUCCEEDED");
    expect(Buffer.from(found.result?.["raw"]?.BIN ?? [])).toEqual(Buffer.from([7, 8, 9]));
    await second.pass(60_000);
    expect((await look(second, open)).status).toBe("TIMED_OUT");
    const late = await second.client("late", { identity });
    await late.subscribe([
      `${base}/+/request/json`,
      "$aws/provisioning-templates/fleet/provision/#",
    ]);
    await start(second);
    expect((await late.message()).bytes).toEqual(Buffer.from([1, 2, 3]));
    await late.publish("$aws/provisioning-templates/fleet/provision/json", {
      certificateOwnershipToken,
      parameters: { SerialNumber: "1" },
    });
    // Whoever listens to all of it hears the request, too.
    await late.document();
    expect(await late.document()).toMatchObject([
      "$aws/provisioning-templates/fleet/provision/json/accepted",
      { thingName: "car-1" },
    ]);
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
