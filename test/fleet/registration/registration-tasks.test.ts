import {
  DescribeCertificateCommand,
  DescribeThingCommand,
  ListThingPrincipalsCommand,
  type StartThingRegistrationTaskCommandInput,
} from "@aws-sdk/client-iot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { readKeys } from "../../../lib/aws/mqtt/key-files.js";
import { registrationTemplate } from "../../../lib/fleet/registration/registration-template.js";
import { readReports } from "../../../lib/fleet/registration/registration-reports.js";
import {
  describeRegistration,
  runningRegistrations,
  startRegistration,
  stopRegistration,
  waitForRegistration,
  type RegistrationWishes,
  type VehicleToRegister,
} from "../../../lib/fleet/registration/registration-tasks.js";
import {
  createCountryGroups,
  listThingsInGroup,
} from "../../../lib/fleet/registry/thing-groups.js";
import { createThingTypes } from "../../../lib/fleet/registry/thing-types.js";
import { createPackageConfigRole } from "../../../lib/fleet/software/roles.js";
import { planCleanUp } from "../../../lib/tasks/clean-up/clean-up-plan.js";
import { checkCleanUp } from "../../../lib/tasks/clean-up/check-clean-up.js";
import { cleanUp } from "../../../lib/tasks/clean-up/clean-up.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";

let test: DeviceFleet;
beforeAll(async () => {
  test = openDeviceFleet();
  await test.settle(createThingTypes(test.fleet, ["SedanVehicle"]));
  await test.settle(createCountryGroups(test.fleet, ["US"]));
});
afterAll(() => test.close());

let next = 0;
const vehicles = (n: number, given: Partial<VehicleToRegister> = {}): VehicleToRegister[] =>
  Array.from({ length: n }, () => ({
    name: `Vehicle-VIN-${String(++next).padStart(3, "0")}`,
    type: "SedanVehicle",
    country: "US",
    ...given,
  }));
const start = (list: readonly VehicleToRegister[], wishes: RegistrationWishes = {}) =>
  test.settle(startRegistration(test.fleet, list, wishes));

/** Start, and wait until it is over. */
async function register(list: readonly VehicleToRegister[], wishes: RegistrationWishes = {}) {
  const task = await start(list, wishes);
  const state = await test.settle(waitForRegistration(test.fleet, task));
  return { task, state };
}

describe("startRegistration", () => {
  it("registers vehicles with type, country, group and our mark, by one call", async () => {
    const list = vehicles(3);
    const before = test.calls("CreateThing").length;

    const { task, state } = await register(list);

    expect(state).toMatchObject({ status: "Completed", succeeded: 3, failed: 0 });
    expect(task).toMatchObject({ vehicles: 3, existed: [] });
    const { thingTypeName, attributes } = await test.settle(
      test.fleet.iot.send(new DescribeThingCommand({ thingName: list[0]!.name })),
    );
    expect({ thingTypeName, attributes }).toEqual({
      thingTypeName: "SedanVehicle",
      attributes: { country: "US", workshop: "fleetlab" },
    });
    const members = await test.settle(collect(listThingsInGroup(test.fleet, "US_Fleet")));
    expect(members).toEqual(expect.arrayContaining(list.map(({ name }) => name)));
    expect(test.calls("CreateThing").length).toBe(before);
  });

  it("keeps certificates beside the keys that were made here, and registers them once", async () => {
    const list = vehicles(2);
    const { task } = await register(list, { identity: "certificate" });

    const report = await test.settle(readReports(test.fleet, task));

    expect(report).toEqual({ failures: [], certificates: 2, strangers: 0 });
    for (const { name } of list) {
      const { certificateId = "" } = readKeys(test.fleet, name) ?? {};
      const { certificateDescription } = await test.settle(
        test.fleet.iot.send(new DescribeCertificateCommand({ certificateId })),
      );
      expect(certificateDescription?.status).toBe("ACTIVE");
      const { principals = [] } = await test.settle(
        test.fleet.iot.send(new ListThingPrincipalsCommand({ thingName: name })),
      );
      expect(principals).toEqual([expect.stringMatching(`cert/${certificateId}$`)]);
    }
    await expect(start(list, { identity: "certificate" })).rejects.toThrow(
      /2 that have their certificates" cannot be/,
    );
    const [more] = vehicles(1) as [VehicleToRegister];
    const second = await start([...list, more], { identity: "certificate" });
    expect(second).toMatchObject({ names: [more.name], existed: list.map(({ name }) => name) });
    await test.settle(waitForRegistration(test.fleet, second));
  });

  it("never sends a private key", async () => {
    const { fleet, lines } = test;
    fleet.debug = true;
    await register(vehicles(1), { identity: "certificate" });
    fleet.debug = false;

    expect(lines.join("\n")).not.toContain("PRIVATE KEY");
  });

  it("reports by line and name what failed, and registers the others", async () => {
    const [good, bad] = [vehicles(1), vehicles(1, { type: "NoSuchType" })];
    const { task, state } = await register([...good, ...bad]);

    const { failures } = await test.settle(readReports(test.fleet, task));

    expect(state).toMatchObject({ status: "Completed", succeeded: 1, failed: 1 });
    expect(failures).toEqual([
      { line: 2, name: bad[0]!.name, cause: expect.stringContaining("NoSuchType") as string },
    ]);
  });

  it("says that another one is running, and stops that", async () => {
    const task = await start(vehicles(50));

    await expect(start(vehicles(1))).rejects.toMatchObject({ name: "InvalidRequestException" });
    expect(await test.settle(runningRegistrations(test.fleet))).toEqual([task.taskId]);
    const stop = () => test.settle(stopRegistration(test.fleet, task.taskId));
    expect([await stop(), await stop()]).toEqual([true, false]);
    expect(await test.settle(describeRegistration(test.fleet, task.taskId))).toMatchObject({
      status: "Cancelled",
    });
    expect(await test.settle(runningRegistrations(test.fleet))).toEqual([]);
  });

  it.each<readonly [string, VehicleToRegister[], RegistrationWishes, RegExp]>([
    ["an illegal name", [{ name: "a b", type: "T", country: "US" }], {}, /"a b" cannot be/],
    ["no vehicles", [], {}, /"none" cannot be the vehicles of a registration/],
    ["no such identity", [], { identity: "key" as never }, /"key" cannot be an identity/],
  ])("refuses %s and starts nothing", async (_what, list, wishes, message) => {
    const before = test.calls("StartThingRegistrationTask").length;

    await expect(start(list, wishes)).rejects.toThrow(message);
    expect(test.calls("StartThingRegistrationTask").length).toBe(before);
  });

  it("tells why a task failed as a whole", async () => {
    const { arn: roleArn } = await test.settle(createPackageConfigRole(test.fleet));
    const send = test.fleet.iot.send.bind(test.fleet.iot);
    const iot = new Proxy(test.fleet.iot, {
      get: (target, name) =>
        name === "send"
          ? (command: { input: StartThingRegistrationTaskCommandInput }) => {
              // A role that may not read the file.
              if ("templateBody" in command.input) command.input.roleArn = roleArn;
              return send(command as never);
            }
          : (Reflect.get(target, name) as unknown),
    });
    const fleet = { ...test.fleet, iot };
    const task = await test.settle(startRegistration(fleet, vehicles(1)));

    await expect(test.settle(waitForRegistration(fleet, task))).rejects.toThrow(
      /failed: The role .* does not allow s3:GetObject/,
    );
  });
});

it("has a request for a certificate in the template only with a policy", () => {
  expect(Object.keys(registrationTemplate().Resources)).toEqual(["thing"]);
  const { Parameters, Resources } = registrationTemplate("fleet-policy");
  expect(Object.keys(Parameters)).toContain("CSR");
  expect(Resources["policy"]).toMatchObject({ Properties: { PolicyName: "fleet-policy" } });
});

it("is stopped by a cleanup, which takes its role, file and certificates too", async () => {
  const { fleet, settle } = test;
  await start(vehicles(20));
  const plan = await settle(planCleanUp(fleet));

  const report = await settle(cleanUp(fleet, plan, { confirm: "DELETE" }));

  expect(report.steps.find(({ kind }) => kind === "registrations")).toMatchObject({ deleted: 1 });
  expect(await settle(runningRegistrations(fleet))).toEqual([]);
  const rest = await settle(planCleanUp(fleet));
  await settle(cleanUp(fleet, rest, { confirm: "DELETE" }));
  expect((await settle(checkCleanUp(fleet))).filter(({ isMet }) => !isMet)).toEqual([]);
});
