import type { Clock } from "../clock.js";
import type { Fleet } from "../connect.js";
import { InvalidInputError } from "../errors.js";
import { interruptible } from "../interrupt.js";
import { createLimiter, type Limiter } from "../pacing/limiter.js";
import { connectionOf, type ConnectionWish, type MqttConnection } from "./connection.js";
import { dialOf } from "./dial.js";
import { DeviceRefusedError, QUOTA_EXCEEDED } from "./refusals.js";

/** Shortest and longest time between signs of life that AWS IoT grants, in seconds. */
const KEEP_ALIVE = { least: 30, most: 1200 } as const;

/**
 * Connects a second, of all devices of this process. AWS IoT takes 500; each costs both ends a TLS
 * handshake, of which a small machine does about forty.
 */
const CONNECTS_PER_SECOND = 25;
/** Of one client id. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const CONNECTS_OF_ONE = 1;
/** How often a device connects that is told that it was too fast, each time a second later. */
const MOST_CONNECTS = 4;

/** By clock, as for calls: connecting twice does not double a rate. */
const limiters = new WeakMap<Clock, Map<string, Limiter>>();

function limiterOf(fleet: Fleet, name: string, perSecond: number): Limiter {
  const known = limiters.get(fleet.clock) ?? new Map<string, Limiter>();
  limiters.set(fleet.clock, known);
  const id = [fleet.target, fleet.account, fleet.region, name, perSecond].join("/");
  const limiter = known.get(id) ?? createLimiter({ perSecond, burst: 1 }, fleet.clock);
  known.set(id, limiter);
  return limiter;
}

/**
 * Connect a device: TLS with its certificate, then MQTT 5 with a session that ends with the connection.
 *
 * At most 25 connects a second, times the fleet's share, and one a second for each client id. SIGINT
 * stops it. AWS IoT gives one connection to each client id: a second one ends the first.
 *
 * @throws DeviceRefusedError when AWS IoT does not let it in, with what to look at
 * @throws DeviceLostError when the broker cannot be reached
 * @throws InvalidInputError when the keep-alive is out of range
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
 */
export async function openConnection(fleet: Fleet, wish: ConnectionWish): Promise<MqttConnection> {
  const { keepAliveSeconds, clientId } = wish;
  const { least, most } = KEEP_ALIVE;
  if (
    !(Number.isInteger(keepAliveSeconds) && keepAliveSeconds >= least && keepAliveSeconds <= most)
  ) {
    throw new InvalidInputError(
      "a keep-alive in seconds",
      keepAliveSeconds,
      `be a whole number from ${least} to ${most}, which is what AWS IoT grants`,
    );
  }
  return interruptible(async (signal) => {
    const dial = await dialOf(fleet);
    // Loaded by the first device: most notebooks have none.
    const { MqttClient: Client } = await import("mqtt");
    for (let tries = 1; ; tries++) {
      await limiterOf(fleet, "connects", CONNECTS_PER_SECOND * fleet.limits.share).take(signal);
      await limiterOf(fleet, `connects/${clientId}`, CONNECTS_OF_ONE).take(signal);
      const stream = dial(wish.keys);
      try {
        return await connectionOf(fleet, wish, Client, stream, signal);
      } catch (error) {
        // We count what we send and AWS IoT what arrives: a slow handshake brings two of them together.
        if (!isTooFast(error) || tries === MOST_CONNECTS) throw error;
      }
    }
  });
}

function isTooFast(error: unknown): boolean {
  return error instanceof DeviceRefusedError && error.reasonCode === QUOTA_EXCEEDED;
}
