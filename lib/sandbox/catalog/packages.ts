import {
  ConflictException,
  CreatePackageCommand,
  DeletePackageCommand,
  GetPackageCommand,
  ListPackagesCommand,
  UpdatePackageCommand,
  ValidationException,
} from "@aws-sdk/client-iot";
import { existingPackage, existingVersion, isReplay, lastWrite } from "./existing-packages.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import type { PackageRecord } from "./records.js";
import { endTags, startTags } from "../registry/resource-tags.js";

/**
 * A name that is taken is a conflict, also with the same content, unless it is the same request
 * sent again.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackage.html
 */
export const createPackage = operation(CreatePackageCommand, (state, input) => {
  const { packageName, description } = input;
  const existing = state.packages.get(packageName);
  if (existing) {
    if (isReplay(existing.createdBy, input)) return existing;
    fault(ConflictException, `Package ${packageName} already exists`);
  }
  const now = state.now();
  const made: PackageRecord = {
    packageName,
    packageArn: state.arn(`package/${packageName}`),
    ...(description !== undefined && { description }),
    creationDate: now,
    lastModifiedDate: now,
    createdBy: lastWrite(input),
  };
  state.packages.set(packageName, made);
  startTags(state, made.packageArn, input.tags ?? {});
  return made;
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackage.html */
export const getPackage = operation(GetPackageCommand, (state, { packageName }) =>
  existingPackage(state, packageName),
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackage.html */
export const updatePackage = operation(UpdatePackageCommand, (state, input) => {
  const { packageName, description, defaultVersionName, unsetDefaultVersion = false } = input;
  const { defaultVersionName: defaultBefore, ...rest } = existingPackage(state, packageName);
  if (defaultVersionName !== undefined && unsetDefaultVersion) {
    fault(ValidationException, "defaultVersionName and unsetDefaultVersion exclude each other");
  }
  if (defaultVersionName !== undefined) checkDefault(state, packageName, defaultVersionName);
  const defaultAfter = unsetDefaultVersion ? undefined : (defaultVersionName ?? defaultBefore);
  state.packages.set(packageName, {
    ...rest,
    ...(description !== undefined && { description }),
    ...(defaultAfter !== undefined && { defaultVersionName: defaultAfter }),
    lastModifiedDate: state.now(),
  });
  return {};
});

/**
 * A package that is not there counts as deleted.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePackage.html
 */
export const deletePackage = operation(DeletePackageCommand, (state, { packageName }) => {
  const existing = state.packages.get(packageName);
  if (!existing) return {};
  for (const { versionName } of state.packageVersions.values({ prefix: `${packageName}/` })) {
    fault(
      ValidationException,
      `Package ${packageName} cannot be deleted while it has versions; delete ${versionName} first`,
    );
  }
  state.packages.delete(packageName);
  endTags(state, existing.packageArn);
  return {};
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListPackages.html */
export const listPackages = operation(ListPackagesCommand, (state, page) => {
  const { items, ...next } = paged({
    page,
    question: ["ListPackages"],
    entries: (after) => state.packages.entries({ after }),
    largest: 100,
    badToken: () => fault(ValidationException, "Invalid nextToken"),
  });
  return { packageSummaries: items, ...next };
});

/** The default must be deployable: a draft cannot be it. */
function checkDefault(state: State, packageName: string, versionName: string): void {
  if (existingVersion(state, packageName, versionName).status === "DRAFT") {
    fault(
      ValidationException,
      `Version ${versionName} of package ${packageName} is a draft; publish it before making it the default`,
    );
  }
}
