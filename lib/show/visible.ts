/**
 * A text with nothing in it that acts: control characters, which a terminal obeys and XML forbids,
 * and those that turn the direction of what follows. Each gives way to one sign, so widths stay:
 * ESC to ␛, as the standard has signs for the first 32, others to �. Line ends and tabs stay.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (sign) => {
    const code = sign.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "␡" : "�";
  });
}

// C0 but tab and line feed, C1, marks of direction, half a pair of surrogates, and no characters at all.
const UNSEEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
