import { FleetError, NO_ANSWER } from "./errors.js";
import type { LocalSandbox } from "./local.js";

/** What a sandbox has answered beside AWS. */
export interface SandboxAnswer {
  readonly isOk: boolean;
  readonly status: number;
  readonly text: string;
}

/**
 * Ask a running sandbox for something that no AWS has, by the keys that it accepts.
 *
 * @param path what follows `/_fleetlab/`
 * @param longestMs how long it may take, in milliseconds
 * @throws the signal's reason as soon as it aborts
 * @throws FleetError when it does not answer
 */
export async function askSandbox(
  { url, credentials }: LocalSandbox,
  path: "clock" | "sessions" | "refusals",
  body: object,
  { longestMs, signal }: { readonly longestMs: number; readonly signal?: AbortSignal },
): Promise<SandboxAnswer> {
  const timeout = AbortSignal.timeout(longestMs);
  const response = await fetch(`${url}/_fleetlab/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${credentials.secretAccessKey}` },
    body: JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    // Node says "fetch failed" of whatever went wrong.
    throw new FleetError(NO_ANSWER, { cause: error });
  });
  return { isOk: response.ok, status: response.status, text: await response.text() };
}

/** What a sandbox of another version than this library says is of no use, and this is the way out. */
export function otherVersion(
  { url }: LocalSandbox,
  { status, text }: SandboxAnswer,
  what: string,
): FleetError {
  return new FleetError(
    `The sandbox at ${url} did not say ${what} (${status}: ${text.slice(0, 200)}). It may be of ` +
      `another version of Fleetlab: stop it with "npm run sandbox -- --stop", and connect again.`,
  );
}
