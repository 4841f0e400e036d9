import type { Fleet } from "../../aws/connect.js";
import { many, type ManyResult } from "../../aws/many.js";
import { reportedFirmware } from "../../fleet/software/device-firmware.js";
import { deviceSoftware } from "../../fleet/software/device-software.js";
import { checkName, checkNames, packageName, thingName } from "../../fleet/registry/names.js";
import { barChart } from "../../show/bar-chart.js";
import { count } from "../../show/progress.js";
import { countBy } from "../show.js";

/** The inventory of a device beside its own word, for one package. */
export interface SoftwareComparison {
  readonly thing: string;
  /** What the inventory says: the `$package` shadow. */
  readonly inventory: string | undefined;
  /** What the device itself says: `reported.firmware` of its classic shadow. */
  readonly vehicle: string | undefined;
  /** False too when one of them says nothing. */
  readonly isSame: boolean;
}

/**
 * Compare the inventory of devices with what they say themselves, for one package.
 *
 * Calls GetThingShadow twice for each: the shadows are what is so now, the index may be seconds late.
 *
 * @returns what became of the look-ups, and the comparisons in the order of `things`
 * @throws InvalidInputError before any call, when a name is illegal or there twice
 */
export async function compareSoftware(
  fleet: Fleet,
  name: string,
  things: readonly string[],
): Promise<ManyResult & { readonly comparisons: readonly SoftwareComparison[] }> {
  checkName(name, packageName);
  if (things.length > 0) checkNames(things, thingName);
  const found = new Map<string, SoftwareComparison>();
  const result = await many(
    fleet,
    { title: "Comparisons", items: things, total: things.length, name: (thing) => thing },
    async (thing) => {
      const software = await deviceSoftware(fleet, thing);
      const inventory = software.find((one) => one.packageName === name)?.versionName;
      const vehicle = (await reportedFirmware(fleet, thing))[name];
      const isSame = inventory !== undefined && inventory === vehicle;
      found.set(thing, { thing, inventory, vehicle, isSame });
      return "done";
    },
  );
  return { ...result, comparisons: things.flatMap((thing) => found.get(thing) ?? []) };
}

/**
 * Show both sides as bars: how many vehicles are on which version by the record, and how many by
 * their own word; and say how many of them agree. Calls nothing.
 *
 * @param options.versions versions that keep their place and colour in every picture, also when
 *   nobody is on them. Default: only those that somebody is on.
 */
export async function showComparison(
  fleet: Fleet,
  comparisons: readonly SoftwareComparison[],
  { versions = [] }: { readonly versions?: readonly string[] } = {},
): Promise<void> {
  const same = comparisons.filter(({ isSame }) => isSame).length;
  const said = `${count(same)} of ${count(comparisons.length)} vehicles and their records agree.`;
  fleet.output.line(said);
  if (comparisons.length === 0) return;
  const title = "What the record says, and what the vehicles say";
  const sides = {
    record: countBy(comparisons, ({ inventory }) => inventory ?? "nothing"),
    vehicles: countBy(comparisons, ({ vehicle }) => vehicle ?? "nothing"),
  };
  const seen = Object.values(sides).flatMap((side) => side.map(({ at: version }) => version));
  const parts = [...new Set([...versions, ...seen])];
  const bars = Object.entries(sides).flatMap(([at, side]) =>
    parts.map((part) => ({ at, part, value: side.find((one) => one.at === part)?.value ?? 0 })),
  );
  fleet.output.show(await barChart({ title, bars, xTitle: "", yTitle: "vehicles" }));
}
