import type { MetadataBearer } from "@smithy/types";
import { NO_ANSWER } from "./errors.js";

/** A failure on the way to a service or back, where the SDK tells its own insides. */
interface WireError extends Error {
  code?: string;
  readonly $metadata?: MetadataBearer["$metadata"];
  /** The answer that could not be read; the SDK hides it from `inspect`. */
  readonly $response?: { readonly statusCode?: number };
}

/**
 * Put a failure on the way into words for a reader. What AWS itself has said stays as it is: this is
 * about answers that did not come, broke off or were not AWS's. The original is still in the stack.
 */
export function putIntoPlainWords(error: WireError, isSandbox: boolean): void {
  const words = plainWords(error, isSandbox);
  if (words === undefined) return;
  if (isUnreadable(error) && error.name !== "TimeoutError") error.name = "UnreadableAnswerError";
  error.message = words;
}

function plainWords(error: WireError, isSandbox: boolean): string | undefined {
  const { message, code = "" } = error;
  const status = error.$response?.statusCode ?? error.$metadata?.httpStatusCode;
  const withStatus = status === undefined ? "" : ` (status ${status})`;
  const gone = isSandbox ? ` ${SANDBOX_HANGS}` : "";
  if (isSandbox && code === "ECONNREFUSED") return NO_ANSWER;
  if (/socket timed out/.test(message)) return `The answer stopped half-way.${gone}`;
  if (isUnreadable(error)) {
    return isBroken(error)
      ? "The connection broke off in the middle of the answer."
      : `The answer${withStatus} cannot be read: it was cut short, or something between here and AWS has given another one.`;
  }
  if (/@smithy\/node-http-handler/.test(message)) {
    const seconds = Number(/(\d+) ms/.exec(message)?.[1] ?? 0) / 1000;
    return /establish a connection/.test(message)
      ? `No connection came about within ${seconds} s.${gone}`
      : `There was no answer for ${seconds} s.${gone}`;
  }
  if (/^Unknown(Error)?$/.test(message)) return `The service has given no reason${withStatus}.`;
  if (isBroken(error)) return `The connection broke off (${message || code}).`;
  if (["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH"].includes(code)) {
    return `AWS could not be reached (${message || code}). Is this machine online?`;
  }
  return undefined;
}

const SANDBOX_HANGS =
  'If it stays so, stop the sandbox with "npm run sandbox -- --stop" and run the cell with connect() again.';

function isUnreadable({ name, message }: WireError): boolean {
  return (
    name === "SyntaxError" || /^Deserialization error|XML parse error|hidden field/m.test(message)
  );
}

function isBroken({ message, code = "" }: WireError): boolean {
  return ["ECONNRESET", "EPIPE"].includes(code) || /^(socket hang up|aborted)\b/.test(message);
}
