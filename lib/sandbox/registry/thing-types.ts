import {
  CreateThingTypeCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingTypeCommand,
  InvalidRequestException,
  ListThingTypesCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateThingTypeCommand,
  type ThingTypeProperties,
} from "@aws-sdk/client-iot";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import type { ThingTypeRecord } from "./records.js";
import { thingTypeChanged } from "./registry-news.js";
import { endTags, startTags, tagsOf } from "./resource-tags.js";

/** From the deprecation until the type can be deleted, in milliseconds. */
const deletionWaitMs = 5 * 60_000;

/** Searchable attributes of one type. */
const mostSearchable = 3;

/**
 * The same type again succeeds; its tags are not compared.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingType.html
 */
export const createThingType = operation(CreateThingTypeCommand, (state, input) => {
  const { thingTypeName } = input;
  const thingTypeProperties = checked(input.thingTypeProperties ?? {});
  const existing = state.thingTypes.get(thingTypeName);
  if (existing) {
    if (areSame(existing.thingTypeProperties, thingTypeProperties)) return existing;
    fault(
      ResourceAlreadyExistsException,
      `Thing type ${thingTypeName} already exists in account with different properties`,
      { resourceId: existing.thingTypeId, resourceArn: existing.thingTypeArn },
    );
  }
  const type: ThingTypeRecord = {
    thingTypeName,
    thingTypeArn: state.arn(`thingtype/${thingTypeName}`),
    thingTypeId: state.newId(),
    thingTypeProperties,
    thingTypeMetadata: { deprecated: false, creationDate: state.now() },
  };
  state.thingTypes.set(thingTypeName, type);
  startTags(state, type.thingTypeArn, tagsOf(input.tags));
  state.tell(thingTypeChanged, { operation: "CREATED", type });
  return type;
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingType.html */
export const describeThingType = operation(DescribeThingTypeCommand, (state, { thingTypeName }) =>
  existingType(state, thingTypeName),
);

/**
 * Its page has all properties as optional; AWS takes one of them only.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingType.html,
 * https://github.com/aws/aws-cli/issues/9884
 */
export const updateThingType = operation(UpdateThingTypeCommand, (state, input) => {
  const type = existingType(state, input.thingTypeName);
  const { mqtt5Configuration, ...others } = input.thingTypeProperties ?? {};
  if (Object.values(others).some((value) => value !== undefined)) {
    fault(InvalidRequestException, "Can only update mqtt5Configuration.");
  }
  if (mqtt5Configuration) {
    const thingTypeProperties = { ...type.thingTypeProperties, mqtt5Configuration };
    change(state, { ...type, thingTypeProperties });
  }
  return {};
});

/**
 * Deprecating twice keeps the first date; undoing and repeating it restarts the wait.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeprecateThingType.html
 */
export const deprecateThingType = operation(DeprecateThingTypeCommand, (state, input) => {
  const type = existingType(state, input.thingTypeName);
  const { deprecated = false, creationDate } = type.thingTypeMetadata ?? {};
  if (deprecated === !input.undoDeprecate) return {};
  change(state, {
    ...type,
    thingTypeMetadata: input.undoDeprecate
      ? { deprecated: false, creationDate }
      : { deprecated: true, creationDate, deprecationDate: state.now() },
  });
  return {};
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingType.html */
export const deleteThingType = operation(DeleteThingTypeCommand, (state, { thingTypeName }) => {
  const type = existingType(state, thingTypeName);
  const { deprecated, deprecationDate } = type.thingTypeMetadata ?? {};
  if (!deprecated || !deprecationDate) {
    fault(
      InvalidRequestException,
      `Cannot delete thing type : ${thingTypeName}. Please deprecate it first`,
    );
  }
  for (const thing of state.things.values()) {
    if (thing.thingTypeName !== thingTypeName) continue;
    fault(
      InvalidRequestException,
      `Cannot delete thing type : ${thingTypeName}. There are still things of this type`,
    );
  }
  if (state.now().getTime() - deprecationDate.getTime() < deletionWaitMs) {
    fault(
      InvalidRequestException,
      `Cannot delete thing type : ${thingTypeName}. Please wait for 5 minutes after deprecation and then retry`,
    );
  }
  state.thingTypes.delete(thingTypeName);
  endTags(state, type.thingTypeArn);
  state.tell(thingTypeChanged, { operation: "DELETED", type });
  return {};
});

function change(state: State, type: ThingTypeRecord): void {
  state.thingTypes.set(type.thingTypeName, type);
  state.tell(thingTypeChanged, { operation: "UPDATED", type });
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingTypes.html */
export const listThingTypes = operation(ListThingTypesCommand, (state, input) => {
  const { thingTypeName, nextToken, maxResults } = input;
  const { items, ...next } = paged({
    page: { nextToken, maxResults },
    question: ["ListThingTypes", thingTypeName],
    *entries(after) {
      for (const entry of state.thingTypes.entries({ after })) {
        if (thingTypeName === undefined || entry[0] === thingTypeName) yield entry;
      }
    },
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  return { thingTypes: items, ...next };
});

function existingType(state: State, thingTypeName: string): ThingTypeRecord {
  return (
    state.thingTypes.get(thingTypeName) ??
    fault(ResourceNotFoundException, `Thing type ${thingTypeName} cannot be found`)
  );
}

function checked(properties: ThingTypeProperties): ThingTypeProperties {
  const searchable = properties.searchableAttributes ?? [];
  if (searchable.length > mostSearchable) {
    fault(
      InvalidRequestException,
      `A thing type can have at most ${mostSearchable} searchable attributes`,
    );
  }
  return properties;
}

function areSame(a: ThingTypeProperties = {}, b: ThingTypeProperties = {}): boolean {
  const content = (of: ThingTypeProperties): string =>
    JSON.stringify([
      of.thingTypeDescription ?? "",
      [...(of.searchableAttributes ?? [])].sort(),
      of.mqtt5Configuration ?? {},
    ]);
  return content(a) === content(b);
}
