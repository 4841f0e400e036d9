import { COLOURS, FAINT, FONT, INK, PAPER, picture } from "./picture.js";
import { escapeHtml, table, type Shown } from "./table.js";

/** Something that was so for a while. */
export interface Span {
  readonly name: string;
  /** When it began, in seconds; undefined while it has not. */
  readonly from?: number | undefined;
  /** When it ended; undefined while it goes on. */
  readonly to?: number | undefined;
}

export interface Timeline {
  readonly title: string;
  readonly spans: readonly Span[];
  /** How long it has been watched, in seconds. */
  readonly now: number;
}

const MARGIN = 16;
const TOP = 48;
const ROW = 30;
const WIDTH = 360;
const LETTER = 7;

/** What was so from when to when, a row each, with the seconds written at each change. */
export function timeline({ title, spans, now }: Timeline): Shown {
  // Names may be long, such as a group's; they are what the rows are about.
  const left = MARGIN + 20 + LETTER * Math.max(0, ...spans.map(({ name }) => name.length));
  const last = Math.max(1, now);
  const x = (seconds: number) => round(left + (seconds / last) * WIDTH);
  const [width, height] = [left + WIDTH + 70, TOP + ROW * spans.length + 34];
  const rows = spans.flatMap(({ name, from, to }, i) => {
    const y = TOP + i * ROW;
    const drawn = [
      words(MARGIN, y + 15, name),
      `<path d="M${left} ${y + 10}H${left + WIDTH}" stroke="${FAINT}"/>`,
    ];
    if (from === undefined) return drawn;
    const end = to ?? last;
    const bar = `<rect x="${x(from)}" y="${y}" width="${Math.max(2, round(x(end) - x(from)))}" height="20" rx="3" fill="${COLOURS[i % COLOURS.length]}"/>`;
    // Beside its end where it ended, else inside its beginning: there is always room for one.
    const at = to === undefined ? from : to;
    const isInside = to === undefined && x(end) - x(from) > 60;
    // Not every bar is dark enough for white words: they bring a ground of their own.
    const ground = `<rect x="${round(x(at) + 3)}" y="${y + 3}" width="${LETTER * seconds(at).length + 6}" height="14" rx="2" fill="${PAPER}"/>`;
    const label = isInside
      ? ground + words(x(at) + 7, y + 14, seconds(at))
      : words(x(end) + 6, y + 15, seconds(at));
    return [...drawn, bar, label];
  });
  const axis = TOP + ROW * spans.length + 16;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="12" fill="${INK}">`,
    `<rect width="100%" height="100%" fill="${PAPER}"/>`,
    words(MARGIN, 26, title, 'font-size="13" font-weight="bold"'),
    ...rows,
    words(left, axis, "0 s"),
    words(left + WIDTH, axis, seconds(now), 'text-anchor="end"'),
    "</svg>",
  ].join("\n");
  const said = spans.map(({ name, from, to }) => {
    if (from === undefined) return `${name}: not yet`;
    return `${name}: from ${seconds(from)}${to === undefined ? "" : ` to ${seconds(to)}`}`;
  });
  const { text } = table(
    spans,
    [
      { header: "", value: ({ name }) => name },
      { header: "from (s)", value: ({ from }) => (from === undefined ? undefined : round(from)) },
      { header: "to (s)", value: ({ to }) => (to === undefined ? undefined : round(to)) },
    ],
    spans.length,
  );
  return picture(svg, {
    alt: `Timeline: ${title}. ${said.join("; ")}.`,
    text: `${title}\n${text}`,
  });
}

function seconds(n: number): string {
  return `${n.toFixed(1)} s`;
}

function words(x: number, y: number, text: string, style = ""): string {
  return `<text x="${round(x)}" y="${y}" ${style}>${escapeHtml(text)}</text>`;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
