import { executionsOfThing } from "../jobs/executions.js";
import { principalsOf } from "../identity/thing-attachments.js";
import { policiesOf } from "../identity/policy-attachments.js";
import type { World } from "../services.js";
import type { GroupsOf } from "./rows.js";

/** All that the page tells of one vehicle. */
export interface Vehicle {
  readonly name: string;
  /** False once it is deleted, and before it is created. */
  readonly exists: boolean;
  readonly type?: string;
  readonly version?: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  readonly billingGroup?: string;
  /** In the order of their names; the classic shadow has the empty one. */
  readonly shadows: readonly ShownShadow[];
  /** The latest first. */
  readonly executions: readonly ShownExecution[];
  readonly connection?: ShownConnection;
  readonly certificates: readonly {
    readonly id: string;
    readonly status: string;
    readonly policies: readonly string[];
  }[];
}

export interface ShownShadow {
  readonly name: string;
  readonly version: number;
  readonly desired?: object;
  readonly reported?: object;
}

export interface ShownExecution {
  readonly job: string;
  readonly number: number;
  readonly status: string;
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly lastUpdatedAt: number;
  readonly details: Readonly<Record<string, string>>;
}

export interface ShownConnection {
  readonly isConnected: boolean;
  readonly clientId: string;
  /** When that began. */
  readonly since: number;
  readonly reason?: string;
  /** In seconds. */
  readonly keepAlive: number;
  readonly cleanSession: boolean;
}

/** Executions that are shown of a vehicle. */
const MOST_EXECUTIONS = 30;

/** @param groupsOf as `groupsFinder` finds them; all in one transaction */
export function vehicleOf(state: World, name: string, groupsOf: GroupsOf): Vehicle {
  const thing = state.things.get(name);
  const shown = state.connectivity.get(name);
  const { thingTypeName, version, billingGroupName } = thing ?? {};
  return {
    name,
    exists: thing !== undefined,
    ...(thingTypeName !== undefined && { type: thingTypeName }),
    ...(version !== undefined && { version }),
    ...(billingGroupName !== undefined && { billingGroup: billingGroupName }),
    attributes: thing?.attributes ?? {},
    groups: thing ? groupsOf(name) : [],
    shadows: shadowsOf(state, name),
    executions: [...executionsOfThing(state, name)]
      .map(
        ({
          jobId,
          executionNumber,
          status,
          queuedAt,
          startedAt,
          lastUpdatedAt,
          statusDetails,
        }) => ({
          job: jobId,
          number: executionNumber,
          status,
          queuedAt: queuedAt.getTime(),
          ...(startedAt && { startedAt: startedAt.getTime() }),
          lastUpdatedAt: lastUpdatedAt.getTime(),
          details: statusDetails,
        }),
      )
      .sort((a, b) => b.queuedAt - a.queuedAt)
      .slice(0, MOST_EXECUTIONS),
    ...(shown && {
      connection: {
        isConnected: shown.connected,
        clientId: shown.clientId,
        since: shown.timestamp,
        ...(shown.disconnectReason !== undefined && { reason: shown.disconnectReason }),
        keepAlive: shown.keepAliveDuration,
        cleanSession: shown.cleanSession,
      },
    }),
    certificates: [...principalsOf(state, name)].map(([arn]) => {
      const id = arn.slice(arn.lastIndexOf("/") + 1);
      const status = state.certificates.get(id)?.status ?? "deleted";
      return { id, status, policies: [...policiesOf(state, arn)] };
    }),
  };
}

function shadowsOf(state: World, name: string): ShownShadow[] {
  const prefix = `${name}/`;
  return [...state.shadows.entries({ prefix })].flatMap(([key, { version, sections }]) =>
    sections ? [{ name: key.slice(prefix.length), version, ...sections.state }] : [],
  );
}
