import { InvalidInputError } from "../../aws/errors.js";
import { checkName, packageName, versionName } from "../registry/names.js";

/** What a vehicle is told to install. AWS fills in the placeholders when the vehicle asks for it. */
export type OtaDocument = {
  readonly operation: "install";
  readonly ota: { readonly packages: Readonly<Record<string, OtaPackage>> };
};

export interface OtaPackage {
  readonly version: string;
  /** The version's attributes, the digest `sha256` among them; before AWS has filled it in, a placeholder. */
  readonly attributes: Readonly<Record<string, string>> | string;
  /** Where the file is: a link that is signed for the vehicle that asks. */
  readonly artifact: { readonly s3PresignedUrl: string };
}

/** What a vehicle is told to do besides installing: any names and values that it understands. */
export type CustomDocument = {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metadata: { readonly version: string; readonly description: string };
};

const SOURCE = "https://docs.aws.amazon.com/iot/latest/developerguide/create-manage-jobs.html";

/** Bytes of a job document at most, in UTF-8. */
const LARGEST_BYTES = 32_768;
/** Placeholders of a job document at most. */
const MOST_PLACEHOLDERS = 10;

/**
 * The document of a job that ships a package version, with placeholders of the package catalog: its
 * attributes, in which the digest is, and a signed link to its file. Calls nothing.
 *
 * @throws InvalidInputError when a name is illegal
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/preparing-jobs-for-service-package-catalog.html
 */
export function otaDocument(name: string, version: string): OtaDocument {
  checkName(name, packageName);
  checkName(version, versionName);
  const of = `aws:iot:package:${name}:version:${version}`;
  return {
    operation: "install",
    ota: {
      packages: {
        [name]: {
          version,
          attributes: `\${${of}:attributes}`,
          artifact: { s3PresignedUrl: `\${${of}:artifact:s3-presigned-url}` },
        },
      },
    },
  };
}

/**
 * A document for anything else, in a form that reads well: what to do, with what, and what it is.
 * A job takes any other JSON object too. Calls nothing.
 */
export function customDocument({
  operation,
  parameters = {},
  description = `Custom job: ${operation}`,
}: {
  readonly operation: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly description?: string;
}): CustomDocument {
  return { operation, parameters, metadata: { version: "1.0.0", description } };
}

/**
 * A job document as the text that CreateJob takes. Calls nothing.
 *
 * @param document any JSON object, or its text, of at most 32,768 bytes
 * @throws InvalidInputError when it is no JSON object, too long, or has more than ten placeholders
 */
export function documentText(document: object | string): string {
  const text = typeof document === "string" ? document : asJson(document);
  if (!isJsonObject(text)) {
    throw wrong(text.slice(0, 80), 'be a JSON object, such as { "operation": "check-tires" }');
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > LARGEST_BYTES) {
    const size = `${bytes.toLocaleString("en-US")} bytes`;
    throw wrong(size, `have at most ${LARGEST_BYTES.toLocaleString("en-US")} bytes`);
  }
  const placeholders = text.split("${aws:iot:").length - 1;
  if (placeholders > MOST_PLACEHOLDERS) {
    throw wrong(`${placeholders} placeholders`, `have at most ${MOST_PLACEHOLDERS} placeholders`);
  }
  return text;
}

/** True when AWS has links to sign in it, for which the job needs a role. */
export function hasLinks(text: string): boolean {
  return /\$\{aws:iot:(?:s3-presigned-url|package:[^}]*s3-presigned-url)/.test(text);
}

/** The text of what JSON can express; dates and the like become what JSON makes of them. */
function asJson(document: object): string {
  try {
    return JSON.stringify(document) ?? "undefined";
  } catch (error) {
    // A circle, or a bigint.
    throw wrong(document, `be expressible as JSON (${(error as Error).message.split("\n")[0]})`);
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function wrong(given: unknown, rule: string): InvalidInputError {
  return new InvalidInputError("a job document", given, rule, `See ${SOURCE}`);
}
