import { InvalidRequestException, ResourceNotFoundException } from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { ThingRecord } from "./records.js";
import type { State } from "./tables.js";

/* How requests name things, and groups beside them. */

/** The thing of that name, or AWS's refusal. */
export function existingThing(state: State, thingName: string): ThingRecord {
  return (
    state.things.get(thingName) ??
    fault(ResourceNotFoundException, `Thing ${thingName} cannot be found`)
  );
}

const nouns = {
  thing: "thing",
  thinggroup: "thing group",
  billinggroup: "billing group",
} as const;

/** The name of what a request may give by name, by ARN or by both. */
export function nameOf(
  state: State,
  kind: keyof typeof nouns,
  name: string | undefined,
  arn: string | undefined,
): string {
  const noun = nouns[kind];
  if (arn === undefined) {
    return name ?? fault(InvalidRequestException, `The name or the ARN of a ${noun} is required`);
  }
  const prefix = state.arn(`${kind}/`);
  if (!arn.startsWith(prefix)) {
    fault(InvalidRequestException, `${arn} is not the ARN of a ${noun} of this account and Region`);
  }
  const fromArn = arn.slice(prefix.length);
  if (name !== undefined && name !== fromArn) {
    fault(InvalidRequestException, `${arn} is not the ARN of ${noun} ${name}`);
  }
  return fromArn;
}
