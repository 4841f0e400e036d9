import { InvalidRequestException } from "@aws-sdk/client-iot";
import { fault } from "../../state/operation.js";

/*
 * The places of a job document that AWS IoT fills in: `${aws:iot:…}` inside its texts.
 * https://docs.aws.amazon.com/iot/latest/developerguide/job-pre-signed-url.html
 */

/** Placeholders of one document, presigned URLs among them. */
const mostPlaceholders = 10;

export type Placeholder = Place & (PackageAttribute | PackageAttributes | Artifact | Link);

/** Where it stands in the document: from its `$` to behind its `}`. */
interface Place {
  readonly start: number;
  readonly end: number;
}

interface PackageAttribute {
  readonly kind: "attribute";
  readonly packageName: string;
  readonly versionName: string;
  readonly attribute: string;
}

interface PackageAttributes {
  readonly kind: "attributes";
  readonly packageName: string;
  readonly versionName: string;
}

interface Artifact {
  readonly kind: "artifact";
  readonly packageName: string;
  readonly versionName: string;
}

/** An S3 object that the device gets a presigned URL for. */
export interface Link {
  readonly kind: "link";
  readonly form: "plain" | "encoded" | "upload";
  readonly url: string;
}

const opening = "${aws:iot:";

/**
 * Find the placeholders of a document, in order. Other `${…}` are text.
 *
 * @throws InvalidRequestException for one that AWS cannot read, and for too many
 */
export function placeholdersOf(document: string): Placeholder[] {
  const found: Placeholder[] = [];
  let start = document.indexOf(opening);
  while (start >= 0) {
    const end = endOf(document, start);
    found.push(read(document, { start, end }));
    start = document.indexOf(opening, end);
  }
  if (found.length > mostPlaceholders) {
    invalid(`it has ${found.length} placeholders, more than ${mostPlaceholders}`);
  }
  return found;
}

/** The document with some placeholders replaced, as `fill` says; undefined leaves one as it is. */
export function filled(
  document: string,
  fill: (placeholder: Placeholder) => (Place & { readonly text: string }) | undefined,
): string {
  let text = "";
  let done = 0;
  for (const placeholder of placeholdersOf(document)) {
    const filling = fill(placeholder);
    if (!filling) continue;
    text += document.slice(done, filling.start) + filling.text;
    done = filling.end;
  }
  return text + document.slice(done);
}

/** A URL for uploads may hold `${thingName}` and the like, but no placeholder of AWS. */
function endOf(document: string, start: number): number {
  let depth = 0;
  for (let at = start; at < document.length; at++) {
    if (at > start && document.startsWith("${aws:", at)) {
      invalid("a placeholder cannot stand inside another one");
    }
    if (document.startsWith("${", at)) depth++;
    else if (document[at] === "}" && --depth === 0) return at + 1;
    else if (document[at] === '"') break;
  }
  return invalid(`a placeholder has no end: ${document.slice(start, start + 80)}`);
}

const packagePlaceholder =
  /^aws:iot:package:([^:]*):version:([^:]*):(attributes|attributes:(.+)|artifact(?:-location)?:s3-presigned-url)$/s;

const forms = {
  "s3-presigned-url": "plain",
  "s3-presigned-url-v2": "encoded",
  "s3-presigned-url-upload": "upload",
} as const;

function read(document: string, place: Place): Placeholder {
  const raw = document.slice(place.start + 2, place.end - 1);
  const text = JSON.parse(`"${raw}"`) as string;
  const [, packageName, versionName, part, attribute] = packagePlaceholder.exec(text) ?? [];
  if (packageName !== undefined && versionName !== undefined) {
    const of = { ...place, packageName, versionName };
    if (part === "attributes") return { ...of, kind: "attributes" };
    if (attribute !== undefined) return { ...of, kind: "attribute", attribute };
    return { ...of, kind: "artifact" };
  }
  const [, name, url] =
    /^aws:iot:(s3-presigned-url(?:-v2|-upload)?):(.+)$/s.exec(text) ??
    invalid(`unknown placeholder \${${raw.slice(0, 80)}}`);
  return { ...place, kind: "link", form: forms[name as keyof typeof forms], url: url ?? "" };
}

export function invalid(problem: string): never {
  return fault(InvalidRequestException, `Invalid job document: ${problem}`);
}
