import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
} from "@aws-sdk/client-iot";
import { existsSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectVehicle } from "../../../lib/fleet/connection/connected-vehicle.js";
import { createIdentity } from "../../../lib/fleet/identity/identities.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { createThingTypes } from "../../../lib/fleet/registry/thing-types.js";
import { cleanUp } from "../../../lib/tasks/clean-up/clean-up.js";
import { planCleanUp } from "../../../lib/tasks/clean-up/clean-up-plan.js";
import { compareScans } from "../../../lib/tasks/clean-up/scan-changes.js";
import { scan } from "../../../lib/tasks/clean-up/scan.js";
import { createVehicles } from "../../../lib/tasks/provisioning/provision.js";
import { planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";

let test: DeviceFleet;
beforeEach(() => void (test = openDeviceFleet()));
afterEach(() => test.close());

const named = (plan: Awaited<ReturnType<typeof planCleanUp>>, kind: string) =>
  plan.steps.find((step) => step.kind === kind);

describe("cleaning up vehicles with certificates", () => {
  it("deletes their certificates, policies and keys, in order, and leaves those of others", async () => {
    const { fleet, settle } = test;
    const stranger = await settle(
      fleet.iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true })),
    );
    const before = await settle(scan(fleet));
    for (const name of ["Vehicle-VIN-001", "Vehicle-VIN-002"]) {
      await settle(createThing(fleet, { name }));
    }
    await settle(createIdentity(fleet, "Vehicle-VIN-001"));
    await settle(createIdentity(fleet, "Vehicle-VIN-002", { rights: ["shadow"] }));
    const vehicle = await settle(connectVehicle(fleet, "Vehicle-VIN-001"));

    const plan = await settle(planCleanUp(fleet));
    const { isComplete } = await settle(cleanUp(fleet, plan, { confirm: "DELETE" }));
    const after = await settle(scan(fleet));
    const again = await settle(planCleanUp(fleet));

    expect(named(plan, "certificates")?.names).toHaveLength(2);
    expect(named(plan, "device policies")?.names).toEqual([
      "Vehicle-VIN-policy.shadow",
      "Vehicle-VIN-policy",
    ]);
    expect(isComplete).toBe(true);
    expect(compareScans(before, after).flatMap(({ unplanned }) => unplanned)).toEqual([]);
    expect(after.certificates).toEqual([stranger.certificateId]);
    expect(again.steps.flatMap(({ names }) => names)).toEqual([]);
    expect(existsSync(fleet.keyFolder)).toBe(false);
    expect(vehicle.isOpen).toBe(false);
  });

  it("finds a certificate whose keys are elsewhere, and one that nobody has noted", async () => {
    const { fleet, settle } = test;
    for (const name of ["Vehicle-VIN-001", "Vehicle-VIN-002"]) {
      await settle(createThing(fleet, { name }));
    }
    const one = await settle(createIdentity(fleet, "Vehicle-VIN-001"));
    const two = await settle(createIdentity(fleet, "Vehicle-VIN-002"));
    rmSync(one.keyFile);
    rmSync(one.certificateFile);
    rmSync(two.certificateFile);

    const plan = await settle(planCleanUp(fleet));
    await settle(cleanUp(fleet, plan, { confirm: "DELETE" }));

    expect(named(plan, "certificates")?.names.toSorted()).toEqual(
      [one.certificateId, two.certificateId].toSorted(),
    );
    expect((await settle(scan(fleet))).certificates).toEqual([]);
    expect(existsSync(fleet.keyFolder)).toBe(false);
  });

  it("keeps a stranger's certificate that has our policy, and the policy with it", async () => {
    const { fleet, settle } = test;
    await settle(createThing(fleet, { name: "Vehicle-VIN-001" }));
    const { certificateId, policyName } = await settle(createIdentity(fleet, "Vehicle-VIN-001"));
    const { certificateArn = "", certificateId: theirs } = await settle(
      fleet.iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true })),
    );
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: "Crane-1" })));
    await settle(
      fleet.iot.send(
        new AttachThingPrincipalCommand({ thingName: "Crane-1", principal: certificateArn }),
      ),
    );
    await settle(fleet.iot.send(new AttachPolicyCommand({ policyName, target: certificateArn })));

    const plan = await settle(planCleanUp(fleet));

    expect(named(plan, "certificates")).toMatchObject({
      names: [certificateId],
      kept: [{ name: theirs, why: "it is attached to Crane-1 as well" }],
    });
    expect(named(plan, "device policies")).toMatchObject({
      names: [],
      kept: [{ name: policyName, why: `the certificate ${theirs} has it` }],
    });
  });
});

describe("createVehicles with certificates", () => {
  it("gives each vehicle one, also those that were there without", async () => {
    const { fleet, settle } = test;
    const plan = planFleet(fleet, { thingTypes: ["Van"], countries: 1, devices: 3 });
    await settle(createThingTypes(fleet, plan.thingTypes));
    await settle(createCountryGroups(fleet, plan.countries));
    const bare = await settle(createVehicles(fleet, plan));

    const first = await settle(createVehicles(fleet, plan, { identity: "certificate" }));
    const second = await settle(createVehicles(fleet, plan, { identity: "certificate" }));

    expect(bare).toMatchObject({ done: 3, failed: [] });
    expect(first).toMatchObject({ done: 3, existed: 0, failed: [] });
    expect(second).toMatchObject({ done: 0, existed: 3, failed: [] });
    expect((await settle(scan(fleet))).certificates).toHaveLength(3);
    const other = { identity: "key" } as never;
    await expect(createVehicles(fleet, plan, other)).rejects.toThrow('be "certificate"');
  });
});
