import { decodeHeader } from "./wire.js";

/*
 * User metadata is any text, and a header is ASCII: what does not fit travels as RFC 2047 has it for
 * mail. S3 reads metadata that came so, or as UTF-8, and gives back in ASCII what is not.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */

/** Characters that AWS writes as they are in an encoded word; a space becomes an underscore. */
const SAFE = /[!-<>@-^`-~\t]/;

/** The text behind a header: of UTF-8, encoded words, or plain ASCII. */
export function decodeMailSafe(header: string): string {
  return decodeHeader(header)
    .replace(/(=\?utf-8\?[qb]\?[^?\s]*\?=)\s+(?==\?)/gi, "$1")
    .replace(/=\?utf-8\?([qb])\?([^?\s]*)\?=/gi, (_, kind: string, content: string) => {
      if (kind.toLowerCase() === "b") return Buffer.from(content, "base64").toString("utf8");
      const bytes = content
        .replaceAll("_", " ")
        .replace(/=([0-9A-Fa-f]{2})/g, (__, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
      return Buffer.from(bytes, "latin1").toString("utf8");
    });
}

/** The header for a text: itself if it is ASCII, else one encoded word. */
export function encodeMailSafe(text: string): string {
  if (/^[\t -~]*$/.test(text)) return text;
  const bytes = Buffer.from(text);
  // What cannot be shown is not spelled out either.
  if (/[\p{C}\ufffd]/u.test(text)) return `=?UTF-8?B?${bytes.toString("base64")}?=`;
  const letters = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === " ") return "_";
    return SAFE.test(character)
      ? character
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `=?UTF-8?Q?${letters.join("")}?=`;
}
