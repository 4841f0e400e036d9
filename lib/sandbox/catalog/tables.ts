import type { GetPackageConfigurationResponse } from "@aws-sdk/client-iot";
import type { PackageRecord, PackageVersionRecord } from "./records.js";
import type { State as RegistryState } from "../registry/tables.js";
import type { State as S3State } from "../s3/tables.js";
import type { State as IamState } from "../iam/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  packages: table<PackageRecord>({ holds: "software packages" }),
  /** By `<package>/<version>`. */
  packageVersions: table<PackageVersionRecord>({ holds: "package versions" }),
  /** The one record is called `packages`. */
  packageConfiguration: table<GetPackageConfigurationResponse>({ holds: "package configuration" }),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = RegistryState & S3State & IamState & Kept<typeof tables>;

export const operation = operationIn<State>();
