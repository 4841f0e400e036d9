import {
  CreateThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingTypeCommand,
  paginateListThingTypes,
  type DescribeThingTypeResponse,
  type ThingTypeDefinition,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../aws/connect.js";
import { unlessMissing } from "../aws/errors.js";
import { many, type ManyResult } from "../aws/many.js";
import { tagList } from "../aws/ownership.js";
import { checkNames, thingTypeName } from "./names.js";
import { requireOurs } from "./tags.js";

/** The attributes that become searchable for each type; AWS allows three. */
export const SEARCHABLE_ATTRIBUTES = ["customerId", "country", "manufacturingDate"] as const;

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

/** `SedanVehicle` as `Sedan Vehicle` */
function spaced(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2");
}
