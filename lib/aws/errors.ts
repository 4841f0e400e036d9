import { inspect } from "node:util";
import { redactText } from "./redact.js";

/**
 * The base of the few errors that are ours. AWS's own pass through as they are.
 *
 * Printed in a cell (or by `console.error`), an error of ours is its message: the way out is what a
 * learner needs, not the insides of a kernel. The stack is still on `error.stack`.
 */
export class FleetError extends Error {
  override readonly name: string = "FleetError";
  [inspect.custom](): string {
    return redactText(`${this.name}: ${this.message}`);
  }
}

/** A value that AWS would refuse, found before the first call. The message names value, rule and way out. */
export class InvalidInputError extends FleetError {
  override readonly name = "InvalidInputError";
  /**
   * @param what the input, as the caller knows it: `a thing type name`
   * @param given the value
   * @param rule what it must be, as the end of "… must …"
   * @param wayOut one sentence that says what to do
   */
  constructor(what: string, given: unknown, rule: string, wayOut = "") {
    const shown = typeof given === "string" ? `"${given}"` : inspect(given, { breakLength: 80 });
    super(`${shown} cannot be ${what}: it must ${rule}.${wayOut && ` ${wayOut}`}`);
  }
}

/** There is no way to AWS from here: no credentials, expired ones, or no Region. */
export class ConnectError extends FleetError {
  override readonly name = "ConnectError";
}

/** A call on a real account that would be charged, without the caller's consent. */
export class ChargesNotAcceptedError extends FleetError {
  override readonly name = "ChargesNotAcceptedError";
}

/** The cell (or script) was interrupted: calls under way may have been made, no further ones will. */
export class InterruptedError extends FleetError {
  override readonly name = "InterruptedError";
  constructor(message = "Interrupted. Run the cell again: it goes on where it stopped.") {
    super(message);
  }
}

/** Something did not come true in time. The message says what it was at last. */
export class WaitTimeoutError extends FleetError {
  override readonly name = "WaitTimeoutError";
}

/** A resource has the name we need, but the workshop did not make it. */
export class NotOursError extends FleetError {
  override readonly name = "NotOursError";
}

/** What to do when the sandbox of this project is gone. */
export const NO_ANSWER =
  "The sandbox does not answer. Run the cell with connect() again: it starts the sandbox with all it held.";

/** True for AWS's ways of saying that something does not exist. */
export function isNotFound(error: unknown): boolean {
  return hasName(error, [
    "ResourceNotFoundException",
    "NotFound",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchTagSet",
    "NoSuchEntity",
    "NoSuchEntityException",
  ]);
}

/** The answer, or undefined when AWS says that what was asked for does not exist. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The answer, or undefined when AWS says that the name is taken: somebody was faster. */
export async function unlessTaken<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isAlreadyThere(error)) return undefined;
    throw error;
  }
}

/** True for AWS's ways of saying that a name is taken. */
export function isAlreadyThere(error: unknown): boolean {
  return hasName(error, [
    "ResourceAlreadyExistsException",
    "ConflictException",
    "EntityAlreadyExists",
    "EntityAlreadyExistsException",
    "BucketAlreadyOwnedByYou",
  ]);
}

/**
 * True when a service turned a call away for coming too fast.
 *
 * `LimitExceededException` is not among them, although the SDK retries it: in AWS IoT it is a hard
 * limit, such as the 101st dynamic group.
 */
export function isThrottled(error: unknown): boolean {
  return hasName(error, [
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
  ]);
}

export function isInterrupted(error: unknown): error is InterruptedError {
  return hasName(error, ["InterruptedError"]);
}

function hasName(error: unknown, names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
