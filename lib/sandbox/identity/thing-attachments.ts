import type { ThingPrincipalType } from "@aws-sdk/client-iot";
import type { State } from "./tables.js";

/*
 * Which principal may act for which thing, kept in two tables, one for each direction. The only
 * principals here are certificates: the sandbox has no Cognito identities.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html
 */

export function attachThing(
  state: State,
  thingName: string,
  principal: string,
  type: ThingPrincipalType,
): void {
  state.principalsOfThing.set(`${thingName}/${principal}`, type);
  state.thingsOfPrincipal.set(`${principal}/${thingName}`, type);
}

/** Does nothing when the two do not belong together. */
export function detachThing(state: State, thingName: string, principal: string): void {
  state.principalsOfThing.delete(`${thingName}/${principal}`);
  state.thingsOfPrincipal.delete(`${principal}/${thingName}`);
}

/** ARNs of a thing's principals behind `after`, in order, and how each is attached. */
export function principalsOf(
  state: State,
  thingName: string,
  after?: string,
): Iterable<[string, ThingPrincipalType]> {
  return behind(state.principalsOfThing, `${thingName}/`, after);
}

export function hasPrincipals(state: State, thingName: string): boolean {
  for (const _ of principalsOf(state, thingName)) return true;
  return false;
}

/** Names of a principal's things behind `after`, in order, and how each is attached. */
export function thingsOf(
  state: State,
  principal: string,
  after?: string,
): Iterable<[string, ThingPrincipalType]> {
  return behind(state.thingsOfPrincipal, `${principal}/`, after);
}

function* behind(
  table: State["principalsOfThing"],
  prefix: string,
  after: string | undefined,
): Generator<[string, ThingPrincipalType]> {
  const range = { prefix, ...(after !== undefined && { after: prefix + after }) };
  for (const [key, type] of table.entries(range)) yield [key.slice(prefix.length), type];
}
