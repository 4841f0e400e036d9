import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listKeys, removeKeys } from "../../../lib/aws/mqtt/key-files.js";
import { ManyInterruptedError } from "../../../lib/aws/many.js";
import { listOurThings } from "../../../lib/fleet/registry/things.js";
import { getShadow } from "../../../lib/fleet/shadows/shadows.js";
import { createIdentities, type IdentityOptions } from "../../../lib/fleet/identity/identities.js";
import { connectVehicle } from "../../../lib/fleet/connection/connected-vehicle.js";
import { planSimulation } from "../../../lib/tasks/simulation/plan-simulation.js";
import { simulate, type SimulationOptions } from "../../../lib/tasks/simulation/simulate.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";
import { vansOf } from "../simulated-fleet.js";

let device: DeviceFleet;
beforeEach(() => void (device = openDeviceFleet()));
afterEach(() => device.close());

const VAN = "Vehicle-VIN-001";
const MQTT: SimulationOptions = { confirm: "YES", over: "mqtt" };
const DEVICE_CALLS = [
  "StartNextPendingJobExecution",
  "UpdateJobExecution",
  "GetPendingJobExecutions",
  "DescribeJobExecution",
];

/** Vans with certificates. */
async function openConnectable(devices: number, options: IdentityOptions = {}) {
  const test = await vansOf(device, devices);
  const { fleet, settle } = test;
  const names: string[] = [];
  await settle(
    (async () => {
      for await (const { thingName = "" } of listOurThings(fleet)) names.push(thingName);
    })(),
  );
  await settle(createIdentities(fleet, names, options));
  const planOf = (jobId: string, wishes: object = {}) =>
    settle(planSimulation(fleet, { jobId, share: 100, ...wishes }));
  return { ...test, names, planOf };
}

describe("simulate over MQTT", () => {
  it("ends as over HTTPS, vehicle by vehicle, and minute by minute", async () => {
    const { fleet, settle, createVanJob, planOf } = await openConnectable(6);
    const rollout = { maximumPerMinute: 2 };
    const wishes = { share: 50, outcomes: { FAILED: 2, REJECTED: 1 } };
    await createVanJob({ id: "calls", document: { work: 1 }, rollout });
    const calls = await settle(simulate(fleet, await planOf("calls", wishes), { confirm: "YES" }));

    await createVanJob({ id: "messages", document: { work: 1 }, rollout });
    const messages = await settle(simulate(fleet, await planOf("messages", wishes), MQTT));

    expect({ ...messages, jobId: "calls" }).toEqual(calls);
    expect(messages).toMatchObject({ jobStatus: "COMPLETED", asPlanned: 6, failed: [] });
    expect(messages.course.length).toBeGreaterThan(3);
  });

  it("installs what it ships, and asks nothing of the device's side over HTTPS", async () => {
    const { fleet, settle, createVanJob, planOf, calls } = await openConnectable(4);
    await createVanJob();

    const result = await settle(simulate(fleet, await planOf("job", { share: 75 }), MQTT));

    const { name } = result.vehicles.find(({ planned }) => planned === "SUCCEEDED")!;
    expect(result).toMatchObject({ counts: { SUCCEEDED: 3, FAILED: 1 }, asPlanned: 4 });
    expect((await settle(getShadow(fleet, name)))?.state.reported?.["firmware"]).toEqual({
      Van: "1.1.0",
    });
    // Read by the control plane too, so the service tells them apart.
    const asked = calls().filter(
      ({ service, operation, over }) =>
        service === "iot-jobs-data" && DEVICE_CALLS.includes(operation ?? "") && over !== "MQTT",
    );
    expect(asked).toEqual([]);
  });

  it("gives a silent vehicle up when its time is over, and works off what is older first", async () => {
    const { fleet, settle, createVanJob, planOf } = await openConnectable(3);
    await createVanJob({ id: "older", document: { work: 1 } });
    await createVanJob({ document: { work: 2 }, timeoutMinutes: 5 });
    const wishes = { share: 67, outcomes: { TIMED_OUT: 1 } };

    const result = await settle(simulate(fleet, await planOf("job", wishes), MQTT));

    expect(result).toMatchObject({
      jobStatus: "COMPLETED",
      counts: { SUCCEEDED: 2, TIMED_OUT: 1 },
      asPlanned: 3,
      otherExecutions: 3,
    });
  });

  it("goes on with a vehicle that is lost on the way", async () => {
    const { fleet, settle, createVanJob, planOf } = await openConnectable(2);
    await createVanJob({ document: { work: 1 }, rollout: { maximumPerMinute: 1 } });
    const plan = await planOf("job");
    const running = simulate(fleet, plan, MQTT);

    // Started elsewhere as well, it loses its connection here.
    const [result] = await settle(
      Promise.all([running, connectVehicle(fleet, VAN).then((other) => other.close())]),
    );

    expect(result).toMatchObject({ jobStatus: "COMPLETED", asPlanned: 2, failed: [] });
  });

  it("leaves nobody connected", async () => {
    const { fleet, settle, sandbox, createVanJob, planOf } = await openConnectable(2);
    await createVanJob({ document: { work: 1 } });

    await settle(simulate(fleet, await planOf("job"), MQTT));

    expect(sandbox.devices.count).toBe(0);
  });

  it("interrupted while vehicles connect, leaves nobody connected, and can begin again", async () => {
    const { fleet, settle, sandbox, createVanJob, planOf } = await openConnectable(6);
    await createVanJob({ document: { work: 1 } });
    const plan = await planOf("job");

    const running = settle(simulate(fleet, plan, MQTT)).catch((error: unknown) => error);
    while (sandbox.devices.count < 3) await turns(1);
    // The third shakes hands, the others are about to hear of jobs.
    process.emit("SIGINT");
    const interrupted = await running;
    await turns(20);
    const left = sandbox.devices.count;
    const result = await settle(simulate(fleet, plan, MQTT));

    expect(interrupted).toBeInstanceOf(ManyInterruptedError);
    expect(left).toBe(0);
    expect(result).toMatchObject({ jobStatus: "COMPLETED", asPlanned: 6 });
    expect(sandbox.devices.count).toBe(0);
  });

  it("lets go of vehicles that may connect and not hear of jobs", async () => {
    const { fleet, settle, sandbox, createVanJob, planOf, names } = await openConnectable(2, {
      rights: ["shadow"],
    });
    await createVanJob({ document: { work: 1 }, timeoutMinutes: 5 });

    const result = await settle(simulate(fleet, await planOf("job"), MQTT));

    expect(result.failed.map(({ name, error }) => [name, error])).toEqual(
      names.map((name) => [name, "DeviceRefusedError"]),
    );
    expect(sandbox.devices.count).toBe(0);
  });

  it("says who has no certificate, before anything happens", async () => {
    const { fleet, settle, createVanJob, planOf } = await openConnectable(2);
    await createVanJob({ document: { work: 1 } });
    const plan = await planOf("job");
    for (const name of listKeys(fleet)) removeKeys(fleet, name);

    const refused = simulate(fleet, plan, MQTT);

    await expect(settle(refused)).rejects.toThrow(
      `2 of these 2 vehicles have no certificate on this machine, so they cannot connect: ${VAN}`,
    );
    const wrong = { confirm: "YES", over: "http" } as never;
    await expect(simulate(fleet, plan, wrong)).rejects.toThrow('be "https" or "mqtt"');
  });
});

/** Let both ends of the wires do what they have to do at once. */
async function turns(times: number): Promise<void> {
  for (let turn = 0; turn < times; turn++) await new Promise(setImmediate);
}
