import { decodeHeader, type WireRequest } from "./wire.js";
import { MalformedRequest } from "./protocols/protocol.js";

/** A form that a browser, or a program in its place, sends to a bucket to make an object. */
export interface PostForm {
  /** What stands before the file, by name in lower case: everything behind it is ignored. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: Uint8Array;
}

/** A form is a handful of fields; more is nobody's upload. */
const MOST_FIELDS = 200;

const known = new WeakMap<WireRequest, PostForm | undefined>();

/**
 * The form in a request, or undefined when its body is none.
 *
 * @throws MalformedRequest when the body breaks off or has no file
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
 */
export function postFormOf(request: WireRequest): PostForm | undefined {
  if (!known.has(request)) known.set(request, read(request));
  return known.get(request);
}

function read({ method, headers, body }: WireRequest): PostForm | undefined {
  const type = headers["content-type"] ?? "";
  if (method !== "POST" || !/^multipart\/form-data\b/i.test(type)) return undefined;
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(type) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw malformed("The body is not well-formed multipart/form-data");

  const fields = new Map<string, string>();
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (const { name, filename, content } of partsOf(bytes, boundary)) {
    if (name === "file") return { fields: named(fields, filename), file: content };
    if (fields.size === MOST_FIELDS) break;
    if (!fields.has(name)) fields.set(name, content.toString("utf8"));
  }
  throw new MalformedRequest(
    "POST requires exactly one file upload per request.",
    "InvalidArgument",
    {
      ArgumentName: "file",
      ArgumentValue: "0",
    },
  );
}

interface Part {
  readonly name: string;
  readonly filename: string | undefined;
  readonly content: Buffer;
}

/** https://www.rfc-editor.org/rfc/rfc7578 */
function* partsOf(body: Buffer, boundary: string): Iterable<Part> {
  const mark = `--${boundary}`;
  let at = body.indexOf(mark);
  if (at < 0) throw malformed("The body is not well-formed multipart/form-data");
  for (;;) {
    at += mark.length;
    if (body.toString("latin1", at, at + 2) === "--") return;
    const start = body.indexOf("\r\n\r\n", at);
    const end = start < 0 ? -1 : body.indexOf(`\r\n${mark}`, start + 2);
    if (end < 0) throw malformed("The body ends before its last boundary");
    const head = decodeHeader(body.toString("latin1", at, start));
    const parameter = (name: string): string | undefined =>
      new RegExp(`;\\s*${name}="([^"\\r\\n]*)"`, "i").exec(head)?.[1];
    yield {
      name: (parameter("name") ?? "").toLowerCase(),
      filename: parameter("filename"),
      content: body.subarray(Math.min(start + 4, end), end),
    };
    at = end + 2;
  }
}

/** `${filename}` in any field is the file's name, without the folders that some browsers tell. */
function named(
  fields: ReadonlyMap<string, string>,
  filename: string | undefined,
): ReadonlyMap<string, string> {
  const name = filename?.split(/[/\\]/).at(-1);
  if (name === undefined) return fields;
  const signed = ["policy", "signature", "x-amz-signature"];
  return new Map(
    [...fields].map(([key, value]) => [
      key,
      signed.includes(key) ? value : value.replaceAll("${filename}", () => name),
    ]),
  );
}

function malformed(message: string): MalformedRequest {
  return new MalformedRequest(message, "MalformedPOSTRequest");
}
