import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";
import { decodeMailSafe, encodeMailSafe } from "../mail-safe.js";
import { createRouter } from "../router.js";
import { decodeHeader, type WireRequest } from "../wire.js";
import { readBindings, writeBindings, type BodyCodec } from "./http-bindings.js";
import { MalformedRequest, type Protocol } from "./protocol.js";
import { inWireOrder, noContent, unmodelled, withMilliseconds } from "./s3-answers.js";
import { isPostRoute, postRoute, readPost, writePost } from "./s3-post.js";
import { addressOf, plainRequest, withQueryHeaders } from "./s3-request.js";
import { XML_HEAD, element, xmlCodec } from "./xml.js";

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** Largest body of a request that is not an upload, in bytes: room for DeleteObjects' 1,000 longest keys. */
const LARGEST_DOCUMENT = 4 * 1024 * 1024;

const codec = xmlCodec(NAMESPACE);

const xmlBody: BodyCodec = {
  contentType: "application/xml",
  read(schema, bytes) {
    if (bytes.byteLength > LARGEST_DOCUMENT) {
      throw new MalformedRequest("Your request was too big.", "MaxMessageLengthExceeded");
    }
    return codec.read(schema, bytes);
  },
  write: (schema, value) => XML_HEAD + withMilliseconds(codec.write(schema, value)),
};

/** REST-XML, the protocol of S3: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export function restXml(modelled: readonly StaticOperationSchema[]): Protocol {
  const schemas = modelled.map(inWireOrder);
  const ofService = createRouter(schemas.filter((schema) => !memberOf(schema, "Bucket")));
  const ofBucket = createRouter(
    schemas.filter((schema) => memberOf(schema, "Bucket")),
    requiredQuery,
  );

  const putObject = schemas.find((schema) => schema[2] === "PutObject");

  return {
    route(request) {
      const post = putObject && postRoute(request, putObject);
      if (post) return post;
      const { method, query, headers } = withQueryHeaders(request);
      const { bucket, path } = addressOf(request);
      if (bucket === "") return ofService({ method, path, query });
      const isCopy = headers[COPY_SOURCE] !== undefined;
      const route = ofBucket({ method, path, query: isCopy ? `${query}&${COPY_SOURCE}` : query });
      return route && { ...route, labels: { ...route.labels, Bucket: bucket } };
    },
    read(route, request) {
      if (isPostRoute(route)) return readPost(route, request, xmlBody);
      // The checksum of an upload's completion is that of the object, not of this request's body.
      const isOfBody = route.schema[2] !== "CompleteMultipartUpload";
      const plain = withTexts(plainRequest(withQueryHeaders(request), isOfBody));
      return withTagSet(readBindings(route, plain, xmlBody));
    },
    write(route, output, requestId) {
      const operation = route.schema[2];
      const { status, headers, body } = writeBindings(route, output, xmlBody);
      const answer = {
        status: noContent.has(operation)
          ? 204
          : // The model knows only 200; what tells part of an object from all of it is this header.
            headers["content-range"] === undefined
            ? status
            : 206,
        headers: {
          ...mailSafe(headers),
          ...unmodelled(operation, output),
          ...idHeaders(requestId),
        },
        body: operation === "GetBucketLocation" ? location(output) : body,
      };
      return isPostRoute(route) ? writePost(route, answer) : answer;
    },
    fail({ code, status, message, members, headers }, requestId, request) {
      // These answers have no body; a client sees their status only.
      const isBodiless = request.method === "HEAD" || status === 304;
      // Which method is not allowed, S3 says first.
      const named = code === "MethodNotAllowed" ? { Method: request.method, ...members } : members;
      const about = Object.entries(named).map(([name, value]) => element(name, String(value)));
      return {
        status,
        headers: {
          // Said even of HEAD's answer, which has no body.
          ...(status !== 304 && { "content-type": "application/xml" }),
          ...headers,
          ...idHeaders(requestId),
        },
        body: isBodiless
          ? ""
          : `${XML_HEAD}<Error>${element("Code", code)}${element("Message", message)}${about.join("")}` +
            `${element("RequestId", requestId)}${element("HostId", hostId(requestId))}</Error>`,
      };
    },
  };
}

const COPY_SOURCE = "x-amz-copy-source";

/**
 * What tells apart operations that share method, path and fixed query: UploadPart has an upload's id,
 * CopyObject a source, GetBucketMetricsConfiguration an id.
 */
function requiredQuery(schema: StaticOperationSchema): string[] {
  const input = NormalizedSchema.of(schema[4]);
  // Required members stand first in a structure schema; its seventh place says how many they are.
  const [, , , , names, , count] = input.getSchema() as unknown as readonly unknown[];
  const required = (names as string[]).slice(0, (count as number | undefined) ?? 0);
  const asked: string[] = [];
  for (const [name, member] of input.structIterator()) {
    const { httpQuery, httpHeader } = member.getMergedTraits();
    if (!required.includes(name)) continue;
    if (httpQuery) asked.push(httpQuery);
    if (httpHeader === COPY_SOURCE) asked.push(COPY_SOURCE);
  }
  return asked;
}

function memberOf(schema: StaticOperationSchema, name: string): boolean {
  const input = NormalizedSchema.of(schema[4]);
  return input.isStructSchema() && Object.hasOwn(input.getMemberSchemas(), name);
}

/** The one answer whose only member is its root element's own text. */
function location(output: object): string {
  const { LocationConstraint = "" } = output as { readonly LocationConstraint?: string };
  return `${XML_HEAD}<LocationConstraint xmlns="${NAMESPACE}">${LocationConstraint}</LocationConstraint>`;
}

/** A set of tags may be left out where there are none, which the model does not know. */
function withTagSet(input: object): object {
  const { Tagging } = input as { readonly Tagging?: unknown };
  if (typeof Tagging !== "object" && Tagging !== "") return input;
  return { ...input, Tagging: { TagSet: [], ...(Tagging as object) } };
}

const META = "x-amz-meta-";

/** Headers whose bytes are a text to S3; others, such as `Content-Disposition`, it gives back as they came. */
const TEXTS = new Set([COPY_SOURCE, "x-amz-tagging"]);

function withTexts(request: WireRequest): WireRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => {
    if (name.startsWith(META)) return [name, decodeMailSafe(value)];
    return [name, TEXTS.has(name) ? decodeHeader(value) : value];
  });
  return { ...request, headers: Object.fromEntries(headers) as Record<string, string> };
}

function mailSafe(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      name.startsWith(META) ? encodeMailSafe(value) : value,
    ]),
  );
}

function idHeaders(requestId: string): Record<string, string> {
  return { "x-amz-request-id": requestId, "x-amz-id-2": hostId(requestId) };
}

/** AWS's support uses it to find a server; here it only has the look. */
function hostId(requestId: string): string {
  return Buffer.from(`fleetlab-sandbox/${requestId}`).toString("base64");
}
