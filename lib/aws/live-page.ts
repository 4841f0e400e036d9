import { askSandbox } from "./ask-sandbox.js";
import type { LocalSandbox } from "./local.js";

/** What a link to the live page opens. */
export interface LiveSession {
  /** The word that stands behind the address: it opens the page, and is no key of AWS's. */
  readonly word: string;
  readonly isProxied: boolean;
}

/** How long a sandbox may take to answer, in milliseconds. */
const LONGEST_MS = 20_000;

/**
 * Open a session for the live page of a running sandbox. It is good for a week, also over restarts.
 *
 * @returns undefined where there is no such page: the sandbox that runs may be older than this library
 * @throws FleetError when it does not answer
 */
export async function openLiveSession(
  sandbox: LocalSandbox,
  { region }: { readonly region: string },
): Promise<LiveSession | undefined> {
  const isProxied = hubPrefix() !== undefined;
  const body = { account: sandbox.credentials.account, region, isProxied };
  const { isOk, text } = await askSandbox(sandbox, "sessions", body, { longestMs: LONGEST_MS });
  if (!isOk) return undefined;
  const { session } = JSON.parse(text) as { readonly session?: unknown };
  return typeof session === "string" ? { word: session, isProxied } : undefined;
}

/**
 * The address of the live page: on this machine the sandbox's own. On Binder and on a hub the browser is
 * elsewhere, and comes to the sandbox through the notebook server (jupyter-server-proxy): then it begins
 * with a slash, as seen from the page that the notebook is in.
 */
export function livePageUrl(
  { url }: Pick<LocalSandbox, "url">,
  { word, isProxied }: LiveSession,
): string {
  const prefix = isProxied ? hubPrefix() : undefined;
  const base = prefix === undefined ? url : `${prefix}proxy/${new URL(url).port}`;
  return `${base}/_fleetlab/#${word}`;
}

/** Where a hub serves this user's notebooks, with a slash at both ends: `/user/ada/`. */
function hubPrefix(): string | undefined {
  const prefix = process.env["JUPYTERHUB_SERVICE_PREFIX"];
  return prefix && /^\/([\w.~%@+-]+\/)*$/.test(prefix) ? prefix : undefined;
}
