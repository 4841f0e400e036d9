import {
  AddThingToThingGroupCommand,
  CancelJobExecutionCommand,
  DeleteJobExecutionCommand,
  DescribeJobCommand,
  DescribeJobExecutionCommand,
  type CancelJobExecutionCommandInput,
  type CreateJobCommandInput,
  type JobExecutionStatus,
} from "@aws-sdk/client-iot";
import {
  StartNextPendingJobExecutionCommand,
  UpdateJobExecutionCommand,
  type UpdateJobExecutionCommandInput,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { expect } from "vitest";
import { makeGroup, makeJob, makeThing } from "./makers.js";
import type { Target } from "./target.js";

/** A job for so many things of its own, once each has its execution, and words for the first thing's. */
export async function queueJob(
  target: Target,
  things = 1,
  rest: Partial<CreateJobCommandInput> = {},
) {
  const first = await makeThing(target);
  const made = [first];
  while (made.length < things) made.push(await makeThing(target));
  const targets = made.map(({ thingArn }) => thingArn);
  const { jobId } = await makeJob(target, { targets, ...rest });
  const words = executionWords(target, jobId, first.thingName);
  const names = made.map(({ thingName }) => thingName);
  for (const thingName of names) {
    await target.eventually(async () =>
      expect((await words.look({ thingName }))?.status).toBe("QUEUED"),
    );
  }
  return { ...first, jobId, names, ...words };
}

/** A continuous job for a group of its own, with one thing in it that has its execution. */
export async function queueContinuousJob(target: Target) {
  const thing = await makeThing(target);
  const group = await makeGroup(target);
  const { thingGroupName, thingGroupArn } = group;
  const { thingName } = thing;
  await target.iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));
  const job = await makeJob(target, { targets: [thingGroupArn], targetSelection: "CONTINUOUS" });
  const words = executionWords(target, job.jobId, thingName);
  await target.eventually(async () => expect((await words.look())?.status).toBe("QUEUED"));
  return { ...thing, ...group, ...job, ...words };
}

/** What operators and the device do about one execution. */
export function executionWords({ iot, iotJobs }: Target, jobId: string, thingName: string) {
  const of = { jobId, thingName };
  return {
    look: async (rest: { thingName?: string; executionNumber?: number } = {}) =>
      (await iot.send(new DescribeJobExecutionCommand({ ...of, ...rest }))).execution,
    cancel: (rest: Partial<CancelJobExecutionCommandInput> = {}) =>
      iot.send(new CancelJobExecutionCommand({ ...of, ...rest })),
    remove: (executionNumber: number, force?: boolean) =>
      iot.send(new DeleteJobExecutionCommand({ ...of, executionNumber, force })),
    job: async () => (await iot.send(new DescribeJobCommand({ jobId }))).job,
    start: (statusDetails?: Record<string, string>) =>
      iotJobs.send(new StartNextPendingJobExecutionCommand({ thingName, statusDetails })),
    report: (status: JobExecutionStatus, rest: Partial<UpdateJobExecutionCommandInput> = {}) =>
      iotJobs.send(new UpdateJobExecutionCommand({ ...of, status, ...rest })),
  };
}
