/** The names that a field of the things' index may begin with. */
const SOURCES = [
  "thingName",
  "thingId",
  "thingTypeName",
  "thingGroupNames",
  "attributes",
  "shadow",
  "connectivity",
  "deviceDefender",
] as const;

/** Fields of the workshop's vehicles, for those who write them in another case. */
const FIELDS = [
  "attributes.country",
  "attributes.customerId",
  "attributes.manufacturingDate",
  "shadow.reported.batteryStatus",
] as const;

/** What people type, and the field they mean. */
const MEANT: Readonly<Record<string, string>> = {
  country: "attributes.country",
  battery: "shadow.reported.batteryStatus",
  batterystatus: "shadow.reported.batteryStatus",
  version: "shadow.name.$package.reported.SedanVehicle.version",
  type: "thingTypeName",
  thingtype: "thingTypeName",
  name: "thingName",
  thing: "thingName",
  group: "thingGroupNames",
  thinggroup: "thingGroupNames",
  thinggroupname: "thingGroupNames",
  connected: "connectivity.connected",
};

/**
 * What may be wrong with a query that AWS refused, or that found nothing: one sentence each, the
 * likeliest first; empty when nothing stands out. Calls nothing.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html
 */
export function queryHints(query: string): readonly string[] {
  const text = query
    // Quoted text says nothing about the grammar around it.
    .replace(/"(?:\\.|[^"\\])*"/g, '""')
    // The one value with commas: geo_distance,47.6,-122.3,15km.
    .replace(/:\s*geo_\w+,[^\s()]+/g, ":geo");
  const hints: string[] = [];
  const hint = (isSo: boolean, sentence: string) => void (isSo && hints.push(sentence));

  for (const [, field = ""] of text.matchAll(/([\w.$\\*-]+)\s*(?=[:<>])/g)) {
    hint(true, hintOnField(field.replace(/^-/, "")));
  }
  hint(
    /(^|\s)(and|or|not|And|Or|Not)(\s|$)/.test(text),
    "AND, OR and NOT are written in capitals; in small letters they are words to search for.",
  );
  hint(
    /[&|]|!(?!=)/.test(text),
    "AND, OR and NOT are words in a query: AWS knows no &&, no || and no !.",
  );
  hint(
    /[^<>]=/.test(text),
    'Equality is a colon, "field:value"; for "is not", write NOT in front.',
  );
  hint(/[[{][^\]}]*\b(to|To)\b/.test(text), "TO in a range is written in capitals: [50 TO *].");
  hint(
    count(text, /\(/g) !== count(text, /\)/g) || count(text, /[[{]/g) !== count(text, /[\]}]/g),
    "A bracket has no partner.",
  );
  hint(count(text, /(?<!\\)"/g) % 2 === 1, "A quotation mark has no partner.");
  hint(
    /[`@#%/';,]/.test(text.replace(/\bgeo_distance,\S+/g, "")),
    "AWS supports none of ` @ # % / ' ; , in a query; a comma only in geo_distance.",
  );
  hint(
    /:[^\s()[\]{}"]+\s+(?!AND\b|OR\b|NOT\b|and\b|or\b|not\b|TO\b|[-&|!])[^\s:<>()]+(\s+(?![:<>])|$)/.test(
      text,
    ),
    'A value with blanks stands in quotation marks: "San Diego".',
  );
  hint(
    /\.\$package\..*\.version\s*[<>]/.test(text) || /\.\$package\.\S*\.version:\s*[[{]/.test(text),
    "A version is text: compare it with a colon and list alternatives, (1.0.0 OR 1.1.0).",
  );
  return [...new Set(hints.filter((sentence) => sentence !== ""))];
}

function hintOnField(field: string): string {
  const inOtherCase = <T extends string>(names: readonly T[], given: string): T | undefined =>
    names.find((name) => name !== given && name.toLowerCase() === given.toLowerCase());
  const [first = ""] = field.split(".");
  const known = inOtherCase(FIELDS, field) ?? inOtherCase(SOURCES, first);
  if (known) return `The case of a field's name matters: ${known}.`;
  if ((SOURCES as readonly string[]).includes(first)) return "";
  const meant = MEANT[field.toLowerCase()];
  if (meant) return `There is no field ${field}; it is called ${meant}.`;
  return `There is no field ${field}: fields begin with ${SOURCES.join(", ")}.`;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
