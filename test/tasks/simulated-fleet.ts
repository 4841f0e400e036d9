import type { Fleet } from "../../lib/aws/connect.js";
import { createJob } from "../../lib/fleet/jobs/new-job.js";
import type { JobWishes } from "../../lib/tasks/jobs/plan-job.js";
import { planJob } from "../../lib/tasks/jobs/plan-job.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { provision } from "../../lib/tasks/provisioning/provision.js";
import { openTestFleet, type TestFleet } from "../fleet.js";

/** Settings of a job that a test cares about. */
export type JobOptions = Partial<Omit<Extract<JobWishes, { kind: "ota" }>, "kind">> & {
  /** Default: the job ships Van 1.1.0. */
  readonly document?: object;
};

/** Vans in one country, with two versions of their firmware, and words for their jobs. */
export async function openVans(devices = 10, parts: Parameters<typeof openTestFleet>[0] = {}) {
  return vansOf(openTestFleet(parts), devices);
}

/** The same on a fleet that is open already. */
export async function vansOf<T extends TestFleet>(test: T, devices: number) {
  const { fleet, settle, clock } = test;
  const wishes = { thingTypes: ["Van"], versions: ["1.0.0", "1.1.0"], countries: ["US"], devices };
  await settle(provision(fleet, planFleet(fleet, wishes)));
  /** Create a job, and wait for its first executions. */
  const createVanJob = async (options: JobOptions = {}) => {
    await settle(create(fleet, options));
    await clock.advance(1_000);
  };
  return { ...test, createVanJob };
}

async function create(fleet: Fleet, { document, ...settings }: JobOptions): Promise<void> {
  const common = { id: "job", groups: ["US_Fleet"], ...settings };
  const plan = await planJob(
    fleet,
    document
      ? { ...common, kind: "custom", document }
      : { package: "Van", version: "1.1.0", ...common, kind: "ota" },
  );
  await createJob(fleet, plan, { confirm: "YES" });
}
