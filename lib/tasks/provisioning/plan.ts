import { createHash } from "node:crypto";
import { charge, usageOfDevices, usd, type Usage } from "../../aws/charges.js";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { ownName } from "../../aws/ownership.js";
import type { Service } from "../../aws/pacing/quotas.js";
import { continentOf, countriesOf } from "../../fleet/registry/countries.js";
import { releasesOf } from "../../fleet/software/firmware.js";
import { compareVersions } from "../../fleet/software/version-order.js";
import type { Device } from "../../fleet/registry/devices.js";
import { checkNames, packageName, thingTypeName, versionName } from "../../fleet/registry/names.js";
import { fleetPicture } from "../../show/fleet-picture.js";
import { count, duration } from "../../show/progress.js";
import { table, type Shown } from "../../show/table.js";

/** What a learner decides about a fleet. Everything has a default. */
export interface FleetWishes {
  /**
   * Default `SedanVehicle`, `SUVVehicle`, `TruckVehicle`. Each also names a software package. Under a
   * prefix other than the default one the names begin with it: a class shares no types.
   */
  readonly thingTypes?: readonly string[];
  /** Default `1.0.0`, `1.1.0`. The vehicles start with the first. */
  readonly versions?: readonly string[];
  /** 1 to 7, or a name such as `Europe`. Default 1, North America. */
  readonly continent?: number | string;
  /** So many countries of the continent, or their codes. Default 3 in North America, 2 elsewhere. */
  readonly countries?: number | readonly string[];
  /** 1 to 1,000,000. Default 100. */
  readonly devices?: number;
  /** Another seed gives other countries, types, batteries and customers. Default 1. */
  readonly seed?: number;
}

/** One step of the plan: what is called how often, and what that takes. */
export interface PlannedStep {
  readonly step: string;
  /** Requests. */
  readonly calls: number;
  /** At the paced rate, without waiting for AWS. */
  readonly seconds: number;
  /** In US dollars; 0 on the sandbox. */
  readonly usd: number;
}

/** A fleet that has been thought through: nothing is created yet. */
export interface FleetPlan {
  readonly thingTypes: readonly string[];
  readonly versions: readonly string[];
  readonly continent: string;
  readonly countries: readonly string[];
  /** How many vehicles. */
  readonly devices: number;
  readonly seed: number;
  readonly prefix: string;
  readonly steps: readonly PlannedStep[];
}

/** Beyond this a thing's number alone would make plans that take days. */
const MOST_DEVICES = 1_000_000;

/**
 * Check the wishes and work out the calls, seconds and cost. Calls nothing.
 *
 * @throws InvalidInputError that names the value, the rule and the way out
 */
export function planFleet(fleet: Fleet, wishes: FleetWishes = {}): FleetPlan {
  const {
    thingTypes = ["SedanVehicle", "SUVVehicle", "TruckVehicle"],
    versions = ["1.0.0", "1.1.0"],
    devices = 100,
    seed = 1,
  } = wishes;
  checkNames(thingTypes, thingTypeName);
  // A type's name is its package's name too, and segments of fleet queries are separated by dots.
  checkNames(thingTypes, packageName);
  checkNames(versions, versionName);
  const ordered = [...versions].sort(compareVersions);
  if (versions.some((version, i) => version !== ordered[i])) {
    throw new InvalidInputError(
      "the versions of a fleet",
      versions,
      `go from the oldest, which the vehicles start with, to the newest: ${ordered.join(", ")}`,
    );
  }
  // Two versions may be legal and still share a file.
  releasesOf(thingTypes, versions);
  if (!Number.isInteger(devices) || devices < 1 || devices > MOST_DEVICES) {
    throw new InvalidInputError(
      "the number of devices",
      devices,
      `be a whole number from 1 to ${count(MOST_DEVICES)}`,
    );
  }
  if (!Number.isInteger(seed)) {
    throw new InvalidInputError("a seed", seed, "be a whole number");
  }
  const continent = continentOf(wishes.continent ?? 1);
  const countries = countriesOf(continent, wishes.countries);
  const own = thingTypes.map((type) => ownName(fleet, type));
  checkNames(own, packageName);
  const plan = { thingTypes: own, versions, continent: continent.name, countries, devices, seed };
  return { ...plan, prefix: fleet.prefix, steps: planSteps(fleet, plan) };
}

/** The vehicles of a plan, made one at a time as somebody asks: a large fleet takes no memory. */
export function* devicesOf(plan: FleetPlan): Iterable<Device> {
  for (let i = 1; i <= plan.devices; i++) yield deviceOf(plan, i);
}

/**
 * The vehicle with a number, from 1. The same plan gives the same vehicle, every time and everywhere.
 *
 * Country, type and battery are drawn independently of each other: no country has only one type,
 * and no type only full batteries.
 */
export function deviceOf(plan: FleetPlan, number: number): Device {
  const draw = (what: string): Buffer =>
    createHash("sha256").update(`${plan.seed}/${number}/${what}`).digest();
  const pick = <T>(what: string, from: readonly T[]): T =>
    from[draw(what).readUInt32BE() % from.length] as T;
  const madeOn = new Date(Date.UTC(2025, 0, 1 + (draw("date").readUInt32BE() % 365)));
  return {
    // Three digits, more when the number needs them: a fleet can grow without renaming anybody.
    name: `${plan.prefix}${String(number).padStart(3, "0")}`,
    type: pick("type", plan.thingTypes),
    country: pick("country", plan.countries),
    customerId: uuidOf(draw("customer")),
    manufacturingDate: madeOn.toISOString().slice(0, 10),
    battery: 30 + (draw("battery").readUInt32BE() % 71),
    version: plan.versions[0] as string,
  };
}

/**
 * Make sure that a plan is this fleet's: its vehicles, its note and its role policy go by the prefix.
 *
 * @throws InvalidInputError when it was made for another prefix
 */
export function requireOwnPlan(fleet: Fleet, plan: FleetPlan): void {
  if (plan.prefix === fleet.prefix) return;
  throw new InvalidInputError(
    "the prefix of the plan",
    plan.prefix,
    `be the fleet's, "${fleet.prefix}"`,
    "Run the cell with planFleet() again.",
  );
}

/** Vehicles that a plan draws, each a dot; a larger one would take seconds to draw from its seed. */
const DRAWN_VEHICLES = 3_000;

/**
 * The plan as a table: step, calls, seconds and cost, and a last line with the sums; and, up to 3,000
 * vehicles, as the picture of the fleet that it will make.
 */
export function showPlan(fleet: Fleet, plan: FleetPlan): void {
  fleet.output.show(planTable(fleet, plan));
  if (plan.devices > DRAWN_VEHICLES) return;
  const dots = [...devicesOf(plan)].map(({ country, type, version }) => ({
    row: country,
    column: type,
    value: version,
  }));
  const title = `${count(plan.devices)} ${plan.devices === 1 ? "vehicle" : "vehicles"}, as planned`;
  fleet.output.show(fleetPicture({ title, dots, values: plan.versions }));
}

function planTable(fleet: Fleet, { steps, ...plan }: FleetPlan): Shown {
  const sum = (of: (step: PlannedStep) => number) => steps.reduce((n, step) => n + of(step), 0);
  const total: PlannedStep = {
    step: `In all: ${count(plan.devices)} vehicles in ${plan.countries.join(", ")}`,
    calls: sum((step) => step.calls),
    seconds: sum((step) => step.seconds),
    usd: sum((step) => step.usd),
  };
  const isFree = fleet.target === "sandbox";
  return table(
    [...steps, total],
    [
      { header: "Step", value: ({ step }) => step },
      { header: "Calls", value: ({ calls }) => calls },
      { header: "At our pace", value: ({ seconds }) => duration(seconds) },
      { header: "Costs", value: (row) => (isFree ? "nothing" : usd(row.usd)) },
    ],
    steps.length + 1,
  );
}

/** Calls of one kind: service, operation, how many. */
export type Calls = readonly [Service, string, number];

function planSteps(
  fleet: Fleet,
  plan: Omit<FleetPlan, "prefix" | "steps">,
): readonly PlannedStep[] {
  const types = plan.thingTypes.length;
  const releases = types * plan.versions.length;
  const { countries, devices } = plan;
  const step = (name: string, usage: Usage, ...calls: Calls[]): PlannedStep => ({
    step: name,
    calls: calls.reduce((sum, [, , n]) => sum + n, 0),
    seconds: secondsOf(fleet, calls),
    usd: fleet.target === "sandbox" ? 0 : charge(usage),
  });
  return [
    step(
      "Thing types",
      { registryAndShadow: 2 * types },
      ["iot", "DescribeThingType", types],
      ["iot", "CreateThingType", types],
    ),
    step(
      "Firmware bucket and files",
      { s3Write: 10 + releases, s3Read: releases },
      ["s3", "CreateBucket", 8],
      ["s3", "HeadObject", releases],
      ["s3", "PutObject", releases],
    ),
    step(
      "Fleet indexing",
      { registryAndShadow: 5 },
      ["iot", "GetIndexingConfiguration", 2],
      ["iotdata", "GetThingShadow", 1],
      ["iotdata", "UpdateThingShadow", 1],
      ["iot", "UpdateIndexingConfiguration", 1],
      ["iot", "DescribeIndex", 1],
    ),
    step(
      "Packages and versions",
      { registryAndShadow: 2 * types + 3 * releases },
      ["iot", "GetPackage", types],
      ["iot", "CreatePackage", types],
      ["iot", "ListTagsForResource", types],
      ["iot", "GetPackageVersion", releases],
      ["iot", "CreatePackageVersion", releases],
      ["iot", "UpdatePackageVersion", releases],
    ),
    step(
      "Roles and package configuration",
      { registryAndShadow: 2 },
      ["iam", "GetRole", 2],
      ["iam", "CreateRole", 2],
      ["iam", "PutRolePolicy", 2],
      ["iot", "GetPackageConfiguration", 1],
      ["iotdata", "GetThingShadow", 1],
      ["iotdata", "UpdateThingShadow", 1],
      ["iot", "UpdatePackageConfiguration", 1],
    ),
    step(
      "Static groups",
      { registryAndShadow: 2 * countries.length },
      ["iot", "DescribeThingGroup", countries.length],
      ["iot", "CreateThingGroup", countries.length],
    ),
    step(
      "Vehicles",
      usageOfDevices(devices),
      ["iot", "DescribeThing", devices],
      ["iot", "DescribeThingGroup", countries.length],
      ["iot", "ListTagsForResource", countries.length],
      ["iot", "CreateThing", devices],
      ["iot", "AddThingToThingGroup", devices],
      // The last of each is the note of the plan itself.
      ["iotdata", "ListNamedShadowsForThing", 1],
      ["iotdata", "GetThingShadow", 1],
      ["iotdata", "UpdateThingShadow", 2 * devices + 1],
    ),
  ];
}

/** The calls of a step overlap, so its slowest operation sets the pace. */
export function secondsOf(fleet: Fleet, calls: readonly Calls[]): number {
  const seconds = calls.map(([service, operation, n]) => {
    const { perSecond, burst } = fleet.limits.of(service, operation);
    return Math.max(0, n - burst) / perSecond;
  });
  return Math.max(...seconds);
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
