import {
  GetBucketsAggregationCommand,
  GetCardinalityCommand,
  GetPercentilesCommand,
  GetStatisticsCommand,
  InvalidAggregationException,
  InvalidRequestException,
  SearchIndexCommand,
} from "@aws-sdk/client-iot";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import {
  aggregationValuesOf,
  bucketsOf,
  cardinalityOf,
  percentilesOf,
  statisticsOf,
  type FieldType,
} from "./aggregate.js";
import { ask, type Asked, type Question } from "./ask.js";
import type { FieldValue, ThingDocument, ThingGroupDocument } from "./query/document.js";
import { managedGroupFields, managedThingFields, typeOfField } from "./indexing-configuration.js";

/**
 * Hits come in the order of their names; AWS promises none.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_SearchIndex.html
 */
export const searchIndex = operation(
  SearchIndexCommand,
  (state, { nextToken, maxResults, ...question }) => {
    const asked = ask(state, question);
    const { items, ...next } = paged({
      page: { nextToken, maxResults },
      question: ["SearchIndex", asked.indexName, question.queryString],
      *entries(after): Iterable<[string, string]> {
        for (const name of asked.documents.search(asked.query, after)) yield [name, name];
      },
      largest: 100,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    if (asked.indexName === "AWS_ThingGroups") {
      const groups = items.flatMap((name) => asked.documents.document(name) ?? []);
      return { thingGroups: groups.map(answeredGroup), ...next };
    }
    const documents = items.flatMap((name) => asked.documents.document(name) ?? []);
    return { things: documents.map(answered), ...next };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetStatistics.html */
export const getStatistics = operation(GetStatisticsCommand, (state, input) => ({
  statistics: statisticsOf(valuesOf(state, input).rows),
}));

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetCardinality.html */
export const getCardinality = operation(GetCardinalityCommand, (state, input) => ({
  cardinality: cardinalityOf(valuesOf(state, input).rows),
}));

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetPercentiles.html */
export const getPercentiles = operation(GetPercentilesCommand, (state, input) => {
  const { rows, type, field } = valuesOf(state, input);
  if (type !== "Number") {
    fault(InvalidAggregationException, `Percentiles need a Number; ${field} is a ${type}`);
  }
  return { percentiles: percentilesOf(rows, input.percents) };
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetBucketsAggregation.html */
export const getBucketsAggregation = operation(GetBucketsAggregationCommand, (state, input) =>
  bucketsOf(valuesOf(state, input).rows, input.bucketsAggregationType.termsAggregation?.maxBuckets),
);

/** What each matching document has of the field that is aggregated. */
function valuesOf(
  state: State,
  input: Question & { readonly aggregationField?: string | undefined },
): { rows: Iterable<readonly FieldValue[]>; type: FieldType; field: string } {
  const asked = ask(state, input);
  const field = input.aggregationField ?? defaultField[asked.indexName];
  const type = typeIn(asked, field);
  const documents = asked.documents;
  const rows = function* (): Generator<readonly FieldValue[]> {
    for (const name of documents.search(asked.query)) {
      const document = documents.document(name);
      if (document) yield aggregationValuesOf(document, field, type);
    }
  };
  return { rows: rows(), type, field };
}

const defaultField = { AWS_Things: "registry.version", AWS_ThingGroups: "version" } as const;

function typeIn(asked: Asked, field: string): FieldType {
  const managed =
    asked.indexName === "AWS_Things"
      ? managedThingFields(asked.configuration)
      : managedGroupFields(asked.configuration);
  return (
    typeOfField(field, managed, asked.configuration.customFields) ??
    fault(
      InvalidAggregationException,
      `Field ${field} cannot be aggregated: it is neither a managed nor a custom field`,
    )
  );
}

/** The model has the shadow as a text that holds JSON. A thing in no group has no list of them. */
function answered({ thingGroupNames, attributes, shadow, points: _, ...document }: ThingDocument) {
  return {
    ...document,
    ...(thingGroupNames.length > 0 && { thingGroupNames: [...thingGroupNames] }),
    attributes: { ...attributes },
    shadow: shadow && JSON.stringify(shadow),
    deviceDefender: undefined,
  };
}

function answeredGroup({ parentGroupNames, attributes, ...document }: ThingGroupDocument) {
  return {
    ...document,
    parentGroupNames: [...parentGroupNames],
    attributes: { ...attributes },
  };
}
