import type { Fleet } from "../../aws/connect.js";
import { sumOf } from "../../fleet/jobs/execution-counts.js";
import { latestExecutions } from "../../fleet/jobs/job-executions.js";
import { countStatuses } from "../../fleet/jobs/execution-counts.js";
import { listJobs } from "../../fleet/jobs/jobs.js";
import { listThingGroups } from "../../fleet/registry/thing-groups.js";
import { isOurThing, listThings } from "../../fleet/registry/things.js";
import { plannedPrefixes } from "../../fleet/shadows/notes.js";
import { findPackageVersion } from "../../fleet/software/package-versions.js";
import { listPackages } from "../../fleet/software/packages.js";
import { count } from "../../show/progress.js";
import { table } from "../../show/table.js";
import { isPathJob, pathJobs } from "../jobs/path-jobs.js";
import { pathOf, type Path } from "../path/path.js";
import { planFleet, type FleetPlan } from "../provisioning/plan.js";
import { findPlan } from "../provisioning/provision.js";
import { asLearner } from "./learner.js";

/** Where one learner stands, as the account tells. */
export interface BoardRow {
  readonly prefix: string;
  /** Vehicles there are. */
  readonly vehicles: number;
  /** Vehicles that are planned. */
  readonly planned: number;
  /** What each notebook leaves: true when all of it is there. */
  readonly reached: Readonly<Record<BoardNotebook, boolean>>;
  /** What is there of the notebook that comes next, in words. */
  readonly next: string;
}

/** Notebooks that leave something in the account. The others read, or take away. */
export type BoardNotebook = "01" | "02" | "03" | "04" | "05";

const NOTEBOOKS: readonly BoardNotebook[] = ["01", "02", "03", "04", "05"];
/** Learners that the table has a row for. */
const SHOWN_LEARNERS = 40;

/**
 * Read from the account where each learner stands, and show it as one table. Changes nothing; run
 * it again as often as you like.
 *
 * Lists things, groups, packages and jobs of the account once for all, 250 a page (25 packages); and for
 * each learner calls GetThingShadow, GetPackageVersion, and for each of their three newest jobs of the path
 * ListJobExecutionsForJob: seven calls a learner.
 *
 * Somebody who cleans up loses their marks with what they remove, and leaves the board at the end.
 *
 * @param options.prefixes default: those of all fleets that are planned in the account
 */
export async function showBoard(
  fleet: Fleet,
  options: { readonly prefixes?: readonly string[] } = {},
): Promise<readonly BoardRow[]> {
  const prefixes = [...(options.prefixes ?? (await plannedPrefixes(fleet)))].sort();
  const account = await lookAtAccount(fleet, prefixes);
  const rows: BoardRow[] = [];
  for (const prefix of prefixes) rows.push(await rowOf(fleet, prefix, account));
  fleet.output.show(
    table(
      rows,
      [
        { header: "Learner", value: ({ prefix }) => prefix },
        {
          header: "Vehicles",
          value: ({ vehicles, planned }) => `${count(vehicles)} of ${count(planned)}`,
        },
        ...NOTEBOOKS.map((notebook) => ({
          header: notebook,
          value: ({ reached }: BoardRow) => (reached[notebook] ? "✓" : "·"),
        })),
        { header: "Next", value: ({ next }) => next },
      ],
      SHOWN_LEARNERS,
    ),
  );
  return rows;
}

/** What the account holds of everybody. */
interface Account {
  readonly things: ReadonlyMap<string, number>;
  readonly groups: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
  /** Ids with the moment of their making, in milliseconds. */
  readonly jobs: ReadonlyMap<string, number>;
}

async function lookAtAccount(fleet: Fleet, prefixes: readonly string[]): Promise<Account> {
  const things = new Map<string, number>();
  for await (const thing of listThings(fleet)) {
    const { thingName = "" } = thing;
    if (!isOurThing(thing)) continue;
    // Vehicles of the plan are numbered; a trial vehicle of an exercise is none.
    const prefix = prefixes.find(
      (one) => thingName.startsWith(one) && /^\d+$/.test(thingName.slice(one.length)),
    );
    if (prefix !== undefined) things.set(prefix, (things.get(prefix) ?? 0) + 1);
  }
  const groups = new Set<string>();
  for await (const { groupName = "" } of listThingGroups(fleet)) groups.add(groupName);
  const packages = new Set<string>();
  for await (const { packageName = "" } of listPackages(fleet)) packages.add(packageName);
  const jobs = new Map<string, number>();
  for await (const { jobId = "", createdAt } of listJobs(fleet)) {
    jobs.set(jobId, createdAt?.getTime() ?? 0);
  }
  return { things, groups, packages, jobs };
}

async function rowOf(fleet: Fleet, prefix: string, account: Account): Promise<BoardRow> {
  const learner = asLearner(fleet, prefix);
  const plan = (await findPlan(learner)) ?? planFleet(learner);
  const path = pathOf(plan);
  const vehicles = account.things.get(prefix) ?? 0;
  const jobs = newestJobs(path, account.jobs);
  const released = await isReleased(learner, path, account.packages);
  const worked = jobs.length > 0 ? await workedOff(fleet, jobs) : { pending: 0, done: 0 };
  const groups = [path.groups.all, path.groups.outdated].filter((name) => account.groups.has(name));
  const reached = {
    "01": vehicles >= plan.devices && hasPackages(plan, account.packages),
    "02": groups.length === 2,
    "03": released,
    "04": jobs.length === pathJobs.length,
    "05": jobs.length === pathJobs.length && worked.pending === 0 && worked.done > 0,
  };
  const words: Readonly<Record<BoardNotebook, string>> = {
    "01": vehicles === 0 ? "has not begun" : `${count(plan.devices - vehicles)} vehicles to go`,
    "02": `${groups.length} of 2 dynamic groups`,
    "03": `${path.typeA} ${path.nextVersion} is not published`,
    "04": `${jobs.length} of ${pathJobs.length} jobs`,
    "05": `${count(worked.pending)} executions pending`,
  };
  const first = NOTEBOOKS.find((notebook) => !reached[notebook]);
  const next = first === undefined ? "06, 07 and cleanup" : `${first}: ${words[first]}`;
  return { prefix, vehicles, planned: plan.devices, reached, next };
}

const hasPackages = ({ thingTypes }: FleetPlan, packages: ReadonlySet<string>) =>
  thingTypes.every((type) => packages.has(type));

async function isReleased(
  learner: Fleet,
  { typeA, nextVersion }: Path,
  packages: ReadonlySet<string>,
): Promise<boolean> {
  if (!packages.has(typeA)) return false;
  const version = { packageName: typeA, versionName: nextVersion };
  const { status = "DRAFT" } = (await findPackageVersion(learner, version)) ?? {};
  return status !== "DRAFT";
}

/** The newest job of each purpose of the path, where there is one. */
function newestJobs(path: Path, jobs: ReadonlyMap<string, number>): string[] {
  return pathJobs.flatMap((purpose) => {
    const own = [...jobs].filter(([jobId]) => isPathJob(jobId, path, purpose));
    const [newest] = own.sort(
      ([a, at], [b, bt]) => bt - at || b.length - a.length || (a < b ? 1 : -1),
    );
    return newest ? [newest[0]] : [];
  });
}

async function workedOff(
  fleet: Fleet,
  jobs: readonly string[],
): Promise<{ readonly pending: number; readonly done: number }> {
  let pending = 0;
  let done = 0;
  for (const jobId of jobs) {
    const executions = await latestExecutions(fleet, jobId);
    const counts = countStatuses(executions.map(({ status }) => status));
    const open = sumOf(counts, ["QUEUED", "IN_PROGRESS"]);
    pending += open;
    done += sumOf(counts) - open;
  }
  return { pending, done };
}
