import { XML_HEAD, element } from "./protocols/xml.js";
import type { Failure, Protocol } from "./protocols/protocol.js";
import { queryPairs, type WireRequest, type WireResponse } from "./wire.js";

/* Refusals to the clients of services that are not here: each must be able to read its own. */

/** Services that speak REST with XML; nothing in their requests says so. */
const REST_XML: ReadonlySet<string> = new Set([
  "cloudfront",
  "route53",
  "s3-object-lambda",
  "s3-outposts",
  "s3express",
]);

/** Is it the request of a JSON service, which names its operation in a header? */
export function isJsonRpc({ headers }: WireRequest): boolean {
  const type = headers["content-type"] ?? "";
  return headers["x-amz-target"] !== undefined || type.startsWith("application/x-amz-json");
}

/** How to write a refusal so that the client that asked can read it. */
export function foreignFail(request: WireRequest, service: string | undefined): Protocol["fail"] {
  if (request.headers["smithy-protocol"] === "rpc-v2-cbor") return cbor;
  if (isJsonRpc(request)) return json;
  if (hasAction(request)) return service === "ec2" ? ec2 : xml;
  return REST_XML.has(service ?? "") ? xml : json;
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, in the query or in the body. */
function hasAction({ query, headers, body }: WireRequest): boolean {
  const isForm = (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  const form = isForm ? Buffer.from(body).toString("utf8") : "";
  return queryPairs(`${query}&${form}`).some(([name]) => name === "Action");
}

/** JSON of every version finds its code in the header or in `__type`. */
function json({ code, status, message }: Failure, requestId: string): WireResponse {
  return {
    status,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": code,
      "x-amzn-requestid": requestId,
    },
    body: JSON.stringify({ __type: code, message }),
  };
}

function xml({ code, status, message }: Failure, requestId: string): WireResponse {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body:
      `${XML_HEAD}<ErrorResponse><Error>${element("Type", "Receiver")}${element("Code", code)}` +
      `${element("Message", message)}</Error>${element("RequestId", requestId)}</ErrorResponse>`,
  };
}

/** https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
function ec2({ code, status, message }: Failure, requestId: string): WireResponse {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body:
      `${XML_HEAD}<Response><Errors><Error>${element("Code", code)}${element("Message", message)}` +
      `</Error></Errors>${element("RequestID", requestId)}</Response>`,
  };
}

/** https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
function cbor({ code, status, message }: Failure, requestId: string): WireResponse {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    // Major type 3 with a length of two bytes.
    return Buffer.concat([Buffer.from([0x79, bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  const pairs = ["__type", code, "message", message].map(text);
  return {
    status,
    headers: {
      "content-type": "application/cbor",
      "smithy-protocol": "rpc-v2-cbor",
      "x-amzn-requestid": requestId,
    },
    // Major type 5: a map of two.
    body: Buffer.concat([Buffer.from([0xa2]), ...pairs]),
  };
}
