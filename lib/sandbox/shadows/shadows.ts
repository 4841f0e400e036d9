import {
  ConflictException,
  DeleteThingShadowCommand,
  GetThingShadowCommand,
  InvalidRequestException,
  ListNamedShadowsForThingCommand,
  RequestEntityTooLargeException,
  ResourceNotFoundException,
  UnsupportedDocumentEncodingException,
  UpdateThingShadowCommand,
} from "@aws-sdk/client-iot-data-plane";
import { Uint8ArrayBlobAdapter } from "@smithy/core/serde";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import type { ShadowDocument as ShadowRecord } from "./shadow-documents.js";
import { changeShadow, removeShadow, secondsOf } from "./changes.js";
import { documentOf, readUpdate, ShadowRefusal } from "./shadow-documents.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetThingShadow.html */
export const getThingShadow = operation(
  GetThingShadowCommand,
  (state, { thingName, shadowName = "" }) => {
    const shadow = existingShadow(state, thingName, shadowName);
    return { payload: json(documentOf(shadow, secondsOf(state))) };
  },
);

/**
 * A shadow can exist without its thing.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html
 */
export const updateThingShadow = operation(
  UpdateThingShadowCommand,
  (state, { thingName, shadowName = "", payload }) => {
    const answer = refusing(() => {
      // A client may give its payload in many types; off the wire it is bytes.
      const update = readUpdate(payload as Uint8Array, shadowName);
      return changeShadow(state, thingName, shadowName, update);
    });
    return { payload: json(answer) };
  },
);

/**
 * Over MQTT a request may carry a token, for which the HTTP operation has no member.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteThingShadow.html
 */
export const deleteThingShadow = operation(
  DeleteThingShadowCommand,
  (state, { thingName, shadowName = "", ...more }) => {
    const { clientToken } = more as { readonly clientToken?: string };
    const shadow = existingShadow(state, thingName, shadowName);
    return { payload: json(removeShadow(state, thingName, shadowName, shadow, clientToken)) };
  },
);

/**
 * The classic shadow has no name and is not listed.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListNamedShadowsForThing.html
 */
export const listNamedShadowsForThing = operation(
  ListNamedShadowsForThingCommand,
  (state, { thingName, nextToken, pageSize }) => {
    const prefix = `${thingName}/`;
    const { items, ...next } = paged({
      page: { nextToken, maxResults: pageSize },
      question: ["ListNamedShadowsForThing", thingName],
      *entries(after): Iterable<[string, string]> {
        for (const [key, shadow] of state.shadows.entries({ prefix, after: after ?? prefix })) {
          if (shadow.sections) yield [key, key.slice(prefix.length)];
        }
      },
      largest: 100,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    return { results: items, ...next, timestamp: secondsOf(state) };
  },
);

function existingShadow(state: State, thingName: string, shadowName: string): ShadowRecord {
  const shadow = state.shadows.get(`${thingName}/${shadowName}`);
  if (shadow?.sections) return shadow;
  return fault(
    ResourceNotFoundException,
    `No shadow exists with name: '${shadowName || thingName}'`,
  );
}

const refusals = {
  400: InvalidRequestException,
  409: ConflictException,
  413: RequestEntityTooLargeException,
  415: UnsupportedDocumentEncodingException,
} as const;

/** Turn the document's refusals into the service's exceptions. */
function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ShadowRefusal) fault(refusals[error.status], error.message);
    throw error;
  }
}

function json(document: object): Uint8ArrayBlobAdapter {
  return Uint8ArrayBlobAdapter.fromString(JSON.stringify(document));
}
