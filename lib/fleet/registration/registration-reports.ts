import { ListThingRegistrationTaskReportsCommand } from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { FleetError } from "../../aws/errors.js";
import { getUrl } from "../../aws/get-url.js";
import { interruptible } from "../../aws/interrupt.js";
import {
  isCertificateOf,
  keepCertificate,
  readKeys,
  readPendingKey,
} from "../../aws/mqtt/key-files.js";
import { redactText } from "../../aws/redact.js";
import type { RegistrationTask } from "./registration-tasks.js";

/** One line that was not registered. */
export interface RegistrationFailure {
  /** Counts from 1. */
  readonly line: number;
  readonly name: string;
  readonly cause: string;
}

/** What a task reports, and what was kept of it. */
export interface RegistrationReport {
  readonly failures: readonly RegistrationFailure[];
  /** Certificates that were kept here beside their keys. */
  readonly certificates: number;
  /** Vehicles whose certificate is of another key than the one here, or came without a vehicle. */
  readonly strangers: number;
}

/**
 * Read the reports of a task that is over: why lines failed; and keep the certificates of the others
 * beside their keys, each checked to be of its key.
 *
 * Calls ListThingRegistrationTaskReports for errors and for results, and GETs what it links to. A
 * second call reads and keeps the same.
 *
 * @throws InvalidRequestException when there is no such task
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingRegistrationTaskReports.html
 */
export async function readReports(
  fleet: Fleet,
  { taskId, names }: Pick<RegistrationTask, "taskId" | "names">,
): Promise<RegistrationReport> {
  const failures: RegistrationFailure[] = [];
  for await (const { lineNumber = 0, errorMessage = "" } of linesOf(fleet, taskId, "ERRORS")) {
    const name = names[lineNumber - 1] ?? "";
    failures.push({ line: lineNumber, name, cause: redactText(errorMessage) });
  }
  let certificates = 0;
  let strangers = 0;
  for await (const { lineNumber = 0, response } of linesOf(fleet, taskId, "RESULTS")) {
    const pem = response?.CertificatePem;
    if (pem === undefined || pem === null) continue;
    const name = names[lineNumber - 1];
    const key =
      name === undefined
        ? undefined
        : (readPendingKey(fleet, name) ?? readKeys(fleet, name))?.privateKeyPem;
    if (name !== undefined && key !== undefined && isCertificateOf(pem, key)) {
      keepCertificate(fleet, name, pem);
      certificates++;
    } else {
      strangers++;
    }
  }
  return { failures, certificates, strangers };
}

/** A line of a report. */
interface ReportLine {
  readonly lineNumber?: number;
  readonly errorMessage?: string;
  readonly response?: { readonly CertificatePem?: string | null } | null;
}

async function* linesOf(
  fleet: Fleet,
  taskId: string,
  reportType: "ERRORS" | "RESULTS",
): AsyncIterable<ReportLine> {
  let nextToken: string | undefined;
  do {
    const page = await fleet.iot.send(
      new ListThingRegistrationTaskReportsCommand({ taskId, reportType, nextToken }),
    );
    for (const link of page.resourceLinks ?? []) {
      for (const line of (await textOf(fleet, new URL(link))).split("\n")) {
        if (line.trim() !== "") yield JSON.parse(line) as ReportLine;
      }
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

async function textOf(fleet: Fleet, url: URL): Promise<string> {
  return interruptible(async (signal) => {
    const { status, body } = await getUrl(fleet, url, signal);
    if (status !== 200) {
      throw new FleetError(
        `The report cannot be read: S3 answered ${status}. Its link holds for a while only; ask again.`,
      );
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces).toString("utf8");
  });
}
