import { COLOURS, FAINT, FONT, INK, ownColour, PAPER, picture } from "./picture.js";
import { count } from "./progress.js";
import { escapeHtml, table, type Shown } from "./table.js";

/** One vehicle in the picture. */
export interface Dot {
  /** Its row: `US`. */
  readonly row: string;
  /** Its column: `SedanVehicle`. */
  readonly column: string;
  /** What its colour says: `1.1.0`. */
  readonly value: string;
}

export interface FleetPicture {
  readonly title: string;
  /** In the order in which they stand: a vehicle that keeps its place is found again in the next picture. */
  readonly dots: readonly Dot[];
  /** What a colour may say, in the order of the legend; each keeps its colour when nobody has it. */
  readonly values: readonly string[];
  readonly colours?: Readonly<Record<string, string>>;
  /** Vehicles up to which each is a dot; more are shown as shares. Default 3,000. */
  readonly mostDots?: number;
}

const MOST_DOTS = 3_000;
const MARGIN = 16;
const TITLE = 44;
const ROW_NAMES = 96;
const LINE = 20;
/** A letter's width: which font the front end has is not known here. */
const LETTER = 7;

/** How large a dot's square is: few vehicles are large, and thousands still fit. */
function pitchOf(dots: number): number {
  return dots <= 150 ? 16 : dots <= 600 ? 11 : 7;
}

/**
 * The fleet as dots, one a vehicle, by row and column, coloured by what is asked; a fleet of many
 * thousands as shares. The shape says the same as the colour. In terminals a table of counts.
 */
export function fleetPicture(fleet: FleetPicture): Shown {
  const { title, dots, values, mostDots = MOST_DOTS } = fleet;
  const rows = namesOf(dots, ({ row }) => row);
  const columns = namesOf(dots, ({ column }) => column);
  const colourOf = colourer(fleet);
  const isDots = dots.length <= mostDots;
  const pitch = pitchOf(dots.length);
  const cells = cellsOf(dots);
  const fullest = Math.max(1, ...[...cells.values()].map((cell) => cell.length));
  // Half as high as wide, so that a row of three columns still fits a page.
  const perLine = Math.max(8, Math.ceil(Math.sqrt(2 * fullest)));
  const longest = Math.max(0, ...columns.map((column) => LETTER * column.length));
  const cellWidth = Math.max(isDots ? perLine * pitch : 220, longest);
  const cellHeight = isDots ? Math.ceil(fullest / perLine) * pitch : 26;
  const gap = 28;
  const x = (column: number) => ROW_NAMES + column * (cellWidth + gap);
  const y = (row: number) => TITLE + LINE + row * (cellHeight + 18);
  const legendTop = y(rows.length) + 8;
  const legend = legendOf(dots, values);
  const width = Math.max(x(columns.length), widthOfLegend(legend)) + MARGIN;
  const height = legendTop + LINE + MARGIN;

  const marks = rows.flatMap((row, r) =>
    columns.flatMap((column, c) => {
      const cell = cells.get(cellId(row, column)) ?? [];
      return isDots
        ? cell.map((dot, i) => {
            const at = [x(c) + (i % perLine) * pitch, y(r) + Math.floor(i / perLine) * pitch];
            return mark(at, pitch, values.indexOf(dot.value), colourOf(dot.value));
          })
        : share(cell, legend, colourOf, { x: x(c), y: y(r), width: cellWidth, height: cellHeight });
    }),
  );
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="12" fill="${INK}">`,
    `<rect width="100%" height="100%" fill="${PAPER}"/>`,
    words(MARGIN, 26, title, 'font-size="13" font-weight="bold"'),
    ...columns.map((column, c) => words(x(c), TITLE + 8, column)),
    ...rows.map((row, r) => words(MARGIN, y(r) + Math.min(cellHeight / 2 + 4, 14), row)),
    ...marks,
    ...drawnLegend(legend, values, colourOf, legendTop),
    "</svg>",
  ].join("\n");
  return picture(svg, {
    alt: `${title}: ${altOf(fleet, rows, columns, cells, legend)}.`,
    text: `${title}\n${tableOf(rows, columns, cells, legend).text}`,
  });
}

type Cells = ReadonlyMap<string, readonly Dot[]>;

function namesOf(dots: readonly Dot[], of: (dot: Dot) => string): string[] {
  return [...new Set(dots.map(of))].sort((a, b) => a.localeCompare(b, "en"));
}

function cellId(row: string, column: string): string {
  return JSON.stringify([row, column]);
}

function cellsOf(dots: readonly Dot[]): Cells {
  const cells = new Map<string, Dot[]>();
  for (const dot of dots) {
    const id = cellId(dot.row, dot.column);
    const cell = cells.get(id);
    if (cell) cell.push(dot);
    else cells.set(id, [dot]);
  }
  return cells;
}

type Legend = readonly { readonly value: string; readonly dots: number }[];

/** Every value that is expected, and any other that somebody has. */
function legendOf(dots: readonly Dot[], values: readonly string[]): Legend {
  const counts = new Map<string, number>(values.map((value) => [value, 0]));
  for (const { value } of dots) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, n]) => ({ value, dots: n }));
}

/** A value that nobody expected is as pale as one that is not known. */
function colourer({ values, colours = {} }: FleetPicture): (value: string) => string {
  return (value) => ownColour(colours, value) ?? COLOURS[values.indexOf(value)] ?? "#8c959f";
}

/** A dot, square, diamond or triangle in a square of `size`; one of no expected value is hollow. */
function mark(
  [x = 0, y = 0]: readonly number[],
  size: number,
  shape: number,
  colour: string,
): string {
  const r = size * 0.4;
  const [cx, cy] = [x + size / 2, y + size / 2];
  const at = (dx: number, dy: number) => `${round(cx + dx * r)},${round(cy + dy * r)}`;
  if (shape < 0) {
    return `<circle cx="${round(cx)}" cy="${round(cy)}" r="${round(r * 0.85)}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  }
  const polygon = (points: string) => `<polygon points="${points}" fill="${colour}"/>`;
  if (shape % 4 === 1) {
    return polygon([at(-0.9, -0.9), at(0.9, -0.9), at(0.9, 0.9), at(-0.9, 0.9)].join(" "));
  }
  if (shape % 4 === 2) {
    return polygon([at(0, -1.15), at(1.15, 0), at(0, 1.15), at(-1.15, 0)].join(" "));
  }
  if (shape % 4 === 3) return polygon([at(0, -1.1), at(1.1, 0.9), at(-1.1, 0.9)].join(" "));
  return `<circle cx="${round(cx)}" cy="${round(cy)}" r="${round(r)}" fill="${colour}"/>`;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One cell as a bar that is divided by value, with the number of its vehicles. */
function share(
  cell: readonly Dot[],
  legend: Legend,
  colourOf: (value: string) => string,
  { x, y, width, height }: Box,
): string[] {
  const most = width - 60;
  let left = x;
  const parts = legend.map(({ value }) => {
    const n = cell.filter((dot) => dot.value === value).length;
    const part = cell.length === 0 ? 0 : (n / cell.length) * most;
    const drawn = `<rect x="${round(left)}" y="${round(y)}" width="${round(part)}" height="${height}" fill="${colourOf(value)}"/>`;
    left += part;
    return part > 0 ? drawn : "";
  });
  const frame = `<rect x="${x}" y="${y}" width="${most}" height="${height}" fill="none" stroke="${FAINT}"/>`;
  return [...parts, frame, words(x + most + 8, y + height / 2 + 4, count(cell.length))];
}

function drawnLegend(
  legend: Legend,
  values: readonly string[],
  colourOf: (value: string) => string,
  top: number,
): string[] {
  let left = MARGIN;
  return legend.flatMap((entry) => {
    const at = left;
    left += widthOf(entry);
    return [
      mark([at, top], 14, values.indexOf(entry.value), colourOf(entry.value)),
      words(at + 20, top + 11, legendText(entry)),
    ];
  });
}

function legendText({ value, dots }: Legend[number]): string {
  return `${value}: ${count(dots)}`;
}

function widthOf(entry: Legend[number]): number {
  return 20 + LETTER * legendText(entry).length + 20;
}

function widthOfLegend(legend: Legend): number {
  return MARGIN + legend.reduce((sum, entry) => sum + widthOf(entry), 0);
}

function words(x: number, y: number, text: string, style = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" ${style}>${escapeHtml(text)}</text>`;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

/** The sum of each value, then each cell: `1.0.0 71, 1.1.0 29; US SedanVehicle: 1.0.0 2, 1.1.0 9` */
function altOf(
  { dots }: FleetPicture,
  rows: readonly string[],
  columns: readonly string[],
  cells: Cells,
  legend: Legend,
): string {
  const counts = (of: Legend) =>
    of
      .filter((entry) => entry.dots > 0)
      .map((entry) => `${entry.value} ${count(entry.dots)}`)
      .join(", ");
  const parts = rows.flatMap((row) =>
    columns.flatMap((column) => {
      const cell = cells.get(cellId(row, column));
      return cell ? [`${row} ${column}: ${counts(legendOf(cell, []))}`] : [];
    }),
  );
  const all = `${count(dots.length)} ${dots.length === 1 ? "vehicle" : "vehicles"}`;
  return [`${all} (${counts(legend) || "nobody"})`, ...parts].join("; ");
}

function tableOf(
  rows: readonly string[],
  columns: readonly string[],
  cells: Cells,
  legend: Legend,
): Shown {
  const lines = rows.flatMap((row) =>
    columns.flatMap((column) => {
      const cell = cells.get(cellId(row, column));
      return cell
        ? [{ row, column, counts: new Map(legendOf(cell, []).map((e) => [e.value, e.dots])) }]
        : [];
    }),
  );
  return table(
    lines,
    [
      { header: "country", value: ({ row }) => row },
      { header: "type", value: ({ column }) => column },
      ...legend.map(({ value }) => ({
        header: value,
        value: ({ counts }: (typeof lines)[number]) => counts.get(value) ?? 0,
      })),
    ],
    lines.length,
  );
}
