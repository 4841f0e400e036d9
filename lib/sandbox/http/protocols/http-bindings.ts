import { FromStringShapeDeserializer, ToStringShapeSerializer } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { httpTrait, type Route } from "../router.js";
import { queryPairs, type WireRequest, type WireResponse } from "../wire.js";
import { MalformedRequest } from "./protocol.js";

/** How bodies are written in one REST protocol: JSON or XML. */
export interface BodyCodec {
  readonly contentType: string;
  /** Read the members of `schema` that travel in the body. Throws `MalformedRequest`. */
  read(schema: NormalizedSchema, bytes: Uint8Array): unknown;
  write(schema: NormalizedSchema, value: unknown): Uint8Array | string;
}

// Format 7 is epoch seconds, the default of REST-JSON; headers carry HTTP dates, as both protocols say.
const settings = { timestampFormat: { useTrait: true, default: 7 as const }, httpBindings: true };
const fromText = new FromStringShapeDeserializer(settings);
const toText = new ToStringShapeSerializer(settings);

/** Gather an operation's input from path, query, headers and body, as its schema binds them. */
export function readBindings(route: Route, request: WireRequest, codec: BodyCodec): object {
  const schema = NormalizedSchema.of(route.schema[4]);
  const input: Record<string, unknown> = {};
  const query = queryPairs(request.query);
  let hasBodyMembers = false;

  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.httpLabel) {
      const text = route.labels[name];
      if (text !== undefined) input[name] = textValue(member, name, text);
    } else if (traits.httpQuery) {
      const texts = query.filter(([key]) => key === traits.httpQuery).map(([, value]) => value);
      const [first] = texts;
      if (first === undefined) continue;
      input[name] = member.isListSchema()
        ? texts.map((text) => textValue(member.getValueSchema(), name, text))
        : textValue(member, name, first);
    } else if (traits.httpQueryParams) {
      input[name] = Object.fromEntries(query);
    } else if (traits.httpHeader) {
      const text = request.headers[traits.httpHeader.toLowerCase()];
      if (text !== undefined) input[name] = textValue(member, name, text);
    } else if (typeof traits.httpPrefixHeaders === "string") {
      input[name] = prefixed(request.headers, traits.httpPrefixHeaders.toLowerCase());
    } else if (traits.httpPayload) {
      if (request.body.byteLength === 0) continue;
      if (member.isBlobSchema()) input[name] = request.body;
      else if (member.isStringSchema()) input[name] = Buffer.from(request.body).toString("utf8");
      else input[name] = codec.read(member, request.body);
    } else {
      hasBodyMembers = true;
    }
  }

  if (hasBodyMembers && request.body.byteLength > 0) {
    // Body first: a member bound to the path wins over one of the same name smuggled into the body.
    return { ...(codec.read(schema, request.body) as object), ...input };
  }
  return input;
}

/** Spread an operation's output over status, headers and body, as its schema binds them. */
export function writeBindings(route: Route, output: object, codec: BodyCodec): WireResponse {
  const schema = NormalizedSchema.of(route.schema[5]);
  const headers: Record<string, string> = {};
  const values = output as Record<string, unknown>;
  const inBody: Record<string, unknown> = {};
  let status = httpTrait(route.schema)[2];
  let body: Uint8Array | string | undefined;
  let hasBodyMembers = false;

  if (!schema.isStructSchema()) return { status, headers, body: "" };
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    const value = values[name];
    if (traits.httpHeader) {
      if (value != null) headers[traits.httpHeader.toLowerCase()] = textOf(member, value);
    } else if (typeof traits.httpPrefixHeaders === "string") {
      for (const [key, text] of Object.entries((value ?? {}) as Record<string, string>)) {
        headers[traits.httpPrefixHeaders.toLowerCase() + key.toLowerCase()] = text;
      }
    } else if (traits.httpResponseCode) {
      if (typeof value === "number") status = value;
    } else if (traits.httpPayload) {
      if (value == null) body = "";
      else if (member.isBlobSchema() || member.isStringSchema())
        body = value as Uint8Array | string;
      else {
        headers["content-type"] = codec.contentType;
        body = codec.write(member, value);
      }
    } else {
      hasBodyMembers = true;
      if (value !== undefined) inBody[name] = value;
    }
  }

  if (body === undefined && hasBodyMembers) {
    headers["content-type"] = codec.contentType;
    body = codec.write(schema, inBody);
  }
  return { status, headers, body: body ?? "" };
}

/** A member's value out of its text in a path, query, header or form. Throws `MalformedRequest`. */
export function textValue(
  member: NormalizedSchema,
  name: string,
  text: string,
  reader = fromText,
): unknown {
  if (member.isNumericSchema() && (text.trim() === "" || Number.isNaN(Number(text)))) {
    throw new MalformedRequest(`"${text}" is not a number, which ${name} must be`);
  }
  if (member.isBooleanSchema() && !/^(true|false)$/i.test(text)) {
    throw new MalformedRequest(`"${text}" is not true or false, which ${name} must be`);
  }
  try {
    return reader.read(member, text);
  } catch {
    throw new MalformedRequest(`"${text}" is not a valid ${name}`);
  }
}

function textOf(member: NormalizedSchema, value: unknown): string {
  toText.write(member, value);
  return toText.flush();
}

function prefixed(
  headers: Readonly<Record<string, string>>,
  prefix: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
