import { isObject } from "../http/json.js";
import type { CommandExecutionResult, CommandExecutionStatus } from "@aws-sdk/client-iot";
import { changeExecution } from "./executions.js";
import type { State } from "./tables.js";

/*
 * What a device says of an execution, whichever way its words were written: AWS has this for MQTT only.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-remote-command-execution-start-monitor.html
 */

/** Why a report is not taken: by the names that AWS's device SDKs have for it. */
export class RefusedReport extends Error {
  readonly code: "InvalidRequest" | "ResourceNotFound" | "InvalidStateTransition";

  constructor(code: RefusedReport["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const REPORTABLE: readonly CommandExecutionStatus[] = [
  "IN_PROGRESS",
  "SUCCEEDED",
  "FAILED",
  "REJECTED",
  "TIMED_OUT",
];

/**
 * Take a device's report, in the transaction that runs.
 *
 * @param report `{status, statusReason?, result?}` as it came; binary results as bytes or in base64
 * @throws RefusedReport
 */
export function reportExecution(
  state: State,
  targetArn: string,
  executionId: string,
  report: Readonly<Record<string, unknown>>,
): void {
  const status = statusIn(report["status"]);
  const statusReason = reasonIn(report["statusReason"]);
  const result = resultIn(report["result"]);
  const execution = state.commandExecutions.get(executionId);
  if (execution?.targetArn !== targetArn) {
    throw new RefusedReport(
      "ResourceNotFound",
      `${targetArn} has no command execution ${executionId.slice(0, 100)}`,
    );
  }
  const isOver =
    execution.isFinal || (execution.status === "TIMED_OUT" && status === "IN_PROGRESS");
  if (isOver) {
    throw new RefusedReport(
      "InvalidStateTransition",
      `Command execution ${executionId} is ${execution.status} and cannot become ${status}`,
    );
  }
  const isFinal = status !== "IN_PROGRESS";
  // What we have said in the device's place does not count once it speaks for itself.
  const { statusReason: _, ...said } = execution;
  changeExecution(state, execution.status === "TIMED_OUT" ? said : execution, {
    status,
    isFinal,
    ...(statusReason && { statusReason }),
    ...(result && { result }),
    ...(isFinal && { completedAt: state.now() }),
  });
}

function refuse(message: string): never {
  throw new RefusedReport("InvalidRequest", message);
}

function statusIn(value: unknown): CommandExecutionStatus {
  const status = REPORTABLE.find((one) => one === value);
  return status ?? refuse(`status must be one of ${REPORTABLE.join(", ")}, not ${shown(value)}`);
}

function reasonIn(value: unknown) {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) return refuse("statusReason must be an object");
  const { reasonCode, reasonDescription } = value;
  if (typeof reasonCode !== "string" || !/^[A-Z0-9_-]{1,64}$/.test(reasonCode)) {
    return refuse(`reasonCode must be 1 to 64 of [A-Z0-9_-], not ${shown(reasonCode)}`);
  }
  if (reasonDescription === undefined || reasonDescription === null) return { reasonCode };
  if (typeof reasonDescription !== "string" || !/^\P{C}{0,1024}$/u.test(reasonDescription)) {
    return refuse("reasonDescription must be a text of at most 1024 without control characters");
  }
  return { reasonCode, reasonDescription };
}

function resultIn(value: unknown): Record<string, CommandExecutionResult> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) return refuse("result must be an object");
  const entries = Object.entries(value);
  if (entries.length === 0) return refuse("At least 1 command execution result is required");
  return Object.fromEntries(entries.map(([key, item]) => [key, oneResult(key, item)]));
}

function oneResult(key: string, item: unknown): CommandExecutionResult {
  const members = isMap(item) ? Object.entries(item) : [];
  const [name, value] = members[0] ?? [];
  const isKnown = name === "s" || name === "b" || name === "bin";
  if (members.length !== 1 || !isKnown) {
    return refuse(`result.${key.slice(0, 100)} must have one of s, b and bin, and nothing else`);
  }
  if (name === "s" && typeof value === "string") return { S: value };
  if (name === "b" && typeof value === "boolean") return { B: value };
  if (name === "bin" && value instanceof Uint8Array) return { BIN: Buffer.from(value) };
  if (name === "bin" && typeof value === "string" && isBase64(value)) {
    return { BIN: Buffer.from(value, "base64") };
  }
  return refuse(`result.${key.slice(0, 100)}.${name} does not have the type that it is called by`);
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;
}

/** Reports come in CBOR too, which has bytes. */
function isMap(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(value instanceof Uint8Array);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value)).slice(0, 200);
}
