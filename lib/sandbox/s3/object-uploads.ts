import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { ChecksumAlgorithm } from "../http/checksums.js";
import { notImplemented } from "./object-requests.js";
import { WireError } from "../http/wire.js";
import type { BucketRecord, ObjectVersionRecord } from "./records.js";

/* What puts and copies of objects share: what is kept of a request, and what is told of a version. */

export const checksumAlgorithms: readonly ChecksumAlgorithm[] = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "SHA1",
  "SHA256",
  "SHA512",
  "MD5",
];

/** What AWS itself lists, where it refuses another. */
const LISTED = "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";

/** The algorithm that a request names for the checksum of what it makes. */
export function algorithmOf(asked: string | undefined): ChecksumAlgorithm | undefined {
  if (asked === undefined) return undefined;
  const algorithm = checksumAlgorithms.find((name) => name === asked.toUpperCase());
  if (algorithm) return algorithm;
  throw new WireError(
    "InvalidRequest",
    400,
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: ${LISTED}`,
  );
}

/** Members of a put that come back with every get. */
const keptMembers = [
  "CacheControl",
  "ContentDisposition",
  "ContentEncoding",
  "ContentLanguage",
  "ContentType",
  "Expires",
  "WebsiteRedirectLocation",
  "StorageClass",
] as const;

/** The bytes of a body. On this side of the wire it is nothing else: the protocol has read the stream. */
export function bytesOf({ Body }: Pick<PutObjectCommandInput, "Body">): Uint8Array {
  return (Body as Uint8Array | undefined) ?? new Uint8Array();
}

/** The ETag of content that came in one piece. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

type Kept = Pick<PutObjectCommandInput, (typeof keptMembers)[number]>;

export function checkUpload(bucket: BucketRecord, input: Partial<PutObjectCommandInput>): void {
  if (input.SSECustomerAlgorithm !== undefined) throw notImplemented("customer-provided keys");
  if (input.WriteOffsetBytes !== undefined) throw notImplemented("appending to an object");
  if (input.ObjectLockMode !== undefined || input.ObjectLockLegalHoldStatus !== undefined) {
    throw new WireError("InvalidRequest", 400, "Bucket is missing Object Lock Configuration");
  }
  if (input.ChecksumXXHASH3 ?? input.ChecksumXXHASH64 ?? input.ChecksumXXHASH128) {
    throw notImplemented("XXHash checksums");
  }
  const { Rules } = (bucket.settings["ownershipControls"] ?? {}) as {
    readonly Rules?: readonly { readonly ObjectOwnership?: string }[];
  };
  checkAcl(input, Rules?.[0]?.ObjectOwnership === "BucketOwnerEnforced");
  const classes = ["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA"];
  const cold = ["INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"];
  if (input.StorageClass !== undefined && ![...classes, ...cold].includes(input.StorageClass)) {
    throw new WireError(
      "InvalidStorageClass",
      400,
      "The storage class you specified is not valid",
      { StorageClassRequested: input.StorageClass },
    );
  }
}

/** An ACL that gives nobody else anything is the one that every object here has; others would be lost. */
function checkAcl(input: Partial<PutObjectCommandInput>, isEnforced: boolean): void {
  const { ACL, GrantFullControl, GrantRead, GrantReadACP, GrantWriteACP } = input;
  const grants = GrantFullControl ?? GrantRead ?? GrantReadACP ?? GrantWriteACP;
  if (grants === undefined && (ACL === undefined || ACL === "bucket-owner-full-control")) return;
  if (isEnforced) {
    throw new WireError("AccessControlListNotSupported", 400, "The bucket does not allow ACLs");
  }
  if (grants !== undefined || ACL !== "private") throw notImplemented("access control lists");
}

export function keptOf(input: Kept): Record<string, string | Date> {
  const kept: Record<string, string | Date> = {};
  for (const name of keptMembers) {
    const value = input[name];
    // The standard class is not shown in headers, as on AWS.
    if (value !== undefined && value !== "STANDARD") kept[name] = value;
  }
  return kept;
}

/** Every object is encrypted: as asked for, as the bucket says, or with S3's own keys. */
export function encryptionOf(
  bucket: BucketRecord,
  input: Pick<PutObjectCommandInput, "ServerSideEncryption" | "SSEKMSKeyId">,
): Record<"ServerSideEncryption", "AES256"> & { SSEKMSKeyId?: string } {
  const { Rules } = (bucket.settings["encryption"] ?? {}) as {
    readonly Rules?: readonly {
      readonly ApplyServerSideEncryptionByDefault?: {
        readonly SSEAlgorithm?: string;
        readonly KMSMasterKeyID?: string;
      };
    }[];
  };
  const byDefault = Rules?.[0]?.ApplyServerSideEncryptionByDefault;
  const wanted = input.ServerSideEncryption ?? byDefault?.SSEAlgorithm ?? "AES256";
  if (!["AES256", "aws:kms", "aws:kms:dsse"].includes(wanted)) {
    throw new WireError(
      "InvalidEncryptionAlgorithmError",
      400,
      "The encryption request that you specified is not valid. The valid value is AES256.",
    );
  }
  const keyId = input.SSEKMSKeyId ?? byDefault?.KMSMasterKeyID;
  return {
    // One of three texts; the type of the most common stands for all.
    ServerSideEncryption: wanted as "AES256",
    ...(wanted !== "AES256" && keyId !== undefined && { SSEKMSKeyId: keyId }),
  };
}

/** A bucket that was never versioned does not speak of versions. */
export function versionIdOf(
  bucket: BucketRecord,
  version: ObjectVersionRecord,
): { VersionId?: string } {
  return bucket.versioning ? { VersionId: version.versionId } : {};
}

export function checksumOf({ checksum: sum }: ObjectVersionRecord): object {
  if (!sum) return {};
  // Behind the checksum of an object that came in parts stands how many they were.
  const ChecksumType = sum.value.includes("-") ? "COMPOSITE" : "FULL_OBJECT";
  return { [`Checksum${sum.algorithm}`]: sum.value, ChecksumType };
}

/** The same as GetObjectAttributes has it: without the number of parts behind it. */
export function bareChecksumOf(version: ObjectVersionRecord): object {
  const { checksum: sum } = version;
  if (!sum) return {};
  return { ...checksumOf(version), [`Checksum${sum.algorithm}`]: sum.value.replace(/-\d+$/, "") };
}

/** What lies in an archive must be restored before it is read, and there is no RestoreObject here. */
export function checkNotArchived({ headers }: ObjectVersionRecord): void {
  const storageClass = String(headers["StorageClass"] ?? "");
  if (storageClass !== "GLACIER" && storageClass !== "DEEP_ARCHIVE") return;
  throw new WireError(
    "InvalidObjectState",
    403,
    "The operation is not valid for the object's storage class",
    { StorageClass: storageClass },
  );
}
