import type { WireRequest } from "../wire.js";
import { MalformedRequest } from "./protocol.js";

/** One piece of a body sent with `Content-Encoding: aws-chunked`. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** In bodies whose chunks are signed one by one. */
  readonly signature: string | undefined;
}

export interface ChunkedBody {
  /** The last one is empty. */
  readonly chunks: readonly Chunk[];
  /** Headers that came behind the body, such as `x-amz-checksum-crc32`; names in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
  readonly trailerSignature: string | undefined;
}

/** Chunk headers and trailers are short; a longer line is no chunked body at all. */
const LONGEST_LINE = 1024;
const MOST_TRAILERS = 16;

/** True when the body is chunks with sizes (and perhaps signatures) between them. */
export function isChunked(request: WireRequest): boolean {
  return (request.headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-");
}

/**
 * Take an aws-chunked body apart.
 *
 * @throws MalformedRequest `IncompleteBody` when it ends early or its sizes do not add up
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function readChunks(request: WireRequest): ChunkedBody {
  const body = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength);
  const chunks: Chunk[] = [];
  let at = 0;

  const line = (): string => {
    const end = body.subarray(at, at + LONGEST_LINE).indexOf("\r\n");
    if (end < 0) throw incomplete();
    const text = body.toString("latin1", at, at + end);
    at += end + 2;
    return text;
  };

  for (;;) {
    const header = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line());
    if (!header) throw incomplete();
    const size = Number.parseInt(header[1] as string, 16);
    if (at + size > body.byteLength) throw incomplete();
    chunks.push({ bytes: body.subarray(at, at + size), signature: header[2] });
    at += size;
    if (size === 0) break;
    if (line() !== "") throw incomplete();
  }

  const { trailers, trailerSignature } = readTrailers(() =>
    at < body.byteLength ? line() : undefined,
  );
  const length = chunks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const declared = request.headers["x-amz-decoded-content-length"];
  if (declared !== undefined && declared !== String(length)) throw incomplete();
  return { chunks, trailers, trailerSignature };
}

function readTrailers(
  nextLine: () => string | undefined,
): Pick<ChunkedBody, "trailers" | "trailerSignature"> {
  const trailers = new Map<string, string>();
  for (let text = nextLine(); text !== undefined; text = nextLine()) {
    // Some clients end the trailers with one empty line, some with two.
    if (text === "") continue;
    const at = text.indexOf(":");
    if (at <= 0 || trailers.size === MOST_TRAILERS) throw incomplete();
    trailers.set(text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim());
  }
  const trailerSignature = trailers.get("x-amz-trailer-signature");
  trailers.delete("x-amz-trailer-signature");
  return { trailers: Object.fromEntries(trailers), trailerSignature };
}

function incomplete(): MalformedRequest {
  return new MalformedRequest(
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
    "IncompleteBody",
  );
}
