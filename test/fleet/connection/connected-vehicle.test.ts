import {
  CreateJobCommand,
  DetachPolicyCommand,
  UpdateCertificateCommand,
} from "@aws-sdk/client-iot";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { MqttClient } from "mqtt";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";
import type { Fleet } from "../../../lib/aws/connect.js";
import { many, ManyInterruptedError } from "../../../lib/aws/many.js";
import type { DialDevice } from "../../../lib/aws/mqtt/device-keys.js";
import {
  createIdentities,
  createIdentity,
  type IdentityOptions,
} from "../../../lib/fleet/identity/identities.js";
import {
  connectVehicle,
  type ConnectedVehicle,
} from "../../../lib/fleet/connection/connected-vehicle.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { isVersionConflict } from "../../../lib/fleet/jobs/device-jobs.js";
import { desireState, getShadow } from "../../../lib/fleet/shadows/shadows.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";
import { ACCOUNT, REGION } from "../../fleet.js";
import { settled } from "../../sandbox/mqtt/broker.js";
import { wire } from "../../sandbox/mqtt/wire.js";

// One sandbox for all of them, and to each its own vehicle: certificates cost it a key that takes long.
let test: DeviceFleet;
beforeAll(() => void (test = openDeviceFleet()));
afterAll(() => test.close());

let vehicles = 0;

/** A vehicle that nobody else has, with its identity. */
async function openVehicle(options: IdentityOptions = {}) {
  const { fleet, settle, told } = test;
  const name = `Vehicle-VIN-${++vehicles}`;
  await settle(createThing(fleet, { name }));
  const identity = await settle(createIdentity(fleet, name, options));
  told.length = 0;
  return { ...test, name, identity };
}

describe("connectVehicle", () => {
  it("connects as itself, and says goodbye", async () => {
    const { fleet, name, settle, told } = await openVehicle();

    const vehicle = await settle(connectVehicle(fleet, name));
    const isOpen = vehicle.isOpen;
    await settle(vehicle.close());

    expect(isOpen).toBe(true);
    expect(vehicle.isOpen).toBe(false);
    expect(told).toEqual([]);
  });

  it("reports, reads its shadow and is told what is wished for", async () => {
    const { fleet, name, settle } = await openVehicle();
    const vehicle = await settle(connectVehicle(fleet, name));
    const deltas: object[] = [];

    await settle(vehicle.report({ lights: "off" }));
    await settle(vehicle.onDelta((delta) => deltas.push(delta)));
    await settle(desireState(fleet, name, { lights: "on" }));
    await settle(vehicle.ping());
    const own = await settle(vehicle.getShadow());

    expect(deltas).toEqual([{ lights: "on" }]);
    expect((await settle(getShadow(fleet, name)))?.state).toEqual(own?.state);
    expect(own?.state.reported).toEqual({ lights: "off" });
    await settle(vehicle.close());
  });

  it("is told of a job, begins it, and reports how it ends", async () => {
    const { fleet, name, settle } = await openVehicle();
    const vehicle = await settle(connectVehicle(fleet, name));
    const heard: (string | undefined)[] = [];
    await settle(vehicle.onJob((next) => heard.push(next?.jobId)));

    await settle(createTestJob(fleet, name, "wash"));
    await settle(fleet.passTime(2_000));
    const begun = (await settle(vehicle.startNext({ step: "started" })))!;
    const working = await settle(vehicle.reportJob(begun, { status: "IN_PROGRESS" }));
    const late = await settle(
      vehicle.reportJob(begun, { status: "FAILED" }).catch((error: unknown) => error),
    );
    const seen = await settle(vehicle.readJob(working));
    await settle(vehicle.reportJob(working, { status: "SUCCEEDED" }));
    const gone = await settle(vehicle.readJob(working));
    const idle = await settle(vehicle.startNext());

    expect(heard).toEqual(["wash", undefined]);
    expect([begun.status, begun.document, begun.statusDetails]).toEqual([
      "IN_PROGRESS",
      { work: "wash" },
      { step: "started" },
    ]);
    expect(isVersionConflict(late)).toBe(true);
    expect(seen?.versionNumber).toBe(working.versionNumber);
    expect([gone, idle]).toEqual([undefined, undefined]);
    await settle(vehicle.close());
  });

  it("says which jobs are pending, at once and whenever one comes or ends", async () => {
    const { fleet, name, settle } = await openVehicle();
    await settle(createTestJob(fleet, name, "one"));
    await settle(fleet.passTime(2_000));
    const vehicle = await settle(connectVehicle(fleet, name));
    const heard: Record<string, string>[] = [];

    const stop = await settle(vehicle.onPending((jobs) => heard.push(Object.fromEntries(jobs))));
    await settle(createTestJob(fleet, name, "two"));
    await settle(fleet.passTime(2_000));
    const begun = (await settle(vehicle.startNext()))!;
    await settle(vehicle.reportJob(begun, { status: "SUCCEEDED" }));
    await settle(vehicle.ping());
    stop();
    await settle(createTestJob(fleet, name, "three"));
    await settle(fleet.passTime(2_000));

    expect(heard).toEqual([{ one: "QUEUED" }, { one: "QUEUED", two: "QUEUED" }, { two: "QUEUED" }]);
    await settle(vehicle.close());
  });

  it("is told what to look at when its policy lets it not connect", async () => {
    const { fleet, name, settle, told, identity } = await openVehicle();
    const target = `arn:aws:iot:${fleet.region}:${fleet.account}:cert/${identity.certificateId}`;
    const { policyName } = identity;
    await settle(fleet.iot.send(new DetachPolicyCommand({ policyName, target })));

    const refused = await settle(connectVehicle(fleet, name).catch((error: unknown) => error));

    expect(refused).toMatchObject({ name: "DeviceRefusedError", reasonCode: 0x87 });
    expect(String(refused)).toContain(`allow iot:Connect on client/${name}`);
    expect(told).toHaveLength(1);
  });

  it("is told what to look at when its certificate is switched off", async () => {
    const { fleet, name, settle, identity } = await openVehicle();
    const { certificateId } = identity;
    await settle(
      fleet.iot.send(new UpdateCertificateCommand({ certificateId, newStatus: "INACTIVE" })),
    );

    const refused = await settle(connectVehicle(fleet, name).catch((error: unknown) => error));

    expect(refused).toMatchObject({ name: "DeviceRefusedError" });
    expect(String(refused)).toContain(`${certificateId.slice(0, 8)}… registered here and ACTIVE`);
  });

  it("may do only what its policy says, and goes on with the rest", async () => {
    const { fleet, name, settle } = await openVehicle({ rights: ["shadow"] });
    const vehicle = await settle(connectVehicle(fleet, name));

    const refused = await settle(vehicle.startNext().catch((error: unknown) => error));
    await settle(vehicle.report({ lights: "on" }));

    expect(refused).toMatchObject({ name: "DeviceRefusedError", reasonCode: 0x87 });
    expect(String(refused)).toContain(
      `has to allow iot:Subscribe on topicfilter/$aws/things/${name}/jobs/get/+`,
    );
    expect((await settle(getShadow(fleet, name)))?.state.reported).toEqual({ lights: "on" });
    await settle(vehicle.close());
  });

  it("comes back a second later when another program has just connected it", async () => {
    const strict = openDeviceFleet({ sandbox: { quotas: "aws" } });
    const { fleet, settle, told } = strict;
    await settle(createThing(fleet, { name: "twin" }));
    await settle(createIdentity(fleet, "twin"));
    // With a pace of its own, at the same time.
    const another: Fleet = { ...fleet, clock: Object.create(fleet.clock) as Fleet["clock"] };

    const first = await settle(connectVehicle(fleet, "twin"));
    const second = await settle(connectVehicle(another, "twin"));

    expect(second.isOpen).toBe(true);
    expect(first.ending).toContain("session taken over");
    expect(told.join("\n")).toMatch(/twin.*(quota|too often|a second)/i);
    await strict.close();
  });

  it("has a key, or says how to get one", async () => {
    await expect(connectVehicle(test.fleet, "Vehicle-VIN-0")).rejects.toThrow(
      'createIdentity(fleet, "Vehicle-VIN-0")',
    );
  });

  it.each([29, 1201, 60.5])("takes no keep-alive of %d seconds", async (keepAliveSeconds) => {
    const { fleet, name } = await openVehicle();

    await expect(connectVehicle(fleet, name, { keepAliveSeconds })).rejects.toThrow(
      "be a whole number from 30 to 1200",
    );
  });

  it.each([
    ["closed", "CLIENT_INITIATED_DISCONNECT", "it was closed"],
    ["killed", "CONNECTION_LOST", "it was killed"],
    ["frozen", "MQTT_KEEP_ALIVE_TIMEOUT", undefined],
    ["started twice", "DUPLICATE_CLIENTID", "session taken over (MQTT reason 0x8e)"],
  ])("is %s, and AWS IoT says %s", async (how, reason, ending) => {
    const { fleet, name, settle, reasons } = await openVehicle().then(withReasons);
    const vehicle = await settle(connectVehicle(fleet, name, { keepAliveSeconds: 30 }));
    let second: ConnectedVehicle | undefined;

    if (how === "closed") await settle(vehicle.close());
    if (how === "killed") vehicle.kill();
    if (how === "frozen") vehicle.freeze();
    if (how === "started twice") second = await settle(connectVehicle(fleet, name));
    await settle(fleet.passTime(50_000));

    expect(await reasons()).toEqual([reason]);
    if (ending === undefined) expect(vehicle.ending).toBeUndefined();
    else expect(vehicle.ending).toContain(ending);
    expect(second?.isOpen).toBe(how === "started twice" ? true : undefined);
    await settle(Promise.all([vehicle.close(), second?.close()]));
  });

  it("stays connected while the sandbox's clock is set hours ahead", async () => {
    const { fleet, name, settle } = await openVehicle();
    const vehicle = await settle(connectVehicle(fleet, name));

    await settle(fleet.passTime(90 * 60_000));
    await settle(vehicle.report({ minutes: 90 }));

    expect(vehicle.isOpen).toBe(true);
    await settle(vehicle.close());
  });

  it("does not wait for a broker that hangs, to say goodbye", async () => {
    const { fleet, name, settle } = await openVehicle();
    const streams: Duplex[] = [];
    const dial: DialDevice = (keys) => {
      const stream = fleet.dial!(keys);
      streams.push(stream);
      return stream;
    };
    const vehicle = await settle(connectVehicle({ ...fleet, dial }, name));
    // Whatever the vehicle says, nobody reads it.
    streams[0]!.write = () => true;
    const report = vehicle.report({ lights: "on" }).catch((error: unknown) => error);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());

    const closed = vehicle.close();
    vi.advanceTimersByTime(2_000);
    await closed;

    expect(await report).toMatchObject({ name: "DeviceLostError" });
    expect(streams[0]!.destroyed).toBe(true);
  });

  it("connects many, and when it is interrupted only those that were handed over are connected", async () => {
    const { fleet, settle, sandbox } = test;
    const names = Array.from({ length: 8 }, () => `Vehicle-VIN-${++vehicles}`);
    for (const name of names) await settle(createThing(fleet, { name }));
    await settle(createIdentities(fleet, names));
    const connected: ConnectedVehicle[] = [];
    const connectAll = () =>
      many(fleet, { title: "Vehicles", items: names, name: String }, async (name) => {
        connected.push(await connectVehicle(fleet, name));
        return "done";
      });

    const running = settle(connectAll()).catch((error: unknown) => error);
    while (connected.length < 3) await new Promise(setImmediate);
    process.emit("SIGINT");
    const interrupted = await running;
    await settle(fleet.passTime(1_000));

    expect(interrupted).toBeInstanceOf(ManyInterruptedError);
    expect(connected.length).toBeLessThan(names.length);
    expect(connected.every(({ isOpen }) => isOpen)).toBe(true);
    expect(sandbox.devices.count).toBe(connected.length);
    await settle(Promise.all(connected.map((vehicle) => vehicle.close())));
    connected.length = 0;
    expect((await settle(connectAll())).done).toBe(names.length);
    await settle(Promise.all(connected.map((vehicle) => vehicle.close())));
    await settle(fleet.passTime(1_000));
    expect(sandbox.devices.count).toBe(0);
  });

  it("cannot do anything once it is lost, and says why it is", async () => {
    const { fleet, name, settle } = await openVehicle();
    const vehicle = await settle(connectVehicle(fleet, name));
    vehicle.kill();

    await expect(settle(vehicle.report({ lights: "on" }))).rejects.toThrow("it was killed");
    expect(inspect(vehicle)).toBe(`${name}: it was killed`);
  });
});

function createTestJob(fleet: Fleet, name: string, jobId: string) {
  const targets = [`arn:aws:iot:${fleet.region}:${fleet.account}:thing/${name}`];
  const document = JSON.stringify({ work: jobId });
  return fleet.iot.send(new CreateJobCommand({ jobId, targets, document }));
}

/** Whoever asks, hears with which reasons connections have ended. */
function withReasons<T extends Awaited<ReturnType<typeof openVehicle>>>(test: T) {
  const { sandbox } = test;
  const reasons: string[] = [];
  const [near, far] = wire();
  sandbox.devices.connect({
    stream: far,
    peer: { kind: "signature", accessKeyId: ACCOUNT, state: sandbox.state(ACCOUNT, REGION) },
    isWebSocket: true,
    source: { ip: "127.0.0.1", port: 50_001 },
    target: { ip: "127.0.0.1", port: 443 },
  });
  const client = new MqttClient(() => near, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    keepalive: 0,
  });
  client.on("message", (_topic, payload) => {
    reasons.push((JSON.parse(payload.toString()) as { disconnectReason: string }).disconnectReason);
  });
  const subscribed = client.subscribeAsync(`$aws/events/presence/disconnected/${test.name}`);
  return {
    ...test,
    async reasons() {
      await subscribed;
      await settled();
      return reasons;
    },
  };
}
