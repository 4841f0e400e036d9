import type { ThingPrincipalType } from "@aws-sdk/client-iot";
import type { CertificateRecord, PolicyRecord } from "./records.js";
import type { Issuer } from "../pki/certificate.js";
import type { State as RegistryState } from "../registry/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  certificates: table<CertificateRecord>({ holds: "certificates" }),
  /** What has issued this account's certificates in this Region; the one record is called `iot`. */
  certificateAuthority: table<Issuer>(),
  /** Change them through `thing-attachments.ts`. By `<thing>/<principal's ARN>`. */
  principalsOfThing: table<ThingPrincipalType>(),
  /** By `<principal's ARN>/<thing>`. */
  thingsOfPrincipal: table<ThingPrincipalType>(),
  policies: table<PolicyRecord>({ holds: "IoT policies" }),
  /** Change them through `policy-attachments.ts`. By `<policy>/<target's ARN>`. */
  targetsOfPolicy: table<true>(),
  /** By `<target's ARN>/<policy>`. */
  policiesOfTarget: table<true>(),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = RegistryState & Kept<typeof tables>;

export const operation = operationIn<State>();
