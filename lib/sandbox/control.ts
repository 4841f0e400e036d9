import { isEqual } from "./door/equal.js";
import type { Sandbox } from "./index.js";
import { plain, type WireRequest, type WireResponse } from "./http/wire.js";

/*
 * What the sandbox answers beside AWS, under a path that no AWS service has.
 *
 *   GET  /_fleetlab                                 {"program": …, "now": <milliseconds since the epoch>}
 *   POST /_fleetlab/clock   {"advanceMs": 300000}   {"now": <the same, afterwards>}
 */

export const CONTROL_PATH = "/_fleetlab";

export interface ControlOptions {
  readonly sandbox: Pick<Sandbox, "clock" | "advance">;
  /** What `GET /_fleetlab` tells, beside the time: a client knows by it which sandbox it has found. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** Whoever moves the clock must know it, as `authorization: Bearer <secret>`. Without one, anybody may. */
  readonly secret?: string;
}

/** The most time that one request lets pass, in milliseconds: 31 days. */
const MOST_MS = 31 * 24 * 3600 * 1000;

/** @returns a function that answers requests whose path begins with `CONTROL_PATH` */
export function createControl(
  options: ControlOptions,
): (request: WireRequest) => Promise<WireResponse> {
  const { sandbox, identity, secret } = options;
  const now = (): number => Math.floor(sandbox.clock.now());

  return async (request) => {
    if (request.path === CONTROL_PATH) return json({ ...identity, now: now() });
    if (request.path !== `${CONTROL_PATH}/clock`) return plain(404, "There is nothing here.");
    if (request.method !== "POST") return plain(405, "The clock takes POST.", { allow: "POST" });
    if (!knows(secret, request.headers["authorization"])) {
      return plain(
        403,
        "Only who has the sandbox's keys may move its clock: send the header " +
          '"authorization: Bearer <secretAccessKey of credentials.json>".',
      );
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
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
  const ms = (said as { advanceMs?: unknown } | null)?.advanceMs;
  return typeof ms === "number" && ms >= 0 && ms <= MOST_MS ? ms : undefined;
}

function json(body: object): WireResponse {
  return plain(200, JSON.stringify(body), { "content-type": "application/json" });
}
