import type {
  CompletedPart,
  CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommandInput,
} from "@aws-sdk/client-s3";
import type { ChecksumAlgorithm } from "../../http/checksums.js";
import { malformedXml } from "../existing-buckets.js";
import { mostParts, partKey } from "./multipart-uploads.js";
import type { PartRecord, UploadRecord } from "../records.js";
import { algorithmOf, checksumAlgorithms } from "../object-uploads.js";
import { WireError } from "../../http/wire.js";
import type { State } from "../tables.js";

/*
 * What is refused when an upload in parts begins and ends. Texts as recorded from AWS.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */

/** In bytes; the last part may be smaller. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const smallestPart = 5 * 1024 * 1024;

/** What an upload's checksum will be of: by default as API_CreateMultipartUpload says. */
export function checksumsOf({
  ChecksumAlgorithm: asked,
  ChecksumType: type,
}: Pick<CreateMultipartUploadCommandInput, "ChecksumAlgorithm" | "ChecksumType">): Pick<
  UploadRecord,
  "algorithm" | "checksumType"
> {
  const algorithm = algorithmOf(asked);
  if (!algorithm) {
    if (type === undefined) return { checksumType: "FULL_OBJECT" };
    throw invalidRequest(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  const checksumType = type ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (checksumType !== "FULL_OBJECT" && checksumType !== "COMPOSITE") {
    throw invalidRequest("Value for x-amz-checksum-type header is invalid.");
  }
  const isPossible =
    checksumType === "FULL_OBJECT" ? algorithm.startsWith("CRC") : algorithm !== "CRC64NVME";
  if (!isPossible) {
    throw invalidRequest(
      `The ${checksumType} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return { algorithm, checksumType };
}

/** The parts that an upload is completed with: all there, in order, and none but the last one small. */
export function chosenParts(
  state: State,
  upload: UploadRecord,
  wanted: readonly CompletedPart[] | undefined,
): PartRecord[] {
  const { uploadId } = upload;
  if (wanted === undefined || wanted.length === 0) {
    throw invalidRequest("You must specify at least one part");
  }
  if (wanted.length > mostParts) throw malformedXml();
  const numbers = wanted.map(({ PartNumber = 0 }) => PartNumber);
  if (numbers.some((number, i) => i > 0 && number <= (numbers[i - 1] ?? 0))) {
    throw new WireError(
      "InvalidPartOrder",
      400,
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
      { UploadId: uploadId },
    );
  }
  const parts = wanted.map((one): PartRecord => {
    const { PartNumber: number = 0, ETag: etag = "" } = one;
    const part = state.uploadParts.get(partKey(uploadId, number));
    const isMeant = part?.etag.replaceAll('"', "") === etag.replaceAll('"', "");
    if (!part || !isMeant || !hasItsChecksum(upload, part, one)) {
      throw new WireError(
        "InvalidPart",
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, " +
          "or the specified entity tag may not match the part's entity tag.",
        { UploadId: uploadId, PartNumber: number, ETag: etag.replaceAll('"', "") },
      );
    }
    return part;
  });
  parts.forEach(({ size, partNumber, etag }, i) => {
    if (size >= smallestPart || i === parts.length - 1) return;
    throw new WireError(
      "EntityTooSmall",
      400,
      "Your proposed upload is smaller than the minimum allowed size",
      {
        ProposedSize: size,
        MinSizeAllowed: smallestPart,
        PartNumber: partNumber,
        ETag: etag.replaceAll('"', ""),
      },
    );
  });
  return parts;
}

/** Does a part that is named have the checksum that is named with it? Throws where one is missing. */
function hasItsChecksum(upload: UploadRecord, part: PartRecord, wanted: CompletedPart): boolean {
  const { algorithm, checksumType } = upload;
  const given = checksumAlgorithms.filter((name) => wanted[`Checksum${name}`] !== undefined);
  // Of an upload that was begun without an algorithm no part's checksum is known.
  if (!algorithm) return given.length === 0;
  const isComposite = checksumType === "COMPOSITE";
  const other = given.find((name) => name !== algorithm);
  if (other && isComposite) {
    throw badDigest(
      `The ${other.toLowerCase()} you specified for part ${part.partNumber} did not match what we received.`,
    );
  }
  if (given.length === 0) {
    if (!isComposite) return true;
    throw invalidRequest(
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must ` +
        `include the checksum for each part. It was missing for part ${part.partNumber} in the request.`,
    );
  }
  return !other && wanted[`Checksum${algorithm}`] === part.checksum?.value;
}

/** Refuse a completion whose idea of the whole is another than what its parts make. */
export function checkWhole(
  upload: UploadRecord,
  input: CompleteMultipartUploadCommandInput,
  whole: { readonly size: number; readonly checksum: { readonly value: string } },
): void {
  const { algorithm, checksumType } = upload;
  const { MpuObjectSize: size, ChecksumType: type } = input;
  if (size !== undefined && size !== whole.size) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${whole.size}`,
    );
  }
  const [given] = checksumAlgorithms.filter((name) => input[`Checksum${name}`] !== undefined);
  // Of an upload that was begun without an algorithm AWS proves its own, and ignores any other.
  if (given === undefined || (!algorithm && given !== "CRC64NVME")) return;
  const { value } = whole.checksum;
  const isSame = [value, value.replace(/-\d+$/, "")].includes(input[`Checksum${given}`] ?? "");
  const expected: ChecksumAlgorithm = algorithm ?? "CRC64NVME";
  // Unless the request says that the checksum is the whole's, AWS reads it as made of the parts'.
  const isOfWhole = type === "FULL_OBJECT" || expected === "CRC64NVME";
  const isMeant = checksumType === "COMPOSITE" || isOfWhole;
  if (isSame && isMeant && given === expected) return;
  throw badDigest(
    `The ${expected.toLowerCase()} you specified did not match the calculated checksum.`,
  );
}

/** A part is proven in the way that its upload was begun with, and of a composite one it must be. */
export function checkPartChecksum(
  { algorithm, checksumType }: UploadRecord,
  sent: ChecksumAlgorithm | undefined,
): void {
  if (!algorithm || sent === algorithm) return;
  if (sent === undefined && checksumType === "FULL_OBJECT") return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, ` +
      `actual checksum Type: ${sent?.toLowerCase() ?? null}`,
  );
}

/** Of the whole or of the parts: what was begun one way cannot be completed the other. */
export function checkMode(
  { algorithm, checksumType }: UploadRecord,
  type: string | undefined,
): void {
  const mode = algorithm ? checksumType : null;
  if (type === undefined || type === mode) return;
  throw invalidRequest(
    `The upload was created using the ${mode} checksum mode. The complete request must use the same checksum mode.`,
  );
}

function invalidRequest(message: string): WireError {
  return new WireError("InvalidRequest", 400, message);
}

function badDigest(message: string): WireError {
  return new WireError("BadDigest", 400, message);
}
