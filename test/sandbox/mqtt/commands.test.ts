import {
  CreateCommandCommand,
  CreateThingCommand,
  GetCommandExecutionCommand,
  type CreateCommandCommandInput,
} from "@aws-sdk/client-iot";
import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import {
  StartCommandExecutionCommand,
  type StartCommandExecutionCommandInput,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { cbor } from "@smithy/core/cbor";
import { beforeEach, describe, expect, it } from "vitest";
import { ARN, openBroker, type Broker, type Wire } from "./broker.js";

const LOCK = { content: Buffer.from('{"action":"lock"}'), contentType: "application/json" };
const C = "$aws/commands/things/car/executions";

let broker: Broker;
let car: Wire;
beforeEach(async () => {
  broker = openBroker();
  await broker.iot.send(new CreateThingCommand({ thingName: "car" }));
  car = await broker.client("some-client");
});

async function make(commandId: string, rest: Partial<CreateCommandCommandInput> = {}) {
  const payload = rest.payloadTemplate === undefined ? { payload: LOCK } : {};
  await broker.iot.send(new CreateCommandCommand({ commandId, ...payload, ...rest }));
}

async function start(commandId: string, rest: Partial<StartCommandExecutionCommandInput> = {}) {
  const { executionId } = await broker.iotJobs.send(
    new StartCommandExecutionCommand({
      commandArn: `${ARN}command/${commandId}`,
      targetArn: `${ARN}thing/car`,
      ...rest,
    }),
  );
  return executionId as string;
}

const look = (executionId: string, targetArn = `${ARN}thing/car`) =>
  broker.iot.send(new GetCommandExecutionCommand({ executionId, targetArn, includeResult: true }));

describe("a command for a device", () => {
  it("comes as it was made, in the topic of its format", async () => {
    await make("lock");
    await make("blob", { payload: { content: Buffer.from([1, 2]), contentType: "application/x" } });
    await make("bare", { payload: { content: Buffer.from([3]) } });
    await make("packed", {
      payload: { content: Buffer.from(cbor.serialize({ a: 1 })), contentType: "application/cbor" },
    });
    await car.subscribe([`${C}/+/request/json`, `${C}/+/request/cbor`, `${C}/+/request`], 1);

    for (const [id, tail, bytes] of [
      ["lock", "/request/json", LOCK.content],
      ["blob", "/request", Buffer.from([1, 2])],
      ["bare", "/request", Buffer.from([3])],
      ["packed", "/request/cbor", Buffer.from(cbor.serialize({ a: 1 }))],
    ] as const) {
      const executionId = await start(id);
      const message = await car.message();
      expect(message).toMatchObject({ topic: `${C}/${executionId}${tail}`, qos: 1, retain: false });
      expect(message.bytes).toEqual(bytes);
    }
  });

  it("tells a v5 client what it is, and how long it counts", async () => {
    const five = await broker.client("five", { version: 5 });
    await five.subscribe([`${C}/+/request`, `${C}/+/request/json`], 1);
    await make("lock");
    await make("bare", { payload: { content: Buffer.from([3]) } });

    await start("lock", { executionTimeoutSeconds: 300 });
    expect((await five.message()).properties).toMatchObject({
      contentType: "application/json",
      messageExpiryInterval: 300,
    });
    await start("bare");
    expect((await five.message()).properties).toMatchObject({
      contentType: "application/octet-stream",
      messageExpiryInterval: 10,
    });
  });

  it("reaches a client by its id, on topics of clients", async () => {
    await make("lock");
    const base = "$aws/commands/clients/some-client/executions";
    await car.subscribe([`${base}/+/request/json`, `${base}/+/response/accepted/json`]);
    const targetArn = `${ARN}client/some-client`;

    const executionId = await start("lock", { targetArn });
    expect((await car.message()).topic).toBe(`${base}/${executionId}/request/json`);
    await car.publish(`${base}/${executionId}/response/json`, { status: "SUCCEEDED" });
    expect((await car.document())[0]).toBe(`${base}/${executionId}/response/accepted/json`);

    expect((await look(executionId, targetArn)).status).toBe("SUCCEEDED");
  });

  it("waits in a persistent session, but not longer than its time", async () => {
    await make("lock");
    const away = await broker.client("away", { clean: false });
    await away.subscribe(`${C}/+/request/json`, 1);
    await away.leave();
    const late = await start("lock", { executionTimeoutSeconds: 10 });
    const early = await start("lock", { executionTimeoutSeconds: 60 });

    await broker.pass(11_000);
    const back = await broker.client("away", { clean: false });

    expect((await back.message()).topic).toBe(`${C}/${early}/request/json`);
    expect(await back.rest()).toEqual([]);
    expect((await look(late)).status).toBe("TIMED_OUT");
  });
});

describe("a template", () => {
  const placeholder = (name: string) => `\${aws:iot:commandexecution::${name}}`;

  it.each(["JSON", "CBOR"] as const)("is filled in, and sent as %s", async (outputFormat) => {
    await make("heat", {
      payloadTemplate: JSON.stringify({
        to: placeholder("parameter:degrees"),
        text: `to ${placeholder("parameter:degrees")} "now"`,
        on: placeholder("parameter:on"),
        big: placeholder("parameter:big"),
        seconds: placeholder("executionTimeoutSec"),
        fixed: [1, null],
      }),
      preprocessor: { awsJsonSubstitution: { outputFormat } },
      mandatoryParameters: [
        { name: "degrees", type: "INTEGER", defaultValue: { I: 21 } },
        { name: "on", type: "BOOLEAN" },
        { name: "big", type: "UNSIGNEDLONG" },
      ],
    });
    const tail = outputFormat.toLowerCase();
    await car.subscribe(`${C}/+/request/${tail}`);

    await start("heat", {
      parameters: { on: { B: true }, big: { UL: "18446744073709551615" } },
      executionTimeoutSeconds: 30,
    });

    const { bytes } = await car.message();
    if (outputFormat === "JSON") {
      expect(bytes.toString()).toBe(
        '{"to":21,"text":"to 21 \\"now\\"","on":true,"big":18446744073709551615,"seconds":30,"fixed":[1,null]}',
      );
    } else {
      expect(cbor.deserialize(bytes)).toEqual({
        to: 21,
        text: 'to 21 "now"',
        on: true,
        big: 18446744073709551615n,
        seconds: 30,
        fixed: [1, null],
      });
    }
  });
});

describe("what a device says of an execution", () => {
  const accepted = (id: string) => `${C}/${id}/response/accepted/json`;
  const rejected = (id: string) => `${C}/${id}/response/rejected/json`;

  async function begun(rest: Partial<StartCommandExecutionCommandInput> = {}) {
    await make("lock");
    await car.subscribe([`${C}/+/response/accepted/json`, `${C}/+/response/rejected/json`]);
    return start("lock", rest);
  }

  it("is kept, and answered with the format in the last place", async () => {
    const id = await begun();

    await car.publish(`${C}/${id}/response/json`, {
      deviceId: "car",
      status: "IN_PROGRESS",
      statusReason: { reasonCode: "200", reasonDescription: "half way" },
      result: { battery: { s: "50 %" }, locked: { b: false }, raw: { bin: "AQI=" } },
    });

    expect(await car.document()).toEqual([accepted(id), { executionId: id }]);
    expect(await look(id)).toMatchObject({
      status: "IN_PROGRESS",
      statusReason: { reasonCode: "200", reasonDescription: "half way" },
      result: { battery: { S: "50 %" }, locked: { B: false } },
    });
    expect(Buffer.from((await look(id)).result?.["raw"]?.BIN ?? [])).toEqual(Buffer.from([1, 2]));
    expect((await look(id)).completedAt).toBeUndefined();

    await car.publish(`${C}/${id}/response/json`, { status: "SUCCEEDED" });
    expect((await car.document())[0]).toBe(accepted(id));
    expect(await look(id)).toMatchObject({ status: "SUCCEEDED", completedAt: expect.any(Date) });
  });

  it("can be CBOR, and is answered so", async () => {
    await make("lock");
    const id = await start("lock");
    await car.subscribe([`${C}/+/response/accepted/cbor`, `${C}/+/response/rejected/cbor`]);
    const say = (document: object) =>
      car.publish(`${C}/${id}/response/cbor`, Buffer.from(cbor.serialize(document)));

    await say({ status: "SUCCEEDED", result: { raw: { bin: new Uint8Array([7]) } } });
    const answer = await car.message();
    expect(answer.topic).toBe(`${C}/${id}/response/accepted/cbor`);
    expect(cbor.deserialize(answer.bytes)).toEqual({ executionId: id });
    expect(Buffer.from((await look(id)).result?.["raw"]?.BIN ?? [])).toEqual(Buffer.from([7]));

    await say({ status: "SUCCEEDED" });
    const refusal = await car.message();
    expect(refusal.topic).toBe(`${C}/${id}/response/rejected/cbor`);
    expect(cbor.deserialize(refusal.bytes)).toMatchObject({ error: "InvalidStateTransition" });
  });

  it.each([
    ["no JSON", "{", "InvalidJson"],
    ["no object", "[]", "InvalidJson"],
    ["no status", "{}", "InvalidRequest"],
    ["a status of the cloud alone", '{"status":"CREATED"}', "InvalidRequest"],
    [
      "a reason in lower case",
      '{"status":"FAILED","statusReason":{"reasonCode":"no"}}',
      "InvalidRequest",
    ],
    [
      "a reason without a code",
      '{"status":"FAILED","statusReason":{"reasonDescription":"x"}}',
      "InvalidRequest",
    ],
    [
      "a line break in a reason",
      '{"status":"FAILED","statusReason":{"reasonCode":"A","reasonDescription":"x\\ny"}}',
      "InvalidRequest",
    ],
    ["an empty result", '{"status":"FAILED","result":{}}', "InvalidRequest"],
    ["a result without a type", '{"status":"FAILED","result":{"a":"b"}}', "InvalidRequest"],
    [
      "a result of AWS's own case",
      '{"status":"FAILED","result":{"a":{"S":"b"}}}',
      "InvalidRequest",
    ],
    ["a result of another type", '{"status":"FAILED","result":{"a":{"b":"b"}}}', "InvalidRequest"],
    ["no base64", '{"status":"FAILED","result":{"a":{"bin":"?"}}}', "InvalidRequest"],
  ])("is rejected with %s", async (_, payload, error) => {
    const id = await begun();

    await car.publish(`${C}/${id}/response/json`, payload);

    expect(await car.document()).toEqual([
      rejected(id),
      { error, errorMessage: expect.any(String), executionId: id },
    ]);
    expect((await look(id)).status).toBe("CREATED");
  });

  it("is rejected for an execution of somebody else, or of nobody", async () => {
    const id = await begun();
    await car.subscribe("$aws/commands/things/other/executions/+/response/rejected/json");

    await car.publish(`${C}/none/response/json`, { status: "FAILED" });
    expect(await car.document()).toMatchObject([rejected("none"), { error: "ResourceNotFound" }]);
    await car.publish(`$aws/commands/things/other/executions/${id}/response/json`, {
      status: "FAILED",
    });
    expect((await car.document())[1]).toMatchObject({ error: "ResourceNotFound", executionId: id });
  });

  it("is not taken after the end", async () => {
    const id = await begun();
    await car.publish(`${C}/${id}/response/json`, { status: "REJECTED" });
    await car.document();

    await car.publish(`${C}/${id}/response/json`, { status: "SUCCEEDED" });

    expect(await car.document()).toMatchObject([
      rejected(id),
      { error: "InvalidStateTransition", executionId: id },
    ]);
  });

  it("outweighs a timeout of the cloud, once", async () => {
    const id = await begun({ executionTimeoutSeconds: 20 });
    await broker.pass(19_000);
    expect((await look(id)).status).toBe("CREATED");
    await broker.pass(1_000);
    const silent = await look(id);
    expect(silent).toMatchObject({
      status: "TIMED_OUT",
      statusReason: { reasonCode: "$NO_RESPONSE_FROM_DEVICE" },
    });
    expect(silent.completedAt).toBeUndefined();

    await car.publish(`${C}/${id}/response/json`, { status: "IN_PROGRESS" });
    expect((await car.document())[1]).toMatchObject({ error: "InvalidStateTransition" });
    await car.publish(`${C}/${id}/response/json`, { status: "TIMED_OUT" });
    expect((await car.document())[0]).toBe(accepted(id));
    const told = await look(id);
    expect(told).toMatchObject({ status: "TIMED_OUT", completedAt: expect.any(Date) });
    expect(told.statusReason).toBeUndefined();
    await car.publish(`${C}/${id}/response/json`, { status: "SUCCEEDED" });
    expect((await car.document())[0]).toBe(rejected(id));
  });

  it("can be published over HTTP", async () => {
    const id = await begun();

    await broker.iotData.send(
      new PublishCommand({
        topic: `${C}/${id}/response/json`,
        payload: Buffer.from('{"status":"SUCCEEDED"}'),
      }),
    );

    expect((await car.document())[0]).toBe(accepted(id));
    expect((await look(id)).status).toBe("SUCCEEDED");
  });
});

describe("topics of commands", () => {
  it("tell of each status, without being asked for", async () => {
    await make("lock");
    const watcher = await broker.client("watcher");
    await watcher.subscribe("$aws/events/commandExecution/+/#");

    const id = await start("lock", { executionTimeoutSeconds: 20 });
    expect(await watcher.document()).toEqual([
      "$aws/events/commandExecution/lock/CREATED",
      {
        executionId: id,
        status: "CREATED",
        eventType: "COMMAND_EXECUTION",
        commandArn: `${ARN}command/lock`,
        targetArn: `${ARN}thing/car`,
        timestamp: broker.sandbox.clock.now(),
      },
    ]);
    await broker.pass(25_000);
    // As of the moment when it timed out, whenever that was found out.
    expect(await watcher.document()).toMatchObject([
      "$aws/events/commandExecution/lock/TIMED_OUT",
      {
        statusReason: { reasonCode: "$NO_RESPONSE_FROM_DEVICE" },
        timestamp: broker.sandbox.clock.now() - 5_000,
      },
    ]);
    await car.publish(`${C}/${id}/response/json`, {
      status: "FAILED",
      statusReason: { reasonCode: "LATE" },
    });
    expect(await watcher.document()).toMatchObject([
      "$aws/events/commandExecution/lock/FAILED",
      { statusReason: { reasonCode: "LATE" } },
    ]);
  });

  it("end the connection of whoever leaves the format open, or answers in none", async () => {
    await car.subscribe(`${C}/+/request`);
    const asking = car.subscribe(`${C}/+/request/+`);
    await expect(asking).rejects.toThrow(/closed/);

    const other = await broker.client("other");
    await other.publish(`${C}/1/response/xml`, "{}");
    await other.closed();
    expect(broker.lines.join("\n")).toMatch(/response\/xml, which is reserved/);
  });
});
