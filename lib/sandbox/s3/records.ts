import type { ChecksumAlgorithm } from "../http/checksums.js";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

export interface BucketRecord {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly createdAt: Date;
  /** Made in eu-west-1 under its old name, which it is then told by. */
  readonly isInEu?: boolean;
  /** It belongs to one of AWS's services, and is in no list. */
  readonly isOfService?: boolean;
  /** Never versioned until a client says so; there is no way back to undefined. */
  readonly versioning?: "Enabled" | "Suspended";
  /** Sub-resources as the client put them, by the name of the query parameter (`tagging`, `policy` …). */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface ObjectVersionRecord {
  readonly bucket: string;
  readonly key: string;
  /** `null` (the text) in a bucket without versioning. */
  readonly versionId: string;
  /** Counts up within the key: its newest version has the highest. */
  readonly sequence: number;
  readonly isDeleteMarker: boolean;
  readonly lastModified: Date;
  readonly blobId?: string;
  readonly size: number;
  readonly etag: string;
  /** Content-Type and the like, to give back as they came, by the SDK's name of the member. */
  readonly headers: Readonly<Record<string, string | Date>>;
  /** What the client keeps beside the object: `x-amz-meta-` headers. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the content, in base64; a delete marker has none. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  readonly tags?: Readonly<Record<string, string>>;
  /** The upload in parts that it was. */
  readonly uploadId?: string;
  /** Of an object that came in parts: what they were, in order. */
  readonly parts?: readonly {
    readonly partNumber: number;
    readonly size: number;
    /** In base64, by the algorithm of the whole; only where that is made of these. */
    readonly checksum?: string;
  }[];
}

/** What CreateMultipartUpload says of the object to come. */
export interface UploadRecord extends Pick<
  ObjectVersionRecord,
  "bucket" | "key" | "headers" | "metadata" | "tags"
> {
  readonly uploadId: string;
  readonly initiated: Date;
  /** Undefined when the client asked for none: S3 then makes its own for the whole. */
  readonly algorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType: "COMPOSITE" | "FULL_OBJECT";
  /** The object was written or deleted since the upload was begun. */
  readonly hasConflict?: boolean;
}

export interface PartRecord {
  readonly partNumber: number;
  readonly lastModified: Date;
  readonly size: number;
  readonly etag: string;
  readonly blobId: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}
