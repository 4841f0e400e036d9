import { checksum } from "../http/checksums.js";
import { isTooDeep } from "../http/json-depth.js";
import { permits } from "../iam/role-permissions.js";
import { currentObject, addVersion, findVersion, removeVersion } from "../s3/object-versions.js";
import { etagOf } from "../s3/object-uploads.js";
import type { BucketRecord } from "../s3/records.js";
import type { Parameters } from "./evaluation.js";
import type { TaskLineRecord, TaskRecord } from "./records.js";
import { register } from "./register-thing.js";
import { isRefusal } from "./registration.js";
import type { State } from "./tables.js";
import { readTemplate } from "./template-text.js";
import { setTimer } from "./timers.js";

/*
 * What becomes of a task of bulk registration while nobody asks: one line of its input after the other, as
 * fast as RegisterThing may be called.
 * https://docs.aws.amazon.com/iot/latest/developerguide/bulk-provisioning.html
 */

/** Between two lines, in milliseconds. */
const LINE_MS = 100;

/** In bytes of UTF-8. */
const LONGEST_LINE = 256 * 1024;

/** How long a task and its reports are kept, in milliseconds. */
const KEPT_MS = 30 * 86_400_000;

export const REPORTS = ["RESULTS", "ERRORS"] as const;

/** Do the next line of a task, or its end. */
export function workOn(state: State, taskId: string): void {
  const task = state.registrationTasks.get(taskId);
  if (task?.status !== "InProgress") return;
  const lines = linesOf(state, task);
  if (typeof lines === "string") return endTask(state, task, "Failed", lines);
  const line = lines[task.done];
  if (line === undefined) return endTask(state, task, "Completed");
  const lineNumber = task.done + 1;
  const record = outcomeOf(state, task, lineNumber, line);
  state.registrationLines.set(lineKey(taskId, lineNumber), record);
  const isSuccess = record.response !== undefined;
  const after: TaskRecord = {
    ...task,
    done: lineNumber,
    successCount: task.successCount + (isSuccess ? 1 : 0),
    failureCount: task.failureCount + (isSuccess ? 0 : 1),
    percentageProgress: Math.floor((lineNumber * 100) / lines.length),
    lastModifiedDate: state.now(),
  };
  if (lineNumber === lines.length) return endTask(state, after, "Completed");
  state.registrationTasks.set(taskId, after);
  setTimer(state, state.now().getTime() + LINE_MS, { kind: "task", of: taskId });
}

/** Write the reports of a task, whatever has ended it. */
export function endTask(
  state: State,
  task: TaskRecord,
  status: "Completed" | "Failed" | "Cancelled",
  message?: string,
): void {
  const { taskId } = task;
  inputsOf(state).delete(taskId);
  state.registrationTasks.set(taskId, {
    ...task,
    status,
    ...(message !== undefined && { message }),
    ...(status === "Completed" && { percentageProgress: 100 }),
    lastModifiedDate: state.now(),
  });
  for (const type of REPORTS) {
    const lines = [...state.registrationLines.values({ prefix: `${taskId}/` })]
      .filter(({ response }) => (response !== undefined) === (type === "RESULTS"))
      .map((line) => `${JSON.stringify(line)}\n`);
    if (lines.length > 0) putReport(state, reportKey(taskId, type), lines.join(""));
  }
  setTimer(state, state.now().getTime() + KEPT_MS, { kind: "task end", of: taskId });
}

export function forgetTask(state: State, taskId: string): void {
  state.registrationTasks.delete(taskId);
  for (const [key] of [...state.registrationLines.entries({ prefix: `${taskId}/` })]) {
    state.registrationLines.delete(key);
  }
  const bucket = reportBucket(state);
  for (const type of REPORTS) {
    const version = findVersion(state, bucket, reportKey(taskId, type), "null");
    if (version) removeVersion(state, version);
  }
}

function outcomeOf(
  state: State,
  { templateBody }: TaskRecord,
  lineNumber: number,
  line: string,
): TaskLineRecord {
  const parameters = parametersIn(line);
  if (typeof parameters === "string") return { lineNumber, errorMessage: parameters };
  try {
    const { certificatePem, resourceArns } = state.attempt(() =>
      register(state, readTemplate(templateBody), parameters),
    );
    return { lineNumber, response: { CertificatePem: certificatePem, ResourceArns: resourceArns } };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { lineNumber, errorMessage: error.message };
  }
}

/** What a line says, or what is wrong with it. */
function parametersIn(line: string): Parameters | string {
  if (Buffer.byteLength(line) > LONGEST_LINE)
    return `The line is longer than ${LONGEST_LINE} bytes`;
  let value: unknown;
  try {
    value = isTooDeep(Buffer.from(line)) ? undefined : JSON.parse(line);
  } catch {
    return "The line is not valid JSON";
  }
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap && Object.values(value as object).every((one) => typeof one === "string")
    ? (value as Parameters)
    : "The line is not a JSON object of texts";
}

/** The lines of a task's input, read once; why there are none. */
function linesOf(state: State, task: TaskRecord): readonly string[] | string {
  const known = inputsOf(state);
  const found = known.get(task.taskId) ?? readInput(state, task);
  if (typeof found !== "string") known.set(task.taskId, found);
  return found;
}

/** What was read of the inputs of tasks that run. After a restart it is read again. */
function inputsOf(state: State): Map<string, readonly string[]> {
  return state.derived("registration inputs", () => new Map<string, readonly string[]>());
}

function readInput(state: State, task: TaskRecord): readonly string[] | string {
  const { inputFileBucket: bucket, inputFileKey: key, roleArn = "" } = task;
  const { account, region } = state.buckets.get(bucket) ?? {};
  if (!permits(state, roleArn, "s3:GetObject", `arn:aws:s3:::${bucket}/${key}`)) {
    return `The role ${roleArn} does not allow s3:GetObject on ${bucket}/${key}`;
  }
  const isOurs = account === state.account && region === state.region;
  const object = isOurs ? currentObject(state, bucket, key) : undefined;
  const bytes = object && state.blobs.getBlob(object.blobId ?? "");
  if (!bytes) return `There is no object ${key} in bucket ${bucket} of this account and Region`;
  const lines = Buffer.from(bytes).toString("utf8").split(/\r?\n/);
  const filled = lines.filter((line) => line.trim() !== "");
  return filled.length > 0 ? filled : `The object ${key} in bucket ${bucket} has no lines`;
}

/** A bucket of AWS IoT's own, of which its users see nothing but the links. */
export function reportBucket({ account, region }: State): string {
  return `aws-iot-registration-${account}-${region}`;
}

export function reportKey(taskId: string, type: (typeof REPORTS)[number]): string {
  return `${taskId}/${type.toLowerCase()}.json`;
}

function putReport(state: State, key: string, text: string): void {
  const name = reportBucket(state);
  const bucket: BucketRecord = state.buckets.get(name) ?? {
    name,
    account: state.account,
    region: state.region,
    createdAt: state.now(),
    settings: {},
    isOfService: true,
  };
  state.buckets.set(name, bucket);
  const body = Buffer.from(text);
  addVersion(state, bucket, {
    key,
    isDeleteMarker: false,
    size: body.byteLength,
    etag: etagOf(body),
    headers: { ContentType: "application/json" },
    metadata: {},
    checksum: { algorithm: "CRC64NVME", value: checksum("CRC64NVME", body) },
    blobId: state.blobs.putBlob(body),
  });
}

function lineKey(taskId: string, lineNumber: number): string {
  return `${taskId}/${String(lineNumber).padStart(9, "0")}`;
}
