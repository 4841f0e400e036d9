import type { Fleet } from "../../aws/connect.js";
import { interruptible } from "../../aws/interrupt.js";
import {
  listBillingGroups,
  listBuckets,
  listCertificates,
  listIotPolicies,
  listJobTemplates,
  listRoles,
  listSettings,
} from "../../fleet/account/account.js";
import { listCommands } from "../../fleet/commands/commands.js";
import { listObjectVersions } from "../../fleet/software/firmware-bucket.js";
import { listJobs } from "../../fleet/jobs/jobs.js";
import { listNotes } from "../../fleet/shadows/notes.js";
import { listPackageVersions } from "../../fleet/software/package-versions.js";
import { listPackages } from "../../fleet/software/packages.js";
import { listThingGroups } from "../../fleet/registry/thing-groups.js";
import { listThingTypes } from "../../fleet/registry/thing-types.js";
import { listThings } from "../../fleet/registry/things.js";

/** Between a name and the state it is in, where it has one that shows a change: `Van · deprecated`. */
export const STATE = " · ";

/** How each kind is listed: by name and, where AWS tells, the state. */
const LISTS = {
  things: async function* (fleet: Fleet) {
    // The version goes up with each change.
    for await (const { thingName, version } of listThings(fleet)) {
      yield `${thingName}${STATE}v${version}`;
    }
  },
  types: async function* (fleet: Fleet) {
    for await (const { thingTypeName, thingTypeMetadata } of listThingTypes(fleet)) {
      yield `${thingTypeName}${STATE}${thingTypeMetadata?.deprecated ? "deprecated" : "in use"}`;
    }
  },
  groups: async function* (fleet: Fleet) {
    for await (const { groupName = "" } of listThingGroups(fleet)) yield groupName;
  },
  packages: async function* (fleet: Fleet) {
    for await (const { packageName, defaultVersionName } of listPackages(fleet)) {
      yield `${packageName}${STATE}default ${defaultVersionName ?? "none"}`;
    }
  },
  versions: async function* (fleet: Fleet) {
    for await (const { packageName = "" } of listPackages(fleet)) {
      for await (const { versionName, status } of listPackageVersions(fleet, packageName)) {
        yield `${packageName} ${versionName}${STATE}${status}`;
      }
    }
  },
  jobs: async function* (fleet: Fleet) {
    for await (const { jobId, status } of listJobs(fleet)) yield `${jobId}${STATE}${status}`;
  },
  buckets: listBuckets,
  objects: async function* (fleet: Fleet) {
    for await (const bucket of listBuckets(fleet)) {
      if (!bucket.startsWith(`${FIRMWARE}${fleet.region}`)) continue;
      for await (const { key, versionId } of listObjectVersions(fleet, bucket)) {
        yield `${bucket}/${key} ${versionId}`;
      }
    }
  },
  roles: listRoles,
  policies: listIotPolicies,
  certificates: listCertificates,
  "billing groups": listBillingGroups,
  commands: async function* (fleet: Fleet) {
    // What AWS is deleting is gone, although it is listed for twelve hours more.
    for await (const { commandId = "", deprecated, pendingDeletion } of listCommands(fleet)) {
      if (!pendingDeletion) yield deprecated ? `${commandId}${STATE}deprecated` : commandId;
    }
  },
  "job templates": listJobTemplates,
  settings: async function* (fleet: Fleet) {
    for await (const { name, value } of listSettings(fleet)) yield `${name}${STATE}${value}`;
  },
  notes: async function* (fleet: Fleet) {
    yield* await listNotes(fleet);
  },
} as const satisfies Readonly<Record<string, (fleet: Fleet) => AsyncIterable<string>>>;

/** How the names of firmware buckets begin, ours and what could be taken for ours. */
const FIRMWARE = "iot-firmware-";

/** A kind of resource, or the account's settings. */
export type ScanKind = keyof typeof LISTS;

/** Every kind, in the order in which it is shown. */
export const SCAN_KINDS = Object.keys(LISTS) as readonly ScanKind[];

/** Names of everything in an account and Region, by kind, in AWS's order. */
export type Scan = Readonly<Record<ScanKind, readonly string[]>>;

/**
 * List everything in the account and Region that the workshop could have touched, ours or not, to
 * compare it with a later scan: showChanges().
 *
 * Calls every list operation of those kinds, all pages: ListThings, ListThingTypes, ListThingGroups,
 * ListPackages, ListPackageVersions for each package, ListJobs, ListBuckets, ListObjectVersions for
 * buckets of this Region whose names begin with `iot-firmware-`, ListRoles, ListPolicies,
 * ListCertificates, ListBillingGroups, ListCommands, ListJobTemplates; reads both account-wide
 * settings and our notes. Things stand with their version, jobs and package versions with their
 * status, so that a change shows too. A fleet of 5,000 takes three seconds more than an empty account.
 */
export async function scan(fleet: Fleet): Promise<Scan> {
  return interruptible(async () => {
    const lists = await Promise.all(SCAN_KINDS.map((kind) => all(LISTS[kind](fleet))));
    const found = {} as Record<ScanKind, readonly string[]>;
    SCAN_KINDS.forEach((kind, i) => (found[kind] = lists[i] ?? []));
    return found;
  });
}

async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}
