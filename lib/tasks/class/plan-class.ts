import { charge, usd } from "../../aws/charges.js";
import { checkPrefix, type Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { areNear, DEFAULT_PREFIX } from "../../aws/ownership.js";
import { plannedPrefixes, rememberPlan } from "../../fleet/shadows/notes.js";
import { count, duration } from "../../show/progress.js";
import { table } from "../../show/table.js";
import { planFleet, type FleetPlan, type FleetWishes } from "../provisioning/plan.js";
import { asLearner } from "./learner.js";

/** What an instructor decides about a class on one account. */
export interface ClassWishes extends FleetWishes {
  /** A name each, from which their prefix is made: `Ada` works as `Ada-`. */
  readonly learners: readonly string[];
  /** Vehicles of each, 1 to 1,000,000. Default 20: thirty learners provision in seconds. */
  readonly devices?: number;
}

/** One learner, and the fleet that is planned for them. */
export interface PlannedLearner {
  readonly name: string;
  /** What they connect with: `connect({ prefix })`. */
  readonly prefix: string;
  readonly fleet: FleetPlan;
}

/** A class that has been thought through: nothing is written yet. */
export interface ClassPlan {
  readonly learners: readonly PlannedLearner[];
  /** Calls of everybody's notebook 01. */
  readonly calls: number;
  /** What notebook 01 takes when all run it at once, in seconds: the account has one rate. */
  readonly seconds: number;
  /** For the whole path, everybody together, in US dollars; 0 on the sandbox. */
  readonly usd: number;
}

/** Vehicles of a learner who is one of many. */
const CLASS_DEVICES = 20;
/** Dynamic groups of an account and Region; each learner has up to three at a time. */
const MOST_DYNAMIC_GROUPS = 100;
const GROUPS_EACH = 3;
const QUOTAS = "https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html";
/** Characters of all inline policies of a role; each learner's takes its part of the one for packages. */
const MOST_POLICY_CHARACTERS = 10_240;
const IAM_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";
const POLICY_CHARACTERS = 280;

/** Job executions and queries of one vehicle and one learner on the path. */
const EXECUTIONS_EACH = 3;
const QUERIES_EACH = 500;

/**
 * Think a class through: whose prefix is what, and what all of them together call, take and cost.
 * Calls nothing.
 *
 * @throws InvalidInputError when a name makes no prefix, two prefixes begin alike, the default prefix
 * is among them, or there are more learners than AWS's quotas have room for in one account
 */
export function planClass(fleet: Fleet, wishes: ClassWishes): ClassPlan {
  const { learners: names, devices = CLASS_DEVICES, ...others } = wishes;
  if (names.length === 0) {
    throw new InvalidInputError("the learners of a class", names, "be at least one name");
  }
  const prefixes = names.map((name) => prefixOf(name));
  requireApart(prefixes);
  requireRoom(names.length);
  const learners = names.map((name, i) => {
    const prefix = prefixes[i] as string;
    return {
      name,
      prefix,
      fleet: planFleet(asLearner(fleet, prefix), { ...others, devices }),
    };
  });
  const steps = learners.flatMap((one) => one.fleet.steps);
  const sum = (of: (step: (typeof steps)[number]) => number) =>
    steps.reduce((total, step) => total + of(step), 0);
  const path = { jobExecution: EXECUTIONS_EACH * devices, search: QUERIES_EACH };
  return {
    learners,
    calls: sum(({ calls }) => calls),
    seconds: sum(({ seconds }) => seconds),
    usd: fleet.target === "sandbox" ? 0 : sum((step) => step.usd) + names.length * charge(path),
  };
}

function prefixOf(name: string): string {
  const prefix = typeof name === "string" && /[-_]$/.test(name) ? name : `${name}-`;
  return checkPrefix(prefix);
}

/** Of "Ada-" and "Ada-2-", the second's vehicles would seem to be the first's too. */
function requireApart(prefixes: readonly string[]): void {
  for (const [i, prefix] of prefixes.entries()) {
    const near = [...prefixes.slice(0, i), DEFAULT_PREFIX].find((other) => areNear(prefix, other));
    if (near === undefined) continue;
    throw new InvalidInputError(
      "a learner's prefix",
      prefix,
      near === DEFAULT_PREFIX
        ? `not begin like the default one, "${near}"`
        : `not be the beginning of another's, nor begin with it: there is "${near}"`,
      "Give one of them another name.",
    );
  }
}

function requireRoom(learners: number): void {
  const rooms = [
    {
      most: Math.floor(MOST_DYNAMIC_GROUPS / GROUPS_EACH),
      why: `each has up to ${GROUPS_EACH} dynamic groups at a time, and an account takes ${MOST_DYNAMIC_GROUPS} in a Region: ${QUOTAS}`,
    },
    {
      most: Math.floor(MOST_POLICY_CHARACTERS / POLICY_CHARACTERS),
      why: `each has a policy in the role of the package configuration: ${IAM_QUOTAS}`,
    },
  ].sort((a, b) => a.most - b.most);
  const [least] = rooms;
  if (!least || learners <= least.most) return;
  throw new InvalidInputError(
    "the number of learners on one account and Region",
    learners,
    `be at most ${least.most}, because ${least.why}`,
    "Take a second Region, or a second account, for the others.",
  );
}

/** Learners that the table has a row for. */
const SHOWN_LEARNERS = 40;

/** The class as a table: learner, prefix, vehicles, and a last line with calls, time and cost. */
export function showClass(fleet: Fleet, plan: ClassPlan): void {
  const rows = plan.learners.map(({ name, prefix, fleet: own }) => ({
    learner: name,
    connect: `connect({ prefix: "${prefix}" })`,
    vehicles: own.devices,
    types: own.thingTypes.join(", "),
  }));
  const vehicles = rows.reduce((sum, row) => sum + row.vehicles, 0);
  const cost = fleet.target === "sandbox" ? "costs nothing" : `costs ${usd(plan.usd)} in all`;
  fleet.output.show(
    table(
      [
        ...rows,
        {
          learner: `In all: ${count(rows.length)}`,
          connect: `${count(plan.calls)} calls, ${duration(plan.seconds)} for notebook 01`,
          vehicles,
          types: cost,
        },
      ],
      [
        { header: "Learner", value: ({ learner }) => learner },
        { header: "Connects with", value: ({ connect }) => connect },
        { header: "Vehicles", value: (row) => row.vehicles },
        { header: "Types", value: ({ types }) => types },
      ],
      SHOWN_LEARNERS,
    ),
  );
}

/**
 * Note each learner's fleet in the account, so that their `catchUp()` builds that one, the board
 * knows them before they begin, and nobody's cleanup takes what the others need.
 *
 * Calls ListNamedShadowsForThing once, and for each learner GetThingShadow and UpdateThingShadow. A
 * second call changes nothing.
 *
 * @throws InvalidInputError before anything is written, when another fleet of the account has a
 * prefix that begins like one of the class
 */
export async function openClass(fleet: Fleet, plan: ClassPlan): Promise<void> {
  const own = plan.learners.map(({ prefix }) => prefix);
  const others = (await plannedPrefixes(fleet)).filter((prefix) => !own.includes(prefix));
  for (const prefix of own) {
    const near = others.find((other) => areNear(prefix, other));
    if (near === undefined) continue;
    throw new InvalidInputError(
      "a learner's prefix in this account",
      prefix,
      `not be the beginning of another fleet's, nor begin with it: there is "${near}"`,
      "Choose another name, or clean that fleet up first.",
    );
  }
  for (const { prefix, fleet: planned } of plan.learners) {
    const { thingTypes, versions, continent, countries, devices, seed } = planned;
    const wishes: FleetWishes = { thingTypes, versions, continent, countries, devices, seed };
    await rememberPlan(asLearner(fleet, prefix), wishes);
  }
}
