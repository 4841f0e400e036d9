import type { ObjectVersionRecord } from "../s3/records.js";
import type { State } from "./tables.js";

/** Where a package version's artifact lies. */
export interface ArtifactLocation {
  readonly bucket: string;
  readonly key: string;
  /** An S3 version id; without it the newest version. */
  readonly version?: string | undefined;
}

/**
 * The S3 object at a location, or undefined when this Region has no such bucket, key or version, or
 * when a delete marker stands there.
 */
export function artifactAt(
  state: State,
  { bucket, key, version }: ArtifactLocation,
): ObjectVersionRecord | undefined {
  if (state.buckets.get(bucket)?.region !== state.region) return undefined;
  // Versions of one key stand together, the newest first.
  for (const object of state.objectVersions.values({ prefix: `${bucket}/${key}\0` })) {
    if (version === undefined || object.versionId === version) {
      return object.isDeleteMarker ? undefined : object;
    }
  }
  return undefined;
}
