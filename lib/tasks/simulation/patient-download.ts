import { createHash } from "node:crypto";
import type { Fleet } from "../../aws/connect.js";
import {
  packagesOf,
  type DeviceExecution,
  type DeviceSide,
  type ShippedPackage,
} from "../../fleet/jobs/device-jobs.js";
import { downloadFile, DownloadError } from "../../fleet/software/download.js";

/** How often a vehicle asks for a file before it gives the job up. */
const ATTEMPTS = 4;

/** About how long it waits after the first attempt, in milliseconds; twice as long after each further one. */
const FIRST_PAUSE_MS = 500;

/** A line that may be bad: what happens to each piece on its way, and whether something has. */
export interface Line {
  readonly pass: (piece: Uint8Array) => Uint8Array;
  /** True once it has lost or garbled something, as the plan wants it: the vehicle does not get better by itself. */
  readonly hasStruck: () => boolean;
}

/**
 * Download a package as a device in the field does: what a busy service or a broken line has spoilt
 * is tried again after a while, each time longer, with a link that is signed anew. What another try
 * cannot mend, such as a file outside the fleet's bucket, is not tried again.
 *
 * Calls DescribeJobExecution of the device's side before each further attempt, of at most four.
 *
 * @param tell hears of each attempt that failed
 * @returns the file, and the execution as it was seen last; undefined when it has ended meanwhile
 * @throws DownloadError the last one, with how often it was tried
 */
export async function downloadPatiently(
  fleet: Fleet,
  side: Pick<DeviceSide, "readJob">,
  execution: DeviceExecution,
  shipped: ShippedPackage,
  line: Line | undefined,
  tell: (text: string) => void,
): Promise<{ readonly bytes: Uint8Array; readonly execution: DeviceExecution } | undefined> {
  let seen = execution;
  let file = shipped;
  for (let attempt = 1; ; attempt++) {
    try {
      const bytes = await downloadFile(fleet, file, line && { line: line.pass });
      return { bytes, execution: seen };
    } catch (error) {
      if (!(error instanceof DownloadError) || !error.isPassing || line?.hasStruck()) throw error;
      if (attempt === ATTEMPTS) {
        const message = `${error.message} It was tried ${ATTEMPTS} times.`;
        throw new DownloadError(error.stage, message, { cause: error });
      }
      const pauseMs = pauseAfter(attempt, `${seen.thing}/${file.packageName}`);
      tell(`${error.message} Tries again in ${(pauseMs / 1000).toFixed(1)} s`);
      await fleet.clock.sleep(pauseMs);
      const now = await side.readJob(seen);
      if (!now) return undefined;
      seen = now;
      file = packagesOf(now.document).find((one) => one.packageName === file.packageName) ?? file;
    }
  }
}

/** Spread by who asks, or all vehicles that a busy service has turned away would come back at once. */
function pauseAfter(attempt: number, who: string): number {
  const lot = createHash("sha256").update(`${who}/${attempt}`).digest().readUInt16BE() / 0x10000;
  return Math.round(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + lot));
}
