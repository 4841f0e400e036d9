import { presign } from "../../door/presign.js";
import { decodeOnce, encodeRfc3986 } from "../../http/wire.js";
import type { State } from "../tables.js";
import { filled, invalid, type Link } from "./placeholders.js";
import type { JobExecutionRecord, JobRecord } from "../records.js";

/*
 * S3 objects in job documents, and the presigned URLs that take their place when a device asks.
 * https://docs.aws.amazon.com/iot/latest/developerguide/job-pre-signed-url.html
 */

export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** How long a presigned URL lasts unless the job says otherwise, in seconds. */
const defaultExpirySeconds = 3600;

/** Names that the key of an upload may hold, each so often. */
const uploadNames = ["thingName", "jobId", "executionNumber"] as const;
const mostOfOneName = 2;

/** The document as a device gets it: with URLs that are valid from this moment on. */
export function deviceDocument(
  state: State,
  job: JobRecord,
  execution: JobExecutionRecord,
): string {
  return filled(job.resolvedDocument, (placeholder) => {
    if (placeholder.kind !== "link") return undefined;
    const { bucket, key, versionId } = locationOf(placeholder, {
      thingName: execution.thingName,
      jobId: execution.jobId,
      executionNumber: String(execution.executionNumber),
    });
    const url = presign({
      endpoint: state.endpoint,
      bucket,
      key,
      versionId,
      method: placeholder.form === "upload" ? "PUT" : "GET",
      region: state.region,
      credentials: state.signingKeys,
      now: state.now(),
      expiresInSeconds: job.presignedUrlConfig?.expiresInSec ?? defaultExpirySeconds,
    });
    return { ...placeholder, text: inJson(url) };
  });
}

/**
 * Where the object of a placeholder lies. Only the form that is called `-v2` has an encoded path, and
 * with it a version.
 *
 * @throws InvalidRequestException when the URL is not that of an S3 object
 */
export function locationOf(
  { form, url }: Pick<Link, "form" | "url">,
  names?: Readonly<Record<(typeof uploadNames)[number], string>>,
): ObjectLocation {
  const location = objectOf(form === "upload" ? named(url, names) : url);
  if (!location) return invalid(`${url.slice(0, 200)} is not the URL of an S3 object`);
  if (form !== "encoded") return location;
  const [key = "", versionId] = decoded(location.key).split("?versionId=");
  return { bucket: location.bucket, key, ...(versionId !== undefined && { versionId }) };
}

/** The object of a `documentSource`. */
export function sourceOf(url: string): ObjectLocation | undefined {
  const location = objectOf(url);
  return location && { bucket: location.bucket, key: decoded(location.key) };
}

/** The placeholder that stands for an object, version and all. */
export function linkTo(state: State, { bucket, key, versionId }: ObjectLocation): string {
  const path = [bucket, ...key.split("/")].map(encodeRfc3986).join("/");
  const version = versionId === undefined ? "" : encodeRfc3986(`?versionId=${versionId}`);
  const url = `https://s3.${state.region}.amazonaws.com/${path}${version}`;
  return `\${aws:iot:s3-presigned-url-v2:${url}}`;
}

/** A text as it stands between the quotes of a JSON string. */
export function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Path style and virtual-host style, with and without the Region. */
function objectOf(url: string): ObjectLocation | undefined {
  const [, host = "", path = ""] = /^https:\/\/([^/]+)\/(.+)$/s.exec(url) ?? [];
  if (/^s3([.-][a-z0-9-]+)?\.amazonaws\.com$/.test(host)) {
    const at = path.indexOf("/");
    const key = path.slice(at + 1);
    return at > 0 && key !== "" ? { bucket: path.slice(0, at), key } : undefined;
  }
  const bucket = /^([a-z0-9.-]+)\.s3([.-][a-z0-9-]+)?\.amazonaws\.com$/.exec(host)?.[1];
  return bucket === undefined || path === "" ? undefined : { bucket, key: path };
}

function named(
  url: string,
  names?: Readonly<Record<(typeof uploadNames)[number], string>>,
): string {
  return url.replace(/\$\{([^}]*)\}/g, (variable, name: string) => {
    const known = uploadNames.find((one) => one === name);
    if (!known) return invalid(`${variable} is none of ${uploadNames.join(", ")}`);
    if (url.split(variable).length - 1 > mostOfOneName) {
      return invalid(`${variable} can stand ${mostOfOneName} times in one URL`);
    }
    return names?.[known] ?? name;
  });
}

function decoded(path: string): string {
  return path.split("/").map(decodeOnce).join("/");
}
