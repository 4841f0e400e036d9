import type { TopLevelSpec } from "vega-lite";
import { colourOf, draw, frame, partsOf, wholeSteps } from "./drawing.js";
import { INK, ownColour, picture } from "./picture.js";
import { table, type Shown } from "./table.js";

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
  /** Colours of places or parts whose colour means something: `{ FAILED: "#c0392b" }`. */
  readonly colours?: Readonly<Record<string, string>>;
}

/**
 * A bar chart as SVG, each bar with its number; in terminals the same numbers as a table.
 *
 * Places stand in the order given, and the bars of their parts beside each other: a 1 beside a 100
 * is still seen. Loads the drawing library on the first call, about a second.
 */
export async function barChart(chart: BarChart): Promise<Shown> {
  const columns = [
    { header: chart.xTitle, value: (bar: Bar) => bar.at },
    { header: "", value: (bar: Bar) => bar.part },
    { header: chart.yTitle, value: (bar: Bar) => bar.value },
  ];
  const { text } = table(chart.bars, columns, chart.bars.length);
  const bars = chart.bars.map(({ at, part, value }) =>
    [at, part, value.toLocaleString("en-US")].filter((word) => word !== undefined).join(" "),
  );
  return picture(await draw(barSpec(chart)), {
    alt: `Bar chart: ${chart.title}. ${chart.yTitle}: ${bars.join(", ")}.`,
    text: `${chart.title}\n${text}`,
  });
}

/** Pixels for one place: enough that neighbours' names, and its bars' numbers, do not touch. */
function placeWidth(places: readonly string[], parts: number): number {
  return Math.max(64, 34 * parts, 8 * Math.max(0, ...places.map((place) => place.length)));
}

function barSpec({ title, bars, xTitle, yTitle, colours = {} }: BarChart): TopLevelSpec {
  const places = [...new Set(bars.map((bar) => bar.at))];
  const parts = partsOf(bars);
  const named = parts.length > 0 ? parts : places;
  const range = named.map(
    (name, i) => ownColour(colours, name) ?? colourOf(parts.length > 0 ? i : 0),
  );
  const field = parts.length > 0 ? "part" : "at";
  const x = { field: "at", type: "nominal", sort: places } as const;
  const y = { field: "value", type: "quantitative", stack: null } as const;
  const part = parts.length > 0 && { xOffset: { field: "part", sort: parts } as const };
  return {
    ...frame(title, Math.max(240, places.length * placeWidth(places, parts.length))),
    data: { values: bars.map((bar) => ({ ...bar, part: bar.part ?? "" })) },
    layer: [
      {
        mark: { type: "bar" },
        encoding: {
          x: { ...x, title: xTitle, axis: { labelAngle: 0 } },
          y: { ...y, title: yTitle, axis: wholeSteps(bars.map((bar) => bar.value)) },
          ...part,
          color: {
            field,
            type: "nominal",
            scale: { domain: named, range },
            legend: parts.length > 0 ? { title: null } : null,
          },
        },
      },
      {
        mark: { type: "text", baseline: "bottom", dy: -3, color: INK },
        encoding: { x, y, ...part, text: { field: "value", format: "," } },
      },
    ],
  };
}
