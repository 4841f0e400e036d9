import { isObject } from "../json.js";
import { JsonCodec2, type JsonShapeDeserializer2 } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import type { DocumentType, StaticOperationSchema } from "@smithy/types";
import { isTooDeep } from "../json-depth.js";
import { createRouter } from "../router.js";
import { readBindings, writeBindings, type BodyCodec } from "./http-bindings.js";
import { MalformedRequest, type Protocol } from "./protocol.js";

const codec = new JsonCodec2({
  timestampFormat: { useTrait: true, default: 7 },
  jsonName: true,
});

const deserializer = codec.createDeserializer() as JsonShapeDeserializer2;

const jsonBody: BodyCodec = {
  contentType: "application/json",
  read: (schema, bytes) => readValue(schema, parse(bytes)),
  write(schema, value) {
    const serializer = codec.createSerializer();
    serializer.write(schema, value);
    // The codec hands out a view that mimics a string and warns when it is used as one.
    const bytes = serializer.flush() as Uint8Array;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  },
};

/** REST-JSON 1, the protocol of the three IoT planes. */
export function restJson(schemas: readonly StaticOperationSchema[]): Protocol {
  return createProtocol(schemas, () => ({}));
}

/**
 * The same as shadows speak it: their errors tell the HTTP status in the body as well.
 * https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html
 */
export function shadowJson(schemas: readonly StaticOperationSchema[]): Protocol {
  return createProtocol(schemas, (status) => ({ code: status }));
}

function createProtocol(
  schemas: readonly StaticOperationSchema[],
  codeOf: (status: number) => { readonly code?: number },
): Protocol {
  return {
    route: createRouter(schemas),
    read: (route, request) => readBindings(route, request, jsonBody),
    write(route, output, requestId) {
      const response = writeBindings(route, output, jsonBody);
      const headers = { ...response.headers, "x-amzn-requestid": requestId };
      if (route.schema[2] !== "Publish") return { ...response, headers };
      // On the wire it has a body, of which the model and thus the SDKs know nothing.
      const body = JSON.stringify({ message: "OK", traceId: requestId });
      return { ...response, headers: { ...headers, "content-type": "application/json" }, body };
    },
    fail: ({ code, status, message, members }, requestId) => ({
      status,
      headers: {
        "content-type": "application/json",
        "x-amzn-errortype": code,
        "x-amzn-requestid": requestId,
      },
      body: JSON.stringify({ ...codeOf(status), message, ...members }),
    }),
  };
}

/**
 * An operation's input out of JSON that came another way than over HTTP.
 *
 * @throws MalformedRequest
 */
export function readJsonInput(operation: StaticOperationSchema, document: object): object {
  return readValue(NormalizedSchema.of(operation[4]), document) as object;
}

function readValue(schema: NormalizedSchema, value: unknown): unknown {
  checkTypes(schema, value, "");
  try {
    return deserializer.readObject(schema, value as DocumentType);
  } catch {
    // A text of the right type that does not say what it must: base64, a date.
    throw new MalformedRequest("The request body has a value that cannot be read");
  }
}

function parse(bytes: Uint8Array): unknown {
  if (isTooDeep(bytes)) throw new MalformedRequest("The request body is nested too deep");
  const text = Buffer.from(bytes).toString("utf8");
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedRequest("The request body is not valid JSON");
  }
  return value;
}

/** The codec trusts its input; a client on the wire may send anything. */
function checkTypes(schema: NormalizedSchema, value: unknown, path: string): void {
  if (value === null || value === undefined || schema.isDocumentSchema()) return;
  const refuse = (wanted: string): never => {
    throw new MalformedRequest(`${path || "The request body"} must be ${wanted}`);
  };
  if (schema.isStructSchema()) {
    if (!isObject(value)) return refuse("a JSON object");
    for (const [name, member] of schema.structIterator()) {
      const wire = member.getMergedTraits().jsonName ?? name;
      if (Object.hasOwn(value, wire)) {
        checkTypes(member, value[wire], path ? `${path}.${wire}` : wire);
      }
    }
  } else if (schema.isListSchema()) {
    if (!Array.isArray(value)) return refuse("a JSON array");
    value.forEach((item, i) => checkTypes(schema.getValueSchema(), item, `${path}[${i}]`));
  } else if (schema.isMapSchema()) {
    if (!isObject(value)) return refuse("a JSON object");
    for (const [key, item] of Object.entries(value)) {
      checkTypes(schema.getValueSchema(), item, `${path}.${key}`);
    }
  } else if (schema.isBooleanSchema()) {
    if (typeof value !== "boolean") refuse("true or false");
  } else if (schema.isNumericSchema()) {
    if (typeof value !== "number") refuse("a number");
  } else if (schema.isStringSchema() || schema.isBlobSchema()) {
    if (typeof value !== "string") refuse("a text");
  } else if (schema.isTimestampSchema()) {
    if (typeof value !== "number" && typeof value !== "string") refuse("a timestamp");
  }
}
