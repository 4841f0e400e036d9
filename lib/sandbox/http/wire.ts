import type { X509Certificate } from "node:crypto";
import type { Writable } from "node:stream";

/** A request as it came in: nothing decoded, header names in lower case. */
export interface WireRequest {
  readonly method: string;
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string;
  /** The query as sent, without the question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Of a client that has proven to hold its key. */
  readonly certificate?: X509Certificate;
  readonly sourceIp?: string;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** In place of a body: what goes on writing one, until the other side has had enough or it ends. */
  readonly stream?: (to: Writable) => void;
}

/** A name of this machine. `<bucket>.localhost` is S3's virtual-host style; none of them leaves the machine. */
export function isHere(host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name === "127.0.0.1" || name === "[::1]" || /^(.+\.)?localhost$/.test(name);
}

/** An error that has no class in the SDK: a code, an HTTP status, and what S3 or IAM put beside it. */
export class WireError extends Error {
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, string | number>>;
  /** Response headers that belong to the refusal, such as S3's `x-amz-delete-marker`. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: string,
    status: number,
    message: string,
    members: Readonly<Record<string, string | number>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.members = members;
    this.headers = headers;
  }
}

/** An answer in the sandbox's own words, where no AWS service speaks. */
export function plain(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  return { status, headers: { "content-type": "text/plain", ...headers }, body };
}

/** The query's pairs in order, decoded once. A name without `=` has the empty text. */
export function queryPairs(query: string): [string, string][] {
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      return at < 0
        ? [decodeOnce(pair), ""]
        : [decodeOnce(pair.slice(0, at)), decodeOnce(pair.slice(at + 1))];
    });
}

/** Percent-decode once; what is not valid encoding stays as it is. */
export function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The text of a header as Node hands it over, one character a byte: UTF-8 where the bytes are that,
 * else ISO-8859-1. Clients send either, and sign the characters.
 */
export function decodeHeader(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\0-\xff]/.test(text)) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

/** Percent-encode all but RFC 3986's unreserved characters. */
export function encodeRfc3986(text: string): string {
  // A lone surrogate is no text at all and would make encodeURIComponent throw.
  return encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd")).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
