/*
 * The sandbox keeps numbers as doubles. AWS may keep more of a number; here one that would change
 * is refused, so that no reading is altered without a word.
 */

/** Texts are matched as well, so that digits inside them are passed over. */
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** As many digits as `toPrecision` can print. */
const mostDigits = 100;

/**
 * The first number of a JSON text that a double does not keep, as it is written; undefined when all
 * are kept. `json` must be valid.
 */
export function lostNumberIn(json: string): string | undefined {
  for (const [text] of json.matchAll(token)) {
    if (!text.startsWith('"') && !isKept(text)) return text;
  }
  return undefined;
}

/** Does a double, printed with as many digits as were written, give the number back? */
function isKept(text: string): boolean {
  const written = decimalOf(text);
  const { digits } = written;
  const number = Number(text);
  if (!Number.isFinite(number)) return false;
  if (digits === "") return true;
  if (digits.length > mostDigits) return false;
  const kept = decimalOf(number.toPrecision(digits.length));
  return kept.digits === digits && kept.exponent === written.exponent;
}

/** The digits of a number from its first to its last that is not zero, and the first one's power of ten. */
function decimalOf(text: string): { digits: string; exponent: number } {
  const [, whole = "", fraction = "", power = "0"] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = whole + fraction;
  const significant = all.replace(/^0+/, "");
  const exponent = whole.length - (all.length - significant.length) + Number(power);
  return { digits: significant.replace(/0+$/, ""), exponent };
}
