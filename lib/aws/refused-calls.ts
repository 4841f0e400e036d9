import { askSandbox, otherVersion } from "./ask-sandbox.js";
import type { LocalSandbox } from "./local.js";

/** A call that was refused. */
export interface RefusedCall {
  /** Milliseconds since the epoch, on the sandbox's clock. */
  readonly at: number;
  readonly service: string;
  readonly operation: string;
  /** The name of the error. */
  readonly error: string;
  /** What AWS says to it. */
  readonly message: string;
}

/** How long a sandbox may take to answer, in milliseconds. */
const LONGEST_MS = 20_000;

/**
 * The latest calls of an account that a running sandbox has refused since it was started, oldest first: at
 * most 200, of the last thousand of all.
 *
 * @param prefix of the connection that called; undefined for all of the account
 * @throws FleetError when it does not answer, or not as a sandbox of this version does
 */
export async function readRefusedCalls(
  sandbox: LocalSandbox,
  prefix: string | undefined,
): Promise<readonly RefusedCall[]> {
  const body = { account: sandbox.credentials.account, prefix };
  const answer = await askSandbox(sandbox, "refusals", body, { longestMs: LONGEST_MS });
  const calls = answer.isOk ? refusalsOf(answer.text) : undefined;
  if (!calls) throw otherVersion(sandbox, answer, "what it has refused");
  return calls.map(({ at, service, operation, error, message = "" }) => ({
    at,
    service,
    operation,
    error,
    message,
  }));
}

function refusalsOf(text: string): readonly RefusedCall[] | undefined {
  try {
    const { refusals } = JSON.parse(text) as { readonly refusals?: unknown };
    return Array.isArray(refusals) ? (refusals as RefusedCall[]) : undefined;
  } catch {
    return undefined;
  }
}
