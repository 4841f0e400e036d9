import type { State as IdentityState } from "../identity/tables.js";
import type { State as S3State } from "../s3/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";
import type {
  OwnershipRecord,
  ProvisioningTimer,
  TaskLineRecord,
  TaskRecord,
  TemplateRecord,
} from "./records.js";

/** What this room keeps. */
export const tables = {
  provisioningTemplates: table<TemplateRecord>({ holds: "provisioning templates" }),
  /** By certificateOwnershipToken. */
  certificateOwnership: table<OwnershipRecord>(),
  registrationTasks: table<TaskRecord>({ holds: "registration tasks" }),
  /** What has become of a task's lines, by `<task>/<line, nine digits>`. */
  registrationLines: table<TaskLineRecord>(),
  /** What happens at a later time, by `<time, 15 digits>/<kind>/<of>`. */
  provisioningTimers: table<ProvisioningTimer>(),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = IdentityState & S3State & Kept<typeof tables>;

export const operation = operationIn<State>();
