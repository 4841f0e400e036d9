import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { zipSync } from "fflate";
import { createHash } from "node:crypto";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError, unlessMissing } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { firmwareBucketName } from "./firmware-bucket.js";
import { checkName, checkNames, packageName, versionName } from "../registry/names.js";

/** One firmware release and what it is for. */
export interface Release {
  /** The software package, which is named like the thing type it runs on. */
  readonly packageName: string;
  readonly versionName: string;
}

/** A firmware file in S3. The object version names exactly these bytes, as long as it is kept. */
export interface Firmware extends Release {
  readonly bucket: string;
  readonly key: string;
  readonly objectVersion: string;
  /** SHA-256 of the file, in hexadecimal: devices check what they download against it. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Every package in every version, in order.
 *
 * @throws InvalidInputError for an illegal name, or versions that would share a file in S3
 */
export function releasesOf(
  packageNames: readonly string[],
  versionNames: readonly string[],
): Release[] {
  checkNames(packageNames, packageName);
  checkNames(versionNames, versionName);
  const releases = packageNames.flatMap((name) =>
    versionNames.map((version) => ({ packageName: name, versionName: version })),
  );
  const keys = releases.map(firmwareKey);
  const twice = releases.find((release, i) => keys.indexOf(firmwareKey(release)) !== i);
  if (twice) {
    throw new InvalidInputError(
      `a version beside the others`,
      twice.versionName,
      "differ from them in more than dots and underscores",
      `Both would be the file ${firmwareKey(twice)}.`,
    );
  }
  return releases;
}

/** Where a release lies in the bucket: `SedanVehicle_v1_0_0.zip`. */
export function firmwareKey({ packageName: name, versionName: version }: Release): string {
  return `${name}_v${version.replaceAll(".", "_")}.zip`;
}

/**
 * The firmware file of a release: a zip with one binary image.
 *
 * A stand-in for a built and signed image, of a size that shows in a download. The same release
 * gives the same bytes on every machine, so its digest never changes.
 */
export function buildFirmware({ packageName: name, versionName: version }: Release): Uint8Array {
  const header = Buffer.from(`FLEETLAB FIRMWARE\npackage ${name}\nversion ${version}\n`);
  const blocks = Array.from({ length: 64 }, (_, i) =>
    createHash("sha256").update(`${name}/${version}/${i}`).digest(),
  );
  const image = Buffer.concat([header, ...blocks]);
  // Zip entries carry a date; a fixed one keeps the bytes the same. 1980 is the format's zero.
  return zipSync({ [`firmware_${version}.bin`]: [image, { mtime: new Date(1980, 0, 1) }] });
}

/**
 * Upload the firmware of each release to the firmware bucket, as {@link uploadRelease} does. A second
 * call uploads nothing.
 *
 * @returns what became of the uploads, and where each firmware lies, in the order of `releases`
 */
export async function uploadFirmware(
  fleet: Fleet,
  releases: readonly Release[],
): Promise<ManyResult & { readonly firmware: readonly Firmware[] }> {
  const uploaded = new Map<Release, Firmware>();
  const result = await many(
    fleet,
    { title: "Firmware", items: releases, total: releases.length, name: firmwareKey },
    async (release) => {
      const { firmware, outcome } = await uploadRelease(fleet, release);
      uploaded.set(release, firmware);
      return outcome;
    },
  );
  return { ...result, firmware: releases.flatMap((release) => uploaded.get(release) ?? []) };
}

/**
 * Upload the firmware of one release to the firmware bucket.
 *
 * Calls HeadObject, then PutObject when that file is missing or different, on the condition that
 * nobody has put it meanwhile. S3 checks the SHA-256 on arrival; it is kept as metadata too. A second
 * call uploads nothing.
 *
 * @returns where the firmware lies, and whether it had to be uploaded
 * @throws InvalidInputError before any call, when a name is illegal
 * @throws NoSuchBucket when there is no firmware bucket: run createFirmwareBucket() first
 * @throws FleetError when the bucket is not versioned, so that nothing would pin the bytes
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export async function uploadRelease(
  fleet: Fleet,
  release: Release,
): Promise<{ readonly firmware: Firmware; readonly outcome: "done" | "existed" }> {
  checkName(release.packageName, packageName);
  checkName(release.versionName, versionName);
  const bucket = firmwareBucketName(fleet);
  const body = buildFirmware(release);
  const digest = createHash("sha256").update(body).digest();
  const firmware = {
    ...release,
    bucket,
    key: firmwareKey(release),
    sha256: digest.toString("hex"),
    bytes: body.byteLength,
  };
  const stored = await headFirmware(fleet, firmware);
  if (stored?.isSame && stored.version !== undefined) {
    return { firmware: { ...firmware, objectVersion: stored.version }, outcome: "existed" };
  }
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: firmware.key,
    Body: body,
    ContentType: "application/zip",
    ChecksumSHA256: digest.toString("base64"),
    Metadata: { sha256: firmware.sha256 },
    // Asked again because its answer was lost, S3 would keep the same bytes as a second version.
    ...(stored ? { IfMatch: stored.etag } : { IfNoneMatch: "*" }),
  });
  const version = await fleet.s3.send(put).then(
    ({ VersionId }) => VersionId,
    async (error: unknown) => {
      if (!isOvertaken(error)) throw error;
      // By this very call, whose first answer was lost, or by somebody who uploads the same.
      const now = await headFirmware(fleet, firmware);
      if (!now?.isSame) throw error;
      return now.version;
    },
  );
  if (version === undefined) {
    throw new FleetError(
      `The bucket ${bucket} is not versioned, so nothing pins these bytes. Run createFirmwareBucket() again.`,
    );
  }
  return { firmware: { ...firmware, objectVersion: version }, outcome: "done" };
}

/** True when S3 did not put an object since another one is there by now. */
function isOvertaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    ["PreconditionFailed", "ConditionalRequestConflict"].includes(error.name)
  );
}

/** The file that has this firmware's name now; undefined when there is none. */
async function headFirmware(
  fleet: Fleet,
  { bucket, key, sha256 }: { bucket: string; key: string; sha256: string },
): Promise<
  | {
      readonly isSame: boolean;
      readonly etag: string | undefined;
      readonly version: string | undefined;
    }
  | undefined
> {
  const head = await unlessMissing(
    fleet.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })),
  );
  return (
    head && {
      isSame: head.Metadata?.["sha256"] === sha256,
      etag: head.ETag,
      version: head.VersionId,
    }
  );
}
