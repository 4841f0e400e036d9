import {
  AddThingToThingGroupCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  type CreateJobCommandInput,
} from "@aws-sdk/client-iot";
import {
  StartNextPendingJobExecutionCommand,
  UpdateJobExecutionCommand,
  type JobExecutionStatus,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { tagList } from "../../../lib/aws/ownership.js";
import { createFirmwareBucket } from "../../../lib/fleet/software/firmware-bucket.js";
import { createJobsRole } from "../../../lib/fleet/software/roles.js";
import { ACCOUNT, openTestFleet, REGION } from "../../fleet.js";

export const groupArn = (name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/${name}`;
export const DOCUMENT = { operation: "check", tires: ["front", "rear"] };

/** How a test's devices end: the first so many with the first status, and so on. */
export type Ends = Partial<Record<"SUCCEEDED" | "FAILED" | "REJECTED" | "IN_PROGRESS", number>>;

/** A fleet with so many vehicles in the group `vans`, and short words for what tests do with jobs. */
export async function openJobFleet(
  vehicles = 4,
  options: Parameters<typeof openTestFleet>[0] = {},
) {
  const test = openTestFleet(options);
  const { fleet, settle, clock } = test;
  const names = Array.from({ length: vehicles }, (_, i) => `van-${String(i + 1).padStart(4, "0")}`);
  await settle(
    (async () => {
      await fleet.iot.send(new CreateThingGroupCommand({ thingGroupName: "vans" }));
      const join = async (thingName: string) => {
        await fleet.iot.send(new CreateThingCommand({ thingName }));
        await fleet.iot.send(
          new AddThingToThingGroupCommand({ thingName, thingGroupName: "vans" }),
        );
      };
      await Promise.all(names.map(join));
    })(),
  );

  /** Create a job of ours over the group and wait for its executions. */
  const create = async (jobId = "job", input: Partial<CreateJobCommandInput> = {}) => {
    const command = new CreateJobCommand({
      jobId,
      targets: [groupArn("vans")],
      document: JSON.stringify(DOCUMENT),
      tags: tagList(fleet.tags),
      ...input,
    });
    await settle(fleet.iot.send(command));
    await clock.advance(2_000);
  };
  /** Create a job with a download link; gives back its placeholder and who signs it. */
  const createWithLink = async (jobId = "job") => {
    const { name: bucket } = await settle(createFirmwareBucket(fleet));
    const { arn: roleArn } = await settle(createJobsRole(fleet));
    await settle(
      fleet.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "van.zip", Body: "bytes" })),
    );
    // A new role takes some seconds to be usable.
    await clock.advance(10_000);
    const url = `\${aws:iot:s3-presigned-url:https://s3.amazonaws.com/${bucket}/van.zip}`;
    const presignedUrlConfig = { roleArn, expiresInSec: 600 };
    await create(jobId, { document: JSON.stringify({ url }), presignedUrlConfig });
    return { url, roleArn };
  };
  const start = (thingName: string) =>
    settle(fleet.iotJobs.send(new StartNextPendingJobExecutionCommand({ thingName })));
  const report = (
    thingName: string,
    status: JobExecutionStatus,
    jobId = "job",
    statusDetails?: Record<string, string>,
  ) =>
    settle(
      fleet.iotJobs.send(
        new UpdateJobExecutionCommand({ jobId, thingName, status, statusDetails }),
      ),
    );
  /** Let the vehicles end as given, the first ones first; the rest stays queued. */
  const end = async (ends: Ends, jobId = "job") => {
    const waiting = [...names];
    for (const [status, count = 0] of Object.entries(ends) as [JobExecutionStatus, number][]) {
      for (const name of waiting.splice(0, count)) await report(name, status, jobId);
    }
  };
  return { ...test, names, create, createWithLink, start, report, end };
}

/** The words that end a job, and force. */
export const CANCEL = { confirm: "CANCEL" } as const;
export const DELETE = { confirm: "DELETE" } as const;
export const FORCED = { isForced: true } as const;

/** One vehicle has succeeded, two are at it, two have not begun. */
export async function underWay() {
  const test = await openJobFleet(5);
  await test.create();
  await test.end({ SUCCEEDED: 1, IN_PROGRESS: 2 });
  return test;
}
