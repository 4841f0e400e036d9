import { visible } from "./visible.js";
import { escapeHtml, type Shown } from "./table.js";

/** A JSON text as it stands, in a type in which it lines up. */
export function jsonBlock(json: string): Shown {
  const lines = json.split("\n").map(line).join("\n");
  // An exported page would choose a type in which nothing lines up. Blocks in lines of their own: what is between them, for whoever reads the text alone, is not shown.
  return {
    text: visible(json),
    html: `<pre style="font-family:monospace;white-space:normal">${lines}</pre>`,
  };
}

/** Letters further in than its line that the rest of a long one goes on. */
const REST = 2;
/** How wide a letter is in the types of notebook front ends, which strip the unit `ch`. */
const LETTER_EM = 0.6;

/** A line that is too long goes on below, at a blank where it has one, and not left of its beginning. */
function line(text: string): string {
  const [indent = ""] = /^ */.exec(text) ?? [];
  const rest = `${((indent.length + REST) * LETTER_EM).toFixed(1)}em`;
  const wrap = "white-space:pre-wrap;word-break:normal;overflow-wrap:break-word";
  return `<div style="padding-left:${rest};text-indent:-${rest};${wrap}">${escapeHtml(text)}</div>`;
}
