import { CreateRoleCommand, DeleteRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateJobCommand,
  CreateJobTemplateCommand,
  CreateThingCommand,
  SetV2LoggingOptionsCommand,
  UpdateJobCommand,
  UpdatePackageConfigurationCommand,
  type IoTClient,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const roleArn = `arn:aws:iam::${ACCOUNT}:role/service-role/new`;

/** Every operation that AWS IoT takes a role in, to assume it later. */
const places: Readonly<Record<string, (iot: IoTClient) => Promise<unknown>>> = {
  CreateJob: (iot) =>
    iot.send(
      new CreateJobCommand({
        jobId: "with-links",
        targets: [`arn:aws:iot:${REGION}:${ACCOUNT}:thing/car-1`],
        document: "{}",
        presignedUrlConfig: { roleArn },
      }),
    ),
  UpdateJob: (iot) =>
    iot.send(new UpdateJobCommand({ jobId: "job", presignedUrlConfig: { roleArn } })),
  CreateJobTemplate: (iot) =>
    iot.send(
      new CreateJobTemplateCommand({
        jobTemplateId: "template",
        description: "d",
        document: "{}",
        presignedUrlConfig: { roleArn },
      }),
    ),
  UpdatePackageConfiguration: (iot) =>
    iot.send(
      new UpdatePackageConfigurationCommand({
        versionUpdateByJobsConfig: { enabled: true, roleArn },
      }),
    ),
  SetV2LoggingOptions: (iot) =>
    iot.send(new SetV2LoggingOptionsCommand({ roleArn, defaultLogLevel: "INFO" })),
};

const trusting = (Service: string, more: object = {}) => ({
  Effect: "Allow",
  Principal: { Service },
  Action: "sts:AssumeRole",
  ...more,
});

async function withJob() {
  const clients = openSandbox();
  const { iot, iam } = clients;
  await iot.send(new CreateThingCommand({ thingName: "car-1" }));
  await iot.send(
    new CreateJobCommand({
      jobId: "job",
      targets: [`arn:aws:iot:${REGION}:${ACCOUNT}:thing/car-1`],
      document: "{}",
    }),
  );
  const createRole = (service: string, ...more: object[]) =>
    iam.send(
      new CreateRoleCommand({
        RoleName: "new",
        Path: "/service-role/",
        AssumeRolePolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: more.length > 0 ? more : trusting(service),
        }),
      }),
    );
  return { ...clients, createRole };
}

// As seen for topic rules: https://github.com/hashicorp/terraform-provider-aws/issues/33433
const unableToAssume = {
  name: expect.stringMatching(/^(?:InvalidRequest|Validation)Exception$/),
  message:
    `AWS IoT (iot.amazonaws.com) is unable to assume role (sts:AssumeRole) on resource: ${roleArn}. ` +
    "If the role was just created or updated, please try again in a few seconds.",
  $metadata: expect.objectContaining({ httpStatusCode: 400 }),
};

describe.each(Object.entries(places))("a role in %s", (_, useRole) => {
  it("cannot be assumed in its first seconds, in the words that clients retry on", async () => {
    const { iot, clock, createRole } = await withJob();
    await createRole("iot.amazonaws.com");

    await expect(useRole(iot)).rejects.toMatchObject(unableToAssume);
    await clock.advance(4_000);

    await useRole(iot);
  });

  it("cannot be assumed without trusting AWS IoT, nor when it is not there", async () => {
    const { iot, iam, clock, createRole } = await withJob();
    await createRole("lambda.amazonaws.com");
    await clock.advance(60_000);
    await expect(useRole(iot)).rejects.toMatchObject(unableToAssume);

    await iam.send(new DeleteRoleCommand({ RoleName: "new" }));

    await expect(useRole(iot)).rejects.toMatchObject(unableToAssume);
  });
});

describe("a trust policy https://docs.aws.amazon.com/iot/latest/developerguide/cross-service-confused-deputy-prevention.html", () => {
  const iotTrusts = (more: object) => trusting("iot.amazonaws.com", more);
  const here = `arn:aws:iot:${REGION}:${ACCOUNT}`;
  const comesFrom = (key: string, value: string | string[], operator = "StringEquals") =>
    iotTrusts({ Condition: { [operator]: { [key]: value } } });
  const use = async (...statements: object[]) => {
    const { iot, clock, createRole } = await withJob();
    await createRole("", ...statements);
    await clock.advance(60_000);
    await places["UpdateJob"]?.(iot);
  };

  it.each<[string, ...object[]]>([
    ["denies", iotTrusts({}), iotTrusts({ Effect: "Deny" })],
    [
      "denies this account",
      iotTrusts({}),
      { ...comesFrom("aws:SourceAccount", ACCOUNT), Effect: "Deny" },
    ],
    ["names another account", comesFrom("aws:SourceAccount", "999988887777")],
    [
      "names another account in an ARN",
      comesFrom("aws:SourceArn", "arn:aws:iot:*:999988887777:*", "ArnLike"),
    ],
    [
      "names another Region",
      comesFrom("aws:SourceArn", `arn:aws:iot:us-west-9:${ACCOUNT}:*`, "ArnLike"),
    ],
    [
      "names another service",
      comesFrom("AWS:SourceArn", `arn:aws:s3:*:${ACCOUNT}:*`, "StringLike"),
    ],
    ["allows another action only", iotTrusts({ Action: "sts:TagSession" })],
  ])("that %s keeps AWS IoT out", async (_, ...statements) => {
    await expect(use(...statements)).rejects.toMatchObject(unableToAssume);
  });

  it.each<[string, ...object[]]>([
    ["names this account", comesFrom("aws:SourceAccount", ["999988887777", ACCOUNT])],
    ["names what is here", comesFrom("aws:SourceArn", `${here}:*`, "ArnLike")],
    [
      "denies another account",
      iotTrusts({}),
      { ...comesFrom("aws:SourceAccount", "9"), Effect: "Deny" },
    ],
    ["denies another service", iotTrusts({}), trusting("lambda.amazonaws.com", { Effect: "Deny" })],
    ["asks what nobody here can tell", comesFrom("aws:PrincipalOrgID", "o-1")],
    ["allows all of STS", iotTrusts({ Action: ["sts:*"] })],
  ])("that %s lets AWS IoT in", async (_, ...statements) => {
    await use(...statements);
  });
});
