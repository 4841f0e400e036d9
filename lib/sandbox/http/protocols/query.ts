import { FromStringShapeDeserializer } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";
import { queryPairs, type WireRequest } from "../wire.js";
import { textValue } from "./http-bindings.js";
import { MalformedRequest, type Protocol } from "./protocol.js";
import { XML_HEAD, element, xmlCodec } from "./xml.js";

const fromText = new FromStringShapeDeserializer({
  timestampFormat: { useTrait: true, default: 5 },
});

/** No shape of IAM or STS is nested deeper, so a longer name is nobody's member. */
const DEEPEST_NAME = 16;

/**
 * The AWS Query protocol of IAM and STS: a form goes in, XML comes out.
 *
 * @param namespace of the answers' XML; it ends with the version that requests ask for
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function awsQuery(
  namespace: string,
): (schemas: readonly StaticOperationSchema[]) => Protocol {
  const codec = xmlCodec("");
  return (schemas) => {
    const byName = new Map(schemas.map((schema) => [schema[2], schema]));
    return {
      route(request) {
        const action = formOf(request).find(([name]) => name === "Action")?.[1];
        const schema = byName.get(action ?? "");
        return schema && { schema, labels: {} };
      },
      read: (route, request) =>
        readStruct(NormalizedSchema.of(route.schema[4]), treeOf(formOf(request)), "") as object,
      write(route, output, requestId) {
        const name = route.schema[2];
        const schema = NormalizedSchema.of(route.schema[5]);
        const result = schema.isStructSchema()
          ? `<${name}Result>${contentOf(codec.write(schema, output))}</${name}Result>`
          : "";
        return {
          status: 200,
          headers: headersOf(requestId),
          body:
            `${XML_HEAD}<${name}Response xmlns="${namespace}">${result}` +
            `<ResponseMetadata>${element("RequestId", requestId)}</ResponseMetadata></${name}Response>`,
        };
      },
      fail: ({ code, status, message, headers }, requestId) => ({
        status,
        headers: { ...headers, ...headersOf(requestId) },
        body:
          `${XML_HEAD}<ErrorResponse xmlns="${namespace}"><Error>` +
          `${element("Type", status >= 500 ? "Receiver" : "Sender")}${element("Code", code)}` +
          `${element("Message", message)}</Error>${element("RequestId", requestId)}</ErrorResponse>`,
      }),
    };
  };
}

function headersOf(requestId: string): Record<string, string> {
  return { "content-type": "text/xml", "x-amzn-requestid": requestId };
}

/** What stands between an element's own tags. */
function contentOf(xml: string): string {
  return xml.replace(/^<[^>]*>/, "").replace(/<\/[^>]*>$/, "");
}

/** A request's parameters: in the body of a POST, in the query of a GET. */
function formOf(request: WireRequest): [string, string][] {
  const body = Buffer.from(request.body).toString("utf8");
  // In a form, unlike in a path, a plus is a space.
  return queryPairs([request.query, body].join("&").replaceAll("+", "%20"));
}

/** `Tags.member.1.Key=a` as a tree: each part of the name is a branch. */
interface Node {
  text?: string;
  readonly branches: Map<string, Node>;
}

function treeOf(pairs: readonly [string, string][]): Node {
  const root: Node = { branches: new Map() };
  for (const [name, text] of pairs) {
    const parts = name.split(".", DEEPEST_NAME);
    let node = root;
    for (const part of parts) {
      let next = node.branches.get(part);
      if (!next) node.branches.set(part, (next = { branches: new Map() }));
      node = next;
    }
    // As on AWS, the first of several values counts.
    node.text ??= text;
  }
  return root;
}

function readStruct(schema: NormalizedSchema, node: Node, path: string): object {
  if (node.text) throw misplaced(path);
  const value: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const wire = member.getMergedTraits().xmlName ?? name;
    const branch = node.branches.get(wire);
    if (branch) value[name] = read(member, branch, path ? `${path}.${wire}` : wire);
  }
  return value;
}

function read(schema: NormalizedSchema, node: Node, path: string): unknown {
  if (schema.isStructSchema()) return readStruct(schema, node, path);
  if (schema.isListSchema()) return items(schema, node, path);
  if (schema.isMapSchema()) return entries(schema, node, path);
  if (node.branches.size > 0) throw misplaced(path);
  return textValue(schema, path, node.text ?? "", fromText);
}

function items(schema: NormalizedSchema, node: Node, path: string): unknown[] {
  const member = schema.getValueSchema();
  const isFlat = schema.getMergedTraits().xmlFlattened;
  const wire = member.getMergedTraits().xmlName ?? "member";
  // `Tags=` without members is how a client sends an empty list.
  const branch = isFlat ? node : node.branches.get(wire);
  const at = isFlat ? path : `${path}.${wire}`;
  return branch ? numbered(branch, at).map(([n, item]) => read(member, item, `${at}.${n}`)) : [];
}

function entries(schema: NormalizedSchema, node: Node, path: string): Record<string, unknown> {
  const isFlat = schema.getMergedTraits().xmlFlattened;
  const branch = isFlat ? node : node.branches.get("entry");
  const key = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
  const value = schema.getValueSchema().getMergedTraits().xmlName ?? "value";
  return Object.fromEntries(
    (branch ? numbered(branch, path) : []).map(([n, entry]) => [
      entry.branches.get(key)?.text ?? "",
      read(
        schema.getValueSchema(),
        entry.branches.get(value) ?? { branches: new Map() },
        `${path}.${n}`,
      ),
    ]),
  );
}

/** A list's branches in the order of their numbers. */
function numbered(node: Node, path: string): [number, Node][] {
  return [...node.branches]
    .map(([text, item]): [number, Node] => {
      if (!/^\d{1,9}$/.test(text)) throw misplaced(`${path}.${text}`);
      return [Number(text), item];
    })
    .sort(([a], [b]) => a - b);
}

function misplaced(path: string): MalformedRequest {
  return new MalformedRequest(
    `Unexpected value or structure at ${path.slice(0, 200)}`,
    "MalformedInput",
  );
}
