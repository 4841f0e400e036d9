import type { TopLevelSpec } from "vega-lite";
import { table, type Column, type Shown } from "./table.js";
import { visible } from "./visible.js";

/** One bar, or one segment of a stacked bar. */
export interface Bar {
  /** Where it stands: `US`. */
  readonly at: string;
  /** Which segment of the bar it is: `SedanVehicle`. */
  readonly part?: string;
  readonly value: number;
}

export interface BarChart {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** What the bars stand on: `country`. */
  readonly xTitle: string;
  /** What their height counts, with its unit: `vehicles`. */
  readonly yTitle: string;
}

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
  /** Lines to compare, stairs for what changes at once, or areas that are piled up to a whole. */
  readonly kind: "line" | "step" | "area";
  /** Colours of parts whose colour means something: `{ FAILED: "#c0504d" }`. */
  readonly colours?: Readonly<Record<string, string>>;
  readonly marks?: readonly TimeMark[];
}

// Told apart in every common form of colour blindness, and on light and dark pages alike.
const COLOURS = ["#3b75af", "#e28e2c", "#519e3e", "#c0504d", "#8d69b8", "#84584e", "#7f7f7f"];
const INK = "#808890";

/** One of the pictures that a chart lays over each other. */
type Layer = Extract<TopLevelSpec, { layer: unknown }>["layer"][number];

/** The height of a line of words above a picture, in pixels. */
const MARK_LINE = 14;

/** Moments that a time chart's table shows at most, in a terminal. */
const SHOWN_MOMENTS = 12;

/**
 * A bar chart as SVG, with the same numbers as a table for terminals.
 *
 * Bars stand in the order given. Loads the drawing library on the first call, about a second.
 */
export async function barChart(chart: BarChart): Promise<Shown> {
  const svg = await draw(barSpec(chart));
  const columns = [
    { header: chart.xTitle, value: (bar: Bar) => bar.at },
    { header: "", value: (bar: Bar) => bar.part },
    { header: chart.yTitle, value: (bar: Bar) => bar.value },
  ];
  const { text, html } = table(chart.bars, columns, chart.bars.length);
  return { text: `${visible(chart.title)}\n${text}`, html, svg };
}

/**
 * How numbers change over time, as SVG; in terminals a table with a row for each moment, at most
 * twelve of them from the first to the last, and a column for each part.
 *
 * Parts stand in the order in which they first come; areas are piled up in it, the first at the
 * bottom. No points make an empty picture. Loads the drawing library on the first call, about a second.
 */
export async function timeChart(chart: TimeChart): Promise<Shown> {
  const svg = await draw(timeSpec(chart));
  const { text, html } = timeTable(chart);
  const marks = (chart.marks ?? []).map(
    (mark) => `\n${mark.at.toLocaleString("en-US")} ${chart.xTitle}: ${mark.text}`,
  );
  return { text: visible(`${chart.title}\n${text}${marks.join("")}`), html, svg };
}

async function draw(spec: TopLevelSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "none" });
  return visible(await view.toSVG());
}

/** Pixels for one bar: enough that neighbours' names do not touch. */
function placeWidth(places: readonly string[]): number {
  return Math.max(48, 8 * Math.max(0, ...places.map((place) => place.length)));
}

/** What all pictures have in common. */
function frame(title: string, width: number) {
  return {
    title: { text: title, anchor: "start", color: INK, fontWeight: "normal" },
    width,
    height: 180,
    background: "transparent",
    config: {
      axis: { labelColor: INK, titleColor: INK, gridColor: "#80889040", domainColor: INK },
      legend: { labelColor: INK, titleColor: INK },
      view: { stroke: null },
    },
  } as const;
}

function barSpec({ title, bars, xTitle, yTitle }: BarChart): TopLevelSpec {
  const places = [...new Set(bars.map((bar) => bar.at))];
  const parts = partsOf(bars);
  return {
    ...frame(title, Math.max(240, places.length * placeWidth(places))),
    layer: [
      {
        data: { values: bars.map((bar) => ({ ...bar, part: bar.part ?? "" })) },
        mark: { type: "bar" },
        encoding: {
          x: { field: "at", type: "nominal", sort: places, title: xTitle, axis: { labelAngle: 0 } },
          y: { field: "value", type: "quantitative", title: yTitle },
          color: {
            field: "part",
            type: "nominal",
            sort: parts,
            scale: { range: COLOURS },
            legend: parts.length > 0 ? { title: null } : null,
          },
        },
      },
    ],
  };
}

function timeSpec(chart: TimeChart): TopLevelSpec {
  const { title, points, xTitle, yTitle, kind, colours = {}, marks = [] } = chart;
  const parts = partsOf(points);
  const named = parts.length > 0 ? parts : [""];
  const range = named.map((part, i) => colours[part] ?? COLOURS[i % COLOURS.length] ?? INK);
  const values = points.map(({ at, part = "", value }) => ({
    at,
    part,
    value,
    rank: named.indexOf(part),
  }));
  const at = { field: "at", type: "quantitative" } as const;
  const x = { ...at, title: xTitle, axis: wholeSteps(points.map((point) => point.at)) };
  const value = { field: "value", type: "quantitative", stack: null } as const;
  const y = { ...value, title: yTitle, axis: wholeSteps(points.map((point) => point.value)) };
  return {
    ...frame(title, 480),
    layer: [
      {
        data: { values },
        mark:
          kind === "area"
            ? { type: "area", opacity: 0.85 }
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
            legend: parts.length > 0 ? { title: null } : null,
          },
          // Without it areas would be piled up, and lines drawn, in the order of the alphabet.
          order: kind === "area" ? { field: "rank", type: "quantitative" } : { field: "at" },
        },
      },
      ...(marks.length > 0 ? markLayers(marks, points) : []),
    ],
  };
}

/** An axis that does not count in halves what only comes whole. */
function wholeSteps(values: readonly number[]): { tickMinStep?: number } {
  return values.every(Number.isInteger) ? { tickMinStep: 1 } : {};
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

/** The parts, in the order in which they first come. */
function partsOf(items: readonly { readonly part?: string }[]): string[] {
  return [...new Set(items.flatMap((item) => item.part ?? []))];
}

function timeTable({ points, xTitle, yTitle }: TimeChart): Shown {
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
  return table(spread(sorted, SHOWN_MOMENTS), columns, SHOWN_MOMENTS);
}

/** At most so many of the items, evenly from the first to the last. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from(
    { length: most },
    (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T,
  );
}
