import { createHash } from "node:crypto";
import type { Fleet } from "../../aws/connect.js";
import { many, type ManyResult } from "../../aws/many.js";
import { listOurThings } from "../../fleet/registry/things.js";
import { waitForThings } from "../../fleet/search/fleet-index.js";
import { vehiclesQuery } from "../../fleet/search/fleet-query.js";
import { getShadow, reportState } from "../../fleet/shadows/shadows.js";
import { collect } from "../../aws/collect.js";

/** What a day on the road takes of a full battery, in percent: from, and how many steps up from there. */
const USES = { usual: [15, 20], draining: [75, 15] } as const;

export interface DriveOptions {
  /** The firmware version that drains batteries, on whichever vehicle really runs it. */
  readonly draining: string;
}

/**
 * Speak for all vehicles of this fleet for a day: each has charged overnight, has driven, and reports
 * the battery that is left. How much that is goes by what the vehicle runs by its own word, whatever
 * the inventory says.
 *
 * Calls ListThings, then for each vehicle GetThingShadow and UpdateThingShadow, and GetStatistics
 * until the index has as many low and high batteries as were reported. Drawn from the vehicle's name:
 * a second call reports the same while nobody has installed anything.
 *
 * @throws WaitTimeoutError when the index has not followed in five minutes
 */
export async function driveOneDay(fleet: Fleet, { draining }: DriveOptions): Promise<ManyResult> {
  const things = await collect(listOurThings(fleet));
  const names = things.flatMap(({ thingName }) => thingName ?? []);
  const left: number[] = [];
  const driven = await many(
    fleet,
    { title: "A day on the road", items: names, total: names.length, name: (name) => name },
    async (name) => {
      const firmware = (await getShadow(fleet, name))?.state.reported?.["firmware"] ?? {};
      const isDraining = Object.values(firmware).includes(draining);
      const [least, more] = USES[isDraining ? "draining" : "usual"];
      const use = least + (createHash("sha256").update(name).digest().readUInt8() % more);
      await reportState(fleet, name, { batteryStatus: 100 - use });
      left.push(100 - use);
      return "done";
    },
  );
  // One that could not report has a battery of another day.
  if (driven.failed.length > 0) return driven;
  const battery = `${vehiclesQuery(fleet)} AND shadow.reported.batteryStatus`;
  // A usual day leaves two thirds, a draining one a quarter.
  await waitForThings(fleet, `${battery}<50`, left.filter((percent) => percent < 50).length);
  await waitForThings(fleet, `${battery}>64`, left.filter((percent) => percent > 64).length);
  return driven;
}
