import {
  InvalidRequestException,
  ResourceNotFoundException,
  type PresignedUrlConfig,
} from "@aws-sdk/client-iot";
import { artifactAt } from "../../catalog/artifacts.js";
import { fault } from "../../state/operation.js";
import type { PackageVersionRecord } from "../../catalog/records.js";
import { cannotAssume } from "../../iam/service-roles.js";
import type { State } from "../tables.js";
import { inJson, linkTo, locationOf, sourceOf, type ObjectLocation } from "./links.js";
import { filled, invalid, placeholdersOf, type Placeholder } from "./placeholders.js";
import type { Destination } from "../records.js";
import { permits } from "../../iam/role-permissions.js";

/*
 * Job documents as CreateJob sees them: where they come from, and what it makes of packages in them.
 * https://docs.aws.amazon.com/iot/latest/developerguide/preparing-jobs-for-service-package-catalog.html
 */

const largestDocumentBytes = 32_768;

/** A job document, given or read once from S3. Refuses what is not JSON or too long. */
export function readDocument(
  state: State,
  given: { readonly document?: string | undefined; readonly documentSource?: string | undefined },
): string {
  const { document, documentSource } = given;
  if (document !== undefined && documentSource !== undefined) {
    fault(InvalidRequestException, "document and documentSource exclude each other");
  }
  const text = documentSource === undefined ? document : readObject(state, documentSource);
  if (text === undefined || text === "") {
    return fault(InvalidRequestException, "A job needs a document or a documentSource");
  }
  if (Buffer.byteLength(text) > largestDocumentBytes) {
    fault(
      InvalidRequestException,
      `The job document has ${Buffer.byteLength(text)} bytes, more than ${largestDocumentBytes}`,
    );
  }
  try {
    JSON.parse(text);
  } catch {
    invalid("it is not valid JSON");
  }
  return text;
}

function readObject(state: State, url: string): string {
  const location =
    sourceOf(url) ??
    fault(InvalidRequestException, `documentSource ${url} is not the URL of an S3 object`);
  const object = artifactAt(state, location);
  const content = object?.blobId === undefined ? undefined : state.blobs.getBlob(object.blobId);
  if (!object || (!content && object.size > 0)) {
    return fault(InvalidRequestException, `There is no object at documentSource ${url}`);
  }
  return Buffer.from(content ?? []).toString("utf8");
}

/**
 * Refuse a role that AWS IoT cannot assume, too new ones among them. An empty configuration is what
 * DescribeJob shows of none, so it is taken as none.
 */
export function checkPresigning(state: State, config: PresignedUrlConfig | undefined): void {
  if (!config || Object.values(config).every((value) => value === undefined)) return;
  const { roleArn } = config;
  const problem =
    roleArn === undefined ? "presignedUrlConfig needs a roleArn" : cannotAssume(state, roleArn);
  if (problem !== undefined) fault(InvalidRequestException, problem);
}

/**
 * Fill in what a document says of packages: attributes become text or objects, artifacts become
 * placeholders for a presigned URL. Refuses what could not be filled in for a device later.
 */
export function resolveDocument(
  state: State,
  document: string,
  destinations: readonly Destination[],
  roleArn: string | undefined,
): string {
  const resolved = filled(document, (placeholder) => {
    if (placeholder.kind === "link") return undefined;
    const version = versionOf(state, placeholder, destinations);
    if (placeholder.kind === "attributes") {
      return {
        ...wholeValue(document, placeholder),
        text: JSON.stringify(version.attributes ?? {}),
      };
    }
    if (placeholder.kind === "attribute") {
      const value = Object.entries(version.attributes ?? {}).find(
        ([key]) => key === placeholder.attribute,
      )?.[1];
      if (value === undefined) {
        return invalid(
          `version ${version.versionName} of package ${version.packageName} has no attribute ${placeholder.attribute}`,
        );
      }
      return { ...placeholder, text: inJson(value) };
    }
    const { bucket, key, version: versionId } = version.artifact?.s3Location ?? {};
    if (bucket === undefined || key === undefined) {
      return invalid(
        `version ${version.versionName} of package ${version.packageName} has no associated artifact`,
      );
    }
    const location = { bucket, key, ...(versionId !== undefined && { versionId }) };
    return { ...placeholder, text: linkTo(state, location) };
  });
  checkLinks(state, resolved, roleArn);
  return resolved;
}

/** The destination version that a placeholder means. */
function versionOf(
  state: State,
  { packageName, versionName }: Exclude<Placeholder, { kind: "link" }>,
  destinations: readonly Destination[],
): PackageVersionRecord {
  if ((packageName === "") !== (versionName === "")) {
    invalid("package name and version name must be empty together");
  }
  if (packageName === "" && destinations.length !== 1) {
    invalid(
      `empty package and version names need exactly one destination version, not ${destinations.length}`,
    );
  }
  const isMeant = (destination: Destination): boolean =>
    packageName === "" ||
    (destination.packageName === packageName && destination.named === versionName);
  if (versionName === "$null") invalid("$null is not allowed in documents");
  const meant =
    destinations.find(isMeant) ??
    invalid(
      `version ${versionName} of package ${packageName} is not among the destination package versions`,
    );
  if (meant.versionName === undefined) invalid("$null is not allowed in documents");
  return (
    state.packageVersions.get(`${meant.packageName}/${meant.versionName}`) ??
    fault(
      ResourceNotFoundException,
      `Version ${meant.versionName} of package ${meant.packageName} cannot be found`,
    )
  );
}

/** All attributes become an object, so the placeholder and its quotes must be a value of their own. */
function wholeValue(document: string, { start, end }: Placeholder): { start: number; end: number } {
  const isWhole =
    document[start - 1] === '"' && document[end] === '"' && document[start - 2] !== "\\";
  const isKey = /^\s*:/.test(document.slice(end + 1));
  if (!isWhole || isKey) invalid("a placeholder for all attributes must be a whole JSON value");
  return { start: start - 1, end: end + 1 };
}

const actions = { plain: "s3:GetObject", encoded: "s3:GetObject", upload: "s3:PutObject" } as const;

function checkLinks(state: State, document: string, roleArn: string | undefined): void {
  for (const placeholder of placeholdersOf(document)) {
    if (placeholder.kind !== "link") continue;
    const location = locationOf(placeholder);
    if (roleArn === undefined) {
      return fault(
        InvalidRequestException,
        "A job document with placeholders for presigned URLs needs presignedUrlConfig.roleArn",
      );
    }
    checkObject(state, location, placeholder.form === "upload");
    const action =
      location.versionId === undefined ? actions[placeholder.form] : "s3:GetObjectVersion";
    const resource = `arn:aws:s3:::${location.bucket}/${location.key}`;
    if (!permits(state, roleArn, action, resource)) {
      invalid(`role ${roleArn} does not permit ${action} on ${resource}`);
    }
  }
}

/** What AWS looks up while it still can refuse: the bucket's Region, and the version that is named. */
function checkObject(state: State, location: ObjectLocation, isUpload: boolean): void {
  const { bucket, key, versionId } = location;
  const region = state.buckets.get(bucket)?.region;
  if (region !== undefined && region !== state.region) {
    invalid(`bucket ${bucket} is in Region ${region}, not in ${state.region}`);
  }
  if (isUpload || versionId === undefined) return;
  if (!artifactAt(state, { bucket, key, version: versionId })) {
    invalid(`there is no version ${versionId} of s3://${bucket}/${key}`);
  }
}
