/*
 * Texts of an IoT policy that stand for many: with the wildcards `*` (any characters, `/` among them) and
 * `?` (any one), and with variables. `+` and `#` are characters like any other.
 * https://docs.aws.amazon.com/iot/latest/developerguide/pub-sub-policy.html
 */

/** What a variable stands for; undefined when it has no value. */
export type Variables = (name: string) => string | undefined;

/** Each item is one character to be found there, or a wildcard. */
export type Pattern = readonly (string | typeof ANY | typeof MANY)[];

const ANY = Symbol("?");
const MANY = Symbol("*");

/** Ways to write a character that would mean something else. */
const LITERALS: ReadonlySet<string> = new Set(["*", "?", "$"]);

/**
 * Read a text with its variables filled in. What a variable stands for is taken as it is: a client that
 * calls itself `*` widens nothing.
 *
 * @returns undefined when a variable has no value: then it stands for nothing at all
 */
export function patternOf(text: string, variables: Variables): Pattern | undefined {
  const items: (string | typeof ANY | typeof MANY)[] = [];
  for (let at = 0; at < text.length; at++) {
    const end = text.startsWith("${", at) ? text.indexOf("}", at) : -1;
    if (end > 0) {
      const name = text.slice(at + 2, end).trim();
      const value = LITERALS.has(name) ? name : variables(name);
      if (value === undefined) return undefined;
      items.push(...value.split(""));
      at = end;
    } else {
      const character = text.charAt(at);
      items.push(character === "*" ? MANY : character === "?" ? ANY : character);
    }
  }
  return items;
}

/** Whether a pattern stands for a text. Takes no more than the product of both lengths. */
export function stands(pattern: Pattern, text: string): boolean {
  let p = 0;
  let t = 0;
  /** Where the last `*` was, and how far it reaches. */
  let star = -1;
  let reach = 0;
  while (t < text.length) {
    const item = pattern[p];
    if (item === MANY) {
      star = p++;
      reach = t;
    } else if (item === ANY || item === text.charAt(t)) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++reach;
    } else {
      return false;
    }
  }
  while (pattern[p] === MANY) p++;
  return p === pattern.length;
}

/** A pattern's text, where wildcards are characters like any other. */
export function textOf(pattern: Pattern): string {
  return pattern
    .map((item) => (item === MANY ? "*" : item === ANY ? "?" : (item as string)))
    .join("");
}
