import {
  CreateCommandCommand,
  GetCommandExecutionCommand,
  type CreateCommandCommandInput,
} from "@aws-sdk/client-iot";
import { StartCommandExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { cbor } from "@smithy/core/cbor";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import { interruptible } from "../../../lib/aws/interrupt.js";
import { createIdentity, type IdentityOptions } from "../../../lib/fleet/identity/identities.js";
import { connectVehicle } from "../../../lib/fleet/connection/connected-vehicle.js";
import type { MessageListener, MqttConnection } from "../../../lib/aws/mqtt/connection.js";
import type { DeviceKeys, DialDevice } from "../../../lib/aws/mqtt/device-keys.js";
import { commandsOf, type DeviceCommand } from "../../../lib/fleet/connection/vehicle-commands.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";

let test: DeviceFleet;
beforeAll(async () => {
  test = openDeviceFleet();
  await createCommand("lock", { content: Buffer.from('{"action":"lock"}') });
});
afterAll(() => test.close());

const arn = (rest: string) => `arn:aws:iot:${test.fleet.region}:${test.fleet.account}:${rest}`;

function createCommand(commandId: string, payload: CreateCommandCommandInput["payload"]) {
  const made = { contentType: "application/json", ...payload };
  return test.settle(test.fleet.iot.send(new CreateCommandCommand({ commandId, payload: made })));
}

let vehicles = 0;

/** A connected vehicle that nobody else has. */
async function openVehicle(options: IdentityOptions = {}, fleet: Fleet = test.fleet) {
  const { settle, lines } = test;
  const name = `Vehicle-VIN-${++vehicles}`;
  await settle(createThing(fleet, { name }));
  await settle(createIdentity(fleet, name, options));
  const vehicle = await settle(connectVehicle(fleet, name));
  const targetArn = arn(`thing/${name}`);
  const seen = lines.length;
  return {
    name,
    vehicle,
    /** What the fleet printed since. */
    told: () => lines.slice(seen),
    /** Start an execution, and let the vehicle do whatever it does at once. */
    async start(commandId = "lock", executionTimeoutSeconds = 10) {
      const commandArn = arn(`command/${commandId}`);
      const { executionId = "" } = await settle(
        fleet.iotJobs.send(
          new StartCommandExecutionCommand({ commandArn, targetArn, executionTimeoutSeconds }),
        ),
      );
      // Behind the first it has heard of it, behind the others it has answered.
      for (let i = 0; i < 3; i++) await settle(vehicle.ping());
      return executionId;
    },
    async look(executionId: string) {
      const wish = { executionId, targetArn, includeResult: true };
      return settle(fleet.iot.send(new GetCommandExecutionCommand(wish)));
    },
  };
}

/** A way to the sandbox by a real socket, whose messages come in the name of whoever opened it. */
async function overSocket(): Promise<{ dial: DialDevice; close: () => void }> {
  let keys: DeviceKeys | undefined;
  const server = createServer((stream) => {
    test.sandbox.devices.connect({
      stream,
      peer: { kind: "certificate", certificate: new X509Certificate(keys!.certificatePem) },
      isWebSocket: false,
      source: { ip: "127.0.0.1", port: 50_000 },
      target: { ip: "127.0.0.1", port: 8883 },
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    dial(own) {
      keys = own;
      return connectTcp({ host: "127.0.0.1", port });
    },
    close: () => void server.close(),
  };
}

describe("onCommand", () => {
  it("hears what to do, and says how it went", async () => {
    const { name, vehicle, start, look } = await openVehicle();
    const heard: DeviceCommand[] = [];
    await test.settle(
      vehicle.onCommand((command) => {
        heard.push(command);
        return {
          status: "SUCCEEDED",
          statusReason: { reasonCode: "DOORS_CLOSED", reasonDescription: "all four" },
          result: {
            doors: { s: "4" },
            locked: { b: true },
            raw: { bin: new Uint8Array([1, 2, 255]) },
          },
        };
      }),
    );

    const executionId = await start();

    expect(heard).toEqual([{ thing: name, executionId, payload: { action: "lock" } }]);
    const { status, statusReason, result, completedAt } = await look(executionId);
    expect(status).toBe("SUCCEEDED");
    expect(statusReason).toEqual({ reasonCode: "DOORS_CLOSED", reasonDescription: "all four" });
    expect(result).toMatchObject({ doors: { S: "4" }, locked: { B: true } });
    expect(result?.["raw"]?.BIN).toEqual(new Uint8Array([1, 2, 255]));
    expect(completedAt).toBeInstanceOf(Date);
    await test.settle(vehicle.close());
  });

  it("reads CBOR, and hands other payloads over as their bytes", async () => {
    const { vehicle, start } = await openVehicle();
    await createCommand("packed", {
      content: Buffer.from(cbor.serialize({ degrees: 21 })),
      contentType: "application/cbor",
    });
    await createCommand("bytes", { content: Buffer.from([7, 8]), contentType: "text/x" });
    const heard: unknown[] = [];
    await test.settle(vehicle.onCommand(({ payload }) => void heard.push(payload)));

    await start("packed");
    await start("bytes");

    expect(heard).toEqual([{ degrees: 21 }, Buffer.from([7, 8])]);
    await test.settle(vehicle.close());
  });

  it("says in between how far it is, in the order in which it was said", async () => {
    const { vehicle, start, look } = await openVehicle();
    const { settle } = test;
    let going: DeviceCommand | undefined;
    await settle(vehicle.onCommand((command) => void (going = command)));

    const executionId = await start();
    await settle(vehicle.reportCommand(going!, { status: "IN_PROGRESS" }));
    const between = await look(executionId);
    await settle(
      Promise.all([
        vehicle.reportCommand(going!, { status: "IN_PROGRESS", result: { percent: { s: "90" } } }),
        vehicle.reportCommand(going!, { status: "FAILED", statusReason: { reasonCode: "STUCK" } }),
      ]),
    );

    expect(between.status).toBe("IN_PROGRESS");
    expect(await look(executionId)).toMatchObject({
      status: "FAILED",
      statusReason: { reasonCode: "STUCK" },
      result: { percent: { S: "90" } },
    });
    await settle(vehicle.close());
  });

  it("tells a failing listener's words, and what it could not read", async () => {
    const { vehicle, start, look, told } = await openVehicle();
    await createCommand("broken", { content: Buffer.from("{") });
    const heard: DeviceCommand[] = [];
    await test.settle(
      vehicle.onCommand((command) => {
        heard.push(command);
        throw new Error("the left door\nis frozen");
      }),
    );

    const failed = await start();
    const unread = await start("broken");

    expect(await look(failed)).toMatchObject({
      status: "FAILED",
      statusReason: {
        reasonCode: "LISTENER_FAILED",
        reasonDescription: "the left door is frozen",
      },
    });
    expect(await look(unread)).toMatchObject({
      status: "REJECTED",
      statusReason: { reasonCode: "INVALID_PAYLOAD" },
    });
    expect(heard.map(({ executionId }) => executionId)).toEqual([failed]);
    expect(told()).toEqual([]);
    await test.settle(vehicle.close());
  });

  it("carries each execution out once, however often it is sent", async () => {
    const { fleet } = test;
    let send: MessageListener | undefined;
    const connection = {
      listen: (listener: MessageListener) => void (send = listener),
      subscribe: () => Promise.resolve(),
    } as unknown as MqttConnection;
    const heard: string[] = [];
    await commandsOf(fleet, "car", connection).onCommand(
      ({ executionId }) => void heard.push(executionId),
    );

    for (const id of ["1", "2", "1"]) {
      send?.(`$aws/commands/things/car/executions/${id}/request/json`, Buffer.from("{}"));
    }
    send?.("$aws/commands/things/cars/executions/3/request/json", Buffer.from("{}"));

    expect(heard).toEqual(["1", "2"]);
  });

  it("stops hearing when told to, and what comes then is nobody's", async () => {
    const { vehicle, start, look } = await openVehicle();
    const { settle } = test;
    const stop = await settle(vehicle.onCommand(() => ({ status: "SUCCEEDED" })));
    stop();

    const executionId = await start();
    await settle(test.fleet.passTime(11_000));

    expect(await look(executionId)).toMatchObject({
      status: "TIMED_OUT",
      statusReason: { reasonCode: "$NO_RESPONSE_FROM_DEVICE" },
    });
    await settle(vehicle.close());
  });

  it("goes on hearing when the cell that connected it was interrupted afterwards", async () => {
    const { dial, close } = await overSocket();
    const opened = await interruptible(async (signal) => {
      const made = await openVehicle({}, { ...test.fleet, dial });
      await test.settle(made.vehicle.onCommand(() => ({ status: "SUCCEEDED" })));
      process.emit("SIGINT");
      expect(signal.aborted).toBe(true);
      return made;
    });

    const executionId = await opened.start();

    expect((await opened.look(executionId)).status).toBe("SUCCEEDED");
    expect(opened.told()).toEqual([]);
    await test.settle(opened.vehicle.close());
    close();
  });

  it("may not be allowed, and says by which statement", async () => {
    const { name, vehicle } = await openVehicle({ rights: ["shadow"] });

    const refused = test.settle(vehicle.onCommand(() => undefined));

    await expect(refused).rejects.toThrow(
      `has to allow iot:Subscribe on topicfilter/$aws/commands/things/${name}/executions/+/request/json`,
    );
    await test.settle(vehicle.close());
  });
});

describe("reportCommand", () => {
  it("is refused after the end, but not after AWS IoT has given it up", async () => {
    const { vehicle, start, look } = await openVehicle();
    const { settle } = test;
    let going: DeviceCommand | undefined;
    await settle(vehicle.onCommand((command) => void (going = command)));
    const executionId = await start("lock", 10);

    await settle(test.fleet.passTime(11_000));
    const givenUp = (await look(executionId)).status;
    await settle(vehicle.reportCommand(going!, { status: "SUCCEEDED" }));
    const late = settle(vehicle.reportCommand(going!, { status: "FAILED" }));

    await expect(late).rejects.toMatchObject({
      name: "RejectedError",
      code: "InvalidStateTransition",
      message: expect.stringContaining("is SUCCEEDED and cannot become FAILED"),
    });
    expect([givenUp, (await look(executionId)).status]).toEqual(["TIMED_OUT", "SUCCEEDED"]);
    await settle(vehicle.close());
  });

  it("is told in a line when nobody waits for its refusal", async () => {
    const { name, vehicle, start, told } = await openVehicle();
    const { settle } = test;
    await settle(vehicle.onCommand(() => ({ status: "SUCCEEDED" })));
    await settle(vehicle.onCommand(() => ({ status: "FAILED" })));

    const executionId = await start();

    expect(told()).toEqual([
      expect.stringContaining(`${name}, on the command execution ${executionId}: RejectedError`),
    ]);
    await settle(vehicle.close());
  });

  it("says what an execution of nobody is", async () => {
    const { vehicle } = await openVehicle();

    const report = vehicle.reportCommand({ executionId: "none" }, { status: "SUCCEEDED" });

    await expect(test.settle(report)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await test.settle(vehicle.close());
  });

  it.each([
    [{ status: "DONE" }, /"DONE" cannot be a command's status: it must be one of IN_PROGRESS/],
    [
      { status: "FAILED", statusReason: { reasonCode: "no" } },
      /"no" cannot be the code of a reason/,
    ],
    [
      { status: "FAILED", statusReason: { reasonCode: "NO", reasonDescription: "a\nb" } },
      /the description of a reason/,
    ],
    [{ status: "FAILED", result: { a: "b" } }, /"b" cannot be the result a/],
  ])("takes no %j", async (report, message) => {
    const { reportCommand } = commandsOf(test.fleet, "car", {} as MqttConnection);

    await expect(reportCommand({ executionId: "1" }, report as never)).rejects.toThrow(message);
  });
});
