import {
  CreatePackageCommand,
  DeletePackageCommand,
  GetPackageCommand,
  paginateListPackages,
  UpdatePackageCommand,
  type GetPackageResponse,
  type PackageSummary,
  type PackageVersionSummary,
} from "@aws-sdk/client-iot";
import { collect } from "../../aws/collect.js";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError, unlessMissing, unlessTaken } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { checkName, checkNames, packageName, versionName } from "../registry/names.js";
import {
  deletePackageVersion,
  listPackageVersions,
  requireOurPackage,
} from "./package-versions.js";

/** A package as AWS describes it, with all its versions. */
export type DescribedPackage = Omit<GetPackageResponse, "$metadata"> & {
  /** In AWS's order, each with its name, its status and its dates. */
  readonly versions: readonly PackageVersionSummary[];
};

/** Yes has been said once, for the package with its versions. */
const YES = { confirm: "DELETE" } as const;

/** Characters that AWS takes in a description. */
const LONGEST_DESCRIPTION = 1_024;

/**
 * Create a software package: the container that its versions hang on.
 *
 * Calls GetPackage, then CreatePackage when there is none. A second call changes nothing, the
 * description neither.
 *
 * @param name 1–128 characters from `a-z A-Z 0-9 _ -`; AWS takes dots too, but then no fleet query
 *   could name the package
 * @param options.description 1–1,024 characters. Default `Firmware of the <name>`.
 * @throws InvalidInputError before any call, when name or description break their rule
 * @throws NotOursError when a package of that name was not made by the workshop
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackage.html
 */
export async function createPackage(
  fleet: Fleet,
  name: string,
  { description = `Firmware of the ${name}` }: { readonly description?: string } = {},
): Promise<"created" | "existed"> {
  checkName(name, packageName);
  if (description.length < 1 || description.length > LONGEST_DESCRIPTION) {
    throw new InvalidInputError(
      "a description",
      description,
      `have 1 to ${LONGEST_DESCRIPTION.toLocaleString("en-US")} characters`,
    );
  }
  if (await findPackage(fleet, name)) {
    // Versions are about to be published under it.
    await requireOurPackage(fleet, name);
    return "existed";
  }
  const created = await unlessTaken(
    fleet.iot.send(
      new CreatePackageCommand({ packageName: name, description, tags: { ...fleet.tags } }),
    ),
  );
  return created ? "created" : "existed";
}

/**
 * Create a software package for each name, as {@link createPackage} does. A second call changes
 * nothing. A package that somebody else made stands in `failed`.
 *
 * @throws InvalidInputError before any call, when a name is illegal
 */
export async function createPackages(fleet: Fleet, names: readonly string[]): Promise<ManyResult> {
  checkNames(names, packageName);
  return many(
    fleet,
    { title: "Packages", items: names, total: names.length, name: (name) => name },
    async (name) => ((await createPackage(fleet, name)) === "created" ? "done" : "existed"),
  );
}

/** A package as AWS has it, or undefined when there is none of that name. Calls GetPackage. */
export async function findPackage(
  fleet: Fleet,
  name: string,
): Promise<GetPackageResponse | undefined> {
  return unlessMissing(fleet.iot.send(new GetPackageCommand({ packageName: name })));
}

/**
 * Every package of the account, ours and others', in AWS's order. Calls ListPackages, 100 a page.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_ListPackages.html
 */
export async function* listPackages(fleet: Fleet): AsyncIterable<PackageSummary> {
  for await (const page of paginateListPackages({ client: fleet.iot, pageSize: 100 }, {})) {
    yield* page.packageSummaries ?? [];
  }
}

/**
 * One package with its versions, all pages of them. Calls GetPackage and ListPackageVersions.
 *
 * @throws ResourceNotFoundException when there is no such package
 */
export async function describePackage(fleet: Fleet, name: string): Promise<DescribedPackage> {
  const { $metadata: _, ...found } = await fleet.iot.send(
    new GetPackageCommand({ packageName: name }),
  );
  return maskedWhenShown({ ...found, versions: await collect(listPackageVersions(fleet, name)) });
}

/**
 * Say which version `$default` stands for in jobs, or that it stands for none. AWS never chooses one.
 *
 * Calls ListTagsForResource and UpdatePackage. A second call changes nothing.
 *
 * @param version a published or deprecated version of the package; undefined unsets the default
 * @throws NotOursError when the package was not made by the workshop
 * @throws ResourceNotFoundException when there is no such version
 * @throws ValidationException when the version is a draft
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackage.html
 */
export async function setDefaultVersion(
  fleet: Fleet,
  name: string,
  version: string | undefined,
): Promise<void> {
  checkName(name, packageName);
  if (version !== undefined) checkName(version, versionName);
  await requireOurPackage(fleet, name);
  await fleet.iot.send(
    new UpdatePackageCommand({
      packageName: name,
      ...(version === undefined ? { unsetDefaultVersion: true } : { defaultVersionName: version }),
    }),
  );
}

/**
 * Delete a package with all its versions, in the order that AWS asks for: it refuses to delete a
 * version that is the default, and a package that has versions.
 *
 * Calls GetPackage and ListTagsForResource, then UpdatePackage (no default), DeletePackageVersion
 * for each version, DeletePackage. Firmware files in S3 stay, and so does what devices report. A
 * second call finds nothing and does nothing; after an interruption it deletes the rest.
 *
 * @param options.confirm `"DELETE"`
 * @returns true when there was something to delete
 * @throws NotConfirmedError without it, and nothing is deleted
 * @throws NotOursError when the package was not made by the workshop
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePackage.html
 */
export async function deletePackage(
  fleet: Fleet,
  name: string,
  { confirm }: { readonly confirm?: "DELETE" } = {},
): Promise<boolean> {
  checkName(name, packageName);
  const found = await findPackage(fleet, name);
  if (!found) return false;
  await requireOurPackage(fleet, name);
  const versions = await collect(listPackageVersions(fleet, name));
  const what = `the package ${name} with ${versions.length === 1 ? "1 version" : `${versions.length} versions`}`;
  requireConfirmation(confirm, "DELETE", `This deletes ${what}; no job can ship any of them then.`);
  if (found.defaultVersionName !== undefined) await setDefaultVersion(fleet, name, undefined);
  for (const { versionName: version = "" } of versions) {
    await deletePackageVersion(fleet, { packageName: name, versionName: version }, YES);
  }
  await fleet.iot.send(new DeletePackageCommand({ packageName: name }));
  return true;
}
