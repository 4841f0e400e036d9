import { visible } from "./visible.js";
import { escapeHtml, type Shown } from "./table.js";

/** A JSON text as it stands, in a type in which it lines up. */
export function jsonBlock(json: string): Shown {
  // Front ends break the words of long lines; these may scroll instead.
  const style = "white-space:pre;word-break:normal";
  return { text: visible(json), html: `<pre style="${style}">${escapeHtml(json)}</pre>` };
}
