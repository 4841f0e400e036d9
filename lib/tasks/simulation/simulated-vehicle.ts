import type { Fleet } from "../../aws/connect.js";
import { FleetError } from "../../aws/errors.js";
import {
  firmwareState,
  installFirmware,
  InstallError,
} from "../../fleet/software/device-firmware.js";
import {
  packagesOf,
  reportOrLetGo,
  type DeviceExecution,
  type DeviceSide,
  type Report,
} from "../../fleet/jobs/device-jobs.js";
import { DownloadError, fileOf } from "../../fleet/software/download.js";
import type { Release } from "../../fleet/software/firmware.js";
import { downloadPatiently, type Line } from "./patient-download.js";
import type { PlannedVehicle } from "./plan-simulation.js";

/** Work that a vehicle has begun and will finish some time later. */
export interface Installing {
  readonly execution: DeviceExecution;
  /** What it will run; empty in a custom job. */
  readonly releases: readonly Release[];
  /** What went wrong already. */
  readonly problem?: Error;
}

/** How far a vehicle came when it looked for work. */
export type Begun =
  | { readonly kind: "nothing" }
  /** It has said how it ended. */
  | { readonly kind: "ended" }
  /** It has begun and will not be heard of again; the service gives it up after so many seconds. */
  | { readonly kind: "silent"; readonly secondsLeft: number | undefined }
  | ({ readonly kind: "installing" } & Installing);

/** Says what the vehicle does, when somebody watches. */
export type Tell = (text: string) => void;

/**
 * Let a vehicle look for work as in life, up to where it installs: start the next execution, read its
 * document, download and check what it ships, report.
 *
 * The service decides what is next. Work for other jobs is done on the way, and well: the plan is for
 * one job.
 *
 * @param side how it speaks with the services; files come over HTTPS either way
 * @param onOther called for each execution of another job that was worked off
 */
export async function beginWork(
  fleet: Fleet,
  side: DeviceSide,
  jobId: string,
  vehicle: PlannedVehicle,
  tell: Tell,
  onOther: () => void,
): Promise<Begun> {
  for (;;) {
    const execution = await side.startNext({ step: "started" });
    if (!execution) return { kind: "nothing" };
    tell(`begins ${execution.jobId}, execution ${execution.executionNumber}`);
    if (execution.jobId === jobId) return beginExecution(fleet, side, vehicle, execution, tell);
    const able: PlannedVehicle = { name: vehicle.name, outcome: "SUCCEEDED" };
    const begun = await beginExecution(fleet, side, able, execution, tell);
    if (begun.kind === "installing") await finishWork(side, able, begun, tell);
    onOther();
  }
}

async function beginExecution(
  fleet: Fleet,
  side: DeviceSide,
  vehicle: PlannedVehicle,
  execution: DeviceExecution,
  tell: Tell,
): Promise<Begun> {
  const { outcome, failsAt } = vehicle;
  if (outcome === "TIMED_OUT") {
    tell("falls silent");
    return { kind: "silent", secondsLeft: execution.secondsLeft };
  }
  if (outcome === "REJECTED") {
    const reason = "Simulated: the driver has put it off";
    await end(side, execution, tell, {
      status: "REJECTED",
      statusDetails: { rejectionReason: reason },
    });
    return { kind: "ended" };
  }
  const shipped = packagesOf(execution.document);
  if (shipped.length === 0) tell(`document: ${JSON.stringify(execution.document)}`);
  const releases: Release[] = [];
  let seen = execution;
  try {
    for (const file of shipped) {
      const what = `${file.packageName} ${file.versionName ?? ""}`.trimEnd();
      tell(`downloads ${fileOf(file.url)} from S3 by its presigned URL: ${what}`);
      const line = outcome === "FAILED" ? badLine(failsAt) : undefined;
      const arrived = await downloadPatiently(fleet, side, seen, file, line, tell);
      if (!arrived) {
        tell("finds that the service has ended it");
        return { kind: "ended" };
      }
      seen = arrived.execution;
      tell(`downloaded ${size(arrived.bytes.byteLength)}, and the SHA-256 is right`);
      releases.push(installFirmware(arrived.bytes, file));
    }
  } catch (error) {
    if (!(error instanceof DownloadError) && !(error instanceof InstallError)) throw error;
    // It takes as long to give up as others take to install.
    tell(`has a problem: ${error.message}`);
    return { kind: "installing", execution: seen, releases: [], problem: error };
  }
  const step = shipped.length > 0 ? "installing" : "working";
  const now = await reportOrLetGo(side, seen, {
    status: "IN_PROGRESS",
    statusDetails: { step, progress: "50%" },
  });
  tell(now ? `IN_PROGRESS: ${step}` : "finds that the service has ended it");
  return now ? { kind: "installing", execution: now, releases } : { kind: "ended" };
}

/**
 * Let a vehicle finish what it has begun: report what it runs now in its shadow, then its success; or
 * that it failed.
 */
export async function finishWork(
  side: DeviceSide,
  { outcome }: PlannedVehicle,
  { execution, releases, problem }: Installing,
  tell: Tell,
): Promise<void> {
  const error = problem ?? (outcome === "FAILED" ? simulatedProblem(releases) : undefined);
  if (error) {
    await end(side, execution, tell, failure(error));
    return;
  }
  // First the truth, then the report of success: who hears of the one can read the other.
  if (releases.length > 0) await side.report(firmwareState(releases));
  const installed = releases.map((one) => `${one.packageName} ${one.versionName}`).join(", ");
  await end(side, execution, tell, {
    status: "SUCCEEDED",
    statusDetails: { step: "finished", progress: "100%", ...(installed && { installed }) },
  });
}

async function end(
  side: DeviceSide,
  execution: DeviceExecution,
  tell: Tell,
  report: Report,
): Promise<void> {
  const ended = await reportOrLetGo(side, execution, report);
  const { failureReason, rejectionReason, installed } = report.statusDetails ?? {};
  const why = failureReason ?? rejectionReason ?? installed;
  // Said after the answer: what was refused has not happened.
  tell(
    ended
      ? `${report.status}${why ? `: ${why}` : ""}`
      : "finds that the service has ended it meanwhile",
  );
}

function simulatedProblem(releases: readonly Release[]): Error {
  return releases.length > 0
    ? new InstallError("Simulated: the flash memory could not be written.")
    : new FleetError("Simulated: the work could not be done.");
}

/** The reason names the stage at which it really failed. */
function failure(error: Error): Report {
  const failureType =
    error instanceof InstallError
      ? "INSTALL_FAILED"
      : error instanceof DownloadError
        ? error.stage === "digest"
          ? "DIGEST_MISMATCH"
          : "DOWNLOAD_FAILED"
        : "WORK_FAILED";
  return { status: "FAILED", statusDetails: { failureType, failureReason: error.message } };
}

/** A line that breaks off or garbles what it carries: the vehicle meets it with its real checks. */
function badLine(failsAt: PlannedVehicle["failsAt"]): Line | undefined {
  let hasStruck = false;
  const line = (pass: Line["pass"]): Line => ({ pass, hasStruck: () => hasStruck });
  if (failsAt === "download") {
    return line(() => {
      hasStruck = true;
      throw new Error("simulated, the vehicle has lost the network");
    });
  }
  if (failsAt !== "digest") return undefined;
  return line((piece) => {
    if (hasStruck) return piece;
    hasStruck = true;
    const garbled = Uint8Array.from(piece);
    garbled[0] = (garbled[0] ?? 0) ^ 1;
    return garbled;
  });
}

/** `2.2 KB` */
function size(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
