import type { State } from "../tables.js";

/**
 * Mark all uploads of a key that are under way when its object is written or deleted: their conditions
 * may hold at the end, and yet not have held all the time.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function noteChange(
  state: State,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): void {
  const uploads = [...state.uploads.entries({ prefix: `${bucket}/${key}\0` })];
  for (const [place, upload] of uploads) {
    if (!upload.hasConflict) state.uploads.set(place, { ...upload, hasConflict: true });
  }
}
