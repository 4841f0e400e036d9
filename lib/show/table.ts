import { visible } from "./visible.js";

/** Something with a form for a notebook and one for a terminal. */
export interface Shown {
  readonly text: string;
  readonly html: string;
  /** The picture by itself, when the HTML shows one. */
  readonly svg?: string;
}

/** A column: its header, with the unit where there is one, and whether it holds numbers. */
export interface Column<R> {
  readonly header: string;
  readonly value: (row: R) => string | number | undefined;
}

/** Rows that a cell shows at most; the rest is counted. */
const SHOWN_ROWS = 8;

/** A table of at most eight rows, with a line for what is left out. Numbers stand to the right. */
export function table<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  limit = SHOWN_ROWS,
): Shown {
  if (rows.length === 0) return { html: "<p>no rows</p>", text: "no rows" };
  const shownRows = rows.slice(0, limit);
  const cells = shownRows.map((row) => columns.map((column) => column.value(row) ?? ""));
  const more = rows.length - shownRows.length;
  // An empty cell says nothing against a column of numbers.
  const isNumber = columns.map((_, i) => {
    const filled = cells.map((row) => row[i]).filter((cell) => cell !== "");
    return filled.length > 0 && filled.every((cell) => typeof cell === "number");
  });
  const texts = cells.map((row) => row.map(textOf));
  const headers = columns.map((column) => column.header);
  return {
    html:
      htmlTable(headers, texts, isNumber) + (more > 0 ? `<p>… and ${textOf(more)} more</p>` : ""),
    text:
      textTable([headers, ...texts], isNumber) + (more > 0 ? `\n… and ${textOf(more)} more` : ""),
  };
}

/** Words that lead somewhere. In a terminal the address stands for them. */
export interface Link {
  readonly text: string;
  readonly href: string;
}

/** Names and values, one pair a line. */
export function facts(pairs: readonly (readonly [string, string | number | Link])[]): Shown {
  const rows = pairs.map(([name, value]) => [
    name,
    typeof value === "object" ? value.href : textOf(value),
  ]);
  const body = pairs
    .map(([name, value]) => {
      const said =
        typeof value === "object"
          ? `<td style="text-align:left"><a href="${escapeHtml(value.href)}" target="_blank" rel="noopener">${escapeHtml(value.text)}</a></td>`
          : cell("td", textOf(value), "left");
      return `<tr>${cell("th", name, "left")}${said}</tr>`;
    })
    .join("");
  return { html: `<table><tbody>${body}</tbody></table>`, text: textTable(rows, [false, false]) };
}

export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function htmlTable(
  headers: readonly string[],
  rows: readonly string[][],
  isNumber: boolean[],
): string {
  const align = (i: number): Align => (isNumber[i] ? "right" : "left");
  const head = headers.map((header, i) => cell("th", header, align(i))).join("");
  const body = rows
    .map((row) => `<tr>${row.map((text, i) => cell("td", text, align(i))).join("")}</tr>`)
    .join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

type Align = "left" | "right";

/** Characters up to which a cell keeps its words on one line: names, states, times. */
const ONE_LINE = 24;

// The style stands on each cell: notebook front ends strip style sheets, but keep these properties.
// Theirs would break a word anywhere as soon as a table is narrow; `overflow-wrap:anywhere`, which
// would not, they strip.
function cell(tag: "td" | "th", text: string, align: Align): string {
  const wrap =
    text.length <= ONE_LINE
      ? "white-space:nowrap"
      : "white-space:pre-line;word-break:normal;overflow-wrap:break-word";
  const html = text.length <= ONE_LINE ? escapeHtml(text) : breakable(text);
  return `<${tag} style="text-align:${align};${wrap}">${html}</${tag}>`;
}

/** Where a word that is too long for any column may break: behind its own separators, or after so many. */
const PIECES = /[^._:/,=-]{1,32}[._:/,=-]*|[._:/,=-]+/gu;

/** A text whose long words (queries, names, digests) can break, so that its table fits into a cell. */
function breakable(text: string): string {
  return text.replace(/\S+|\s+/g, (word) => {
    const pieces = word.length > ONE_LINE ? (word.match(PIECES) ?? []) : [word];
    return pieces.map(escapeHtml).join("<wbr>");
  });
}

function textTable(rows: readonly (readonly string[])[], isNumber: readonly boolean[]): string {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? "").length)),
  );
  const lines = rows
    .map((row) =>
      row
        .map((text, i) =>
          isNumber[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
  return visible(lines);
}

function textOf(value: string | number): string {
  return typeof value === "number" ? value.toLocaleString("en-US") : value;
}
