import { ANY, MANY, wildcardOf, type Pattern } from "../door/wildcards.js";

/*
 * Texts of an IoT policy that stand for many: with the wildcards `*` (any characters, `/` among them) and
 * `?` (any one), and with variables. `+` and `#` are characters like any other.
 * https://docs.aws.amazon.com/iot/latest/developerguide/pub-sub-policy.html
 */

/** What a variable stands for; undefined when it has no value. */
export type Variables = (name: string) => string | undefined;

/** Ways to write a character that would mean something else. */
const LITERALS: ReadonlySet<string> = new Set(["*", "?", "$"]);

/**
 * Read a text with its variables filled in. What a variable stands for is taken as it is: a client that
 * calls itself `*` widens nothing.
 *
 * @returns undefined when a variable has no value: then it stands for nothing at all
 */
export function patternOf(text: string, variables: Variables): Pattern | undefined {
  const items: Pattern[number][] = [];
  for (let at = 0; at < text.length; at++) {
    const end = text.startsWith("${", at) ? text.indexOf("}", at) : -1;
    if (end > 0) {
      const name = text.slice(at + 2, end).trim();
      const value = LITERALS.has(name) ? name : variables(name);
      if (value === undefined) return undefined;
      items.push(...value.split(""));
      at = end;
    } else {
      items.push(wildcardOf(text.charAt(at)));
    }
  }
  return items;
}

/** A pattern's text, where wildcards are characters like any other. */
export function textOf(pattern: Pattern): string {
  return pattern
    .map((item) => (item === MANY ? "*" : item === ANY ? "?" : (item as string)))
    .join("");
}
