import type { State as CommandState } from "../commands/tables.js";
import type { State as JobsState } from "../jobs/tables.js";
import type { State as ProvisioningState } from "../provisioning/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";
import type {
  ConnectionRecord,
  EventConfigurationRecord,
  RetainedMessage,
  SessionRecord,
  StoredMessage,
} from "./records.js";

/** What this room keeps. */
export const tables = {
  /** By client id. */
  mqttSessions: table<SessionRecord>({ holds: "persistent sessions" }),
  /** By `<session or shared subscription>/<number, 15 digits>`: the first is delivered first. */
  mqttMessages: table<StoredMessage>({ holds: "messages for sessions" }),
  /** By topic. */
  retainedMessages: table<RetainedMessage>({ holds: "retained messages" }),
  /** By client id. */
  mqttConnections: table<ConnectionRecord>(),
  /** The one record is called `events`. */
  eventConfigurations: table<EventConfigurationRecord>({ holds: "event configuration" }),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = JobsState & CommandState & ProvisioningState & Kept<typeof tables>;

export const operation = operationIn<State>();
