import { isEqual } from "./door/equal.js";
import type { Sandbox } from "./index.js";
import { isPagePath, type Live } from "./live/live.js";
import { plain, type WireRequest, type WireResponse } from "./http/wire.js";

/*
 * What the sandbox answers beside AWS, under a path that no AWS service has.
 *
 *   GET  /_fleetlab                                 {"program": …, "now": <milliseconds since the epoch>}
 *   POST /_fleetlab/clock     {"advanceMs": 300000}                    {"now": <the same, afterwards>}
 *   POST /_fleetlab/sessions  {"account", "region", "isProxied"?}      {"session": <for the live page>}
 *   POST /_fleetlab/refusals  {"account", "prefix"?}                   {"refusals": [<calls>]}
 *   GET  /_fleetlab/          the live page, and what it asks for
 */

export const CONTROL_PATH = "/_fleetlab";

export interface ControlOptions {
  readonly sandbox: Pick<Sandbox, "clock" | "advance">;
  /** What `GET /_fleetlab` tells, beside the time: a client knows by it which sandbox it has found. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** Whoever moves the clock must know it, as `authorization: Bearer <secret>`. Without one, anybody may. */
  readonly secret?: string;
  /** Default: there is no live page. */
  readonly live?: Pick<Live, "answer" | "open" | "refusals">;
}

const SESSIONS = `${CONTROL_PATH}/sessions`;
const REFUSALS = `${CONTROL_PATH}/refusals`;

/** What takes the secret: what it is called, what one may do by it, and whether it needs a live page. */
const DEEDS: ReadonlyMap<string, readonly [what: string, deed: string, isOfPage?: boolean]> =
  new Map([
    [`${CONTROL_PATH}/clock`, ["The clock takes", "move its clock"]],
    [SESSIONS, ["Sessions take", "open a session", true]],
    [REFUSALS, ["Refusals take", "read what it has refused", true]],
  ]);

/** The most time that one request lets pass, in milliseconds: 31 days. */
const MOST_MS = 31 * 24 * 3600 * 1000;

/** @returns a function that answers requests whose path begins with `CONTROL_PATH` */
export function createControl(
  options: ControlOptions,
): (request: WireRequest) => Promise<WireResponse> {
  const { sandbox, identity, secret, live } = options;
  const now = (): number => Math.floor(sandbox.clock.now());

  return async (request) => {
    if (request.path === CONTROL_PATH) return json({ ...identity, now: now() });
    if (live && isPagePath(request.path)) return live.answer(request);
    const [what, deed, isOfPage = false] = DEEDS.get(request.path) ?? [];
    if (what === undefined || (isOfPage && !live)) return plain(404, "There is nothing here.");
    if (request.method !== "POST") return plain(405, `${what} POST.`, { allow: "POST" });
    if (!knows(secret, request.headers["authorization"])) {
      return plain(
        403,
        `Only who has the sandbox's keys may ${deed}: send the header ` +
          '"authorization: Bearer <secretAccessKey of credentials.json>".',
      );
    }
    if (live && request.path === SESSIONS) {
      const session = live.open(parsed(request.body));
      return session === undefined
        ? plain(400, 'The body must be {"account": "<12 digits>", "region": "us-east-1"}.')
        : json({ session });
    }
    if (live && request.path === REFUSALS) {
      const refusals = live.refusals(parsed(request.body));
      return refusals === undefined
        ? plain(400, 'The body must be {"account": "<12 digits>"}, and may have a "prefix".')
        : json({ refusals });
    }
    const advanceMs = advanceOf(request.body);
    if (advanceMs === undefined) {
      return plain(
        400,
        `The body must be {"advanceMs": N}, N a number of milliseconds from 0 to ${MOST_MS} (31 days).`,
      );
    }
    await sandbox.advance(advanceMs);
    return json({ now: now() });
  };
}

function knows(secret: string | undefined, authorization = ""): boolean {
  return secret === undefined || isEqual(`Bearer ${secret}`, authorization);
}

function advanceOf(body: Uint8Array): number | undefined {
  const ms = (parsed(body) as { advanceMs?: unknown } | null | undefined)?.advanceMs;
  return typeof ms === "number" && ms >= 0 && ms <= MOST_MS ? ms : undefined;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

function json(body: object): WireResponse {
  return plain(200, JSON.stringify(body), { "content-type": "application/json" });
}
