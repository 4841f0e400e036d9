import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { plain, type WireResponse } from "../http/wire.js";

/* What a browser gets: plain modules and style sheets, as they lie in `page/`. Nothing builds them. */

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Nothing runs but the page's own modules, nothing is loaded from elsewhere, and text cannot become markup
 * or a script, whatever a device has put into it. Notebooks on this machine may frame it.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** Said with everything of the page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

// Compiled or not, the package's own name for the folder leads there.
const folder = dirname(createRequire(import.meta.url).resolve("#live-page/index.html"));
const names: ReadonlySet<string> = new Set(
  readdirSync(folder).filter((name) => TYPES[extname(name)] !== undefined),
);

/** One of the page's files; the empty name is the page itself. */
export function pageFile(wanted: string): WireResponse {
  const name = wanted === "" ? "index.html" : wanted;
  if (!names.has(name)) return plain(404, "There is nothing here.");
  return {
    status: 200,
    headers: {
      ...PAGE_HEADERS,
      "content-type": TYPES[extname(name)] as string,
      "cache-control": "no-cache",
    },
    body: readFileSync(join(folder, name)),
  };
}
