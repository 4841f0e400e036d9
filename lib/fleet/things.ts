import {
  CreateThingCommand,
  DeleteThingCommand,
  DescribeThingCommand,
  paginateListThings,
  UpdateThingCommand,
  type DescribeThingResponse,
  type ThingAttribute,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../aws/connect.js";
import { NotOursError, unlessMissing } from "../aws/errors.js";
import { OWNER, OWNER_TAG } from "../aws/ownership.js";
import { checkName, thingName, thingTypeName } from "./names.js";
import { deleteShadows } from "./shadows.js";

/** A thing to register. */
export interface NewThing {
  /** 1–128 characters from `a-z A-Z 0-9 : _ -`; it cannot be changed later. */
  readonly name: string;
  readonly type?: string;
  /** Values of at most 800 characters from `a-z A-Z 0-9 _ . , @ / : # = [ ] -`: no blanks. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * The attribute that says the workshop made a thing: AWS IoT has no tags on things.
 *
 * It is searchable like any other (`attributes.workshop:fleetlab`), so cleanup finds its things.
 */
export const OWNER_ATTRIBUTE: Readonly<Record<string, string>> = { [OWNER_TAG]: OWNER };

/**
 * Register one thing, or bring an existing one of ours to these attributes and this type. Other
 * attributes that it has, and its type when none is asked for, stay as they are.
 *
 * Calls DescribeThing, then CreateThing or UpdateThing when there is something to do.
 *
 * @returns `created`, `updated` or `existed`
 * @throws InvalidInputError before any call, when a name is illegal
 * @throws NotOursError when a thing of that name was not made by the workshop
 * @throws ResourceNotFoundException when there is no such thing type
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html
 */
export async function createThing(
  fleet: Fleet,
  thing: NewThing,
): Promise<"created" | "updated" | "existed"> {
  return (await convergeThing(fleet, thing)).outcome;
}

/** As {@link createThing}, with the thing as it was before, when there was one. */
export async function convergeThing(
  fleet: Fleet,
  { name, type, attributes = {} }: NewThing,
): Promise<{
  readonly outcome: "created" | "updated" | "existed";
  readonly before?: DescribeThingResponse;
}> {
  checkName(name, thingName);
  if (type !== undefined) checkName(type, thingTypeName);
  const wanted = { ...attributes, ...OWNER_ATTRIBUTE };
  const request = { thingName: name, ...(type && { thingTypeName: type }) };
  const found = await findThing(fleet, name);
  if (!found) {
    await fleet.iot.send(
      new CreateThingCommand({ ...request, attributePayload: { attributes: wanted } }),
    );
    return { outcome: "created" };
  }
  requireOwned(found, name);
  const isOfType = type === undefined || found.thingTypeName === type;
  const hasAll = Object.entries(wanted).every(([key, value]) => found.attributes?.[key] === value);
  if (isOfType && hasAll) return { outcome: "existed", before: found };
  await fleet.iot.send(
    new UpdateThingCommand({ ...request, attributePayload: { attributes: wanted, merge: true } }),
  );
  return { outcome: "updated", before: found };
}

/** A thing as AWS describes it, or undefined when there is none. Calls DescribeThing. */
export async function findThing(
  fleet: Fleet,
  name: string,
): Promise<DescribeThingResponse | undefined> {
  return unlessMissing(fleet.iot.send(new DescribeThingCommand({ thingName: name })));
}

/**
 * Delete one thing of ours with all its shadows, which AWS would otherwise keep.
 *
 * Calls DescribeThing, ListNamedShadowsForThing, DeleteThingShadow for each shadow, DeleteThing. A
 * second call finds nothing and does nothing.
 *
 * @returns true when there was something to delete
 * @throws NotOursError when the thing was not made by the workshop
 */
export async function deleteThing(fleet: Fleet, name: string): Promise<boolean> {
  const found = await findThing(fleet, name);
  if (!found) return false;
  requireOwned(found, name);
  await deleteShadows(fleet, name);
  await fleet.iot.send(new DeleteThingCommand({ thingName: name }));
  return true;
}

/**
 * Every thing that the workshop made under this fleet's prefix, in AWS's order.
 *
 * Calls ListThings without a filter, 250 a page, and sorts out here: AWS filters only by attributes
 * that a thing's type makes searchable, and the mark of the workshop is not among them.
 */
export async function* listOurThings(fleet: Fleet): AsyncIterable<ThingAttribute> {
  for await (const page of paginateListThings({ client: fleet.iot, pageSize: 250 }, {})) {
    for (const thing of page.things ?? []) {
      const isOurs = thing.attributes?.[OWNER_TAG] === OWNER;
      if (isOurs && thing.thingName?.startsWith(fleet.prefix)) yield thing;
    }
  }
}

function requireOwned(found: DescribeThingResponse, name: string): void {
  if (found.attributes?.[OWNER_TAG] === OWNER) return;
  throw new NotOursError(
    `The thing ${name} exists and was not made by the workshop, so it is left alone. ` +
      `Choose another name, or connect with another prefix.`,
  );
}
