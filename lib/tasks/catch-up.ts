import type { Fleet } from "../aws/connect.js";
import { InvalidInputError } from "../aws/errors.js";
import { table } from "../show/table.js";
import { provisioningChecks } from "./check-provisioning.js";
import { pathOf, type Notebook, type Path } from "./path.js";
import { planFleet, type FleetPlan } from "./plan.js";
import { findPlan, provision } from "./provision.js";

/** Something that an earlier notebook leaves behind. */
interface Requirement {
  /** `The fleet of notebook 01` */
  readonly what: string;
  readonly isThere: (fleet: Fleet, path: Path) => Promise<boolean>;
  readonly build: (fleet: Fleet, path: Path) => Promise<void>;
}

const theFleet: Requirement = {
  what: "the fleet of notebook 01",
  isThere: async (fleet, { plan }) =>
    (await provisioningChecks(fleet, plan)).every(({ isMet }) => isMet),
  async build(fleet, { plan }) {
    await provision(fleet, plan);
  },
};

/** What each notebook stands on, in the order in which it is built. */
const REQUIREMENTS: Readonly<Record<Notebook, readonly Requirement[]>> = {
  "01-provisioning": [],
  "02-dynamic-groups": [theFleet],
  "03-packages": [theFleet],
  "04-jobs": [theFleet],
  "05-simulation": [theFleet],
  "06-exploration": [theFleet],
  "07-rollback": [theFleet],
  "08-cleanup": [theFleet],
};

/**
 * Build what the notebooks before this one would have left, as far as it is missing, and say what
 * was done.
 *
 * Looks first: what is there is left alone, so a second call changes nothing. The fleet is the one
 * that was planned in notebook 01, here or on another machine; without one it is the default fleet.
 *
 * @param to the notebook that is about to be worked through, by its file's name: `04-jobs`
 * @param plan another fleet than the one that was planned last
 * @returns what the notebooks call their types, versions, groups and jobs
 * @throws InvalidInputError when there is no such notebook
 */
export async function catchUp(
  fleet: Fleet,
  { to, plan }: { readonly to: Notebook; readonly plan?: FleetPlan },
): Promise<Path> {
  const requirements = REQUIREMENTS[to] as readonly Requirement[] | undefined;
  if (!requirements) {
    const names = Object.keys(REQUIREMENTS).join(", ");
    throw new InvalidInputError("a notebook to catch up to", to, `be one of ${names}`);
  }
  const path = pathOf(plan ?? (await findPlan(fleet)) ?? planFleet(fleet));
  const rows: { what: string; done: string }[] = [];
  for (const { what, isThere, build } of requirements) {
    if (await isThere(fleet, path)) {
      rows.push({ what, done: "there already" });
    } else {
      await build(fleet, path);
      rows.push({ what, done: "built" });
    }
  }
  fleet.output.show(
    table(rows, [
      { header: "What this notebook stands on", value: ({ what }) => what },
      { header: "", value: ({ done }) => done },
    ]),
  );
  return path;
}
