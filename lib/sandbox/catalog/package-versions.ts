import {
  ConflictException,
  CreatePackageVersionCommand,
  DeletePackageVersionCommand,
  GetPackageVersionCommand,
  ListPackageVersionsCommand,
  UpdatePackageVersionCommand,
  ValidationException,
  type PackageVersionArtifact,
  type UpdatePackageVersionRequest,
} from "@aws-sdk/client-iot";
import { artifactAt } from "./artifacts.js";
import { existingVersion, isReplay, lastWrite } from "./existing-packages.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import type { PackageVersionRecord } from "./records.js";
import { endTags, startTags } from "../registry/resource-tags.js";

/** All attribute keys and values of one version together. */
const mostAttributeBytes = 3 * 1024;

/**
 * A version begins as a draft. A name that is taken is a conflict, unless it is the same request
 * sent again.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackageVersion.html
 */
export const createPackageVersion = operation(CreatePackageVersionCommand, (state, input) => {
  const { packageName, versionName, description, attributes, artifact, recipe } = input;
  const key = `${packageName}/${versionName}`;
  const existing = state.packageVersions.get(key);
  if (existing) {
    if (isReplay(existing.createdBy, input)) return existing;
    fault(ConflictException, `Version ${versionName} of package ${packageName} already exists`);
  }
  if (!state.packages.has(packageName)) {
    // The model of this operation has no ResourceNotFoundException.
    fault(ValidationException, `Package ${packageName} cannot be found`);
  }
  checkAttributes(attributes);
  checkArtifact(state, artifact);
  const now = state.now();
  const version: PackageVersionRecord = {
    packageVersionArn: state.arn(`package/${packageName}/version/${versionName}`),
    packageName,
    versionName,
    status: "DRAFT",
    ...(description !== undefined && { description }),
    ...(attributes !== undefined && { attributes }),
    ...(artifact !== undefined && { artifact }),
    ...(recipe !== undefined && { recipe }),
    creationDate: now,
    lastModifiedDate: now,
    createdBy: lastWrite(input),
  };
  state.packageVersions.set(key, version);
  startTags(state, version.packageVersionArn, input.tags ?? {});
  return version;
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackageVersion.html */
export const getPackageVersion = operation(
  GetPackageVersionCommand,
  (state, { packageName, versionName }) => existingVersion(state, packageName, versionName),
);

/**
 * Publishing freezes attributes and artifact; a request may still set them while it publishes.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackageVersion.html
 */
export const updatePackageVersion = operation(UpdatePackageVersionCommand, (state, input) => {
  const { packageName, versionName, description, attributes, artifact, recipe } = input;
  const version = existingVersion(state, packageName, versionName);
  if (isReplay(version.updatedBy, input)) return {};
  if (version.status !== "DRAFT") checkFrozen(version, input);
  checkAttributes(attributes);
  checkArtifact(state, artifact);
  state.packageVersions.set(`${packageName}/${versionName}`, {
    ...version,
    status: statusAfter(version, input.action),
    ...(description !== undefined && { description }),
    ...(attributes !== undefined && { attributes }),
    ...(artifact !== undefined && { artifact }),
    ...(recipe !== undefined && { recipe }),
    lastModifiedDate: state.now(),
    updatedBy: lastWrite(input),
  });
  return {};
});

/**
 * A version that is not there counts as deleted. Inventories on devices keep naming it.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePackageVersion.html
 */
export const deletePackageVersion = operation(
  DeletePackageVersionCommand,
  (state, { packageName, versionName }) => {
    const key = `${packageName}/${versionName}`;
    const version = state.packageVersions.get(key);
    if (!version) return {};
    if (state.packages.get(packageName)?.defaultVersionName === versionName) {
      fault(
        ValidationException,
        `Version ${versionName} is the default of package ${packageName}; unset the default first`,
      );
    }
    state.packageVersions.delete(key);
    endTags(state, version.packageVersionArn);
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListPackageVersions.html */
export const listPackageVersions = operation(
  ListPackageVersionsCommand,
  (state, { packageName, status, ...page }) => {
    const prefix = `${packageName}/`;
    const { items, ...next } = paged({
      page,
      question: ["ListPackageVersions", packageName, status],
      *entries(after) {
        for (const entry of state.packageVersions.entries({ prefix, after })) {
          if (status === undefined || entry[1].status === status) yield entry;
        }
      },
      largest: 100,
      badToken: () => fault(ValidationException, "Invalid nextToken"),
    });
    return { packageVersionSummaries: items, ...next };
  },
);

/** DRAFT → PUBLISHED ⇄ DEPRECATED: there is no way back to a draft, and none around publishing. */
function statusAfter(
  { packageName, versionName, status }: PackageVersionRecord,
  action: UpdatePackageVersionRequest["action"],
): "DRAFT" | "PUBLISHED" | "DEPRECATED" {
  const before = status ?? "DRAFT";
  if (action === undefined) return before;
  const after = action === "PUBLISH" ? "PUBLISHED" : "DEPRECATED";
  const isStep = before !== after && (before !== "DRAFT" || after === "PUBLISHED");
  if (isStep) return after;
  return fault(
    ConflictException,
    `Version ${versionName} of package ${packageName} is ${before} and cannot become ${after}`,
  );
}

function checkFrozen(version: PackageVersionRecord, request: UpdatePackageVersionRequest): void {
  for (const member of ["attributes", "artifact"] as const) {
    if (request[member] === undefined) continue;
    fault(
      ValidationException,
      `The ${member} of version ${version.versionName} of package ${version.packageName} cannot change: it is ${version.status}`,
    );
  }
}

function checkAttributes(attributes: Record<string, string> | undefined): void {
  const bytes = Object.entries(attributes ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (bytes > mostAttributeBytes) {
    fault(
      ValidationException,
      `The attributes have ${bytes} bytes, more than ${mostAttributeBytes}`,
    );
  }
}

function checkArtifact(state: State, artifact: PackageVersionArtifact | undefined): void {
  if (!artifact) return;
  const { bucket, key, version } = artifact.s3Location ?? {};
  if (bucket === undefined || key === undefined) {
    return fault(ValidationException, "An artifact needs s3Location with bucket and key");
  }
  if (!artifactAt(state, { bucket, key, version })) {
    fault(
      ValidationException,
      `There is no object s3://${bucket}/${key}${version === undefined ? "" : ` of version ${version}`} in ${state.region}`,
    );
  }
}
