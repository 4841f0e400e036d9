import { ownName } from "../../aws/ownership.js";
import { deviceOf, type FleetPlan } from "../provisioning/plan.js";

/** A notebook, by its file's name. */
export type Notebook =
  | "01-provisioning"
  | "02-dynamic-groups"
  | "03-packages"
  | "04-jobs"
  | "05-simulation"
  | "06-exploration"
  | "07-rollback"
  | "08-cleanup"
  | "09-connected-vehicles"
  | "10-commands"
  | "11-bulk";

/** What the notebooks talk about, for one fleet: they agree on it through its plan. */
export interface Path {
  readonly plan: FleetPlan;
  /** The type that gets a new firmware in one go. */
  readonly typeA: string;
  /** The type whose outdated vehicles get it continuously; the same type when the plan has one. */
  readonly typeB: string;
  /** The version that vehicles leave the factory with. */
  readonly firstVersion: string;
  /** The version that is rolled out. */
  readonly newVersion: string;
  /** The version that notebook 03 publishes. */
  readonly nextVersion: string;
  readonly groups: {
    /** The dynamic group of all vehicles of type A. */
    readonly all: string;
    /** The dynamic group of the vehicles of type B that still run the first version. */
    readonly outdated: string;
  };
  /** How the ids of the path's jobs begin; a second run appends `-2`, a third `-3`. */
  readonly jobIds: {
    readonly upgrade: string;
    readonly continuous: string;
    readonly custom: string;
  };
}

/** The path of a plan. Calls nothing. */
export function pathOf(plan: FleetPlan): Path {
  const types = typesInUse(plan);
  const typeA = types[0] as string;
  const typeB = types.at(-1) as string;
  const firstVersion = plan.versions[0] as string;
  const newVersion = plan.versions.at(-1) as string;
  const bare = (type: string) =>
    type.startsWith(plan.prefix) ? type.slice(plan.prefix.length) : type;
  const job = (name: string) => jobIdOf(ownName(plan, name));
  return {
    plan,
    typeA,
    typeB,
    firstVersion,
    newVersion,
    nextVersion: "1.2.0",
    groups: {
      all: `${typeA}_Devices`,
      outdated: `${typeB}_${firstVersion.replaceAll(".", "_")}_Devices`,
    },
    jobIds: {
      upgrade: job(`upgrade-${bare(typeA)}-${newVersion}`),
      continuous: job(`keep-${bare(typeB)}-on-${newVersion}`),
      custom: job("check-tires"),
    },
  };
}

/** A job id takes no dots, and 64 characters; some are left for the number of a later one. */
function jobIdOf(text: string): string {
  return text.replaceAll(".", "-").slice(0, 60);
}

/** Vehicles looked at: among so many, a type that nobody has is one that nobody will miss. */
const LOOKED_AT = 1_000;

/** The plan's types that have vehicles: in a fleet of one vehicle, that is one. */
function typesInUse(plan: FleetPlan): string[] {
  const used = new Set<string>();
  const most = Math.min(plan.devices, LOOKED_AT);
  for (let number = 1; number <= most && used.size < plan.thingTypes.length; number++) {
    used.add(deviceOf(plan, number).type);
  }
  return plan.thingTypes.filter((type) => used.has(type));
}
