import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError } from "../../aws/errors.js";
import { many, type Failure, type ManyResult } from "../../aws/many.js";
import { removeKeys } from "../../aws/mqtt/key-files.js";
import { deleteCertificate } from "../../fleet/identity/certificates.js";
import { deleteCommand } from "../../fleet/commands/commands.js";
import { deleteDevicePolicy } from "../../fleet/identity/device-policy.js";
import { deleteDynamicGroup } from "../../fleet/search/dynamic-groups.js";
import {
  deleteFirmwareBucket,
  deleteObjectVersions,
  MOST_OBJECTS,
} from "../../fleet/software/firmware-bucket.js";
import {
  restoreIndexing,
  restorePackageConfiguration,
  type PutBack,
} from "../../fleet/account/former-settings.js";
import { cancelJob, waitForJobCanceled } from "../../fleet/jobs/job-cancellation.js";
import { deleteJob, waitForJobDeleted } from "../../fleet/jobs/job-deletion.js";
import { listExecutions } from "../../fleet/jobs/job-executions.js";
import { findJob, isLive } from "../../fleet/jobs/jobs.js";
import { deleteNote } from "../../fleet/shadows/notes.js";
import {
  deletePackageVersion,
  listPackageVersions,
} from "../../fleet/software/package-versions.js";
import { deletePackage, findPackage, setDefaultVersion } from "../../fleet/software/packages.js";
import { deleteInlinePolicy, deleteRole } from "../../fleet/software/roles.js";
import { stopRegistration } from "../../fleet/registration/registration-tasks.js";
import { deleteThingGroup } from "../../fleet/registry/thing-groups.js";
import { deleteThingTypes } from "../../fleet/registry/thing-types.js";
import { deleteThing } from "../../fleet/registry/things.js";
import type { Kept } from "./clean-up-survey.js";
import type { CleanUpKind } from "./clean-up-kinds.js";
import type { CleanUpPlan, CleanUpStep } from "./clean-up-plan.js";

/** What became of one step, before it is told. */
export interface Removed extends ManyResult {
  readonly kept?: readonly Kept[];
}

/** Jobs that AWS deletes at once. */
const JOBS_AT_ONCE = 10;

/** Yes has been said once, for the whole plan. */
const YES = { confirm: "DELETE" } as const;

/** Remove what a step names. Items that are gone already are `existed`: as wanted. */
export async function removeStep(
  fleet: Fleet,
  plan: CleanUpPlan,
  step: CleanUpStep,
): Promise<Removed> {
  const { names } = step;
  const each = (
    title: string,
    remove: (name: string) => Promise<boolean>,
    concurrency?: number,
  ): Promise<ManyResult> =>
    many(
      fleet,
      {
        title,
        items: names,
        total: names.length,
        name: (name) => name,
        ...(concurrency !== undefined && { concurrency }),
      },
      async (name) => ((await remove(name)) ? "done" : "existed"),
    );

  switch (step.kind) {
    case "registrations":
      return each("Registrations stopped", (taskId) => stopRegistration(fleet, taskId));
    case "jobs":
      return each("Jobs", (name) => removeJob(fleet, name), JOBS_AT_ONCE);
    case "commands":
      return each("Commands", (name) => deleteCommand(fleet, name, YES));
    case "certificates":
      return each("Certificates", (id) => deleteCertificate(fleet, id));
    case "device policies":
      return each("Device policies", (name) => deleteDevicePolicy(fleet, name));
    case "things":
      return each("Things", async (name) => {
        const isDeleted = await deleteThing(fleet, name, { shadows: plan.shadows });
        // Of a certificate that AWS does not know any more, or never made.
        removeKeys(fleet, name);
        return isDeleted;
      });
    case "dynamic groups":
      return each("Dynamic groups", (name) => deleteDynamicGroup(fleet, name, YES));
    case "static groups":
      // One after the other: children stand before their parents.
      return each("Static groups", (name) => deleteThingGroup(fleet, name), 1);
    case "package configuration":
      return putBack(each, "Package configuration", () => restorePackageConfiguration(fleet));
    case "package versions":
      return each("Package versions", (name) => removeVersion(fleet, name));
    case "packages":
      return each("Packages", (name) => removePackage(fleet, name));
    case "firmware files":
      return removeFiles(fleet, names);
    case "firmware bucket":
      return each("Firmware bucket", () => deleteFirmwareBucket(fleet));
    case "roles":
      return each("Roles", (name) => removeRole(fleet, name));
    case "fleet indexing":
      return putBack(each, "Fleet indexing", () => restoreIndexing(fleet, namesOf(plan)));
    case "thing types":
      return deleteThingTypes(fleet, names);
    case "notes":
      return each("Notes", (name) => deleteNote(fleet, name));
  }
}

/** Cancel a job if it is live, by force if devices are at it; delete it, and wait until it is gone. */
async function removeJob(fleet: Fleet, jobId: string): Promise<boolean> {
  const job = await findJob(fleet, jobId);
  if (!job) return false;
  if (isLive(job.status)) {
    const [running] = await collect(listExecutions(fleet, jobId, { status: "IN_PROGRESS" }), 1);
    try {
      await cancelJob(fleet, jobId, { confirm: "CANCEL", isForced: running !== undefined });
    } catch (error) {
      // A job that was completed meanwhile needs no cancelling, and AWS has no error of its own for it.
      if (isLive((await findJob(fleet, jobId))?.status)) throw error;
    }
    await waitForJobCanceled(fleet, jobId);
  }
  const isBegun = await deleteJob(fleet, jobId, YES);
  await waitForJobDeleted(fleet, jobId);
  return isBegun;
}

/** @param name package and version: `SedanVehicle 1.1.0` */
async function removeVersion(fleet: Fleet, name: string): Promise<boolean> {
  const [packageName = "", versionName = ""] = name.split(" ");
  // AWS refuses to delete a default version.
  if ((await findPackage(fleet, packageName))?.defaultVersionName === versionName) {
    await setDefaultVersion(fleet, packageName, undefined);
  }
  return deletePackageVersion(fleet, { packageName, versionName }, YES);
}

async function removePackage(fleet: Fleet, name: string): Promise<boolean> {
  const [left] = await collect(listPackageVersions(fleet, name), 1);
  if (left) {
    throw new FleetError(
      `The package ${name} still has the version ${left.versionName}. Plan the cleanup again.`,
    );
  }
  return deletePackage(fleet, name, YES);
}

/** @param names object keys and version ids: `SedanVehicle_v1_1_0.zip 3sL4…` */
async function removeFiles(fleet: Fleet, names: readonly string[]): Promise<ManyResult> {
  const refused: Failure[] = [];
  let deleted = 0;
  let gone = 0;
  const result = await many(
    fleet,
    {
      title: "Firmware files, by the thousand",
      items: batchesOf(names),
      total: Math.ceil(names.length / MOST_OBJECTS),
      name: ([first]) => first ?? "",
    },
    async (batch) => {
      const failures = await deleteObjectVersions(fleet, batch.map(objectOf));
      if (failures) {
        refused.push(...failures);
        deleted += batch.length - failures.length;
      } else {
        gone += batch.length;
      }
      return failures ? "done" : "existed";
    },
  );
  return { ...result, done: deleted, existed: gone, failed: [...result.failed, ...refused] };
}

function* batchesOf(names: readonly string[]): Iterable<readonly string[]> {
  for (let i = 0; i < names.length; i += MOST_OBJECTS) yield names.slice(i, i + MOST_OBJECTS);
}

/** A key may have blanks, a version id has none. */
function objectOf(name: string): { readonly key: string; readonly versionId: string } {
  const blank = name.lastIndexOf(" ");
  return { key: name.slice(0, blank), versionId: name.slice(blank + 1) };
}

/** @param name a role, or one policy of a role: `IoTPackageConfigRole-…/UpdatePackageShadow-Ada-` */
async function removeRole(fleet: Fleet, name: string): Promise<boolean> {
  const [role = "", policy] = name.split("/");
  return policy === undefined ? deleteRole(fleet, role) : deleteInlinePolicy(fleet, role, policy);
}

/** Put a setting back, and pass on what of it stays. */
async function putBack(
  each: (title: string, remove: () => Promise<boolean>) => Promise<ManyResult>,
  title: string,
  restore: () => Promise<PutBack | undefined>,
): Promise<Removed> {
  let left: PutBack | undefined;
  const result = await each(title, async () => {
    left = await restore();
    return left !== undefined;
  });
  return {
    ...result,
    kept: (left?.left ?? []).map((why) => ({ name: left?.setting ?? title, why })),
  };
}

/** The dynamic groups that have just been deleted: AWS may list them a while longer. */
function namesOf({ steps }: CleanUpPlan): readonly string[] {
  return steps.find(({ kind }) => kind === ("dynamic groups" satisfies CleanUpKind))?.names ?? [];
}
