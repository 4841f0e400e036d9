import {
  CreatePackageVersionCommand,
  DeletePackageVersionCommand,
  GetPackageVersionCommand,
  paginateListPackageVersions,
  UpdatePackageVersionCommand,
  type GetPackageVersionResponse,
  type PackageVersionStatus,
  type PackageVersionSummary,
} from "@aws-sdk/client-iot";
import { iotArn } from "../../aws/arn.js";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, isNotFound, unlessMissing } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { uploadRelease, type Firmware, type Release } from "./firmware.js";
import { checkName, packageName, versionName } from "../registry/names.js";
import { requireOurs } from "../registry/tags.js";

/** A package version as AWS describes it. */
export type DescribedVersion = Omit<GetPackageVersionResponse, "$metadata">;

/**
 * Register a firmware as a version of its package, with its digest as the attribute `sha256`. It is
 * a draft: it can still change, and jobs cannot ship it.
 *
 * Calls ListTagsForResource and GetPackageVersion, then CreatePackageVersion; a draft that points
 * at another file is brought to this one with UpdatePackageVersion. A second call changes nothing.
 *
 * @returns `existed` for a version of just this firmware, also when it is published already
 * @throws InvalidInputError before any call, when a name is illegal
 * @throws NotOursError when the package was not made by the workshop
 * @throws FleetError when the version is published with another file: then it cannot change
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackageVersion.html
 */
export async function createPackageVersion(
  fleet: Fleet,
  firmware: Firmware,
): Promise<"created" | "updated" | "existed"> {
  const release = checked(firmware);
  await requireOurPackage(fleet, release.packageName);
  return (await register(fleet, firmware)).outcome;
}

/**
 * Publish a version: from now on its file and attributes never change, and jobs can ship it. A
 * deprecated version is published again.
 *
 * Calls ListTagsForResource and GetPackageVersion, then UpdatePackageVersion (`PUBLISH`). A second
 * call changes nothing.
 *
 * @throws InvalidInputError before any call, when a name is illegal
 * @throws NotOursError when the package was not made by the workshop
 * @throws ResourceNotFoundException when there is no such version
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/software-package-catalog.html
 */
export async function publishPackageVersion(
  fleet: Fleet,
  release: Release,
): Promise<"done" | "existed"> {
  return take(fleet, release, "PUBLISH", "PUBLISHED");
}

/**
 * Deprecate a published version: a sign to people not to choose it any more. Jobs can still ship
 * it, which is what keeps a way back open.
 *
 * Calls ListTagsForResource and GetPackageVersion, then UpdatePackageVersion (`DEPRECATE`). A second
 * call changes nothing.
 *
 * @throws InvalidInputError before any call, when a name is illegal
 * @throws NotOursError when the package was not made by the workshop
 * @throws ResourceNotFoundException when there is no such version
 * @throws ConflictException when the version is a draft
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackageVersion.html
 */
export async function deprecatePackageVersion(
  fleet: Fleet,
  release: Release,
): Promise<"done" | "existed"> {
  return take(fleet, release, "DEPRECATE", "DEPRECATED");
}

/**
 * Bring one release into the catalog: upload its firmware, register it, publish it.
 *
 * Calls what {@link uploadRelease}, {@link createPackageVersion} and {@link publishPackageVersion}
 * call. A second call finds all three done; after an interruption it does the rest. A version that
 * was deprecated since stays deprecated.
 *
 * @returns the version as AWS describes it then
 * @throws InvalidInputError before any call, when a name is illegal
 * @throws NotOursError when the package was not made by the workshop
 * @throws NoSuchBucket when there is no firmware bucket: run createFirmwareBucket() first
 * @throws FleetError when the version is published with another file: then it cannot change
 */
export async function releaseFirmware(fleet: Fleet, release: Release): Promise<DescribedVersion> {
  const key = checked(release);
  await requireOurPackage(fleet, key.packageName);
  const { firmware } = await uploadRelease(fleet, key);
  const { status } = await register(fleet, firmware);
  if (status === "DRAFT") await update(fleet, key, "PUBLISH");
  return describePackageVersion(fleet, key);
}

/**
 * Register each firmware as a version of its package, with its digest, and publish it.
 *
 * Calls GetPackageVersion for each, then as needed CreatePackageVersion and UpdatePackageVersion
 * (`PUBLISH`). A draft that an interrupted run left behind is completed and published; a published
 * version is immutable: with other bytes than these it stands in `failed`, and so does every version
 * of a package that somebody else made.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/software-package-catalog.html
 */
export async function publishVersions(
  fleet: Fleet,
  firmware: readonly Firmware[],
): Promise<ManyResult> {
  const name = ({ packageName, versionName }: Firmware) => `${packageName} ${versionName}`;
  const owners = new Map<string, Promise<void>>();
  const requireOurPackageOnce = (of: string): Promise<void> => {
    const owner = owners.get(of) ?? requireOurPackage(fleet, of);
    owners.set(of, owner);
    return owner;
  };
  return many(
    fleet,
    { title: "Versions", items: firmware, total: firmware.length, name },
    async (release) => {
      const key = checked(release);
      await requireOurPackageOnce(key.packageName);
      const { status } = await register(fleet, release);
      if (status !== "DRAFT") return "existed";
      await update(fleet, key, "PUBLISH");
      return "done";
    },
  );
}

/**
 * One version: its status, its file in S3, its attributes and dates. Calls GetPackageVersion.
 *
 * @throws InvalidInputError before the call, when a name is illegal
 * @throws ResourceNotFoundException when there is no such version
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackageVersion.html
 */
export async function describePackageVersion(
  fleet: Fleet,
  release: Release,
): Promise<DescribedVersion> {
  const { $metadata: _, ...found } = await fleet.iot.send(
    new GetPackageVersionCommand(checked(release)),
  );
  return maskedWhenShown(found);
}

/** A package version as AWS describes it, or undefined when there is none. Calls GetPackageVersion. */
export async function findPackageVersion(
  fleet: Fleet,
  { packageName, versionName }: Release,
): Promise<GetPackageVersionResponse | undefined> {
  return unlessMissing(fleet.iot.send(new GetPackageVersionCommand({ packageName, versionName })));
}

/**
 * The versions of a package, those of one status or all of them, in AWS's order; none when there is
 * no such package. Calls ListPackageVersions, 100 a page.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_ListPackageVersions.html
 */
export async function* listPackageVersions(
  fleet: Fleet,
  name: string,
  { status }: { readonly status?: PackageVersionStatus } = {},
): AsyncIterable<PackageVersionSummary> {
  const pages = paginateListPackageVersions(
    { client: fleet.iot, pageSize: 100 },
    { packageName: name, ...(status && { status }) },
  );
  try {
    for await (const page of pages) yield* page.packageVersionSummaries ?? [];
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** The names of the published versions of a package. Calls ListPackageVersions, 100 a page. */
export async function* listPublishedVersions(fleet: Fleet, name: string): AsyncIterable<string> {
  for await (const { versionName } of listPackageVersions(fleet, name, { status: "PUBLISHED" })) {
    if (versionName) yield versionName;
  }
}

/**
 * Delete one version from the catalog. Its file in S3 stays, and inventories that name it do too.
 *
 * Calls GetPackageVersion, ListTagsForResource and DeletePackageVersion. A second call finds nothing
 * and does nothing.
 *
 * @param options.confirm `"DELETE"`
 * @returns true when there was something to delete
 * @throws NotConfirmedError without it, and nothing is deleted
 * @throws NotOursError when the version was not made by the workshop
 * @throws ValidationException while it is the package's default version
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePackageVersion.html
 */
export async function deletePackageVersion(
  fleet: Fleet,
  release: Release,
  { confirm }: { readonly confirm?: "DELETE" } = {},
): Promise<boolean> {
  const key = checked(release);
  const found = await findPackageVersion(fleet, key);
  if (!found) return false;
  const what = `${key.packageName} ${key.versionName}`;
  await requireOurs(fleet, `The package version ${what}`, found.packageVersionArn ?? "");
  requireConfirmation(confirm, "DELETE", `This deletes ${what}: no job can ship it then.`);
  await fleet.iot.send(new DeletePackageVersionCommand(key));
  return true;
}

/** Only what names a version, with its names checked. */
function checked({ packageName: name, versionName: version }: Release): Release {
  return {
    packageName: checkName(name, packageName),
    versionName: checkName(version, versionName),
  };
}

/**
 * Make sure that a package is the workshop's: nothing is published under somebody else's. Calls
 * ListTagsForResource.
 *
 * @throws NotOursError when its tags do not say so
 * @throws FleetError when there is no such package
 */
export async function requireOurPackage(fleet: Fleet, name: string): Promise<void> {
  return requireOurs(fleet, `The software package ${name}`, packageArn(fleet, name));
}

/** `arn:aws:iot:<region>:<account>:package/<name>` */
export function packageArn(fleet: Fleet, name: string): string {
  return iotArn(fleet, `package/${name}`);
}

/** See to it that the catalog has this firmware under its version. What is published already stays. */
async function register(
  fleet: Fleet,
  release: Firmware,
): Promise<{
  readonly outcome: "created" | "updated" | "existed";
  readonly status: PackageVersionStatus;
}> {
  const key = { packageName: release.packageName, versionName: release.versionName };
  const found = await findPackageVersion(fleet, key);
  const status = found?.status ?? "DRAFT";
  if (found && isOf(found, release)) return { outcome: "existed", status };
  if (status !== "DRAFT") {
    throw new FleetError(
      `${key.packageName} ${key.versionName} is published with ${otherThan(found, release)}, and ` +
        `published versions never change. Publish these bytes under a new version.`,
    );
  }
  const content = {
    artifact: {
      s3Location: { bucket: release.bucket, key: release.key, version: release.objectVersion },
    },
    attributes: { sha256: release.sha256 },
  };
  if (found) {
    await fleet.iot.send(new UpdatePackageVersionCommand({ ...key, ...content }));
    return { outcome: "updated", status };
  }
  await fleet.iot.send(
    new CreatePackageVersionCommand({ ...key, ...content, tags: { ...fleet.tags } }),
  );
  return { outcome: "created", status };
}

/** True when a version points at just this firmware: the same digest in the same object version. */
function isOf(found: GetPackageVersionResponse, release: Firmware): boolean {
  return (
    found.attributes?.["sha256"] === release.sha256 &&
    found.artifact?.s3Location?.version === release.objectVersion
  );
}

/** In what a version points at another firmware than this. */
function otherThan(found: GetPackageVersionResponse | undefined, release: Firmware): string {
  return found?.attributes?.["sha256"] === release.sha256
    ? `another object version than ${release.key} has now`
    : `another SHA-256 digest than ${release.sha256.slice(0, 8)}…`;
}

/** Take a version of ours to a status, unless it has it. */
async function take(
  fleet: Fleet,
  release: Release,
  action: "PUBLISH" | "DEPRECATE",
  status: PackageVersionStatus,
): Promise<"done" | "existed"> {
  const key = checked(release);
  await requireOurPackage(fleet, key.packageName);
  const found = await fleet.iot.send(new GetPackageVersionCommand(key));
  if (found.status === status) return "existed";
  await update(fleet, key, action);
  return "done";
}

async function update(fleet: Fleet, key: Release, action: "PUBLISH" | "DEPRECATE"): Promise<void> {
  await fleet.iot.send(new UpdatePackageVersionCommand({ ...key, action }));
}
