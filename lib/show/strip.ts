import { FAINT, FONT, INK, PAPER, picture } from "./picture.js";
import { escapeHtml, table, type Shown } from "./table.js";

/** One state that something was in. */
export interface Station {
  /** `IN_PROGRESS` */
  readonly state: string;
  readonly colour?: string | undefined;
  /** What is known of it, a line each. */
  readonly notes: readonly string[];
}

const [MARGIN, TOP, BOX, GAP, LINE] = [16, 44, 150, 34, 17];
/** Characters of a note that a box has room for. */
const ROOM = 21;

/** States in the order in which they were, as boxes with arrows between them. */
export function strip(title: string, stations: readonly Station[]): Shown {
  const lines = Math.max(0, ...stations.map(({ notes }) => notes.length));
  const high = 30 + LINE * lines;
  const width = 2 * MARGIN + stations.length * (BOX + GAP) - GAP;
  const height = TOP + high + MARGIN;
  const drawn = stations.flatMap(({ state, colour = INK, notes }, i) => {
    const x = MARGIN + i * (BOX + GAP);
    const middle = TOP + high / 2;
    return [
      `<rect x="${x}" y="${TOP}" width="${BOX}" height="${high}" rx="6" fill="#ffffff" stroke="${FAINT}"/>`,
      `<rect x="${x}" y="${TOP}" width="${BOX}" height="5" rx="2" fill="${colour}"/>`,
      words(x + 10, TOP + 23, state, 'font-weight="bold"'),
      ...notes.map((note, n) => words(x + 10, TOP + 23 + LINE * (n + 1), short(note))),
      i > 0
        ? `<path d="M${x - GAP + 4} ${middle}H${x - 10}M${x - 16} ${middle - 5}L${x - 8} ${middle}L${x - 16} ${middle + 5}" fill="none" stroke="${INK}" stroke-width="1.8"/>`
        : "",
    ];
  });
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="12" fill="${INK}">`,
    `<rect width="100%" height="100%" fill="${PAPER}"/>`,
    words(MARGIN, 26, title, 'font-size="13" font-weight="bold"'),
    ...drawn,
    "</svg>",
  ].join("\n");
  const said = stations.map(({ state, notes }) => [state, ...notes].join(", "));
  const { text } = table(
    stations,
    [
      { header: "state", value: ({ state }) => state },
      { header: "", value: ({ notes }) => notes.join(", ") },
    ],
    stations.length,
  );
  return picture(svg, { alt: `${title}: ${said.join("; then ")}.`, text: `${title}\n${text}` });
}

function short(note: string): string {
  return note.length <= ROOM ? note : `${note.slice(0, ROOM - 1)}…`;
}

function words(x: number, y: number, text: string, style = ""): string {
  return `<text x="${x}" y="${y}" ${style}>${escapeHtml(text)}</text>`;
}
