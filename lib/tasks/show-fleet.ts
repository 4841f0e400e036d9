import { collect } from "../aws/collect.js";
import type { Fleet } from "../aws/connect.js";
import { isNotFound } from "../aws/errors.js";
import { executionStatuses } from "../fleet/jobs/execution-counts.js";
import { latestExecutions } from "../fleet/jobs/job-executions.js";
import { listThingsInGroup } from "../fleet/registry/thing-groups.js";
import { searchDevices, type FoundDevice } from "../fleet/search/found-devices.js";
import { vehiclesQuery } from "../fleet/search/fleet-query.js";
import { compareVersions } from "../fleet/software/version-order.js";
import { fleetPicture, type FleetPicture } from "../show/fleet-picture.js";
import { BAD, DOUBTFUL, GOOD, STATE_COLOURS } from "../show/picture.js";
import { findPlan } from "./provisioning/provision.js";

/** What the colour of a vehicle says. */
export type FleetColour =
  /** The version of its type's package, as its `$package` shadow has it. */
  | { readonly colour: "version" }
  /** The battery that it reported last. */
  | { readonly colour: "battery" }
  /** Whether it is connected over MQTT. */
  | { readonly colour: "connection" }
  /** Where it stands in a job. */
  | { readonly colour: "job"; readonly jobId: string }
  /** In which of these groups it is. */
  | { readonly colour: "group"; readonly groups: readonly string[] };

/** Words for one vehicle, all words in order, and their colours where they have a meaning of their own. */
interface Colouring extends Pick<FleetPicture, "title" | "values" | "colours"> {
  readonly valueOf: (device: FoundDevice) => string;
}

/**
 * Show the fleet: a dot a vehicle, by country and type, each in the same place in every picture; more
 * than 3,000 vehicles as shares.
 *
 * Vehicles are those of this connection's prefix, as the fleet index knows them, some seconds late.
 * Calls SearchIndex, 100 vehicles a page, and by colour GetThingShadow (`version`),
 * ListJobExecutionsForJob (`job`) or ListThingsInThingGroup (`group`).
 *
 * An index that is off or being built is told in a sentence, as is an empty fleet.
 *
 * @param options.title another one than the colour's own
 * @throws ResourceNotFoundException when there is no such job or group
 */
export async function showFleet(
  fleet: Fleet,
  options: FleetColour & { readonly title?: string },
): Promise<void> {
  const devices = await collect(searchDevices(fleet, vehiclesQuery(fleet))).catch(nobodyIfOff);
  if (devices.length === 0) {
    fleet.output.line(
      "The index knows no vehicle of this fleet, or none yet: waitForIndex() waits.",
    );
    return;
  }
  // Numbers as numbers: vehicle 1000 stands behind 999.
  devices.sort((a, b) => compareVersions(a.thing, b.thing));
  const { valueOf, ...colouring } = await colouringOf(fleet, devices, options);
  const dots = devices.map((device) => ({
    row: device.country ?? "no country",
    column: device.type ?? "no type",
    value: valueOf(device),
  }));
  fleet.output.show(fleetPicture({ ...colouring, title: options.title ?? colouring.title, dots }));
}

/** An index that is off, or built for the first time, knows nobody. */
function nobodyIfOff(error: unknown): FoundDevice[] {
  if (isNotFound(error) || (error instanceof Error && error.name === "IndexNotReadyException")) {
    return [];
  }
  throw error;
}

async function colouringOf(
  fleet: Fleet,
  devices: readonly FoundDevice[],
  options: FleetColour,
): Promise<Colouring> {
  switch (options.colour) {
    case "version":
      return byVersion(fleet, devices);
    case "battery":
      return byBattery();
    case "connection":
      return {
        title: "The fleet by connection",
        values: ["connected", "not connected"],
        // As an execution that has succeeded, and as one that waits: who is away has not failed.
        colours: { connected: GOOD, "not connected": STATE_COLOURS["QUEUED"]! },
        valueOf: ({ isConnected }) => (isConnected ? "connected" : "not connected"),
      };
    case "job":
      return byJob(fleet, options.jobId);
    case "group":
      return byGroup(fleet, options.groups);
  }
}

async function byVersion(fleet: Fleet, devices: readonly FoundDevice[]): Promise<Colouring> {
  const versionOf = ({ type = "", software }: FoundDevice) => software[type];
  // The plan's versions come first, in its order: they keep their colours while others come and go.
  const { versions = [] } = (await findPlan(fleet)) ?? {};
  const found = new Set(devices.flatMap((device) => versionOf(device) ?? []));
  const others = [...found].filter((version) => !versions.includes(version)).sort(compareVersions);
  return {
    title: "The fleet by version",
    values: [...versions, ...others],
    valueOf: (device) => versionOf(device) ?? "unknown",
  };
}

/** From where a battery is low, and from where it is well charged, in percent. */
const LOW = 30;
const CHARGED = 50;

function byBattery(): Colouring {
  const [low, middle, charged] = [`below ${LOW} %`, `${LOW} to ${CHARGED} %`, `above ${CHARGED} %`];
  return {
    title: "The fleet by battery",
    values: [charged, middle, low],
    colours: { [charged]: GOOD, [middle]: DOUBTFUL, [low]: BAD },
    valueOf: ({ battery }) =>
      battery === undefined
        ? "unknown"
        : battery < LOW
          ? low
          : battery <= CHARGED
            ? middle
            : charged,
  };
}

async function byJob(fleet: Fleet, jobId: string): Promise<Colouring> {
  const executions = await latestExecutions(fleet, jobId);
  const states = new Map(executions.map(({ thing, status }) => [thing, status]));
  const seen = new Set(states.values());
  return {
    title: `The fleet in the job ${jobId}`,
    values: executionStatuses.filter((status) => seen.has(status)),
    colours: STATE_COLOURS,
    valueOf: ({ thing }) => states.get(thing) ?? "not in this job",
  };
}

async function byGroup(fleet: Fleet, groups: readonly string[]): Promise<Colouring> {
  const members = new Map<string, string>();
  for (const group of groups) {
    for await (const thing of listThingsInGroup(fleet, group)) {
      // Who is in two of them stands for a case of its own.
      members.set(thing, members.has(thing) ? "in several" : group);
    }
  }
  const inSeveral = [...members.values()].includes("in several") ? ["in several"] : [];
  return {
    title: "The fleet by group",
    values: [...groups, ...inSeveral],
    valueOf: ({ thing }) => members.get(thing) ?? "in none of them",
  };
}
