import type { Service } from "../../aws/pacing/quotas.js";
import type { CallRecord } from "../handler.js";
import type { ShownMessage } from "./messages.js";
import type { ClientRow, GroupRow, JobRow, VehicleRow } from "./rows.js";
import type { Vehicle } from "./vehicle.js";

/** What of a kind is there now, and what has gone. */
export interface Rows<R> {
  readonly set: readonly R[];
  readonly gone: readonly string[];
}

/** Rows of a log behind what the page has, and how many it has missed in between. */
export interface Tail<R> {
  readonly rows: readonly R[];
  readonly missed: number;
}

/** How often an operation was called since somebody looks. */
export type CallTotal = readonly [
  service: Service,
  operation: string,
  calls: number,
  throttled: number,
  failed: number,
  perSecond: number | null,
  counted: string,
];

/** A line about a device, such as a refusal. */
export interface DeviceLine {
  readonly at: number;
  readonly text: string;
  readonly client?: string;
}

/** What is sent to a page: everything, or what has changed since it was sent something. */
export interface Update {
  /** Whether it stands for everything; what the page knew before is to be forgotten. */
  readonly isFull: boolean;
  /** The sandbox's time, in milliseconds since the epoch. */
  readonly now: number;
  readonly region: string;
  /** Regions that something is in. Only in a full one. */
  readonly regions?: readonly string[];
  readonly vehicles: Rows<VehicleRow>;
  readonly groups: Rows<GroupRow>;
  readonly jobs: Rows<JobRow>;
  readonly clients: Rows<ClientRow>;
  readonly calls: Tail<CallRecord>;
  readonly totals: readonly CallTotal[];
  readonly lines: Tail<DeviceLine>;
  /** How many messages were published since somebody looks. */
  readonly published: number;
  readonly executions?: {
    readonly isFull: boolean;
    readonly rows: readonly (readonly [string, string | null])[];
  };
  readonly vehicle?: Vehicle;
  readonly messages?: Tail<ShownMessage> & { readonly isFull: boolean };
  readonly about?: Tail<ShownMessage> & { readonly isFull: boolean };
}
