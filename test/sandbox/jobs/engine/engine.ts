import {
  AddThingToThingGroupCommand,
  AssociateTargetsWithJobCommand,
  CancelJobCommand,
  CancelJobExecutionCommand,
  CreateDynamicThingGroupCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteJobCommand,
  DeleteJobExecutionCommand,
  DeleteThingCommand,
  ListJobsCommand,
  RemoveThingFromThingGroupCommand,
  UpdateIndexingConfigurationCommand,
  UpdatePackageConfigurationCommand,
  UpdateThingCommand,
} from "@aws-sdk/client-iot";
import {
  StartNextPendingJobExecutionCommand,
  UpdateJobExecutionCommand,
} from "@aws-sdk/client-iot-jobs-data-plane";
import fc from "fast-check";
import { isTerminal } from "../../../../lib/sandbox/jobs/executions.js";
import { timeoutOf } from "../../../../lib/sandbox/jobs/agenda.js";
import type { JobExecutionRecord } from "../../../../lib/sandbox/jobs/records.js";
import type { State } from "../../../../lib/sandbox/jobs/tables.js";
import { createSandbox } from "../../../../lib/sandbox/index.js";
import { ACCOUNT, clientsOf, REGION } from "../../clients.js";
import { createRole, groupArn, publish, thingArn, versionArn } from "../fleet.js";

/* Random fleets and everything that can happen to their jobs. */

const things = ["t1", "t2", "t3", "t4", "t5"];
const jobIds = ["j1", "j2"];
const statuses = ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"] as const;

const thing = fc.constantFrom(...things);
const job = fc.constantFrom(...jobIds);
const force = fc.boolean();
/** Which of the executions there are, as a share of their number. */
const pick = fc.double({ min: 0, max: 0.999, noNaN: true });

const target = fc.oneof(
  fc.constantFrom("static", "child", "hot").map(groupArn),
  thing.map(thingArn),
);

const configuration = fc.record(
  {
    jobExecutionsRolloutConfig: fc.oneof(
      fc.record({ maximumPerMinute: fc.integer({ min: 1, max: 3 }) }),
      fc.constant({
        exponentialRate: {
          baseRatePerMinute: 1,
          incrementFactor: 2,
          rateIncreaseCriteria: { numberOfNotifiedThings: 2 },
        },
      }),
    ),
    jobExecutionsRetryConfig: fc.record({
      criteriaList: fc
        .record({
          failureType: fc.constantFrom("FAILED" as const, "TIMED_OUT" as const, "ALL" as const),
          numberOfRetries: fc.integer({ min: 0, max: 2 }),
        })
        .map((criteria) => [criteria]),
    }),
    abortConfig: fc.record({
      criteriaList: fc
        .record({
          failureType: fc.constantFrom("FAILED" as const, "REJECTED" as const, "ALL" as const),
          action: fc.constant("CANCEL" as const),
          thresholdPercentage: fc.constantFrom(20, 50, 100),
          minNumberOfExecutedThings: fc.integer({ min: 1, max: 3 }),
        })
        .map((criteria) => [criteria]),
    }),
    timeoutConfig: fc.record({ inProgressTimeoutInMinutes: fc.integer({ min: 1, max: 4 }) }),
    destinationPackageVersions: fc.constant([versionArn("app", "1.0.0")]),
  },
  { requiredKeys: [] },
);

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const create = fc.record({
  do: fc.constant("create" as const),
  jobId: job,
  targets: fc.uniqueArray(target, { minLength: 1, maxLength: 2 }),
  targetSelection: fc.constantFrom("SNAPSHOT" as const, "CONTINUOUS" as const),
  configuration,
});

const step = fc.oneof(
  { arbitrary: fc.nat({ max: 200_000 }).map((ms) => ({ do: "wait", ms }) as const), weight: 6 },
  { arbitrary: create, weight: 2 },
  { arbitrary: fc.record({ do: fc.constant("start" as const), thing }), weight: 4 },
  {
    arbitrary: fc.record({
      do: fc.constant("report" as const),
      pick,
      status: fc.constantFrom(...statuses),
      stepTimeoutInMinutes: fc.constantFrom(undefined, 1, 3, -1),
    }),
    weight: 8,
  },
  fc.record({ do: fc.constant("cancelExecution" as const), pick, force }),
  fc.record({ do: fc.constant("deleteExecution" as const), pick, force }),
  fc.record({ do: fc.constant("cancel" as const), jobId: job, force }),
  fc.record({ do: fc.constant("delete" as const), jobId: job, force }),
  fc.record({ do: fc.constant("associate" as const), jobId: job, target }),
  {
    arbitrary: fc.record({
      do: fc.constantFrom("join" as const, "leave" as const),
      thing,
      group: fc.constantFrom("static", "child"),
    }),
    weight: 3,
  },
  {
    arbitrary: fc.record({ do: fc.constantFrom("heat" as const, "cool" as const), thing }),
    weight: 3,
  },
  fc.record({ do: fc.constantFrom("register" as const, "unregister" as const), thing }),
);

/** What happens to a fleet, one after the other; it begins with a job. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(create, fc.array(step, { minLength: 10, maxLength: 60 }))
  .map(([first, rest]) => [first, ...rest]);

/** Five things, a group with a child group, and a dynamic group `hot`, all settled. */
export async function openWorld() {
  // Nothing in the sandbox sleeps, so a clock need not wake anybody.
  let now = Date.UTC(2026, 0, 1);
  const clock = {
    now: () => now,
    sleep: () => new Promise<never>(() => {}),
    runAll: async () => {},
    async advance(ms: number) {
      now += ms;
    },
  };
  const sandbox = createSandbox({ clock, seed: "test", quotas: "off" });
  const state = sandbox.state(ACCOUNT, REGION);
  const clients = { ...clientsOf(sandbox), clock };
  const { iot, iotJobs } = clients;
  for (const thingName of things) await iot.send(new CreateThingCommand({ thingName }));
  await iot.send(new CreateThingGroupCommand({ thingGroupName: "static" }));
  await iot.send(
    new CreateThingGroupCommand({ thingGroupName: "child", parentGroupName: "static" }),
  );
  await iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
    }),
  );
  await clock.advance(5_000);
  await iot.send(
    new CreateDynamicThingGroupCommand({
      thingGroupName: "hot",
      queryString: "attributes.heat:high",
    }),
  );
  await publish(clients, "app", "1.0.0");
  await createRole(clients);
  await iot.send(
    new UpdatePackageConfigurationCommand({
      versionUpdateByJobsConfig: { enabled: true, roleArn: `arn:aws:iam::${ACCOUNT}:role/jobs` },
    }),
  );
  for (const [thingName, thingGroupName] of [
    ["t1", "static"],
    ["t2", "static"],
    ["t3", "child"],
  ]) {
    await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));
  }
  await iot.send(
    new UpdateThingCommand({
      thingName: "t4",
      attributePayload: { attributes: { heat: "high" } },
    }),
  );
  await clock.advance(5_000);

  const picked = (share: number) => {
    const all = [...state.jobExecutions.values()];
    const unfinished = all.filter(({ status }) => !isTerminal(status));
    // Most of what happens to executions happens to those that are not over.
    const executions = share < 0.8 && unfinished.length > 0 ? unfinished : all;
    const one = executions[Math.floor(share * executions.length)];
    const { jobId = "none", thingName = "t1", executionNumber = 1 } = one ?? {};
    return { jobId, thingName, executionNumber };
  };

  const perform = (one: Exclude<Step, { do: "wait" }>): Promise<unknown> => {
    switch (one.do) {
      case "create": {
        const { jobId, targets, targetSelection } = one;
        const input = { jobId, targets, targetSelection, document: "{}" };
        // Members that the generator left out, the SDK leaves out.
        return iot.send(new CreateJobCommand({ ...input, ...one.configuration } as typeof input));
      }
      case "start":
        return iotJobs.send(new StartNextPendingJobExecutionCommand({ thingName: one.thing }));
      case "report": {
        const { status, stepTimeoutInMinutes } = one;
        return iotJobs.send(
          new UpdateJobExecutionCommand({ ...picked(one.pick), status, stepTimeoutInMinutes }),
        );
      }
      case "cancelExecution": {
        const { force } = one;
        return iot.send(new CancelJobExecutionCommand({ ...picked(one.pick), force }));
      }
      case "deleteExecution": {
        const { force } = one;
        return iot.send(new DeleteJobExecutionCommand({ ...picked(one.pick), force }));
      }
      case "cancel":
        return iot.send(new CancelJobCommand({ jobId: one.jobId, force: one.force }));
      case "delete":
        return iot.send(new DeleteJobCommand({ jobId: one.jobId, force: one.force }));
      case "associate":
        return iot.send(
          new AssociateTargetsWithJobCommand({ jobId: one.jobId, targets: [one.target] }),
        );
      case "join":
        return iot.send(
          new AddThingToThingGroupCommand({ thingName: one.thing, thingGroupName: one.group }),
        );
      case "leave":
        return iot.send(
          new RemoveThingFromThingGroupCommand({ thingName: one.thing, thingGroupName: one.group }),
        );
      case "heat":
      case "cool":
        return iot.send(
          new UpdateThingCommand({
            thingName: one.thing,
            attributePayload: { attributes: { heat: one.do === "heat" ? "high" : "low" } },
          }),
        );
      case "register":
        return iot.send(new CreateThingCommand({ thingName: one.thing }));
      case "unregister":
        return iot.send(new DeleteThingCommand({ thingName: one.thing }));
    }
  };

  return {
    state,
    picked,
    /** One step; what AWS would refuse is refused. @returns whether it was done */
    async take(one: Exclude<Step, { do: "wait" }>): Promise<boolean> {
      try {
        await perform(one);
        return true;
      } catch (error) {
        const { $metadata, name } = error as {
          $metadata?: { httpStatusCode?: number };
          name: string;
        };
        if (name === "InternalFailureException" || ($metadata?.httpStatusCode ?? 500) >= 500) {
          throw error;
        }
        return false;
      }
    },
    /** Let time pass, and let somebody ask after every piece of it. */
    async wait(ms: number, pieceMs: number): Promise<void> {
      for (let left = ms; left > 0; left -= pieceMs) {
        await clock.advance(Math.min(left, pieceMs));
        await iot.send(new ListJobsCommand({}));
      }
    },
  };
}

/** Everything that is kept of jobs, and of what they do to shadows. */
export function dump(state: State): Record<string, unknown> {
  const { jobs, jobProgress, jobWaiting, jobMembers, jobExecutions, jobTimers, shadows } = state;
  const { executionsOfThing, executionsByStatus } = state;
  const tables = { jobs, jobProgress, jobWaiting, jobMembers, jobExecutions, jobTimers, shadows };
  return Object.fromEntries(
    Object.entries({ ...tables, executionsOfThing, executionsByStatus }).map(([name, table]) => [
      name,
      [...table.entries()],
    ]),
  );
}

/** What does not add up in the records of jobs; nothing when all is well. */
export function contradictions(state: State): string[] {
  const found: string[] = [];
  const expectSame = (what: string, kept: unknown, counted: unknown): void => {
    if (JSON.stringify(kept) === JSON.stringify(counted)) return;
    found.push(`${what}: kept ${JSON.stringify(kept)}, counted ${JSON.stringify(counted)}`);
  };
  const executions = [...state.jobExecutions.entries()];
  const sorted = (keys: Iterable<string>): string[] => [...keys].sort();
  const keysOf = (table: { entries(): Iterable<[string, unknown]> }): string[] =>
    [...table.entries()].map(([key]) => key);
  const numberOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1);

  expectSame(
    "executions by thing",
    keysOf(state.executionsOfThing),
    sorted(executions.map(([key, e]) => `${e.thingName}/${e.jobId}/${numberOf(key)}`)),
  );
  expectSame(
    "executions by status",
    keysOf(state.executionsByStatus),
    sorted(executions.map(([key, e]) => `${e.jobId}/${e.status}/${e.thingName}/${numberOf(key)}`)),
  );

  const timers = keysOf(state.jobTimers).filter((key) => !key.includes("/packages/"));
  const due = executions.flatMap(([, e]) => {
    const at = timeoutOf(e);
    const { jobId, thingName, executionNumber } = e;
    return at === undefined
      ? []
      : [`${String(at).padStart(15, "0")}/timeout/${jobId}/${thingName}/${executionNumber}`];
  });

  for (const [jobId, record] of state.jobs.entries()) {
    const progress = state.jobProgress.get(jobId);
    if (!progress) return [...found, `${jobId} has no progress`];
    const latest = new Map<string, JobExecutionRecord>();
    let unfinished = 0;
    for (const [, execution] of executions) {
      if (execution.jobId !== jobId) continue;
      latest.set(execution.thingName, execution);
      if (!isTerminal(execution.status)) unfinished++;
    }
    const counts: Record<string, number> = Object.fromEntries(
      Object.keys(progress.counts).map((status) => [status, 0]),
    );
    for (const { status } of latest.values()) counts[status] = (counts[status] ?? 0) + 1;
    expectSame(`counts of ${jobId}`, progress.counts, counts);
    // Only the latest attempt of a thing may be unfinished: no thing has two at a time.
    expectSame(
      `unfinished of ${jobId}`,
      unfinished,
      progress.counts.QUEUED + progress.counts.IN_PROGRESS,
    );

    const waiting = new Map<string, number>();
    for (const [key, of] of state.jobWaiting.entries({ prefix: `${jobId}/` })) {
      waiting.set(of, (waiting.get(of) ?? 0) + 1);
      const execution = latest.get(key.slice(jobId.length + 1));
      if (execution && !isTerminal(execution.status)) found.push(`${key} waits and has one`);
    }
    expectSame(
      `waiting of ${jobId}`,
      Object.entries(progress.waiting).sort(),
      [...waiting.entries()].sort(),
    );
    for (const [timer, at] of Object.entries(progress.timers)) {
      due.push(`${String(at).padStart(15, "0")}/job/${jobId}/${timer}`);
    }
    if (record.status === "COMPLETED" && unfinished > 0) found.push(`${jobId} is not complete`);
    if (record.status === "IN_PROGRESS" && waiting.size > 0 && !progress.timers.rollout) {
      found.push(`${jobId} has stopped rolling out`);
    }
  }
  expectSame("timers", timers, sorted(due));
  return found;
}
