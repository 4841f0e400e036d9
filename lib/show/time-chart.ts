import type { TopLevelSpec } from "vega-lite";
import { colourOf, draw, frame, partsOf, wholeSteps } from "./drawing.js";
import { INK, ownColour, picture } from "./picture.js";
import { table, type Column, type Shown } from "./table.js";

/** A value at a time. */
export interface TimePoint {
  /** The time, in the unit of the x axis: 12 minutes. */
  readonly at: number;
  /** Which line or layer it belongs to: `QUEUED`. */
  readonly part?: string;
  readonly value: number;
}

/** A moment that is marked with a line from top to bottom. */
export interface TimeMark {
  /** The time, in the unit of the x axis. */
  readonly at: number;
  /** What happens then: `aborted`. */
  readonly text: string;
}

export interface TimeChart {
  readonly title: string;
  readonly points: readonly TimePoint[];
  /** The unit of time: `minutes`. */
  readonly xTitle: string;
  /** What is counted, with its unit: `vehicles`. */
  readonly yTitle: string;
  /** Lines to compare, stairs for what changes at once, or stairs of areas that are piled up to a whole. */
  readonly kind: "line" | "step" | "area";
  /** Colours of parts whose colour means something: `{ FAILED: "#c0504d" }`. */
  readonly colours?: Readonly<Record<string, string>>;
  readonly marks?: readonly TimeMark[];
  /** A line that something must not reach, in steps: where an abort rule strikes. */
  readonly limit?: { readonly text: string; readonly points: readonly TimePoint[] };
  /** A line over the rest, in steps: something else that is counted meanwhile. */
  readonly beside?: { readonly text: string; readonly points: readonly TimePoint[] };
}

/** 7:1 on the paper, and told from the red of failures by its dashes. */
const LIMIT = "#8a1c12";

const DASHES = [
  [1, 0],
  [6, 4],
  [2, 3],
  [10, 4, 2, 4],
]; // by the order of parts

/** One of the pictures that a chart lays over each other. */
type Layer = Extract<TopLevelSpec, { layer: unknown }>["layer"][number];

/** The height of a line of words above a picture, in pixels. */
const MARK_LINE = 16;

/** Moments that a time chart's table shows at most, in a terminal. */
const SHOWN_MOMENTS = 12;
/** Moments that its alternative text names at most. */
const SAID_MOMENTS = 4;

/**
 * How numbers change over time, as SVG; in terminals a table with a row for each moment, at most
 * twelve of them from the first to the last, and a column for each part.
 *
 * Parts stand in the order in which they first come; areas are piled up in it, the first at the
 * bottom. No points make an empty picture. Loads the drawing library on the first call, about a second.
 */
export async function timeChart(chart: TimeChart): Promise<Shown> {
  const { text } = timeTable(chart, SHOWN_MOMENTS);
  const marks = (chart.marks ?? []).map(
    (mark) => `${mark.at.toLocaleString("en-US")} ${chart.xTitle}: ${mark.text}`,
  );
  const beside = besideInWords(chart);
  const said = timeTable(chart, SAID_MOMENTS)
    .text.split("\n")
    .map((line) => line.trim());
  return picture(await draw(timeSpec(chart)), {
    alt: `Chart: ${[chart.title, chart.yTitle, ...said, ...beside, ...marks].join("; ")}.`,
    text: [chart.title, text, ...beside, ...marks].join("\n"),
  });
}

/** `members: 29, then 12, then 0` */
function besideInWords({ beside }: TimeChart): string[] {
  if (!beside) return [];
  const values = spread(beside.points, SAID_MOMENTS).map(({ value }) =>
    value.toLocaleString("en-US"),
  );
  return [`${beside.text}: ${values.join(", then ")}`];
}

function timeSpec(chart: TimeChart): TopLevelSpec {
  const { title, points, xTitle, yTitle, kind, colours = {}, marks = [], limit, beside } = chart;
  const parts = partsOf(points);
  const named = parts.length > 0 ? parts : [""];
  const range = named.map((part, i) => ownColour(colours, part) ?? colourOf(i));
  const values = points.map(({ at, part = "", value }) => ({
    at,
    part,
    value,
    rank: named.indexOf(part),
  }));
  const at = { field: "at", type: "quantitative" } as const;
  const x = { ...at, title: xTitle, axis: roundTimes(points.map((point) => point.at)) };
  const value = { field: "value", type: "quantitative", stack: null } as const;
  const y = { ...value, title: yTitle, axis: wholeSteps(points.map((point) => point.value)) };
  return {
    ...frame(title, 480),
    layer: [
      {
        data: { values },
        mark:
          kind === "area"
            ? { type: "area", interpolate: "step-after" }
            : // A picture of one moment would be an empty one without its points.
              {
                type: "line",
                strokeWidth: 2.5,
                interpolate: kind === "step" ? "step-after" : "linear",
                point: values.length <= named.length,
              },
        encoding: {
          x,
          y: kind === "area" ? { ...y, stack: "zero" } : y,
          color: {
            field: "part",
            type: "nominal",
            scale: { domain: named, range },
            // Areas from the top down, as they lie.
            legend:
              parts.length === 0
                ? null
                : { title: null, ...(kind === "area" && { values: [...named].reverse() }) },
          },
          // Where one line lies on another, both are seen.
          ...(kind !== "area" && {
            strokeDash: {
              field: "part",
              type: "nominal",
              scale: { domain: named, range: DASHES },
              legend: parts.length > 0 ? { title: null } : null,
            } as const,
          }),
          // Without it areas would be piled up, and lines drawn, in the order of the alphabet.
          order: kind === "area" ? { field: "rank", type: "quantitative" } : { field: "at" },
        },
      },
      ...(beside ? lineOver(beside, INK, [1, 0]) : []),
      ...(limit ? lineOver(limit, LIMIT, [5, 3]) : []),
      ...(marks.length > 0 ? markLayers(marks, points) : []),
    ],
  };
}

/** Ticks of a time axis at most. */
const MOST_TICKS = 8;

/** An axis that counts in halves, wholes, twos, fives, tens: each tick with its number, as clocks count. */
function roundTimes(times: readonly number[]): { values?: number[]; format: string } {
  const last = Math.max(0, ...times);
  const steps = [0.5, ...[1, 10, 100, 1_000, 10_000].flatMap((n) => [n, 2 * n, 5 * n])];
  const step = steps.find((one) => last / one <= MOST_TICKS);
  if (step === undefined || last < step) return { format: "~g" };
  const values = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  // Numbers of thousands keep their commas.
  return { values, format: step < 1 ? "~g" : ",d" };
}

function lineOver(
  { text, points }: NonNullable<TimeChart["limit"]>,
  color: string,
  strokeDash: number[],
): Layer[] {
  const x = { field: "at", type: "quantitative" } as const;
  const y = { field: "value", type: "quantitative" } as const;
  const last = points.at(-1);
  return [
    {
      data: { values: [...points] },
      // White under black is seen on every area.
      mark: { type: "line", interpolate: "step-after", color: "#ffffff", strokeWidth: 4 },
      encoding: { x, y },
    },
    {
      data: { values: [...points] },
      mark: { type: "line", interpolate: "step-after", color, strokeDash },
      encoding: { x, y },
    },
    {
      data: { values: last ? [{ ...last, text }] : [] },
      mark: { type: "text", color, align: "left", baseline: "middle", dx: 6 },
      encoding: { x, y, text: { field: "text" } },
    },
  ];
}

function markLayers(marks: readonly TimeMark[], points: readonly TimePoint[]): Layer[] {
  const moments = [...points, ...marks].map(({ at }) => at);
  const middle = (Math.min(...moments) + Math.max(...moments)) / 2;
  const x = { field: "at", type: "quantitative" } as const;
  return [
    {
      data: { values: [...marks] },
      mark: { type: "rule", color: INK, strokeDash: [4, 3] },
      encoding: { x },
    },
    ...marks.map((mark, i): Layer => {
      // Beside its line, on the side where there is room.
      const isLate = mark.at > middle;
      const align = isLate ? "right" : "left";
      const dy = -4 - (marks.length - 1 - i) * MARK_LINE;
      return {
        data: { values: [mark] },
        mark: { type: "text", color: INK, align, baseline: "bottom", dx: isLate ? 2 : -2, dy },
        encoding: { x, y: { value: 0 }, text: { field: "text" } },
      };
    }),
  ];
}

function timeTable({ points, xTitle, yTitle }: TimeChart, most: number): Shown {
  const parts = partsOf(points);
  const rows = new Map<number, Map<string, number>>();
  for (const { at, part = "", value } of points) {
    const row = rows.get(at) ?? new Map<string, number>();
    rows.set(at, row.set(part, value));
  }
  type Row = readonly [at: number, values: ReadonlyMap<string, number>];
  const columns: Column<Row>[] = [
    { header: xTitle, value: ([at]) => at },
    ...(parts.length > 0 ? parts : [""]).map((part) => ({
      header: part || yTitle,
      value: ([, values]: Row) => values.get(part),
    })),
  ];
  const sorted = [...rows].sort(([a], [b]) => a - b);
  return table(spread(sorted, most), columns, most);
}

/** At most so many of the items, evenly from the first to the last. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from(
    { length: most },
    (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T,
  );
}
