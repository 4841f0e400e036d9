import { inspect } from "node:util";
import { visible } from "../show/visible.js";

/**
 * What a cell never shows, since notebooks are saved: credentials, keys, presigned URLs, account
 * numbers; and what it does not send to a terminal, control characters.
 */

const SECRET_NAMES =
  /^(secretAccessKey|sessionToken|accessKeyId|privateKey|password|authorization|x-amz-security-token|certificatePem|secret)$/i;
const PRESIGNED = /(https?:\/\/[^\s"'<>?\\]+)\?[^\s"'<>\\]*X-Amz-Signature=[^\s"'<>\\]*/gi;
const LOOSE_SIGNATURE =
  /((?:X-Amz-(?:Signature|Credential|Security-Token)|\bSignature)=)[^&\s"'<>\\]+/gi;
/** A secret beside its name in a text, as in JSON, in JSON in JSON, or `AWS_SECRET_ACCESS_KEY=…`. */
const NAMED_SECRET =
  /((?:secret_?access_?key|session_?token|password)\\*["']?\s*[:=]\s*\\*["']?)[^\s"'\\,;&<}]+/gi;
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const ACCESS_KEY = /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g;
/** Twelve digits on their own or in an ARN, not a part of a longer number or of an identifier. */
const ACCOUNT = /(?<![\w-]|\d\.|%3A)\d{8}(\d{4})(?![\w-]|\.\d)|(?<=%[\dA-F]{2})\d{8}(\d{4})(?!\w)/g;

/** An account number with all but its last four digits hidden: `********3333`. */
export function maskAccount(account: string): string {
  return account.replace(/\d(?=\d{4})/g, "*");
}

/** A text as it may be shown. */
export function redactText(text: string): string {
  return visible(text)
    .replace(PRESIGNED, "$1?[presigned: redacted]")
    .replace(LOOSE_SIGNATURE, "$1[redacted]")
    .replace(NAMED_SECRET, "$1[redacted]")
    .replace(PRIVATE_KEY, "[private key: redacted]")
    .replace(ACCESS_KEY, "[access key: redacted]")
    .replace(
      ACCOUNT,
      (_, alone: string | undefined, inUrl: string | undefined) => `********${alone ?? inUrl}`,
    );
}

/**
 * A value as JSON that may be shown: secrets redacted, bytes and streams by their size or kind.
 * Bytes that hold JSON, as shadows do, are shown as that JSON.
 */
export function redactedJson(value: unknown): string {
  return JSON.stringify(shown(value), null, 2) ?? "undefined";
}

function shown(value: unknown): unknown {
  // Text by text, not the JSON as a whole: a number is no account, however many digits it has.
  if (typeof value === "string") return redactText(value);
  if (value instanceof Uint8Array) return shownBytes(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(shown);
  if ("pipe" in value || "getReader" in value) return "<stream>";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "$metadata")
      .map(([name, inner]) => [
        redactText(name),
        SECRET_NAMES.test(name) ? "[redacted]" : shown(inner),
      ]),
  );
}

function shownBytes(bytes: Uint8Array): unknown {
  if (bytes[0] === 0x7b) {
    try {
      return shown(JSON.parse(Buffer.from(bytes).toString("utf8")));
    } catch {
      // Begins like JSON and is not: shown like any bytes.
    }
  }
  return `<${bytes.byteLength} bytes>`;
}

/** The same record, which prints without account numbers and secrets: what ends a cell gets saved. */
export function maskedWhenShown<T extends object>(record: T): T {
  return maskWhenShown({ ...record });
}

/** As {@link maskedWhenShown}, of the record itself: for one that nobody else has. */
export function maskWhenShown<T extends object>(record: T): T {
  return Object.defineProperty(record, inspect.custom, {
    enumerable: false,
    configurable: true,
    value: () =>
      Object.fromEntries(
        Object.entries(record).map(([name, value]: [string, unknown]) => [
          name,
          SECRET_NAMES.test(name) ? "[redacted]" : shown(value),
        ]),
      ),
  });
}
