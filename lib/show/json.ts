import { visible } from "./visible.js";
import { escapeHtml, type Shown } from "./table.js";

/** A JSON text as it stands, in a type in which it lines up. */
export function jsonBlock(json: string): Shown {
  return { text: visible(json), html: `<pre>${escapeHtml(json)}</pre>` };
}
