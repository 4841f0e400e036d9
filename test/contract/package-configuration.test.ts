import {
  GetPackageConfigurationCommand,
  UpdatePackageConfigurationCommand,
  UpdatePackageVersionCommand,
  type VersionUpdateByJobsConfig,
} from "@aws-sdk/client-iot";
import { DeleteThingShadowCommand, GetThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import {
  StartNextPendingJobExecutionCommand,
  UpdateJobExecutionCommand,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { beforeAll, describe, expect, it } from "vitest";
import { makeJob, makePackage, makeRole, makeThing, makeVersion } from "./makers.js";
import { answerOf } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot, iotData, iotJobs } = target;

const get = async () =>
  (await iot.send(new GetPackageConfigurationCommand({}))).versionUpdateByJobsConfig;
const update = (versionUpdateByJobsConfig: VersionUpdateByJobsConfig) =>
  iot.send(new UpdatePackageConfigurationCommand({ versionUpdateByJobsConfig }));

// One setting of the whole account: what it was is put back. A role once named cannot be unnamed.
beforeAll(async () => {
  const before = await get();
  target.cleanUp("package configuration as it was", () => update({ enabled: false, ...before }));
  await update({ enabled: false });
});

async function makeUpdaterRole() {
  const { roleArn } = await makeRole(target, {
    Action: ["iot:DescribeEndpoint", "iot:GetThingShadow", "iot:UpdateThingShadow"],
    Resource: "*",
  });
  return roleArn;
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackageConfiguration.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackageConfiguration.html
describe("GetPackageConfiguration and UpdatePackageConfiguration", () => {
  it("switch the updates by jobs on, with a role, and off", async () => {
    const roleArn = await makeUpdaterRole();

    // AWS IoT believes in a new role some seconds late.
    const answer = await target.eventually(() => update({ enabled: true, roleArn }));
    const on = await get();
    await update({ enabled: false });
    const off = await get();

    expect(answerOf(answer)).toEqual({});
    expect(on).toEqual({ enabled: true, roleArn });
    expect(off).toMatchObject({ enabled: false });
  });

  it("refuse a role that is not there", async () => {
    const roleArn = `arn:aws:iam::${target.account}:role/${target.name("role")}`;

    // Of which kind the refusal is, AWS does not say.
    await expect(update({ enabled: true, roleArn })).rejects.toMatchObject({ $fault: "client" });
  });
});

// https://docs.aws.amazon.com/iot/latest/developerguide/preparing-jobs-for-service-package-catalog.html
describe("A successful job", () => {
  it("writes the version into the thing's $package shadow", async () => {
    const roleArn = await makeUpdaterRole();
    await target.eventually(() => update({ enabled: true, roleArn }));
    const { thingName, thingArn } = await makeThing(target);
    const packageName = await makePackage(target);
    const { packageVersionArn = "" } = await makeVersion(target, { packageName });
    await iot.send(
      new UpdatePackageVersionCommand({ packageName, versionName: "1.0.0", action: "PUBLISH" }),
    );
    const shadow = { thingName, shadowName: "$package" };
    target.cleanUp(`$package of ${thingName}`, () =>
      iotData.send(new DeleteThingShadowCommand(shadow)),
    );
    const { jobId } = await makeJob(target, {
      targets: [thingArn],
      destinationPackageVersions: [packageVersionArn],
    });

    await target.eventually(async () => {
      const next = new StartNextPendingJobExecutionCommand({ thingName });
      expect((await iotJobs.send(next)).execution?.jobId).toBe(jobId);
    });
    await iotJobs.send(new UpdateJobExecutionCommand({ jobId, thingName, status: "SUCCEEDED" }));

    await target.eventually(async () => {
      const { payload } = await iotData.send(new GetThingShadowCommand(shadow));
      expect(JSON.parse(Buffer.from(payload ?? []).toString("utf8"))).toMatchObject({
        state: { reported: { [packageName]: { version: "1.0.0" } } },
      });
    });
  });
});
