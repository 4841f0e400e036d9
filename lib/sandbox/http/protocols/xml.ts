import { XmlCodec } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { MalformedRequest } from "./protocol.js";

/** Format 5 is `2026-01-01T00:00:00Z`, how both XML protocols write a time in a body. */
const timestampFormat = { useTrait: true, default: 5 as const };

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** AWS's own text for a body that is no XML, or not the XML that the operation asks for. */
const NOT_VALID =
  "The XML you provided was not well-formed or did not validate against our published schema";

/** Reads and writes shapes as XML elements of one namespace. */
export function xmlCodec(xmlNamespace: string) {
  const codec = new XmlCodec({
    timestampFormat,
    httpBindings: true,
    xmlNamespace,
    serviceNamespace: "",
  });
  return {
    /** @throws MalformedRequest `MalformedXML` whatever is wrong with it */
    read(schema: NormalizedSchema, bytes: Uint8Array): unknown {
      const text = Buffer.from(bytes).toString("utf8");
      // A document type has no use here, and reading one costs the parser quadratic time.
      if (/<!DOCTYPE/i.test(text) || rootOf(text) !== nameOf(schema)) throw malformed();
      let value: unknown;
      try {
        value = codec.createDeserializer().read(schema, bytes);
      } catch {
        // The parser's complaint is about its own insides; S3 has one text for all of them.
        throw malformed();
      }
      checkNumbers(value);
      return value;
    },
    /** The shape's element, without the XML declaration. */
    write(schema: NormalizedSchema, value: unknown): string {
      const serializer = codec.createSerializer();
      serializer.write(schema, value);
      return withoutControls(serializer.flush() as string);
    },
  };
}

/** `<name>text</name>`, or nothing for an undefined text. */
export function element(name: string, text: string | number | undefined): string {
  if (text === undefined) return "";
  const escaped = withoutControls(String(text))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
  return `<${name}>${escaped}</${name}>`;
}

/** XML 1.0 has no way to write most control characters, not even as entities. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
}

/** What the codec calls the root element of a payload. */
function nameOf(schema: NormalizedSchema): string {
  const traits = schema.getMergedTraits() as { readonly xmlName?: string };
  return traits.xmlName ?? schema.getName() ?? "";
}

/** The name of the first element, behind declaration, comments and white space. */
function rootOf(text: string): string | undefined {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  for (;;) {
    at += /^\s*/.exec(text.slice(at, at + 1000))?.[0].length ?? 0;
    const end = text.startsWith("<?", at) ? "?>" : text.startsWith("<!--", at) ? "-->" : undefined;
    if (end === undefined) return /^<([^\s/>]{1,100})/.exec(text.slice(at, at + 101))?.[1];
    const next = text.indexOf(end, at);
    if (next < 0) return undefined;
    at = next + end.length;
  }
}

/** The codec turns any text into a number, `NaN` included. */
function checkNumbers(value: unknown): void {
  if (typeof value === "number" && Number.isNaN(value)) throw malformed();
  if (typeof value === "object" && value !== null) Object.values(value).forEach(checkNumbers);
}

function malformed(): MalformedRequest {
  return new MalformedRequest(NOT_VALID, "MalformedXML");
}
