import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyFault, type ReadBody } from "../http/bodies.js";
import type { Gate } from "./gate.js";
import type { Patience } from "./patience.js";

/** Bodies up to so many bytes wait for nobody. */
const SMALL = 1024 * 1024;

/** How many bytes a second a body must come with on the whole. */
const SLOWEST_PER_SECOND = 16 * 1024;

/**
 * The reader of a request's body. Until it is called nothing is read, so that a client that waits to be
 * asked (`Expect: 100-continue`) sends nothing in vain.
 *
 * @param gate where long bodies wait for room; they leave it when the answer is out
 */
export function bodyReader(
  request: IncomingMessage,
  response: ServerResponse,
  gate: Gate,
  patience: Pick<Patience, "quietMs">,
): ReadBody {
  return async (most) => {
    const length = lengthOf(request);
    if (length !== undefined && length > most) throw new BodyFault("too long");
    if (length === 0) return new Uint8Array();
    const needed = length ?? most;
    if (needed > SMALL) {
      const leave = await gate.enter(needed);
      response.once("close", leave);
      // Nobody is there any more to make room for.
      if (response.closed) leave();
    }
    if (isExpectant(request)) response.writeContinue();
    return received(request, most, length, patience.quietMs);
  };
}

/** Whether the client waits for a word before it sends its body. */
export function isExpectant({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === "100-continue";
}

/** In bytes; undefined when only the end will tell. */
export function lengthOf({ headers }: IncomingMessage): number | undefined {
  if (headers["transfer-encoding"] !== undefined) return undefined;
  return Number(headers["content-length"] ?? 0);
}

function received(
  request: IncomingMessage,
  most: number,
  length: number | undefined,
  quietMs: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // Room for all at once: to join the parts later would take it twice.
    const whole = length === undefined ? undefined : Buffer.allocUnsafe(length);
    const parts: Buffer[] = [];
    let size = 0;
    const startedAt = performance.now();
    let heardAt = startedAt;

    const onData = (part: Buffer): void => {
      heardAt = performance.now();
      if (size + part.byteLength > most) return fail("too long");
      if (whole) part.copy(whole, size);
      else parts.push(part);
      size += part.byteLength;
    };
    const onEnd = (): void => settle(() => resolve(whole ?? Buffer.concat(parts)));
    const onClose = (): void => fail("broken off");
    const onTime = (): void => {
      const now = performance.now();
      const due = startedAt + quietMs + (size / SLOWEST_PER_SECOND) * 1000;
      if (now >= due || now >= heardAt + quietMs) return fail("too slow");
      timer = setTimeout(onTime, Math.min(due, heardAt + quietMs) - now + 1);
    };
    let timer = setTimeout(onTime, quietMs);

    const settle = (how: () => void): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("error", onClose).off("close", onClose);
      how();
    };
    const fail = (reason: BodyFault["reason"]): void => {
      request.pause();
      settle(() => reject(new BodyFault(reason)));
    };
    request.on("data", onData).on("end", onEnd).on("error", onClose).on("close", onClose);
  });
}
