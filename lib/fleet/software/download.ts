import { createHash } from "node:crypto";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, isInterrupted } from "../../aws/errors.js";
import { getUrl } from "../../aws/get-url.js";
import { interruptible } from "../../aws/interrupt.js";
import { isLoopback } from "../../aws/local.js";
import { redactText } from "../../aws/redact.js";
import { firmwareBucketName } from "./firmware-bucket.js";

/** A file that a device is told to fetch. */
export interface Downloadable {
  /** The presigned URL. Whoever holds it may download until it expires: never show it. */
  readonly url: string;
  /** What the file must hash to, in hexadecimal; undefined when the job document does not say. */
  readonly sha256: string | undefined;
}

export interface DownloadOptions {
  /** Bytes after which the download is given up. Default 16 MiB. */
  readonly mostBytes?: number;
  /** Milliseconds after which the download is given up, from the first to the last byte. Default 30,000. */
  readonly timeoutMs?: number;
  /** What happens to each piece on its way: a simulated bad line breaks off, or flips a bit. */
  readonly line?: (piece: Uint8Array) => Uint8Array;
}

/** A file that did not arrive (`download`), or not as it was published (`digest`). */
export class DownloadError extends FleetError {
  override readonly name = "DownloadError";
  readonly stage: "download" | "digest";
  /** True when another try, with a fresh link, may go better: a busy service, a broken line. */
  readonly isPassing: boolean;
  constructor(
    stage: "download" | "digest",
    message: string,
    options: ErrorOptions & { readonly isPassing?: boolean } = {},
  ) {
    super(redactText(message));
    this.stage = stage;
    this.isPassing = options.isPassing ?? false;
    if (options.cause !== undefined) this.cause = options.cause;
  }
}

const MOST_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** Too slow, too many, out of order; and 403, which an expired link gets too. */
const PASSING_STATUSES = /^(403|408|429|5..)$/;

/**
 * Download a file as a careful device does, and give back its bytes.
 *
 * One GET on the presigned URL, which must lead to the fleet's own firmware bucket: over HTTPS to
 * Amazon S3, or over loopback to the sandbox when the fleet is connected to it. Redirects are not
 * followed. The bytes are counted and hashed as they arrive, and nothing is written to a disk. A
 * file without a digest to compare it with is not fetched at all.
 *
 * @throws DownloadError at stage `download` for another host, any answer but 200, an empty file, or
 * one that takes too long or is too large; at stage `digest` when the SHA-256 differs or is missing
 * @throws InterruptedError on SIGINT
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/create-manage-jobs.html
 */
export async function downloadFile(
  fleet: Fleet,
  { url, sha256 }: Downloadable,
  { mostBytes = MOST_BYTES, timeoutMs = TIMEOUT_MS, line = (piece) => piece }: DownloadOptions = {},
): Promise<Uint8Array> {
  const from = await trustedUrl(fleet, url);
  if (sha256 === undefined) {
    throw new DownloadError("digest", "The job document names no SHA-256 to check the file by.");
  }
  const digest = createHash("sha256");
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  await interruptible(async (interrupt) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await getUrl(fleet, from, AbortSignal.any([interrupt, timeout]));
      if (answer.status !== 200) {
        // An expired link and a forbidden one both come as 403.
        throw new DownloadError("download", `S3 answered ${answer.status}.`, {
          isPassing: PASSING_STATUSES.test(String(answer.status)),
        });
      }
      for await (const piece of answer.body) {
        const arrived = line(piece);
        bytes += arrived.byteLength;
        if (bytes > mostBytes) {
          throw new DownloadError(
            "download",
            `The file has more than ${mostBytes.toLocaleString("en-US")} bytes.`,
          );
        }
        digest.update(arrived);
        pieces.push(arrived);
      }
    } catch (error) {
      if (error instanceof DownloadError || isInterrupted(error)) throw error;
      const reason = timeout.aborted
        ? `it took longer than ${timeoutMs / 1000} s`
        : error instanceof Error
          ? error.message
          : String(error);
      const message = `The download broke off: ${reason}.`;
      throw new DownloadError("download", message, { cause: error, isPassing: true });
    }
  });
  if (bytes === 0) throw new DownloadError("download", "The file is empty.", { isPassing: true });
  const found = digest.digest("hex");
  if (found !== sha256.toLowerCase()) {
    throw new DownloadError(
      "digest",
      `The SHA-256 is ${found.slice(0, 12)}…, and should be ${sha256.slice(0, 12)}….`,
      { isPassing: true },
    );
  }
  return Buffer.concat(pieces);
}

/** What a presigned URL leads to, as it may be shown: `SedanVehicle_v1_1_0.zip`. */
export function fileOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
}

/** The URL, when it leads to the firmware bucket of this fleet and nowhere else. */
async function trustedUrl(fleet: Fleet, given: string): Promise<URL> {
  const bucket = firmwareBucketName(fleet);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isTrusted =
    url !== undefined &&
    url.username === "" &&
    (fleet.target === "sandbox"
      ? await leadsToSandbox(fleet, url, bucket)
      : leadsToS3(fleet, url, bucket));
  if (isTrusted) return url;
  throw new DownloadError(
    "download",
    `The job document asks for a file on ${url?.origin ?? "no host"}, outside the fleet's bucket ${bucket}: not fetched.`,
  );
}

/** Path style or virtual-host style, with or without the Region. */
function leadsToS3({ region }: Fleet, url: URL, bucket: string): boolean {
  const hosts = ["s3.amazonaws.com", `s3.${region}.amazonaws.com`, `s3-${region}.amazonaws.com`];
  const isPathStyle = hosts.includes(url.host) && url.pathname.startsWith(`/${bucket}/`);
  const isHostStyle = hosts.some((host) => url.host === `${bucket}.${host}`);
  return url.protocol === "https:" && (isPathStyle || isHostStyle);
}

/** The sandbox that the fleet is connected to, which listens on this machine alone. */
async function leadsToSandbox(fleet: Fleet, url: URL, bucket: string): Promise<boolean> {
  const endpoint = await fleet.s3.config.endpoint?.();
  return (
    isLoopback(url.hostname) &&
    url.protocol === endpoint?.protocol &&
    url.hostname === endpoint.hostname &&
    url.port === String(endpoint.port ?? "") &&
    url.pathname.startsWith(`/${bucket}/`)
  );
}
