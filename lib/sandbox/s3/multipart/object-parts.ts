import type { GetObjectAttributesParts } from "@aws-sdk/client-s3";
import { invalidArgument } from "../existing-buckets.js";
import type { ByteRange } from "../object-requests.js";
import { checksumOf } from "../object-uploads.js";
import { WireError } from "../../http/wire.js";
import type { ObjectVersionRecord } from "../records.js";

/* What is left of the parts that an object came in. */

/** The bytes of the part that a read asks for. An object that came in one piece has that one. */
export function partOf(
  { size, parts }: ObjectVersionRecord,
  input: { readonly PartNumber?: number | undefined; readonly Range?: string | undefined },
): ByteRange | undefined {
  const { PartNumber: number, Range } = input;
  if (number === undefined) return undefined;
  if (Range !== undefined) {
    throw new WireError(
      "InvalidRequest",
      400,
      "Cannot specify both Range header and partNumber query parameter",
    );
  }
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw invalidArgument(
      "Part number must be an integer between 1 and 10000, inclusive",
      "partNumber",
      String(number),
    );
  }
  const sizes = parts?.map((part) => part.size) ?? [size];
  const wanted = sizes[number - 1];
  if (wanted === undefined) {
    throw new WireError("InvalidPartNumber", 416, "The requested partnumber is not satisfiable", {
      PartNumberRequested: number,
      ActualPartCount: sizes.length,
    });
  }
  if (wanted === 0) return undefined;
  const first = sizes.slice(0, number - 1).reduce((sum, one) => sum + one, 0);
  return { first, last: first + wanted - 1 };
}

/** The checksum of the bytes that are read, where one is kept: of the whole, or of the very part. */
export function checksumOfRange(
  version: ObjectVersionRecord,
  range: ByteRange | undefined,
  partNumber: number | undefined,
): object {
  const { checksum, parts, size } = version;
  const part = partNumber === undefined ? undefined : parts?.[partNumber - 1];
  if (part?.checksum !== undefined && checksum) {
    return { [`Checksum${checksum.algorithm}`]: part.checksum, ChecksumType: "COMPOSITE" };
  }
  const isWhole = !range || (range.first === 0 && range.last === size - 1);
  return isWhole ? checksumOf(version) : {};
}

/**
 * How many parts an object came in, and one page of them: AWS tells their sizes only where it keeps
 * their checksums, too.
 */
export function attributeParts(
  { checksum, parts }: ObjectVersionRecord,
  input: { readonly MaxParts?: number | undefined; readonly PartNumberMarker?: string | undefined },
): GetObjectAttributesParts | undefined {
  if (!parts) return undefined;
  const TotalPartsCount = parts.length;
  if (!checksum || parts.some((part) => part.checksum === undefined)) return { TotalPartsCount };
  const { MaxParts = 1000, PartNumberMarker = "0" } = input;
  const size = Math.max(0, Math.min(MaxParts, 1000));
  const behind = parts.filter(({ partNumber }) => partNumber > Number(PartNumberMarker));
  const page = behind.slice(0, size);
  return {
    TotalPartsCount,
    PartNumberMarker,
    NextPartNumberMarker: String(page.at(-1)?.partNumber ?? 0),
    MaxParts: size,
    IsTruncated: behind.length > size,
    Parts: page.map(({ partNumber, size: bytes, checksum: value }) => ({
      PartNumber: partNumber,
      Size: bytes,
      [`Checksum${checksum.algorithm}`]: value,
    })),
  };
}
