import { freshProgress } from "../jobs/executions.js";
import { fleetOf } from "../search/feed.js";
import { dynamicGroups } from "../search/dynamic-members.js";
import type { World } from "../services.js";
import { packageShadow } from "../shadows/shadow-documents.js";

/* What the page is told of each thing, group, job and client: plain data, as short as it can be. */

/** What is shown of a text that anybody may have written, in characters. */
const LONGEST_TEXT = 200;

/**
 * A vehicle: name, type, country, version of its type's package, battery in percent, its connection and
 * its groups. An array, since ten thousand of them are sent at once; null stands for what is not known.
 */
export type VehicleRow = readonly [
  name: string,
  type: string | null,
  country: string | null,
  version: string | null,
  battery: number | null,
  connection: Connection | null,
  groups: readonly string[],
];

/** Whether it is connected, since when (milliseconds since the epoch), and how it ended. */
export type Connection = readonly [isConnected: 0 | 1, since: number, reason?: string];

export interface GroupRow {
  readonly name: string;
  /** Of a dynamic group. */
  readonly query?: string;
  readonly parent?: string;
  readonly description?: string;
}

export interface JobRow {
  readonly id: string;
  readonly status: string;
  readonly selection: string;
  readonly description?: string;
  /** Of a job that was canceled or ended by itself. */
  readonly reason?: string;
  /** Things by the status of their latest execution. */
  readonly counts: Readonly<Record<string, number>>;
  /** Things that are yet to get an execution. */
  readonly waiting: number;
  readonly notified: number;
  readonly isRollingOut: boolean;
  readonly targets: readonly string[];
  /** `SedanVehicle 1.1.0` */
  readonly ships: readonly string[];
  readonly createdAt: number;
  readonly completedAt?: number;
}

/** A client of the broker that is no thing's. */
export interface ClientRow {
  readonly id: string;
  readonly connection: Connection;
}

/** The names of a thing's groups. */
export type GroupsOf = (thingName: string) => readonly string[];

/** All groups of things, the dynamic ones as the index has them now. Call it in a transaction. */
export function groupsFinder(state: World): GroupsOf {
  if (dynamicGroups(state).length === 0) return (name) => state.groupsOfThing.get(name) ?? [];
  const { dynamic } = fleetOf(state);
  return (name) => [...(state.groupsOfThing.get(name) ?? []), ...dynamic.groupsOf(name)];
}

export function vehicleRow(state: World, name: string, groupsOf: GroupsOf): VehicleRow | undefined {
  const thing = state.things.get(name);
  if (!thing) return undefined;
  const { thingTypeName, attributes } = thing;
  const installed = reportedIn(state, name, packageShadow)[thingTypeName ?? ""];
  const battery = reportedIn(state, name, "")["batteryStatus"];
  const version = (installed as { readonly version?: unknown } | null | undefined)?.version;
  return [
    name,
    thingTypeName ?? null,
    short(attributes["country"]) ?? null,
    short(version) ?? null,
    typeof battery === "number" && Number.isFinite(battery) ? battery : null,
    connectionOf(state, name) ?? null,
    groupsOf(name),
  ];
}

function connectionOf(state: World, name: string): Connection | undefined {
  const shown = state.connectivity.get(name);
  if (!shown) return undefined;
  const { connected, timestamp, disconnectReason: reason } = shown;
  return connected || reason === undefined
    ? [connected ? 1 : 0, timestamp]
    : [0, timestamp, reason];
}

/** What a thing has reported into one of its shadows; anything may stand there. */
function reportedIn(
  state: World,
  thingName: string,
  shadowName: string,
): Readonly<Record<string, unknown>> {
  const reported = state.shadows.get(`${thingName}/${shadowName}`)?.sections?.state.reported ?? {};
  return reported;
}

/** A text, cut to what can be shown; undefined for what is none. */
function short(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT) : undefined;
}

export function groupRow(state: World, name: string): GroupRow | undefined {
  const group = state.thingGroups.get(name);
  if (!group) return undefined;
  const description = short(group.thingGroupProperties?.thingGroupDescription);
  const parent = group.thingGroupMetadata?.parentGroupName;
  return {
    name,
    ...(group.queryString !== undefined && { query: group.queryString }),
    ...(parent !== undefined && { parent }),
    ...(description !== undefined && { description }),
  };
}

export function jobRow(state: World, id: string): JobRow | undefined {
  const job = state.jobs.get(id);
  if (!job) return undefined;
  const progress = state.jobProgress.get(id);
  const { counts, waiting, notified, isRollingOut } = progress ?? freshProgress;
  const description = short(job.description);
  const reason = short([job.reasonCode, job.comment].filter(Boolean).join(": "));
  return {
    id,
    status: job.status,
    selection: job.targetSelection,
    ...(description && { description }),
    ...(reason && { reason }),
    counts: Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0)),
    waiting: Object.values(waiting).reduce((sum, n) => sum + n, 0),
    notified,
    isRollingOut,
    targets: job.targets.map((arn) => arn.slice(arn.lastIndexOf("/") + 1)),
    ships: job.destinations.map(({ packageName, versionName }) =>
      [packageName, versionName ?? "removed"].join(" "),
    ),
    createdAt: job.createdAt?.getTime() ?? 0,
    ...(job.completedAt && { completedAt: job.completedAt.getTime() }),
  };
}

export function clientRow(state: World, id: string): ClientRow | undefined {
  const record = state.mqttConnections.get(id);
  // One of a thing is shown with that.
  if (!record || record.thingName !== undefined) return undefined;
  const { isConnected, connectedAt, disconnectedAt = connectedAt, disconnectReason } = record;
  return {
    id,
    connection: isConnected ? [1, connectedAt] : [0, disconnectedAt, disconnectReason ?? "UNKNOWN"],
  };
}

/** The status of the latest execution of a thing in a job. */
export function executionStatus(
  state: World,
  jobId: string,
  thingName: string,
): string | undefined {
  let status: string | undefined;
  for (const attempt of state.jobExecutions.values({ prefix: `${jobId}/${thingName}/` })) {
    ({ status } = attempt);
  }
  return status;
}

/** Things of a job with the status of their latest execution. */
export function executionsOf(state: World, jobId: string): [string, string][] {
  const found = new Map<string, string>();
  for (const { thingName, status } of state.jobExecutions.values({ prefix: `${jobId}/` })) {
    found.set(thingName, status);
  }
  return [...found];
}
