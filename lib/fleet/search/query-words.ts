/*
 * What a query says, in words. This reads only what AWS has accepted, so it translates token by
 * token and leaves the grammar to AWS.
 */

/** A phrase, a range, a word with its escapes, or a mark. */
const TOKENS = /"(?:\\.|[^"\\])*"|[[{][^\]}]*[\]}]|[<>]=?|[():]|(?:\\.|[^\s()[\]{}":<>\\])+/g;

const FIELDS: Readonly<Record<string, string>> = {
  thingName: "the name",
  thingId: "the thing's id",
  thingTypeName: "the thing type",
  thingGroupNames: "a group",
  "shadow.reported.batteryStatus": "the reported battery (%)",
  "shadow.hasDelta": "a difference between desired and reported",
  "connectivity.connected": "connected",
  "connectivity.timestamp": "the last change of the connection (ms)",
  "connectivity.disconnectReason": "the reason of the disconnect",
};

const COMPARISONS: Readonly<Record<string, string>> = {
  ">": "above",
  "<": "below",
  ">=": "at least",
  "<=": "at most",
};

/**
 * A query in words, such as `the thing type is SedanVehicle and the attribute country is US or CA`.
 *
 * Calls nothing. Only for queries that AWS has accepted: of others the words may be wrong.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html
 */
export function queryInWords(query: string): string {
  if (query.trim() === "*") return "everything";
  const tokens = query.match(TOKENS) ?? [];
  const words: string[] = [];
  /** Brackets that are open; true for those behind a field, whose values need no "is" of their own. */
  const brackets: boolean[] = [];
  let hasClause = false;
  let isNot = false;
  for (let at = 0; at < tokens.length; at++) {
    let token = tokens[at] as string;
    if (token === "AND" || token === "OR") {
      words.push(token.toLowerCase());
      hasClause = false;
      continue;
    }
    if (token === ")") {
      if (!brackets.pop()) words.push(")");
      hasClause = true;
      continue;
    }
    // Where no operator stands between two clauses, AWS reads AND.
    if (hasClause) words.push("and");
    hasClause = false;
    if (token === "NOT" || token.startsWith("-")) {
      isNot = true;
      token = token === "NOT" ? "" : token.slice(1);
      if (token === "") continue;
    }
    const is = isNot ? "is not" : "is";
    const next = tokens[at + 1];
    if (token === "(") {
      words.push(isNot ? "not (" : "(");
      brackets.push(false);
    } else if (next === ":" && tokens[at + 2] === "(") {
      words.push(`${fieldInWords(token)} ${is}`);
      brackets.push(true);
      at += 2;
    } else if (next === ":") {
      words.push(`${fieldInWords(token)} ${is} ${testInWords(tokens[(at += 2)] ?? "")}`);
      hasClause = true;
    } else if (next !== undefined && next in COMPARISONS) {
      words.push(`${fieldInWords(token)} ${is} ${COMPARISONS[next]} ${tokens[(at += 2)] ?? ""}`);
      hasClause = true;
    } else {
      const value = valueInWords(token);
      words.push(
        brackets.includes(true)
          ? `${isNot ? "not " : ""}${value}`
          : `${isNot ? "no" : "any"} field has ${value}`,
      );
      hasClause = true;
    }
    isNot = false;
  }
  return words
    .join(" ")
    .replaceAll("( ", "(")
    .replaceAll(" )", ")")
    .replaceAll("any package's version is not", "no package's version is");
}

function fieldInWords(escaped: string): string {
  const field = unescaped(escaped);
  const known = FIELDS[field];
  if (known) return known;
  const version = /^shadow\.name\.\$package\.reported\.(.+)\.version$/.exec(field)?.[1];
  if (version) return version === "*" ? "any package's version" : `the version of ${version}`;
  const [, kind, path] = /^(attributes|shadow\.reported|shadow\.desired)\.(.+)$/.exec(field) ?? [];
  if (kind === "attributes") return `the attribute ${path}`;
  return path ? `the ${kind?.slice("shadow.".length)} ${path}` : field;
}

/** What stands behind the colon, after an "is". */
function testInWords(value: string): string {
  if (value === "*") return "known";
  const [, open, low, high, close] = /^([[{])\s*(.+?)\s+TO\s+(.+?)\s*([\]}])$/.exec(value) ?? [];
  if (low === undefined || high === undefined) return valueInWords(value);
  const from = `${open === "[" ? "at least" : "above"} ${unquoted(low)}`;
  const to = `${close === "]" ? "at most" : "below"} ${unquoted(high)}`;
  if (low === "*") return high === "*" ? "known" : to;
  return high === "*" ? from : `${from} and ${to}`;
}

function valueInWords(value: string): string {
  const [, latitude, longitude, distance, unit] =
    /^geo_distance,([^,]+),([^,]+),([\d.]+)([a-z]+)$/.exec(value) ?? [];
  if (unit !== undefined) return `within ${distance} ${unit} of ${latitude}, ${longitude}`;
  if (value.startsWith('"')) return unquoted(value);
  return /(?<!\\)[*?]/.test(value) ? `like ${unescaped(value)}` : unescaped(value);
}

function unquoted(text: string): string {
  return unescaped(text.replace(/^"(.*)"$/, "$1"));
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}
