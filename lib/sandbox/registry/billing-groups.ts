import {
  AddThingToBillingGroupCommand,
  CreateBillingGroupCommand,
  DeleteBillingGroupCommand,
  DescribeBillingGroupCommand,
  InvalidRequestException,
  ListBillingGroupsCommand,
  ListThingsInBillingGroupCommand,
  RemoveThingFromBillingGroupCommand,
  ResourceAlreadyExistsException,
  UpdateBillingGroupCommand,
  type GroupNameAndArn,
} from "@aws-sdk/client-iot";
import {
  checkBillingVersion,
  existingBillingGroup,
  joinBilling,
  leaveBilling,
  thingsIn,
} from "./billing-memberships.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import type { BillingGroupRecord } from "./records.js";
import { endTags, startTags, tagsOf } from "./resource-tags.js";
import { existingThing, nameOf } from "./naming.js";

/**
 * The same group again succeeds; tags are not compared.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateBillingGroup.html
 */
export const createBillingGroup = operation(
  CreateBillingGroupCommand,
  (state, { billingGroupName, billingGroupProperties = {}, tags }) => {
    const existing = state.billingGroups.get(billingGroupName);
    if (existing) {
      const { billingGroupDescription } = existing.billingGroupProperties ?? {};
      if (billingGroupDescription === billingGroupProperties.billingGroupDescription) {
        return existing;
      }
      fault(
        ResourceAlreadyExistsException,
        `Billing group ${billingGroupName} already exists in current account with different properties`,
        { resourceId: existing.billingGroupId, resourceArn: existing.billingGroupArn },
      );
    }
    const group: BillingGroupRecord = {
      billingGroupName,
      billingGroupId: state.newId(),
      billingGroupArn: state.arn(`billinggroup/${billingGroupName}`),
      version: 1,
      billingGroupProperties,
      billingGroupMetadata: { creationDate: state.now() },
    };
    state.billingGroups.set(billingGroupName, group);
    startTags(state, group.billingGroupArn, tagsOf(tags));
    return group;
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeBillingGroup.html */
export const describeBillingGroup = operation(
  DescribeBillingGroupCommand,
  (state, { billingGroupName }) => existingBillingGroup(state, billingGroupName),
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateBillingGroup.html */
export const updateBillingGroup = operation(UpdateBillingGroupCommand, (state, input) => {
  const group = existingBillingGroup(state, input.billingGroupName);
  checkBillingVersion(group, input.expectedVersion);
  const version = group.version + 1;
  state.billingGroups.set(group.billingGroupName, {
    ...group,
    version,
    billingGroupProperties: { ...group.billingGroupProperties, ...input.billingGroupProperties },
  });
  return { version };
});

/**
 * A group that is not there counts as deleted; things in it leave.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteBillingGroup.html
 */
export const deleteBillingGroup = operation(DeleteBillingGroupCommand, (state, input) => {
  const group = state.billingGroups.get(input.billingGroupName);
  if (!group) return {};
  checkBillingVersion(group, input.expectedVersion);
  const { billingGroupName } = group;
  for (const thingName of [...thingsIn(state, billingGroupName)]) {
    leaveBilling(state, existingThing(state, thingName), billingGroupName);
  }
  state.billingGroups.delete(billingGroupName);
  endTags(state, group.billingGroupArn);
  return {};
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListBillingGroups.html */
export const listBillingGroups = operation(
  ListBillingGroupsCommand,
  (state, { namePrefixFilter: prefix = "", nextToken, maxResults }) => {
    const { items, ...next } = paged<GroupNameAndArn>({
      page: { nextToken, maxResults },
      question: ["ListBillingGroups", prefix],
      *entries(after) {
        for (const [name, group] of state.billingGroups.entries({ prefix, after })) {
          yield [name, { groupName: name, groupArn: group.billingGroupArn }];
        }
      },
      largest: 250,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    return { billingGroups: items, ...next };
  },
);

/**
 * A thing that is in the group already is no error; one in another group is.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_AddThingToBillingGroup.html
 */
export const addThingToBillingGroup = operation(AddThingToBillingGroupCommand, (state, input) => {
  const { thing, billingGroupName } = named(state, input);
  joinBilling(state, thing, billingGroupName);
  return {};
});

/**
 * A thing that is not in the group is no error.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_RemoveThingFromBillingGroup.html
 */
export const removeThingFromBillingGroup = operation(
  RemoveThingFromBillingGroupCommand,
  (state, input) => {
    const { thing, billingGroupName } = named(state, input);
    leaveBilling(state, thing, billingGroupName);
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingsInBillingGroup.html */
export const listThingsInBillingGroup = operation(
  ListThingsInBillingGroupCommand,
  (state, { billingGroupName, nextToken, maxResults }) => {
    existingBillingGroup(state, billingGroupName);
    const { items, ...next } = paged({
      page: { nextToken, maxResults },
      question: ["ListThingsInBillingGroup", billingGroupName],
      *entries(after): Iterable<[string, string]> {
        for (const name of thingsIn(state, billingGroupName, after)) yield [name, name];
      },
      largest: 250,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    return { things: items, ...next };
  },
);

interface Pair {
  readonly thingName?: string | undefined;
  readonly thingArn?: string | undefined;
  readonly billingGroupName?: string | undefined;
  readonly billingGroupArn?: string | undefined;
}

/** Thing and billing group of a request that may give each by name, by ARN or by both. */
function named(state: State, pair: Pair) {
  const thingName = nameOf(state, "thing", pair.thingName, pair.thingArn);
  const name = nameOf(state, "billinggroup", pair.billingGroupName, pair.billingGroupArn);
  const { billingGroupName } = existingBillingGroup(state, name);
  return { thing: existingThing(state, thingName), billingGroupName };
}
