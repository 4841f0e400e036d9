import { visible } from "./visible.js";
import { escapeHtml, type Shown } from "./table.js";

/** A JSON text as it stands, in a type in which it lines up. */
export function jsonBlock(json: string): Shown {
  // A line that is too long goes on below, at a blank where it has one; the indentation stays.
  const style = "white-space:pre-wrap;word-break:normal;overflow-wrap:break-word";
  return { text: visible(json), html: `<pre style="${style}">${escapeHtml(json)}</pre>` };
}
