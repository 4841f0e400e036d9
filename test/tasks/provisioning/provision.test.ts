import {
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  CreatePackageCommand,
  CreatePackageVersionCommand,
  DeprecateThingTypeCommand,
  DescribeThingCommand,
  DescribeThingTypeCommand,
  GetIndexingConfigurationCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { CreateRoleCommand, GetRoleCommand, GetRolePolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import { tagList } from "../../../lib/aws/ownership.js";
import { createDevices } from "../../../lib/fleet/registry/devices.js";
import {
  createFirmwareBucket,
  firmwareBucketName,
} from "../../../lib/fleet/software/firmware-bucket.js";
import { enableFleetIndexing } from "../../../lib/fleet/search/fleet-index.js";
import { findPackageVersion } from "../../../lib/fleet/software/package-versions.js";
import { createPackages } from "../../../lib/fleet/software/packages.js";
import {
  createJobsRole,
  createPackageConfigRole,
  jobsRoleName,
} from "../../../lib/fleet/software/roles.js";
import { rememberPlan, rememberSetting, settingsBefore } from "../../../lib/fleet/shadows/notes.js";
import { getShadow, reportState } from "../../../lib/fleet/shadows/shadows.js";
import {
  createCountryGroups,
  listGroupsOfThing,
  listThingsInGroup,
  removeFromGroup,
} from "../../../lib/fleet/registry/thing-groups.js";
import { createThingTypes } from "../../../lib/fleet/registry/thing-types.js";
import { createThing, deleteThing } from "../../../lib/fleet/registry/things.js";
import { collect } from "../../../lib/aws/collect.js";
import { checkProvisioning } from "../../../lib/tasks/provisioning/check-provisioning.js";
import { deviceOf, devicesOf, planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { createVehicles, provision } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet } from "../../fleet.js";

const WISHES = { thingTypes: ["Van"], versions: ["1.0.0"], countries: ["US", "CA"], devices: 12 };

/** A fleet that is provisioned, and what to go on with. */
async function provisioned(wishes = WISHES) {
  const test = openTestFleet();
  const plan = planFleet(test.fleet, wishes);
  const report = await test.settle(provision(test.fleet, plan));
  return { ...test, plan, report };
}

describe("provision", () => {
  it("builds what the plan says, and the checkpoint finds all of it", async () => {
    const { fleet, settle, plan, report } = await provisioned();

    const checks = await settle(checkProvisioning(fleet, plan));

    expect(report.isComplete).toBe(true);
    expect(report.devices).toMatchObject({ done: 12, existed: 0, failed: [] });
    expect(checks.filter(({ isMet }) => !isMet)).toEqual([]);
  });

  it("refuses a plan of another prefix, before any call", async () => {
    const { fleet, calls } = openTestFleet();
    const plan = { ...planFleet(fleet, WISHES), prefix: "Ada-" };

    const rule = /"Ada-" cannot be the prefix of the plan: it must be the fleet's, "Vehicle-VIN-"/;
    await expect(provision(fleet, plan)).rejects.toThrow(rule);
    await expect(createVehicles(fleet, plan)).rejects.toThrow(rule);
    expect(calls()).toEqual([]);
  });

  it("D6: changes nothing when it is run again", async () => {
    const { fleet, settle, plan, calls } = await provisioned();
    const before = calls().length;

    const again = await settle(provision(fleet, plan));
    const writes = calls()
      .slice(before)
      .filter(({ operation }) => /^(Create|Update|Delete|Deprecate)/.test(operation))
      .map(({ operation }) => operation);

    expect(again.devices).toMatchObject({ done: 0, existed: 12, failed: [] });
    // IAM has no cheap way to compare policies: trust is put again, with the same content.
    expect(new Set(writes)).toEqual(new Set(["UpdateAssumeRolePolicy"]));
  });

  it("leaves alone what a vehicle has reported since", async () => {
    const { fleet, settle, plan } = await provisioned();
    const { name } = deviceOf(plan, 1);
    await settle(reportState(fleet, name, { batteryStatus: 7 }));
    await settle(reportState(fleet, name, { Van: { version: "1.1.0" } }, "$package"));

    await settle(provision(fleet, plan));
    const battery = await settle(getShadow(fleet, name));
    const software = await settle(getShadow(fleet, name, "$package"));

    expect(battery?.state.reported).toEqual({ batteryStatus: 7 });
    expect(software?.state.reported).toMatchObject({ Van: { version: "1.1.0" } });
  });

  it("grows a fleet without touching the vehicles it has", async () => {
    const { fleet, settle } = await provisioned();

    const grown = await settle(provision(fleet, planFleet(fleet, { ...WISHES, devices: 15 })));

    expect(grown.devices).toMatchObject({ done: 3, existed: 12 });
  });

  it("moves a vehicle whose country the plan has changed", async () => {
    const { fleet, settle, plan } = await provisioned();
    const moved = { ...deviceOf(plan, 1), country: "CA" };
    const back = { ...moved, country: "US" };

    await settle(createDevices(fleet, [moved], 1));
    await settle(createDevices(fleet, [back], 1));
    const groups = await settle(collect(listGroupsOfThing(fleet, moved.name)));

    expect(groups).toEqual(["US_Fleet"]);
  });

  it("finishes a move to another country that was left half-way", async () => {
    const { fleet, settle, plan } = await provisioned();
    const moved = { ...deviceOf(plan, 1), country: "CA" };
    await settle(createDevices(fleet, [{ ...moved, country: "US" }], 1));
    // The registry says CA, and then the notebook was interrupted.
    await settle(createThing(fleet, { name: moved.name, attributes: { country: "CA" } }));

    const result = await settle(createDevices(fleet, [moved], 1));

    expect(result).toMatchObject({ done: 1, existed: 0 });
    expect(await settle(collect(listGroupsOfThing(fleet, moved.name)))).toEqual(["CA_Fleet"]);
  });

  it("gives a vehicle whose type has changed the new type's firmware, and takes the old one's", async () => {
    const { fleet, settle, plan } = await provisioned({ ...WISHES, thingTypes: ["Van", "Bus"] });
    const before = deviceOf(plan, 1);
    const type = before.type === "Van" ? "Bus" : "Van";

    await settle(createDevices(fleet, [{ ...before, type }], 1));
    const software = await settle(getShadow(fleet, before.name, "$package"));

    expect(software?.state.reported).toEqual({ [type]: { version: "1.0.0", attributes: {} } });
  });

  it("keeps attributes that a learner has added", async () => {
    const { fleet, settle, plan } = await provisioned();
    const { name } = deviceOf(plan, 1);
    await settle(createThing(fleet, { name, attributes: { colour: "red" } }));

    const again = await settle(provision(fleet, plan));
    const thing = await settle(fleet.iot.send(new DescribeThingCommand({ thingName: name })));

    expect(again.devices).toMatchObject({ done: 0, existed: 12 });
    expect(thing).toMatchObject({ thingTypeName: "Van", attributes: { colour: "red" } });
  });

  it("puts nothing into a group or package that somebody else made", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingGroupCommand({ thingGroupName: "US_Fleet" })));
    await settle(fleet.iot.send(new CreatePackageCommand({ packageName: "Van" })));

    const report = await settle(provision(fleet, planFleet(fleet, WISHES)));
    const members = await settle(collect(listThingsInGroup(fleet, "US_Fleet")));

    expect(report.isComplete).toBe(false);
    expect(members).toEqual([]);
    expect(calls("CreatePackageVersion")).toEqual([]);
    expect(new Set(report.devices.failed.map(({ error }) => error))).toEqual(
      new Set(["NotOursError"]),
    );
  });

  it("says so when a published version has other bytes than the bucket", async () => {
    const { fleet, settle, plan } = await provisioned();
    const key = { Bucket: firmwareBucketName(fleet), Key: "Van_v1_0_0.zip" };
    await settle(fleet.s3.send(new DeleteObjectCommand(key)));

    const again = await settle(provision(fleet, plan));

    expect(again.versions.failed).toMatchObject([
      { name: "Van 1.0.0", cause: expect.stringContaining("published versions never change") },
    ]);
  });

  it("D20: tells the truth about failures", async () => {
    const { fleet, settle } = openTestFleet();
    const plan = planFleet(fleet, WISHES);
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: deviceOf(plan, 3).name })));

    const report = await settle(provision(fleet, plan));

    expect(report.isComplete).toBe(false);
    expect(report.devices.done).toBe(11);
    expect(report.devices.failed).toMatchObject([
      { name: "Vehicle-VIN-003", error: "NotOursError" },
    ]);
  });
});

describe("checkProvisioning", () => {
  const failing = (checks: readonly { what: string; isMet: boolean }[]) =>
    checks.filter(({ isMet }) => !isMet).map(({ what }) => what);

  it("counts the vehicles against the plan", async () => {
    const { fleet, settle, plan } = await provisioned();
    await settle(deleteThing(fleet, deviceOf(plan, 5).name));

    const checks = await settle(checkProvisioning(fleet, plan));

    expect(failing(checks)).toContain("Vehicles");
    expect(checks.find(({ what }) => what === "Vehicles")?.found).toBe("11 of 12");
  });

  it("misses a vehicle in its group, and a firmware in a shadow", async () => {
    const { fleet, settle, clock, plan } = await provisioned();
    const { name, country } = deviceOf(plan, 5);
    await settle(removeFromGroup(fleet, name, `${country}_Fleet`));
    await settle(reportState(fleet, name, { Van: null }, "$package"));
    await clock.advance(10_000);

    const checks = await settle(checkProvisioning(fleet, plan));

    expect(failing(checks)).toEqual(["Vehicles in their groups", "Vehicles with a known firmware"]);
  });

  it("finds everything missing in an empty account, without waiting for an index", async () => {
    const { fleet, settle, clock } = openTestFleet();
    const startedAt = clock.now();

    const checks = await settle(checkProvisioning(fleet, planFleet(fleet, WISHES)));

    expect(checks.every(({ isMet }) => !isMet)).toBe(true);
    expect(clock.now() - startedAt).toBeLessThan(5_000);
  });

  it("does not take a bucket without versioning for a good one", async () => {
    const { fleet, settle, plan } = await provisioned();
    const Bucket = firmwareBucketName(fleet);
    const VersioningConfiguration = { Status: "Suspended" as const };
    await settle(
      fleet.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration })),
    );

    const checks = await settle(checkProvisioning(fleet, plan));

    expect(failing(checks)).toEqual(["Firmware bucket"]);
  });
});

describe("createThingTypes", () => {
  it("D7: takes a deprecated type of ours back into use", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createThingTypes(fleet, ["Van"]));
    await settle(fleet.iot.send(new DeprecateThingTypeCommand({ thingTypeName: "Van" })));

    const result = await settle(createThingTypes(fleet, ["Van"]));
    const type = await settle(
      fleet.iot.send(new DescribeThingTypeCommand({ thingTypeName: "Van" })),
    );

    expect(result).toMatchObject({ done: 1, existed: 0 });
    expect(type.thingTypeMetadata?.deprecated).toBe(false);
  });

  it("leaves somebody else's deprecated type deprecated, and says why", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingTypeCommand({ thingTypeName: "Van" })));
    await settle(fleet.iot.send(new DeprecateThingTypeCommand({ thingTypeName: "Van" })));

    const result = await settle(createThingTypes(fleet, ["Van"]));

    expect(result.failed).toMatchObject([{ name: "Van", error: "NotOursError" }]);
  });
});

describe("enableFleetIndexing", () => {
  it("D8: keeps what others have switched on, and remembers how it was", async () => {
    const { fleet, settle } = openTestFleet();
    const customFields = [{ name: "attributes.depot", type: "String" as const }];
    const theirs = {
      thingIndexingMode: "REGISTRY" as const,
      namedShadowIndexingMode: "ON" as const,
      filter: { namedShadowNames: ["telemetry"] },
      customFields,
    };
    await settle(
      fleet.iot.send(
        new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration: theirs }),
      ),
    );

    await settle(enableFleetIndexing(fleet));
    const now = await settle(fleet.iot.send(new GetIndexingConfigurationCommand({})));
    const before = await settle(settingsBefore(fleet));

    expect(now.thingIndexingConfiguration).toMatchObject({
      thingIndexingMode: "REGISTRY_AND_SHADOW",
      filter: { namedShadowNames: ["telemetry", "$package"] },
      customFields,
    });
    expect(before["indexing"]).toMatchObject({ thingIndexingConfiguration: theirs });
  });

  it("changes nothing the second time", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(enableFleetIndexing(fleet));

    const again = await settle(enableFleetIndexing(fleet));

    expect(again.isChanged).toBe(false);
    expect(calls("UpdateIndexingConfiguration")).toHaveLength(1);
  });
});

describe("rememberSetting", () => {
  it("keeps the first value of a name, which is somebody else's", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(rememberSetting(fleet, "a", { was: "theirs" }));
    await settle(rememberSetting(fleet, "a", { was: "ours" }));
    await settle(rememberSetting(fleet, "b", 2));

    expect(await settle(settingsBefore(fleet))).toEqual({ a: { was: "theirs" }, b: 2 });
  });
});

describe("createFirmwareBucket", () => {
  const versioning = (fleet: Fleet) =>
    fleet.s3.send(new GetBucketVersioningCommand({ Bucket: firmwareBucketName(fleet) }));

  it("D37: is versioned and closed to the public", async () => {
    const { fleet, settle } = openTestFleet();

    await settle(createFirmwareBucket(fleet));
    const block = await settle(
      fleet.s3.send(new GetPublicAccessBlockCommand({ Bucket: firmwareBucketName(fleet) })),
    );

    expect((await settle(versioning(fleet))).Status).toBe("Enabled");
    expect(Object.values(block.PublicAccessBlockConfiguration ?? {})).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it("D37: is encrypted, drops old versions some day, and takes TLS only", async () => {
    const { fleet, settle } = openTestFleet();
    const Bucket = firmwareBucketName(fleet);

    await settle(createFirmwareBucket(fleet));
    const { ServerSideEncryptionConfiguration: encryption } = await settle(
      fleet.s3.send(new GetBucketEncryptionCommand({ Bucket })),
    );
    const { Rules } = await settle(
      fleet.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    );
    const { Policy } = await settle(fleet.s3.send(new GetBucketPolicyCommand({ Bucket })));

    expect(encryption?.Rules?.[0]).toMatchObject({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" },
    });
    expect(Rules).toMatchObject([
      { Status: "Enabled", NoncurrentVersionExpiration: { NoncurrentDays: 90 } },
    ]);
    expect(JSON.parse(Policy ?? "{}")).toMatchObject({
      Statement: [{ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }],
    });
  });

  it.each([
    ["before its tag", false],
    ["before its versioning", true],
  ])("D25: finishes a bucket that a run interrupted %s has left", async (_, isTagged) => {
    const { fleet, settle } = openTestFleet();
    const Bucket = firmwareBucketName(fleet);
    const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" as const };
    await settle(fleet.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration })));
    const Tagging = { TagSet: tagList(fleet.tags) };
    if (isTagged) await settle(fleet.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging })));

    const bucket = await settle(createFirmwareBucket(fleet));

    expect(bucket.alreadyExisted).toBe(true);
    expect((await settle(versioning(fleet))).Status).toBe("Enabled");
  });

  it("D30: refuses a bucket of that name which somebody else has tagged", async () => {
    const { fleet, settle } = openTestFleet();
    const Bucket = firmwareBucketName(fleet);
    const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" as const };
    const Tagging = { TagSet: [{ Key: "team", Value: "billing" }] };
    await settle(fleet.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration })));
    await settle(fleet.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging })));

    await expect(settle(createFirmwareBucket(fleet))).rejects.toThrow("not made by the workshop");
  });
});

describe("publishVersions", () => {
  it("D25: completes and publishes a draft that an interrupted run left", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createPackages(fleet, ["Van"]));
    const draft = { packageName: "Van", versionName: "1.0.0" };
    await settle(fleet.iot.send(new CreatePackageVersionCommand(draft)));

    const report = await settle(provision(fleet, planFleet(fleet, WISHES)));
    const version = await settle(
      findPackageVersion(fleet, { packageName: "Van", versionName: "1.0.0" }),
    );

    expect(report.versions).toMatchObject({ done: 1, existed: 0, failed: [] });
    expect(version).toMatchObject({
      status: "PUBLISHED",
      attributes: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      artifact: { s3Location: { key: "Van_v1_0_0.zip" } },
    });
  });
});

describe("roles", () => {
  it("D33: may do no more than their one task, for this account only", async () => {
    const { fleet, settle } = openTestFleet();

    await settle(createJobsRole(fleet));
    await settle(createPackageConfigRole(fleet));
    const RoleName = jobsRoleName(fleet);
    const role = await settle(fleet.iam.send(new GetRoleCommand({ RoleName })));
    const policy = await settle(
      fleet.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "ReadFirmware" })),
    );
    const trust = decodeURIComponent(role.Role?.AssumeRolePolicyDocument ?? "");
    const permission = decodeURIComponent(policy.PolicyDocument ?? "");

    expect(trust).toContain(`"aws:SourceAccount":"${fleet.account}"`);
    expect(permission).toContain(`arn:aws:s3:::${firmwareBucketName(fleet)}/*`);
    expect(permission).not.toContain("s3:*");
  });

  it("refuse a role of that name which somebody else made", async () => {
    const { fleet, settle } = openTestFleet();
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "iot.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      ],
    });
    const RoleName = jobsRoleName(fleet);
    await settle(fleet.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument })));

    await expect(settle(createJobsRole(fleet))).rejects.toThrow("not made by the workshop");
  });
});

describe("createCountryGroups", () => {
  it("refuses to put vehicles into somebody else's group", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingGroupCommand({ thingGroupName: "US_Fleet" })));

    const result = await settle(createCountryGroups(fleet, ["US", "CA"]));

    expect(result).toMatchObject({ done: 1, failed: [{ error: "NotOursError" }] });
  });
});

describe("deleteThing", () => {
  it("removes the thing with all its shadows, once", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createThing(fleet, { name: "Old" }));
    await settle(reportState(fleet, "Old", { a: 1 }));
    await settle(reportState(fleet, "Old", { b: 1 }, "extra"));

    const first = await settle(deleteThing(fleet, "Old"));
    const second = await settle(deleteThing(fleet, "Old"));

    expect([first, second]).toEqual([true, false]);
    expect(await settle(getShadow(fleet, "Old"))).toBeUndefined();
    expect(await settle(getShadow(fleet, "Old", "extra"))).toBeUndefined();
  });

  it("leaves somebody else's thing alone", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: "Theirs" })));

    await expect(settle(deleteThing(fleet, "Theirs"))).rejects.toThrow("not made by the workshop");
    const thing = await settle(fleet.iot.send(new DescribeThingCommand({ thingName: "Theirs" })));
    expect(thing.thingName).toBe("Theirs");
  });
});

describe("createVehicles", () => {
  it.each(["Ada-", "Ada-2-x", "A"])(
    "D4 refuses the prefix %s beside a fleet of Ada-2-, before it writes anything",
    async (prefix) => {
      const { fleet, settle, calls } = openTestFleet({ prefix: "Ada-2-" });
      await settle(rememberPlan(fleet, {}));
      const other = { ...fleet, prefix };
      const before = calls().length;

      const refused = settle(createVehicles(other, planFleet(other, WISHES)));

      await expect(refused).rejects.toThrow('there is "Ada-2-"');
      expect(
        calls()
          .slice(before)
          .map(({ operation }) => operation),
      ).toEqual(["ListNamedShadowsForThing"]);
    },
  );
});

describe("createDevices", () => {
  const devices = process.env["FLEETLAB_TESTS"] === "long" ? 1_050 : 500;
  it(`D5: creates ${devices} vehicles at most at 80 a second, without a throttle`, async () => {
    const { fleet, settle, clock, calls } = openTestFleet();
    const plan = planFleet(fleet, { ...WISHES, devices });
    await settle(createThingTypes(fleet, plan.thingTypes));
    await settle(createCountryGroups(fleet, plan.countries));
    const startedAt = clock.now();

    const result = await settle(createDevices(fleet, devicesOf(plan), plan.devices));
    const seconds = (clock.now() - startedAt) / 1000;

    expect(result).toMatchObject({ done: devices, failed: [], throttles: 0 });
    expect(calls("CreateThing")).toHaveLength(devices);
    expect(devices / seconds).toBeLessThanOrEqual(81);
    expect(devices / seconds).toBeGreaterThan(70);
  });
});
