import { cannotAssume } from "../../iam/service-roles.js";
import { changeShadow } from "../../shadows/changes.js";
import { packageShadow, ShadowRefusal } from "../../shadows/shadow-documents.js";
import type { State } from "../tables.js";
import type { Destination } from "../records.js";

/**
 * Write what a job installed into the `$package` shadow of a thing, as the Jobs service does with the
 * role of the package configuration. Nothing is written when that is off, when the role cannot be
 * assumed, or when a version is gone: AWS then tells of a failed update, and the execution stays
 * SUCCEEDED.
 *
 * Only the version is written; attributes that a device reported stay as they are.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/preparing-jobs-for-service-package-catalog.html
 */
export function tellPackages(
  state: State,
  thingName: string,
  destinations: readonly Destination[],
): void {
  const { enabled, roleArn } =
    state.packageConfiguration.get("packages")?.versionUpdateByJobsConfig ?? {};
  if (!enabled || roleArn === undefined || cannotAssume(state, roleArn) !== undefined) return;
  const isThere = ({ packageName, versionName }: Destination): boolean =>
    versionName === undefined || state.packageVersions.has(`${packageName}/${versionName}`);
  if (!state.things.has(thingName) || !destinations.every(isThere)) return;

  const reported = Object.fromEntries(
    destinations.map(({ packageName, versionName }) => [
      packageName,
      versionName === undefined ? null : { version: versionName },
    ]),
  );
  try {
    changeShadow(state, thingName, packageShadow, { state: { reported }, clearsState: false });
  } catch (error) {
    // The document would get too large: an update that failed, as above.
    if (!(error instanceof ShadowRefusal)) throw error;
  }
}
