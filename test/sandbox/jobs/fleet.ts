import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  AddThingToThingGroupCommand,
  CreateJobCommand,
  CreatePackageCommand,
  CreatePackageVersionCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DescribeJobCommand,
  DescribeJobExecutionCommand,
  ListJobExecutionsForJobCommand,
  RemoveThingFromThingGroupCommand,
  UpdatePackageVersionCommand,
  type CreateJobCommandInput,
  type JobExecutionStatus,
  type PackageVersionArtifact,
} from "@aws-sdk/client-iot";
import {
  StartNextPendingJobExecutionCommand,
  UpdateJobExecutionCommand,
  type UpdateJobExecutionCommandInput,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ACCOUNT, openSandbox, REGION, type SandboxClients } from "../clients.js";

/** The sandbox's default lag of jobs, and the minute of a rollout. */
export const LAG = 1_000;
export const MINUTE = 60_000;

export const thingArn = (name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:thing/${name}`;
export const groupArn = (name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/${name}`;
export const versionArn = (packageName: string, versionName: string) =>
  `arn:aws:iot:${REGION}:${ACCOUNT}:package/${packageName}/version/${versionName}`;
export const roleArn = `arn:aws:iam::${ACCOUNT}:role/jobs`;

export const carNames = (count: number) =>
  Array.from({ length: count }, (_, i) => `car-${String(i + 1).padStart(3, "0")}`);

/** A sandbox with so many cars in the static group `cars`, and short words for what tests do. */
export async function openFleet(count = 3, options: Parameters<typeof openSandbox>[0] = {}) {
  const clients = openSandbox(options);
  const { iot, iotJobs, clock } = clients;
  const names = carNames(count);
  const register = (thingName: string) => iot.send(new CreateThingCommand({ thingName }));
  const join = (thingName: string, thingGroupName = "cars") =>
    iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));
  const leave = (thingName: string, thingGroupName = "cars") =>
    iot.send(new RemoveThingFromThingGroupCommand({ thingName, thingGroupName }));

  await iot.send(new CreateThingGroupCommand({ thingGroupName: "cars" }));
  for (const name of names) {
    await register(name);
    await join(name);
  }

  /** Create the job `job` over the group, without waiting for its executions. */
  const create = (input: Partial<CreateJobCommandInput> = {}) =>
    iot.send(
      new CreateJobCommand({ jobId: "job", targets: [groupArn("cars")], document: "{}", ...input }),
    );
  /** The same, and wait for the first executions. */
  const begin = async (input: Partial<CreateJobCommandInput> = {}) => {
    await create(input);
    await clock.advance(LAG);
  };
  const job = async (jobId = "job") => (await iot.send(new DescribeJobCommand({ jobId }))).job;
  /** Things by status, as in `{ Queued: 3 }`, without those that are nought. */
  const counts = async (jobId = "job") => {
    const found: Record<string, number> = {};
    for (const [name, count] of Object.entries((await job(jobId))?.jobProcessDetails ?? {})) {
      const status = /^numberOf(.+)Things$/.exec(name)?.[1];
      if (status !== undefined && typeof count === "number" && count > 0) found[status] = count;
    }
    return found;
  };
  const execution = async (thingName: string, jobId = "job", executionNumber?: number) =>
    (await iot.send(new DescribeJobExecutionCommand({ jobId, thingName, executionNumber })))
      .execution;
  /** Attempts of a job as `thing number status`, in the order of the list. */
  const attempts = async (jobId = "job", status?: JobExecutionStatus) => {
    const { executionSummaries = [] } = await iot.send(
      new ListJobExecutionsForJobCommand({ jobId, status }),
    );
    return executionSummaries.map(({ thingArn: arn, jobExecutionSummary: one }) =>
      [arn?.split("/")[1], one?.executionNumber, one?.status].join(" "),
    );
  };
  const start = (thingName: string, input: { stepTimeoutInMinutes?: number } = {}) =>
    iotJobs.send(new StartNextPendingJobExecutionCommand({ thingName, ...input }));
  const report = (
    thingName: string,
    status: JobExecutionStatus,
    input: Partial<UpdateJobExecutionCommandInput> = {},
  ) => iotJobs.send(new UpdateJobExecutionCommand({ jobId: "job", thingName, status, ...input }));

  const words = { create, begin, job, counts, execution, attempts, start, report };
  return { ...clients, names, register, join, leave, ...words };
}

export type Fleet = Awaited<ReturnType<typeof openFleet>>;

/** A role that AWS IoT can assume, with what it may do in S3. */
export async function createRole(
  { iam, clock }: { iam: SandboxClients["iam"]; clock: Pick<SandboxClients["clock"], "advance"> },
  options: { RoleName?: string; Action?: string | string[]; Resource?: string; fresh?: true } = {},
) {
  const { RoleName = "jobs", Action = ["s3:GetObject", "s3:GetObjectVersion"] } = options;
  await iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { Service: "iot.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      }),
    }),
  );
  await iam.send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName: "p",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Action,
          Resource: options.Resource ?? "arn:aws:s3:::firmware/*",
        },
      }),
    }),
  );
  if (!options.fresh) await clock.advance(4_000);
}

/** The bucket `firmware` with objects by key. */
export async function fillBucket(
  { s3 }: Pick<SandboxClients, "s3">,
  objects: Readonly<Record<string, string>>,
) {
  await s3.send(
    new CreateBucketCommand({
      Bucket: "firmware",
      CreateBucketConfiguration: { LocationConstraint: REGION },
    }),
  );
  for (const [Key, Body] of Object.entries(objects)) {
    await s3.send(new PutObjectCommand({ Bucket: "firmware", Key, Body }));
  }
}

/** A package with one published version. */
export async function publish(
  { iot }: Pick<SandboxClients, "iot">,
  packageName: string,
  versionName: string,
  rest: { attributes?: Record<string, string>; artifact?: PackageVersionArtifact } = {},
) {
  try {
    await iot.send(new CreatePackageCommand({ packageName }));
  } catch (error) {
    // A second version of the same package.
    if (!(error instanceof Error) || error.name !== "ConflictException") throw error;
  }
  await iot.send(new CreatePackageVersionCommand({ packageName, versionName, ...rest }));
  await iot.send(new UpdatePackageVersionCommand({ packageName, versionName, action: "PUBLISH" }));
}
