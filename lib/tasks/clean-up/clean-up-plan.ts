import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { interruptible } from "../../aws/interrupt.js";
import { fingerprint } from "../../aws/ownership.js";
import { runningRegistrations } from "../../fleet/registration/registration-tasks.js";
import { otherPrefixes } from "../../fleet/shadows/notes.js";
import {
  lookForCommands,
  lookForGroups,
  lookForJobs,
  lookForPackages,
  lookForThingTypes,
} from "./clean-up-look.js";
import { callsOf } from "./clean-up-cost.js";
import { lookForIdentities } from "./clean-up-identities.js";
import { CLEAN_UP_KINDS, type CleanUpKind } from "./clean-up-kinds.js";
import {
  lookForBucket,
  lookForIndexing,
  lookForNotes,
  lookForPackageConfiguration,
  lookForRoles,
} from "./clean-up-shared.js";
import { survey, type Found, type Kept, type Seen } from "./clean-up-survey.js";
import { secondsOf } from "../provisioning/plan.js";

/** How much is removed: all of it, only the vehicles, or only the groups. */
export type CleanUpScope = "everything" | "things" | "groups";

const KINDS_OF: Readonly<Record<CleanUpScope, readonly CleanUpKind[]>> = {
  everything: CLEAN_UP_KINDS,
  things: ["certificates", "things"],
  groups: ["dynamic groups", "static groups"],
};

/** What of one kind is to go, why it is ours, and what that takes. */
export interface CleanUpStep {
  readonly kind: CleanUpKind;
  /** What goes, by name, in the order in which it goes. */
  readonly names: readonly string[];
  /** How we know that the workshop made it. */
  readonly why: string;
  /** What is the workshop's and stays, and why. */
  readonly kept: readonly Kept[];
  /** Requests. */
  readonly calls: number;
  /** At the paced rate, without what AWS takes itself. */
  readonly seconds: number;
  /** Seconds that AWS makes everybody wait, on top. */
  readonly waitSeconds: number;
}

/** A cleanup that has been thought through: nothing is removed yet. */
export interface CleanUpPlan {
  readonly scope: CleanUpScope;
  readonly prefix: string;
  /** Stands for the account and Region that was looked at. */
  readonly place: string;
  /** Which shadows go with a thing: every one, or the two that the workshop writes. */
  readonly shadows: "every" | "known";
  readonly steps: readonly CleanUpStep[];
}

/** Things up to which every named shadow is looked for: AWS lists those of eight things a second. */
const EVERY_SHADOW_UP_TO = 500;

/**
 * Find everything that the workshop made under this fleet's prefix, and work out what removing it
 * takes. Changes nothing: showing the plan is the dry run.
 *
 * Ours is what carries the tag `workshop=fleetlab` or, for things, the attribute; a name alone
 * proves nothing. Bucket and roles are looked up under the one name that the workshop gives them in
 * this account and Region, and must carry the tag as well. Certificates are ours by our policy, or by
 * their keys in our folder. What belongs to ours goes with it: a
 * thing's shadows, a package's versions of ours, all that is in the bucket. A type or static group
 * stays that anybody's things still have or are in. While other prefixes of the workshop have things
 * or a plan, what those use stays too, what is not certainly ours alone, and what there is only once:
 * bucket, roles and settings. `kept` says so; what is named like theirs is theirs, and not listed.
 *
 * Calls list operations and ListTagsForResource for each type, group, package, version, job
 * and command of the account that is not named like another prefix's, eight a second: a thousand of them take two minutes. Holds no more than names.
 *
 * @param options.scope Default `everything`.
 * @param options.shadows `every` looks for named shadows that a learner has added; `known` deletes
 * the classic one and `$package`, which is ten times as fast. Default `every` up to 500 things.
 * @throws InvalidInputError when there is no such scope, or no such way with shadows
 */
export async function planCleanUp(
  fleet: Fleet,
  options: { readonly scope?: CleanUpScope; readonly shadows?: "every" | "known" } = {},
): Promise<CleanUpPlan> {
  const { scope = "everything" } = options;
  const kinds = KINDS_OF[scope] as readonly CleanUpKind[] | undefined;
  if (!kinds) {
    const rule = `be one of ${Object.keys(KINDS_OF).join(", ")}`;
    throw new InvalidInputError("the scope of a cleanup", scope, rule);
  }
  if (options.shadows !== undefined && !Object.hasOwn(SHADOWS, options.shadows)) {
    const rule = `be one of ${Object.keys(SHADOWS).join(", ")}`;
    throw new InvalidInputError("the shadows of a cleanup", options.shadows, rule);
  }
  const found = await interruptible(() => look(fleet, kinds));
  const things = found.get("things")?.names.length ?? 0;
  const shadows = options.shadows ?? (things <= EVERY_SHADOW_UP_TO ? "every" : "known");
  const steps = kinds.map((kind) => {
    const { names, kept } = found.get(kind) ?? { names: [], kept: [] };
    const calls = callsOf(kind, names.length, shadows);
    return {
      kind,
      names,
      kept,
      why: kind === "things" ? `${WHY_OURS.things}; with ${SHADOWS[shadows]}` : WHY_OURS[kind],
      calls: calls.reduce((sum, [, , n]) => sum + n, 0),
      seconds: names.length === 0 ? 0 : secondsOf(fleet, calls),
      waitSeconds: kind === "thing types" && names.length > 0 ? 300 : 0,
    };
  });
  return { scope, prefix: fleet.prefix, place: fingerprint(fleet), shadows, steps };
}

const SHADOWS = { every: "all shadows", known: "classic and $package shadow" } as const;

/** One look at the account; what is found first says what of the rest is still used. */
async function look(
  fleet: Fleet,
  kinds: readonly CleanUpKind[],
): Promise<ReadonlyMap<CleanUpKind, Found>> {
  const progress = startLook(fleet);
  try {
    return await lookFor(fleet, kinds, progress.seen);
  } finally {
    progress.end();
  }
}

async function lookFor(
  fleet: Fleet,
  kinds: readonly CleanUpKind[],
  seen: Seen,
): Promise<ReadonlyMap<CleanUpKind, Found>> {
  const found = new Map<CleanUpKind, Found>();
  const things = await survey(fleet, await otherPrefixes(fleet), seen);
  found.set("things", things.found);
  if (kinds.includes("certificates")) {
    const identities = await lookForIdentities(fleet, things, seen);
    found.set("certificates", identities.certificates);
    found.set("device policies", identities.policies);
  }
  if (kinds.includes("static groups")) {
    const groups = await lookForGroups(fleet, things, seen);
    found.set("dynamic groups", groups.dynamic);
    found.set("static groups", groups.fixed);
  }
  if (kinds.includes("jobs")) {
    const keptGroups = ["dynamic groups", "static groups"] as const;
    const staying = keptGroups.flatMap(
      (kind) => found.get(kind)?.kept.map((one) => one.name) ?? [],
    );
    found.set("jobs", await lookForJobs(fleet, things, staying, seen));
    found.set("registrations", { names: await runningRegistrations(fleet), kept: [] });
    found.set("commands", await lookForCommands(fleet, things, seen));
    found.set("thing types", await lookForThingTypes(fleet, things, seen));
    const { packages, versions } = await lookForPackages(fleet, things, seen);
    found.set("packages", packages);
    found.set("package versions", versions);
    found.set("package configuration", await lookForPackageConfiguration(fleet, things));
    const { bucket, files } = await lookForBucket(fleet, things);
    found.set("firmware bucket", bucket);
    found.set("firmware files", files);
    found.set("roles", await lookForRoles(fleet, things));
    const leaving = found.get("dynamic groups")?.names ?? [];
    found.set("fleet indexing", await lookForIndexing(fleet, things, leaving));
    found.set("notes", await lookForNotes(fleet, things));
  }
  return found;
}

/** A line that counts what has been looked at: an account with many resources takes minutes. */
function startLook(fleet: Fleet): { seen(): void; end(): void } {
  const startedAt = fleet.clock.now();
  let finished = 0;
  const course = (isOver: boolean) => ({
    title: "Looking through the account",
    finished,
    total: isOver ? finished : undefined,
    failed: 0,
    throttles: 0,
    seconds: (fleet.clock.now() - startedAt) / 1000,
    isOver,
  });
  const line = fleet.output.progress(course(false));
  return {
    seen() {
      finished++;
      line.update(course(false));
    },
    end: () => line.end(course(true)),
  };
}

const TAGGED = "tag workshop=fleetlab";

/** How we know of each kind that it is ours. */
const WHY_OURS: Readonly<Record<CleanUpKind, string>> = {
  registrations: "they read our file",
  jobs: TAGGED,
  commands: TAGGED,
  certificates: "of our keys, or with our policy",
  "device policies": TAGGED,
  things: "attribute workshop: fleetlab",
  "dynamic groups": TAGGED,
  "static groups": TAGGED,
  "package configuration": "the workshop changed it",
  "package versions": TAGGED,
  packages: TAGGED,
  "firmware files": "in our bucket",
  "firmware bucket": TAGGED,
  roles: TAGGED,
  "fleet indexing": "the workshop changed it",
  "thing types": TAGGED,
  notes: "written by the workshop",
};
