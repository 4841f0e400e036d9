import {
  CreateThingCommand,
  DeleteThingCommand,
  DescribeThingCommand,
  DetachThingPrincipalCommand,
  paginateListThingPrincipals,
  paginateListThings,
  UpdateThingCommand,
  type DescribeThingResponse,
  type ThingAttribute,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, NotOursError, unlessMissing } from "../../aws/errors.js";
import { OWNER, OWNER_TAG, hasPrefix } from "../../aws/ownership.js";
import { waitUntil } from "../../aws/wait.js";
import { checkName, thingName, thingTypeName } from "./names.js";
import { deleteShadows, PACKAGE_SHADOW } from "../shadows/shadows.js";

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
const OWNER_ATTRIBUTE: Readonly<Record<string, string>> = { [OWNER_TAG]: OWNER };

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
  checkName(name, thingName);
  return unlessMissing(fleet.iot.send(new DescribeThingCommand({ thingName: name })));
}

/**
 * Delete one thing of ours with its shadows, which AWS would otherwise keep, and without its
 * certificates, which AWS would otherwise refuse to let go of. The certificates themselves stay:
 * nothing says who made them.
 *
 * Calls DescribeThing, ListNamedShadowsForThing, DeleteThingShadow for each shadow, DeleteThing;
 * when AWS says that principals are attached, ListThingPrincipals, DetachThingPrincipal for each,
 * and DeleteThing again. A second call finds nothing and does nothing.
 *
 * @param options.shadows `known` leaves out ListNamedShadowsForThing, of which AWS takes only a few
 * a second, and deletes the two shadows that the workshop writes: classic and `$package`. Default
 * `every`.
 * @returns true when there was something to delete
 * @throws NotOursError when the thing was not made by the workshop
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThing.html
 */
export async function deleteThing(
  fleet: Fleet,
  name: string,
  { shadows = "every" }: { readonly shadows?: "every" | "known" } = {},
): Promise<boolean> {
  const found = await findThing(fleet, name);
  if (!found) return false;
  requireOwned(found, name);
  // Before the thing: nothing would find the shadows of a thing that is gone.
  await deleteShadows(fleet, name, shadows === "known" ? [PACKAGE_SHADOW] : undefined);
  try {
    await fleet.iot.send(new DeleteThingCommand({ thingName: name }));
  } catch (error) {
    // Asked only now: few things have principals, and AWS lists those of eight things a second.
    if (!isAttached(error) || !(await detachPrincipals(fleet, name))) throw error;
    await deleteDetached(fleet, name);
  }
  return true;
}

/** Take every principal (a certificate, mostly) off a thing; true when there was one. */
async function detachPrincipals(fleet: Fleet, name: string): Promise<boolean> {
  const pages = paginateListThingPrincipals({ client: fleet.iot }, { thingName: name });
  const principals: string[] = [];
  for await (const page of pages) principals.push(...(page.principals ?? []));
  for (const principal of principals) {
    await fleet.iot.send(new DetachThingPrincipalCommand({ thingName: name, principal }));
  }
  return principals.length > 0;
}

/** How long a detachment may take to spread, in milliseconds. */
const DETACHED_MS = 30_000;

async function deleteDetached(fleet: Fleet, name: string): Promise<void> {
  const patience = { until: `AWS deletes ${name}`, timeoutMs: DETACHED_MS, isPassable: true };
  await waitUntil(fleet, patience, async () => {
    try {
      await fleet.iot.send(new DeleteThingCommand({ thingName: name }));
      return { ready: true };
    } catch (error) {
      if (isAttached(error)) return { waiting: "its principals are being detached" };
      throw error;
    }
  });
}

/** AWS has no error of its own for a thing that something is attached to; only the message tells. */
function isAttached(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === "InvalidRequestException" &&
    /attached/.test(error.message)
  );
}

/**
 * Every thing that the workshop made under this fleet's prefix, in AWS's order.
 *
 * Calls ListThings without a filter, 250 a page, and sorts out here: AWS filters only by attributes
 * that a thing's type makes searchable, and the mark of the workshop is not among them.
 */
export async function* listOurThings(fleet: Fleet): AsyncIterable<ThingAttribute> {
  for await (const thing of listThings(fleet)) {
    if (isOurThing(thing) && hasPrefix(fleet, thing.thingName)) yield thing;
  }
}

/**
 * Every thing of the account, whoever made it, in AWS's order. Calls ListThings, 250 a page.
 *
 * @param options.type only things of this thing type
 */
export async function* listThings(
  fleet: Fleet,
  { type }: { readonly type?: string } = {},
): AsyncIterable<ThingAttribute> {
  const pages = paginateListThings(
    { client: fleet.iot, pageSize: 250 },
    { ...(type !== undefined && { thingTypeName: type }) },
  );
  for await (const page of pages) yield* page.things ?? [];
}

/** True for a thing that the workshop made, under whatever prefix. */
export function isOurThing({ attributes }: ThingAttribute): boolean {
  return attributes?.[OWNER_TAG] === OWNER;
}

/**
 * Make sure that a thing is there, and that the workshop made it. Calls DescribeThing.
 *
 * @throws FleetError when there is no such thing
 * @throws NotOursError when the workshop did not make it
 */
export async function requireOurThing(fleet: Fleet, name: string): Promise<void> {
  const found = await findThing(fleet, name);
  if (!found) throw new FleetError(`There is no thing ${name}. Create it first.`);
  requireOwned(found, name);
}

function requireOwned(found: DescribeThingResponse, name: string): void {
  if (found.attributes?.[OWNER_TAG] === OWNER) return;
  throw new NotOursError(
    `The thing ${name} exists and was not made by the workshop, so it is left alone. ` +
      `Choose another name, or connect with another prefix.`,
  );
}
