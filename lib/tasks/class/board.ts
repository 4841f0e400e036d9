import { connectToCopy, type Fleet } from "../../aws/connect.js";
import { DEFAULT_PREFIX, ownName } from "../../aws/ownership.js";
import { sumOf } from "../../fleet/jobs/execution-counts.js";
import { latestExecutions } from "../../fleet/jobs/job-executions.js";
import { countStatuses } from "../../fleet/jobs/execution-counts.js";
import { listJobs } from "../../fleet/jobs/jobs.js";
import { listThingGroups } from "../../fleet/registry/thing-groups.js";
import { isOurThing, listThings } from "../../fleet/registry/things.js";
import { notedWay, plannedPrefixes, type Marked } from "../../fleet/shadows/notes.js";
import { findPackageVersion } from "../../fleet/software/package-versions.js";
import { listPackages } from "../../fleet/software/packages.js";
import { count } from "../../show/progress.js";
import { table } from "../../show/table.js";
import { isNumbered, isPathJob, pathJobs } from "../jobs/path-jobs.js";
import { pathOf, type Path } from "../path/path.js";
import { planFleet, type FleetPlan } from "../provisioning/plan.js";
import { findPlan } from "../provisioning/provision.js";
import { asLearner } from "./learner.js";

/** Notebooks that begin with a fleet and nothing else, whoever has done the others. */
const AFTER_THE_COURSE = ["09", "10", "11"] as const;

/** Where one learner stands, as the account tells. */
export interface BoardRow {
  /** Whom the row is about: on one account a prefix, on a hub a name. */
  readonly learner: string;
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

/**
 * Notebooks with a place on the board. What 01 to 05 and 09 leave is seen in the account; of 06, 07, 10 and
 * 11 their checkpoints make a note when they are met; after 08 nothing is left, the notes included. 09 to 11
 * clean up at their end, and take their marks along.
 */
export type BoardNotebook = "01" | "02" | "03" | "04" | "05" | "08" | "09" | Marked;

const NOTEBOOKS: readonly BoardNotebook[] = [
  ...(["01", "02", "03", "04", "05", "06", "07", "08"] as const),
  ...AFTER_THE_COURSE,
];
/** Learners that the table has a row for. */
const SHOWN_LEARNERS = 40;

/**
 * Read from the account where each learner stands, and show it as one table. Changes nothing; run
 * it again as often as you like.
 *
 * Lists things, groups, packages and jobs of the account once for all, 250 a page (25 packages); and for
 * each learner calls GetThingShadow twice, GetPackageVersion, and for each of their three newest jobs of the
 * path, and the one of notebook 09, ListJobExecutionsForJob: up to seven calls a learner.
 *
 * Somebody who cleans up loses their marks with what they remove. At the end they have the one for 08 when
 * their prefix is named, and are not on the board any more when it is not.
 *
 * @param options.prefixes default: those of all fleets that are planned in the account
 */
export async function showBoard(
  fleet: Fleet,
  options: { readonly prefixes?: readonly string[] } = {},
): Promise<readonly BoardRow[]> {
  const rows = await rowsOf(fleet, options.prefixes ?? (await plannedPrefixes(fleet)));
  show(fleet, rows);
  return rows;
}

/**
 * The board of a hub, where each learner has a sandbox of their own, and with it an account: read one
 * sandbox after the other, as showBoard() reads one account. Nobody's sandbox is started, and nothing is
 * changed.
 *
 * It reads the sandboxes through the files of the learners' copies, so it must run on the same machine, as
 * a user who may read them: learners' folders are their own unless the hub runs all of them as one user.
 *
 * @param options.copies each learner's copy of the project, by their name: `{ Ada: "/home/ada/fleetlab" }`
 * @param options.prefix the prefix that they work under; the default one unless told
 * @throws FleetError when a sandbox's keys are not this user's to read
 */
export async function showHubBoard(
  fleet: Fleet,
  options: { readonly copies: Readonly<Record<string, string>>; readonly prefix?: string },
): Promise<readonly BoardRow[]> {
  const { copies, prefix = DEFAULT_PREFIX } = options;
  const rows: BoardRow[] = [];
  for (const [learner, copy] of Object.entries(copies)) {
    const theirs = await connectToCopy(copy, { prefix, region: fleet.region });
    const [row] = theirs ? await rowsOf(theirs, [prefix]) : [];
    rows.push({ ...(row ?? absent(prefix)), learner });
  }
  show(fleet, rows);
  return rows;
}

/** Of somebody whose sandbox does not run, nothing can be read. */
function absent(prefix: string): Omit<BoardRow, "learner"> {
  const reached = Object.fromEntries(NOTEBOOKS.map((notebook) => [notebook, false]));
  return {
    prefix,
    vehicles: 0,
    planned: 0,
    reached: reached as BoardRow["reached"],
    next: "their sandbox is not running",
  };
}

function show(fleet: Fleet, rows: readonly BoardRow[]): void {
  fleet.output.show(
    table(
      rows,
      [
        { header: "Learner", value: ({ learner }) => learner },
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
}

async function rowsOf(fleet: Fleet, wanted: readonly string[]): Promise<BoardRow[]> {
  const prefixes = [...wanted].sort();
  const account = await lookAtAccount(fleet, prefixes);
  const rows: BoardRow[] = [];
  for (const prefix of prefixes) rows.push(await rowOf(fleet, prefix, account));
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
  const noted = await findPlan(learner);
  const plan = noted ?? planFleet(learner);
  const path = pathOf(plan);
  const vehicles = account.things.get(prefix) ?? 0;
  const jobs = newestJobs(path, account.jobs);
  const released = await isReleased(learner, path, account.packages);
  const worked = jobs.length > 0 ? await workedOff(fleet, jobs) : { pending: 0, done: 0 };
  const groups = [path.groups.all, path.groups.outdated].filter((name) => account.groups.has(name));
  const { reached: marks, begun } = await notedWay(learner);
  const lights = newestJob(account.jobs, (id) => isNumbered(id, ownName(learner, "check-lights")));
  const connected = lights === undefined ? undefined : await workedOff(fleet, [lights]);
  const isEmpty = vehicles === 0 && jobs.length === 0 && !hasPackages(plan, account.packages);
  const reached = {
    "01": vehicles >= plan.devices && hasPackages(plan, account.packages),
    "02": groups.length === 2,
    "03": released,
    "04": jobs.length === pathJobs.length,
    "05": jobs.length === pathJobs.length && worked.pending === 0 && worked.done > 0,
    "06": marks.has("06"),
    "07": marks.has("07"),
    "08": noted === undefined && isEmpty,
    "09": connected !== undefined && connected.pending === 0 && connected.done > 0,
    "10": marks.has("10"),
    "11": marks.has("11"),
  };
  const words: Readonly<Record<BoardNotebook, string>> = {
    "01": vehicles === 0 ? "has not begun" : `${count(plan.devices - vehicles)} vehicles to go`,
    "02": `${groups.length} of 2 dynamic groups`,
    "03": `${path.typeA} ${path.nextVersion} is not published`,
    "04": `${jobs.length} of ${pathJobs.length} jobs`,
    "05": `${count(worked.pending)} executions pending`,
    "06": "the checkpoint is not met yet",
    "07": "the checkpoint is not met yet",
    "08": "cleanup",
    "09": connected
      ? `${count(connected.pending)} executions pending`
      : "no job of the connected yet",
    "10": "the checkpoint is not met yet",
    "11": "the checkpoint is not met yet",
  };
  const after = AFTER_THE_COURSE.find((notebook) => notebook === begun);
  const first =
    after === undefined
      ? NOTEBOOKS.find((notebook) => !reached[notebook])
      : AFTER_THE_COURSE.find((notebook) => notebook >= after && !reached[notebook]);
  // Who is through has no marks but the one for 08, and so has somebody who was never there.
  const next = reached["08"]
    ? "nothing is there"
    : first === undefined
      ? "cleanup"
      : `${first}: ${words[first]}`;
  return { learner: prefix, prefix, vehicles, planned: plan.devices, reached, next };
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
  return pathJobs.flatMap(
    (purpose) => newestJob(jobs, (jobId) => isPathJob(jobId, path, purpose)) ?? [],
  );
}

function newestJob(
  jobs: ReadonlyMap<string, number>,
  isMeant: (jobId: string) => boolean,
): string | undefined {
  const [newest] = [...jobs]
    .filter(([jobId]) => isMeant(jobId))
    .sort(([a, at], [b, bt]) => bt - at || b.length - a.length || (a < b ? 1 : -1));
  return newest?.[0];
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
