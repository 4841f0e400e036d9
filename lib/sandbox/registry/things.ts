import {
  CreateThingCommand,
  DeleteThingCommand,
  DescribeThingCommand,
  InvalidRequestException,
  ListThingsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateThingCommand,
  VersionConflictException,
} from "@aws-sdk/client-iot";
import { areSame, attributeLimits, checkAttributes, patched } from "./attributes.js";
import { existingBillingGroup, joinBilling, leaveBilling } from "./billing-memberships.js";
import { leaveAll } from "./memberships.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import type { ThingRecord } from "./records.js";
import { ties } from "./ports.js";
import { existingThing } from "./naming.js";
import { thingChanged } from "./registry-news.js";

/**
 * The same thing again succeeds.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html
 */
export const createThing = operation(CreateThingCommand, (state, input) => {
  const { thingName, thingTypeName, billingGroupName } = input;
  const attributes = patched({}, input.attributePayload);
  const existing = state.things.get(thingName);
  if (existing) {
    const isSame =
      areSame(existing.attributes, attributes) &&
      existing.thingTypeName === thingTypeName &&
      existing.billingGroupName === billingGroupName;
    if (isSame) return existing;
    fault(
      ResourceAlreadyExistsException,
      `Thing ${thingName} already exists in account with different attributes`,
      { resourceId: existing.thingId, resourceArn: existing.thingArn },
    );
  }
  if (billingGroupName !== undefined) existingBillingGroup(state, billingGroupName);
  checkType(state, thingTypeName);
  const thing: ThingRecord = {
    thingName,
    thingId: state.newId(),
    thingArn: state.arn(`thing/${thingName}`),
    defaultClientId: thingName,
    ...(thingTypeName !== undefined && { thingTypeName }),
    attributes,
    version: 1,
  };
  checkSize(thing);
  state.things.set(thingName, thing);
  if (billingGroupName !== undefined) joinBilling(state, thing, billingGroupName);
  state.tell(thingChanged, { operation: "CREATED", thing });
  return thing;
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThing.html */
export const describeThing = operation(DescribeThingCommand, (state, { thingName }) =>
  existingThing(state, thingName),
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThing.html */
export const updateThing = operation(UpdateThingCommand, (state, input) => {
  const { thingName, removeThingType = false } = input;
  const before = existingThing(state, thingName);
  const { thingTypeName: typeBefore, ...thing } = before;
  checkVersion(thing, input.expectedVersion);
  if (removeThingType && input.thingTypeName !== undefined) {
    fault(InvalidRequestException, "thingTypeName and removeThingType exclude each other");
  }
  if (input.thingTypeName !== typeBefore) checkType(state, input.thingTypeName);
  const thingTypeName = removeThingType ? undefined : (input.thingTypeName ?? typeBefore);
  const updated: ThingRecord = {
    ...thing,
    ...(thingTypeName !== undefined && { thingTypeName }),
    attributes: patched(thing.attributes, input.attributePayload),
    version: thing.version + 1,
  };
  checkSize(updated);
  state.things.set(thingName, updated);
  state.tell(thingChanged, { operation: "UPDATED", thing: updated, before });
  return {};
});

/**
 * A thing that is not there counts as deleted. Its shadows stay.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThing.html
 */
export const deleteThing = operation(
  DeleteThingCommand,
  (state, { thingName, expectedVersion }) => {
    const thing = state.things.get(thingName);
    if (!thing) return {};
    checkVersion(thing, expectedVersion);
    if (state.ask(ties).hasPrincipals(state, thingName)) {
      fault(
        InvalidRequestException,
        `Cannot delete. Thing ${thingName} is still attached to one or more principals`,
      );
    }
    leaveAll(state, thingName);
    if (thing.billingGroupName !== undefined) leaveBilling(state, thing, thing.billingGroupName);
    state.things.delete(thingName);
    state.tell(thingChanged, { operation: "DELETED", thing });
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListThings.html */
export const listThings = operation(
  ListThingsCommand,
  (state, { nextToken, maxResults, ...of }) => {
    if (of.attributeValue !== undefined && of.attributeName === undefined) {
      fault(InvalidRequestException, "attributeValue needs an attributeName");
    }
    if (of.attributeName !== undefined && of.thingTypeName !== undefined) {
      // https://github.com/aws/aws-sdk-js/issues/4237
      fault(
        InvalidRequestException,
        "Listing things by the combination of attribute and thing type is not supported",
      );
    }
    const { items, ...next } = paged({
      page: { nextToken, maxResults },
      question: ["ListThings", of],
      *entries(after) {
        for (const entry of state.things.entries({ after })) if (fits(entry[1], of)) yield entry;
      },
      largest: 250,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    return { things: items, ...next };
  },
);

interface ThingFilter {
  readonly attributeName?: string | undefined;
  readonly attributeValue?: string | undefined;
  readonly thingTypeName?: string | undefined;
  readonly usePrefixAttributeValue?: boolean | undefined;
}

function fits(thing: ThingRecord, filter: ThingFilter): boolean {
  if (filter.thingTypeName !== undefined && thing.thingTypeName !== filter.thingTypeName) {
    return false;
  }
  if (filter.attributeName === undefined) return true;
  const value = thing.attributes[filter.attributeName];
  if (value === undefined) return false;
  if (filter.attributeValue === undefined) return true;
  return filter.usePrefixAttributeValue
    ? value.startsWith(filter.attributeValue)
    : value === filter.attributeValue;
}

/** A type that a thing is about to get must be there and not deprecated. */
function checkType(state: State, thingTypeName: string | undefined): void {
  if (thingTypeName === undefined) return;
  const type =
    state.thingTypes.get(thingTypeName) ??
    fault(ResourceNotFoundException, `Thing type ${thingTypeName} cannot be found`);
  if (type.thingTypeMetadata?.deprecated) {
    fault(InvalidRequestException, `Thing type ${thingTypeName} is deprecated`);
  }
}

function checkSize({ thingName, thingTypeName, attributes }: ThingRecord): void {
  const { untypedThing, typedThing } = attributeLimits;
  if (thingTypeName === undefined) {
    checkAttributes(attributes, untypedThing, `Thing ${thingName} without a thing type`);
  } else {
    checkAttributes(attributes, typedThing, `Thing ${thingName}`);
  }
}

function checkVersion(
  { thingName, version }: Pick<ThingRecord, "thingName" | "version">,
  expected: number | undefined,
): void {
  if (expected === undefined || expected === version) return;
  fault(
    VersionConflictException,
    `Thing ${thingName} has version ${version}, not the expected version ${expected}`,
  );
}
