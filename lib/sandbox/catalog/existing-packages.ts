import { ConflictException, ResourceNotFoundException } from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { LastWrite, PackageRecord, PackageVersionRecord } from "./records.js";
import type { State } from "./tables.js";

/* What packages and package versions have in common, and what jobs ask of them. */

/** The package of that name, or AWS's refusal. */
export function existingPackage(state: State, packageName: string): PackageRecord {
  return (
    state.packages.get(packageName) ??
    fault(ResourceNotFoundException, `Package ${packageName} cannot be found`)
  );
}

/** That version of that package, or AWS's refusal. */
export function existingVersion(
  state: State,
  packageName: string,
  versionName: string,
): PackageVersionRecord {
  return (
    state.packageVersions.get(`${packageName}/${versionName}`) ??
    fault(
      ResourceNotFoundException,
      `Version ${versionName} of package ${packageName} cannot be found`,
    )
  );
}

/**
 * Has this very request been carried out before?
 *
 * @throws ConflictException when the token belongs to another request
 */
export function isReplay(
  last: LastWrite | undefined,
  { clientToken, ...request }: { readonly clientToken?: string | undefined },
): boolean {
  if (!last || clientToken !== last.clientToken) return false;
  if (JSON.stringify(request) === last.request) return true;
  return fault(ConflictException, `clientToken ${clientToken} was used for another request`);
}

/** What to keep of a request for `isReplay`. Nothing without a token. */
export function lastWrite({
  clientToken,
  ...request
}: {
  readonly clientToken?: string | undefined;
}): LastWrite | undefined {
  return clientToken === undefined ? undefined : { clientToken, request: JSON.stringify(request) };
}
