import type { PatternPart } from "./query.js";

/** Refuses the query that is being read, for the reason given. */
export type Fail = (reason: string) => never;

export type Token =
  | {
      readonly kind: "word";
      readonly parts: readonly PatternPart[];
      /** The word as written. An escaped `\AND` therefore is no operator. */
      readonly source: string;
    }
  | { readonly kind: "phrase"; readonly text: string; readonly source: string }
  | { readonly kind: Mark; readonly source: string };

type Mark = "(" | ")" | "[" | "]" | "{" | "}" | ":" | "<" | "<=" | ">" | ">=" | "-";

const operators: ReadonlySet<string> = new Set(["AND", "OR", "NOT"]);
// Nothing but white space, a bracket or the end may follow these: `"a"b` is a forgotten space.
const valueEnds: ReadonlySet<string> = new Set(["word", "phrase", "]", "}"]);
const valueStarts: ReadonlySet<string> = new Set(["word", "phrase", "(", "[", "{", "-"]);

export function isOperator(token: Token | undefined): boolean {
  return token?.kind === "word" && operators.has(token.source);
}

/** Cut a query string into words, phrases and marks. */
export function tokenize(text: string, fail: Fail): Token[] {
  const tokens: Token[] = [];
  let inRange = false;
  let previousEnd = -1;
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    const previous = tokens.at(-1);
    const token = readToken(text, at, mayProhibit(previous, inRange), fail);
    if (
      at === previousEnd &&
      previous &&
      valueEnds.has(previous.kind) &&
      valueStarts.has(token.kind) &&
      !isOperator(previous)
    ) {
      fail(`missing space before: ${token.source}`);
    }
    if (token.kind === "[" || token.kind === "{") inRange = true;
    if (token.kind === "]" || token.kind === "}") inRange = false;
    tokens.push(token);
    at += token.source.length;
    previousEnd = at;
  }
  return tokens;
}

/** A `-` prohibits a clause, but after `:`, after `<` and in a range it is the sign of a number. */
function mayProhibit(previous: Token | undefined, inRange: boolean): boolean {
  return !inRange && !/^[:<>]/.test(previous?.kind ?? "");
}

function readToken(text: string, at: number, dashProhibits: boolean, fail: Fail): Token {
  const mark = /^(?:[()[\]{}:]|[<>]=?)/.exec(text.slice(at, at + 2))?.[0];
  if (mark) return { kind: mark as Mark, source: mark };
  if (dashProhibits && text[at] === "-") return { kind: "-", source: "-" };
  if (text[at] === '"') return readPhrase(text, at, fail);
  return readWord(text, at, fail);
}

function readPhrase(text: string, start: number, fail: Fail): Token {
  let content = "";
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') {
      return { kind: "phrase", text: content, source: text.slice(start, at + 1) };
    }
    if (text[at] === "\\") content += escaped(text, ++at, fail);
    else content += text.charAt(at);
  }
  return fail("quotation mark without its partner");
}

function readWord(text: string, start: number, fail: Fail): Token {
  const parts: PatternPart[] = [];
  let literal = "";
  let at = start;
  for (; at < text.length && !/[\s()[\]{}":<>]/.test(text.charAt(at)); at++) {
    const char = text.charAt(at);
    if (char === "*" || char === "?") {
      if (literal) parts.push({ literal });
      parts.push({ wildcard: char });
      literal = "";
    } else if (char === "\\") {
      literal += escaped(text, ++at, fail);
    } else if (char === "^" || char === "~") {
      fail(`boosting and fuzzy search are not supported: ${char}`);
    } else {
      literal += char;
    }
  }
  if (literal) parts.push({ literal });
  return { kind: "word", parts, source: text.slice(start, at) };
}

function escaped(text: string, at: number, fail: Fail): string {
  if (at >= text.length) fail("nothing to escape after the last backslash");
  // AWS counts the backslash itself among the unsupported characters.
  if (text[at] === "\\") fail("unsupported character: \\");
  return text.charAt(at);
}
