import {
  CreateThingTypeCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingTypeCommand,
  paginateListThingTypes,
  type DescribeThingTypeResponse,
  type ThingTypeDefinition,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, unlessMissing } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { tagList } from "../../aws/ownership.js";
import { waitUntil } from "../../aws/wait.js";
import { checkNames, thingTypeName } from "./names.js";
import { requireOurs } from "./tags.js";
import { findThing, listThings } from "./things.js";

/** The attributes that become searchable for each type; AWS allows three. */
const SEARCHABLE_ATTRIBUTES = ["customerId", "country", "manufacturingDate"] as const;

/**
 * Create a thing type for each name, with our three searchable attributes.
 *
 * Calls DescribeThingType for each, then CreateThingType for those that are missing. A type of ours
 * that is deprecated is taken back into use (DeprecateThingType with undo), since new things would
 * be refused otherwise. A second call finds all of them and changes nothing.
 *
 * @param names each 1–128 characters from `a-z A-Z 0-9 : _ -`, none twice
 * @throws InvalidInputError before any call
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/thing-types.html
 */
export async function createThingTypes(
  fleet: Fleet,
  names: readonly string[],
): Promise<ManyResult> {
  checkNames(names, thingTypeName);
  return many(
    fleet,
    { title: "Thing types", items: names, total: names.length, name: (name) => name },
    async (name) => {
      const found = await findThingType(fleet, name);
      if (!found) {
        await fleet.iot.send(
          new CreateThingTypeCommand({
            thingTypeName: name,
            thingTypeProperties: {
              thingTypeDescription: `Template for the ${spaced(name)} category`,
              searchableAttributes: [...SEARCHABLE_ATTRIBUTES],
            },
            tags: tagList(fleet.tags),
          }),
        );
        return "done";
      }
      if (!found.thingTypeMetadata?.deprecated) return "existed";
      await requireOurs(fleet, `The deprecated thing type ${name}`, found.thingTypeArn ?? "");
      await fleet.iot.send(
        new DeprecateThingTypeCommand({ thingTypeName: name, undoDeprecate: true }),
      );
      return "done";
    },
  );
}

/** One thing type as AWS describes it, or undefined when there is none. Calls DescribeThingType. */
export async function findThingType(
  fleet: Fleet,
  name: string,
): Promise<DescribeThingTypeResponse | undefined> {
  return unlessMissing(fleet.iot.send(new DescribeThingTypeCommand({ thingTypeName: name })));
}

/** Every thing type of the account. Calls ListThingTypes, 250 a page. */
export async function* listThingTypes(fleet: Fleet): AsyncIterable<ThingTypeDefinition> {
  const pages = paginateListThingTypes({ client: fleet.iot, pageSize: 250 }, {});
  for await (const page of pages) yield* page.thingTypes ?? [];
}

const MINUTE_MS = 60_000;

/** From a type's deprecation until AWS deletes it, in milliseconds. */
const DELETABLE_AFTER_MS = 5 * MINUTE_MS;

/** How far AWS's clock may be behind ours, in milliseconds. */
const CLOCK_SKEW_MS = MINUTE_MS;

/**
 * Delete thing types of ours: deprecate each, wait until the last one's five minutes are over, with
 * a countdown, and delete them. On the sandbox its clock is set ahead instead.
 *
 * Calls DescribeThingType, ListTagsForResource, ListThings and, where it is needed,
 * DeprecateThingType for each; then DescribeThingType every minute; then DeleteThingType for each.
 * Minutes that a type was deprecated already count. A second call does what is missing; a type that
 * is gone counts as `existed`.
 *
 * @returns a type that things still have, or that the workshop did not make, stands in `failed`: it
 *   is said before anything is waited for, and such a type is not deprecated
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingType.html
 */
export async function deleteThingTypes(
  fleet: Fleet,
  names: readonly string[],
): Promise<ManyResult> {
  const items = { items: names, total: names.length, name: (name: string) => name };
  const waiting: string[] = [];
  const deprecated = await many(fleet, { title: "Types deprecated", ...items }, async (name) => {
    const found = await findThingType(fleet, name);
    if (!found) return "existed";
    await requireOurs(fleet, `The thing type ${name}`, found.thingTypeArn ?? "");
    await requireUnused(fleet, name);
    waiting.push(name);
    if (found.thingTypeMetadata?.deprecated) return "existed";
    await fleet.iot.send(new DeprecateThingTypeCommand({ thingTypeName: name }));
    return "done";
  });
  if (waiting.length > 0) await waitUntilDeletable(fleet, waiting);
  const rest = { ...items, items: waiting, total: waiting.length };
  const deleted = await many(fleet, { title: "Types deleted", ...rest }, async (name) => {
    await deleteDeprecated(fleet, name);
    return "done";
  });
  return {
    ...deleted,
    existed: names.length - deprecated.failed.length - waiting.length,
    failed: [...deprecated.failed, ...deleted.failed],
    seconds: deprecated.seconds + deleted.seconds,
    throttles: deprecated.throttles + deleted.throttles,
  };
}

/** AWS itself would say it only after the five minutes. */
async function requireUnused(fleet: Fleet, type: string): Promise<void> {
  for await (const { thingName: name = "" } of listThings(fleet, { type })) {
    // A thing that has just been deleted may be listed a while longer.
    if ((await findThing(fleet, name))?.thingTypeName !== type) continue;
    throw new FleetError(
      `The thing ${name} still has the type ${type}, and AWS deletes no type that is used. ` +
        `Delete the thing first, or give it another type.`,
    );
  }
}

async function waitUntilDeletable(fleet: Fleet, names: readonly string[]): Promise<void> {
  await waitUntil(
    fleet,
    {
      until: "AWS deletes the types, five minutes after their deprecation",
      everyMs: MINUTE_MS,
      timeoutMs: DELETABLE_AFTER_MS + CLOCK_SKEW_MS,
      isPassable: true,
    },
    async () => {
      let leftMs = 0;
      for (const name of names) {
        const { deprecationDate } = (await findThingType(fleet, name))?.thingTypeMetadata ?? {};
        if (!deprecationDate) continue;
        leftMs = Math.max(
          leftMs,
          deprecationDate.getTime() + DELETABLE_AFTER_MS - fleet.clock.now(),
        );
      }
      return leftMs <= 0
        ? { ready: true }
        : { waiting: `${Math.ceil(leftMs / MINUTE_MS)} min left` };
    },
  );
}

async function deleteDeprecated(fleet: Fleet, name: string): Promise<void> {
  const until = `AWS deletes ${name}`;
  const patience = { until, everyMs: 5_000, timeoutMs: CLOCK_SKEW_MS, isPassable: true };
  await waitUntil(fleet, patience, async () => {
    try {
      await unlessMissing(fleet.iot.send(new DeleteThingTypeCommand({ thingTypeName: name })));
      return { ready: true };
    } catch (error) {
      // One error name for three refusals, and only this one is over by itself.
      const isTooEarly = error instanceof Error && /wait for 5 minutes/.test(error.message);
      if (isTooEarly) return { waiting: "by its own clock the five minutes are not over" };
      throw error;
    }
  });
}

/** `SedanVehicle` as `Sedan Vehicle` */
function spaced(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2");
}
