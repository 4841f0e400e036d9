import type { Fleet } from "../../aws/connect.js";
import { table } from "../../show/table.js";
import type { CleanUpKind } from "./clean-up-kinds.js";
import type { CleanUpPlan } from "./clean-up-plan.js";
import { SCAN_KINDS, STATE, type Scan, type ScanKind } from "./scan.js";

/** What of one kind is different between two scans, by name. */
export interface ScanChange {
  readonly kind: ScanKind;
  readonly before: number;
  readonly after: number;
  readonly gone: readonly string[];
  readonly appeared: readonly string[];
  /** In both, in another state. */
  readonly changed: readonly string[];
  /** Those of the three lists that the plan did not name; all of them without a plan. */
  readonly unplanned: readonly string[];
}

/**
 * Compare two scans, kind by kind. Calls nothing.
 *
 * @param plan a cleanup between them: what it names is gone for a reason
 */
export function compareScans(before: Scan, after: Scan, plan?: CleanUpPlan): readonly ScanChange[] {
  return SCAN_KINDS.map((kind) => {
    const was = byName(before[kind]);
    const is = byName(after[kind]);
    const gone = [...was.keys()].filter((name) => !is.has(name));
    const appeared = [...is.keys()].filter((name) => !was.has(name));
    const changed = [...is].flatMap(([name, state]) =>
      was.has(name) && was.get(name) !== state ? name : [],
    );
    const steps = plan?.steps.filter((step) => SCANNED_AS[step.kind] === kind) ?? [];
    const planned = new Set(steps.flatMap(({ names }) => names));
    const isUnplanned = (name: string) => !planned.has(plannedName(kind, name));
    // A setting has no name in a plan: what is planned is that the step which has it puts it back.
    const isLeftAlone = (name: string) =>
      steps.every((step) => step.kind !== stepOf(name) || step.names.length === 0);
    const unplanned =
      kind === "settings"
        ? [...gone, ...appeared, ...changed].filter(isLeftAlone)
        : [...gone.filter(isUnplanned), ...appeared, ...changed];
    return { kind, before: was.size, after: is.size, gone, appeared, changed, unplanned };
  });
}

/** Where a scan shows what a cleanup removes. */
const SCANNED_AS: Readonly<Partial<Record<CleanUpKind, ScanKind>>> = {
  jobs: "jobs",
  commands: "commands",
  certificates: "certificates",
  "device policies": "policies",
  things: "things",
  "dynamic groups": "groups",
  "static groups": "groups",
  "package configuration": "settings",
  "package versions": "versions",
  packages: "packages",
  "firmware files": "objects",
  "firmware bucket": "buckets",
  roles: "roles",
  "fleet indexing": "settings",
  "thing types": "types",
  notes: "notes",
};

/** The step that puts a setting back. */
function stepOf(setting: string): CleanUpKind {
  return setting === "package configuration" ? setting : "fleet indexing";
}

/** A plan has the files of one bucket, by key and version. */
function plannedName(kind: ScanKind, name: string): string {
  return kind === "objects" ? name.slice(name.indexOf("/") + 1) : name;
}

function byName(entries: readonly string[]): Map<string, string> {
  return new Map(
    entries.map((entry) => {
      const [name = "", state = ""] = entry.split(STATE);
      return [name, state] as const;
    }),
  );
}

/**
 * Show what is different between two scans: the kinds that changed, how much of that a cleanup had
 * planned, and what else is gone, new or changed. Calls nothing.
 *
 * @param plan the cleanup between them
 * @returns the same as data, for all kinds
 */
export function showChanges(
  fleet: Fleet,
  before: Scan,
  after: Scan,
  plan?: CleanUpPlan,
): readonly ScanChange[] {
  const changes = compareScans(before, after, plan);
  const isSame = ({ gone, appeared, changed }: ScanChange) =>
    gone.length + appeared.length + changed.length === 0;
  const changed = changes.filter((change) => !isSame(change));
  if (changed.length > 0) {
    const planned = ({ gone, appeared, changed: moved, unplanned }: ScanChange) =>
      gone.length + appeared.length + moved.length - unplanned.length;
    fleet.output.show(
      table(
        changed,
        [
          { header: "What", value: ({ kind }) => kind },
          { header: "Before", value: (change) => change.before },
          { header: "After", value: (change) => change.after },
          { header: "Changed as planned", value: planned },
          { header: "Changed otherwise", value: ({ unplanned }) => some(unplanned) },
        ],
        changed.length,
      ),
    );
  }
  const same = changes.filter(isSame).map(({ kind }) => kind);
  fleet.output.line(
    changed.length === 0 ? "Nothing has changed." : `As before: ${same.join(", ")}.`,
  );
  return changes;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 2).join(", ");
  return names.length === 0
    ? "nothing"
    : names.length > 2
      ? `${shown} … ${names.length} in all`
      : shown;
}
