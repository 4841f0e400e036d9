import {
  GetPackageConfigurationCommand,
  UpdatePackageConfigurationCommand,
  type VersionUpdateByJobsConfig,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox } from "../clients.js";
import { storeWith } from "../records.js";

const roleArn = `arn:aws:iam::${ACCOUNT}:role/Updater`;

/** A sandbox with the role Updater, as old as the clock's beginning. */
function open(service: string | string[] = "iot.amazonaws.com") {
  const createdAt = new Date(Date.UTC(2026, 0, 1));
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
  const clients = openSandbox({
    store: storeWith([
      {
        table: `${ACCOUNT}/roles`,
        key: "updater",
        record: {
          role: {
            RoleName: "Updater",
            Arn: roleArn,
            CreateDate: createdAt,
            AssumeRolePolicyDocument: policy,
          },
          inlinePolicies: {},
        },
      },
    ]),
  });
  const update = (versionUpdateByJobsConfig?: VersionUpdateByJobsConfig) =>
    clients.iot.send(new UpdatePackageConfigurationCommand({ versionUpdateByJobsConfig }));
  const get = async () => {
    const answer = await clients.iot.send(new GetPackageConfigurationCommand({}));
    return answer.versionUpdateByJobsConfig;
  };
  return { ...clients, update, get };
}

describe("GetPackageConfiguration (API_GetPackageConfiguration)", () => {
  it("is disabled at first", async () => {
    const { get } = open();

    expect(await get()).toEqual({ enabled: false });
  });
});

describe("UpdatePackageConfiguration (API_UpdatePackageConfiguration)", () => {
  it.each([
    ["one service", "iot.amazonaws.com"],
    ["several services", ["s3.amazonaws.com", "iot.amazonaws.com"]],
  ])("is enabled with a role that AWS IoT can assume: %s", async (_, service) => {
    const { clock, update, get } = open(service);
    await clock.advance(4_000);

    await update({ enabled: true, roleArn });
    await update({ enabled: true, roleArn });

    expect(await get()).toEqual({ enabled: true, roleArn });
  });

  it("refuses a role of a moment ago, and takes it when IAM has told everybody", async () => {
    const { clock, update } = open();

    await clock.advance(3_999);
    await expect(update({ enabled: true, roleArn })).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("is unable to assume role"),
      $metadata: { httpStatusCode: 400 },
    });
    await clock.advance(1);

    await update({ enabled: true, roleArn });
  });

  it("refuses a role that does not trust AWS IoT", async () => {
    const { clock, update } = open("lambda.amazonaws.com");
    await clock.advance(4_000);

    await expect(update({ enabled: true, roleArn })).rejects.toMatchObject({
      name: "ValidationException",
    });
  });

  it.each([
    ["no role", undefined],
    ["an unknown role", `arn:aws:iam::${ACCOUNT}:role/Nope`],
    ["a role of another account", "arn:aws:iam::999999999999:role/Updater"],
    ["what is no role", `arn:aws:iam::${ACCOUNT}:user/Updater`],
    ["what is too short for an ARN", "role/Updater"],
  ])("refuses %s", async (_, given) => {
    const { clock, update, get } = open();
    await clock.advance(4_000);

    await expect(update({ enabled: true, roleArn: given })).rejects.toMatchObject({
      name: "ValidationException",
    });

    expect(await get()).toEqual({ enabled: false });
  });

  it("is disabled without a role, and keeps the one it has", async () => {
    const { clock, update, get } = open();
    await update({ enabled: false });
    await clock.advance(4_000);
    await update({ enabled: true, roleArn });

    await update({ enabled: false });

    expect(await get()).toEqual({ enabled: false, roleArn });
  });

  it("changes nothing without a setting", async () => {
    const { update, get } = open();

    await update(undefined);

    expect(await get()).toEqual({ enabled: false });
  });
});
