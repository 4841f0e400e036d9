import {
  IndexNotReadyException,
  InvalidQueryException,
  ResourceNotFoundException,
  type ThingGroupIndexingConfiguration,
  type ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";
import { thingGroupsSchema, thingsSchema, type QuerySchema } from "./query/document.js";
import { fleetOf, type Fleet } from "./feed.js";
import { groupsOf, type Groups } from "./group-feed.js";
import { thingGroupsIndex, thingsIndex } from "./index-life.js";
import { InvalidQueryError, parseQuery, type Query } from "./query/parse.js";
import { termsOf } from "./query/query.js";

/** What every query operation is asked. */
export interface Question {
  readonly queryString: string;
  readonly indexName?: string | undefined;
  readonly queryVersion?: string | undefined;
}

/** An index that may be asked, with the question it is asked. */
export type Asked =
  | {
      readonly indexName: "AWS_Things";
      readonly query: Query;
      readonly documents: Fleet;
      readonly configuration: ThingIndexingConfiguration;
    }
  | {
      readonly indexName: "AWS_ThingGroups";
      readonly query: Query;
      readonly documents: Groups;
      readonly configuration: ThingGroupIndexingConfiguration;
    };

/** The only version of the query language. */
export const QUERY_VERSION = "2017-09-30";

/** Find the index and read the query, or refuse in AWS's way. */
export function ask(state: State, { queryString, indexName, queryVersion }: Question): Asked {
  if (indexName === "AWS_ThingGroups") {
    const index = usable(thingGroupsIndex(state), indexName);
    const query = queryOf(queryString, thingGroupsSchema, queryVersion);
    checkGeo(query, queryString, undefined);
    const documents = groupsOf(state);
    return { indexName, query, documents, configuration: index.configuration };
  }
  const index = usable(
    indexName === undefined || indexName === "AWS_Things" ? thingsIndex(state) : undefined,
    indexName ?? "AWS_Things",
  );
  const query = queryOf(queryString, thingsSchema, queryVersion);
  checkGeo(query, queryString, index.configuration);
  const documents = fleetOf(state);
  return { indexName: "AWS_Things", query, documents, configuration: index.configuration };
}

/**
 * Refuse a geoquery on a field that is not indexed as a place: nothing would ever match, and an empty
 * answer would read as "nobody is near".
 */
export function checkGeo(
  query: Query,
  queryString: string,
  configuration: ThingIndexingConfiguration | undefined,
): void {
  const targets = (configuration?.filter?.geoLocations ?? []).map(({ name }) => name);
  for (const { field, test } of termsOf(query)) {
    if (test.kind !== "geoDistance" || targets.includes(field)) continue;
    const reason = `not among filter.geoLocations of the indexing configuration, field name: ${field}`;
    fault(InvalidQueryException, new InvalidQueryError(reason, queryString).message);
  }
}

/** Parse a query, with AWS's exception for a bad one. */
export function queryOf(text: string, schema: QuerySchema, queryVersion?: string): Query {
  if (queryVersion !== undefined && queryVersion !== QUERY_VERSION) {
    fault(InvalidQueryException, `Unknown query version: ${queryVersion}`);
  }
  try {
    return parseQuery(text, schema);
  } catch (error) {
    if (error instanceof InvalidQueryError) fault(InvalidQueryException, error.message);
    throw error;
  }
}

function usable<L extends { readonly status: string }>(index: L | undefined, name: string): L {
  if (!index) return fault(ResourceNotFoundException, `Index ${name} cannot be found`);
  if (index.status === "BUILDING") {
    fault(IndexNotReadyException, `Index ${name} is being built and cannot be queried yet`);
  }
  return index;
}
