/** Texts with wildcards, as every policy language of AWS has them: `*` is any characters, `?` any one. */

export const ANY = Symbol("?");
export const MANY = Symbol("*");

/** Each item is one character to be found there, or a wildcard. */
export type Pattern = readonly (string | typeof ANY | typeof MANY)[];

/** What a character of a policy stands for. */
export function wildcardOf(character: string): Pattern[number] {
  return character === "*" ? MANY : character === "?" ? ANY : character;
}

/**
 * Whether a pattern stands for a text. Takes no more than the product of both lengths: a regular
 * expression made of stars could be made to take for ever.
 */
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

/** Does a text fit a pattern that is written down, without variables? */
export function isLike(pattern: string, text: string): boolean {
  return stands(pattern.split("").map(wildcardOf), text);
}
