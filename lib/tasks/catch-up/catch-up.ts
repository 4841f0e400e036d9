import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { createDynamicGroup, waitForMembers } from "../../fleet/search/dynamic-groups.js";
import { markBegun } from "../../fleet/shadows/notes.js";
import { countThings } from "../../fleet/search/fleet-index.js";
import { deviceQuery } from "../../fleet/search/fleet-query.js";
import { findPackageVersion, releaseFirmware } from "../../fleet/software/package-versions.js";
import { findJob, isLive } from "../../fleet/jobs/jobs.js";
import { count } from "../../show/progress.js";
import { table } from "../../show/table.js";
import { groupChecks } from "../groups/check-groups.js";
import { provisioningChecks } from "../provisioning/check-provisioning.js";
import { planCleanUp } from "../clean-up/clean-up-plan.js";
import { createPathJob, findPathJobs, hasWork, pathJobs, type PathJob } from "../jobs/path-jobs.js";
import { pathOf, type Notebook, type Path } from "../path/path.js";
import { planSimulation } from "../simulation/plan-simulation.js";
import { simulate } from "../simulation/simulate.js";
import { planFleet, type FleetPlan } from "../provisioning/plan.js";
import { findPlan, provision } from "../provisioning/provision.js";

/** A path with the jobs that its notebook is about. */
export interface PathWithJobs extends Path {
  /** Their ids. */
  readonly jobs: Readonly<Record<PathJob, string>>;
}

/** Something that an earlier notebook leaves behind. */
interface Requirement {
  /** `the fleet (notebook 1)` */
  readonly what: string;
  readonly isThere: (fleet: Fleet, path: Path) => Promise<boolean>;
  /** Says of what it could not build the name: a failed vehicle stops neither the others nor the path. */
  readonly build: (fleet: Fleet, path: Path) => Promise<readonly string[]>;
}

const theFleet: Requirement = {
  what: "the fleet, from notebook 1",
  isThere: async (fleet, { plan }) =>
    (await provisioningChecks(fleet, plan)).every(({ isMet }) => isMet),
  async build(fleet, { plan }) {
    const { isComplete: _, ...steps } = await provision(fleet, plan);
    return Object.values(steps).flatMap(({ failed }) => failed.map(({ name }) => name));
  },
};

const theGroups: Requirement = {
  what: "two dynamic groups, from notebook 2",
  isThere: async (fleet, { plan }) => (await groupChecks(fleet, plan)).every(({ isMet }) => isMet),
  async build(fleet, { typeA, typeB, firstVersion, groups }) {
    const outdated = { thingType: typeB, versions: [firstVersion] };
    const all = { thingType: typeA };
    // A fleet that has been upgraded already has nobody left in the second.
    const allowEmpty = true;
    await createDynamicGroup(fleet, { name: groups.all, query: deviceQuery(all), allowEmpty });
    await createDynamicGroup(fleet, {
      name: groups.outdated,
      query: deviceQuery(outdated),
      allowEmpty,
    });
    await waitForMembers(fleet, groups.all);
    await waitForMembers(fleet, groups.outdated);
    return [];
  },
};

const theNextVersion: Requirement = {
  what: "one more firmware version, from notebook 3",
  async isThere(fleet, { typeA, nextVersion }) {
    const { status = "DRAFT" } =
      (await findPackageVersion(fleet, { packageName: typeA, versionName: nextVersion })) ?? {};
    // A draft is what an interrupted notebook 3 has left.
    return status !== "DRAFT";
  },
  async build(fleet, { typeA, nextVersion }) {
    await releaseFirmware(fleet, { packageName: typeA, versionName: nextVersion });
    return [];
  },
};

/** Jobs that the vehicles have still to work on: one that is over gets a successor. */
const theJobs: Requirement = {
  what: "three jobs, from notebook 4",
  isThere: async (fleet, path) => (await missingJobs(fleet, path)).length === 0,
  async build(fleet, path) {
    for (const job of await missingJobs(fleet, path)) await createPathJob(fleet, path, job);
    return [];
  },
};

async function missingJobs(fleet: Fleet, path: Path): Promise<PathJob[]> {
  const jobs = await findPathJobs(fleet, path);
  const missing: PathJob[] = [];
  for (const job of pathJobs) {
    const jobId = jobs[job];
    // A continuous job stays at work even while nobody needs it; the others must have work left.
    const isGood =
      jobId !== undefined &&
      (job === "continuous"
        ? isLive((await findJob(fleet, jobId))?.status)
        : await hasWork(fleet, jobId));
    if (!isGood) missing.push(job);
  }
  return missing;
}

const theRollout: Requirement = {
  what: "vehicles that have worked on them, from notebook 5",
  async isThere(fleet, path) {
    const jobs = await findPathJobs(fleet, path);
    for (const job of pathJobs) {
      const jobId = jobs[job];
      if (jobId === undefined || (await hasWork(fleet, jobId))) return false;
    }
    return true;
  },
  async build(fleet, path) {
    const jobs = await findPathJobs(fleet, path);
    const failed: string[] = [];
    for (const job of pathJobs) {
      const jobId = jobs[job] ?? (await createPathJob(fleet, path, job));
      failed.push(...(await workOff(fleet, job, jobId)));
    }
    return failed;
  },
};

/** @returns vehicles that had to be given up: not those that fail as they should */
async function workOff(fleet: Fleet, job: PathJob, jobId: string): Promise<readonly string[]> {
  return (await hasWork(fleet, jobId)) ? simulatePathJob(fleet, job, jobId) : [];
}

/** Both types on the new version again, whatever a former rollback has done. */
const theUpgrades: Requirement = {
  what: "vehicles on the new version, from notebook 5",
  isThere: async (fleet, path) =>
    (await isUpgraded(fleet, path.typeA, path)) && (await isUpgraded(fleet, path.typeB, path)),
  async build(fleet, path) {
    const failed: string[] = [];
    if (!(await isUpgraded(fleet, path.typeA, path))) {
      const jobId = await createPathJob(fleet, path, "upgrade");
      failed.push(...(await workOff(fleet, "upgrade", jobId)));
    }
    if (!(await isUpgraded(fleet, path.typeB, path))) {
      // Vehicles whose record says the first version are back in the group of the continuous job.
      await waitForMembers(fleet, path.groups.outdated);
      const { continuous } = await findPathJobs(fleet, path);
      const isAtWork =
        continuous !== undefined && isLive((await findJob(fleet, continuous))?.status);
      const jobId = isAtWork ? continuous : await createPathJob(fleet, path, "continuous");
      failed.push(...(await workOff(fleet, "continuous", jobId)));
    }
    return failed;
  },
};

async function isUpgraded(fleet: Fleet, type: string, { newVersion }: Path): Promise<boolean> {
  const query = deviceQuery({ thingType: type, versions: [newVersion], prefix: fleet.prefix });
  return (await countThings(fleet, query)) > 0;
}

/** Something to clean up. Only for learning: on AWS, nothing is built in order to be deleted. */
const theResidue: Requirement = {
  what: "something to clean up",
  isThere: async (fleet) =>
    fleet.target === "aws" ||
    (await planCleanUp(fleet)).steps.some(({ names }) => names.length > 0),
  async build(fleet, path) {
    const failed: string[] = [];
    for (const { build } of [theFleet, theGroups, theNextVersion, theRollout]) {
      failed.push(...(await build(fleet, path)));
    }
    return failed;
  },
};

/** What each notebook stands on, in the order in which it is built. */
const REQUIREMENTS: Readonly<Record<Notebook, readonly Requirement[]>> = {
  "01-provisioning": [],
  "02-dynamic-groups": [theFleet],
  "03-packages": [theFleet],
  "04-jobs": [theFleet, theGroups, theNextVersion],
  "05-simulation": [theFleet, theGroups, theNextVersion, theJobs],
  "06-exploration": [theFleet, theGroups, theNextVersion, theRollout],
  "07-rollback": [theFleet, theGroups, theNextVersion, theRollout, theUpgrades],
  "08-cleanup": [theResidue],
  "09-connected-vehicles": [theFleet],
  "10-commands": [theFleet],
  "11-bulk": [theFleet],
};

/**
 * Vehicles that a notebook builds when there are none. After the cleanup there is no fleet any more,
 * and a small one is enough to be connected.
 */
const SMALL_FLEETS: Partial<Record<Notebook, number>> = {
  "09-connected-vehicles": 24,
  "10-commands": 24,
  "11-bulk": 24,
};

/** Names of what failed that the table has room for. */
const SHOWN_NAMES = 3;

/** The notebook's own pictures come later; here a line for each piece of work is enough. */
function withoutPictures(fleet: Fleet): Fleet {
  const nothing = () => {};
  const live = () => ({ update: nothing, end: nothing });
  return { ...fleet, output: { ...fleet.output, show: nothing, live } };
}

/** The notebooks that are about jobs of earlier ones. */
type AboutJobs = "05-simulation" | "06-exploration" | "07-rollback";

interface CatchUpOptions<N extends Notebook> {
  /** The notebook that is about to be worked through, by its file's name. */
  readonly to: N;
  /** Another fleet than the one that was planned last. */
  readonly plan?: FleetPlan;
}

/**
 * Build what the notebooks before this one would have left, as far as it is missing, and say what
 * was done, and what failed: a vehicle that could not be made stops nothing else.
 *
 * Looks first: what is there is left alone, so a second call changes nothing. Beside the plan it notes which
 * notebook was begun, for a class's board. The fleet is the one
 * that was planned in notebook 01, here or on another machine; without one it is the default fleet,
 * and for notebooks 09 to 11 one of 24 vehicles.
 * For notebook 08 something is built only on the sandbox, and only when nothing of ours is there.
 *
 * @returns what the notebooks call their types, versions and groups, and from 05 to 07 their jobs
 * @throws InvalidInputError when there is no such notebook
 */
export function catchUp(fleet: Fleet, options: CatchUpOptions<AboutJobs>): Promise<PathWithJobs>;
export function catchUp(fleet: Fleet, options: CatchUpOptions<Notebook>): Promise<Path>;
export async function catchUp(
  fleet: Fleet,
  { to, plan }: CatchUpOptions<Notebook>,
): Promise<Path | PathWithJobs> {
  const requirements = REQUIREMENTS[to] as readonly Requirement[] | undefined;
  if (!requirements) {
    const names = Object.keys(REQUIREMENTS).join(", ");
    throw new InvalidInputError("a notebook to catch up to", to, `be one of ${names}`);
  }
  const devices = SMALL_FLEETS[to];
  const small = devices === undefined ? {} : { devices };
  const path = pathOf(plan ?? (await findPlan(fleet)) ?? planFleet(fleet, small));
  const rows: { readonly what: string; readonly done: string }[] = [];
  for (const { what, isThere, build } of requirements) {
    const failed = (await isThere(fleet, path))
      ? undefined
      : await build(withoutPictures(fleet), path);
    rows.push({ what, done: doneWords(failed) });
  }
  await markBegun(fleet, to.slice(0, 2));
  fleet.output.show(
    table(rows, [
      { header: "This notebook stands on", value: ({ what }) => what },
      { header: "", value: ({ done }) => done },
    ]),
  );
  if (!requirements.some((one) => one === theJobs || one === theRollout)) return path;
  // All of them are there: the requirements have just made sure.
  return { ...path, jobs: (await findPathJobs(fleet, path)) as PathWithJobs["jobs"] };
}

/** Why each failed stands below the progress line of the work. */
function doneWords(failed: readonly string[] | undefined): string {
  if (!failed) return "there already";
  if (failed.length === 0) return "built now";
  // A vehicle may fail in several jobs.
  const names = [...new Set(failed)];
  const more = names.length > SHOWN_NAMES ? ", …" : "";
  return `built in part, ${count(names.length)} failed: ${names.slice(0, SHOWN_NAMES).join(", ")}${more}`;
}

/** Speak for the vehicles of one of the path's jobs, as notebook 05 does: nine of ten upgrades succeed. */
async function simulatePathJob(
  fleet: Fleet,
  job: PathJob,
  jobId: string,
): Promise<readonly string[]> {
  const share = job === "upgrade" ? 90 : 100;
  const plan = await planSimulation(fleet, { jobId, share });
  const { failed } = await simulate(fleet, plan, { confirm: "YES" });
  return failed.map(({ name }) => name);
}
