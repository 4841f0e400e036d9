import type { TopLevelSpec } from "vega-lite";
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
}

// Told apart in every common form of colour blindness, and on light and dark pages alike.
const COLOURS = ["#3b75af", "#e28e2c", "#519e3e", "#c0504d", "#8d69b8", "#84584e", "#7f7f7f"];
const INK = "#808890";

/**
 * A bar chart as SVG, with the same numbers as a table for terminals.
 *
 * Bars stand in the order given. Loads the drawing library on the first call, about a second.
 */
export async function barChart(chart: BarChart): Promise<Shown> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const { spec } = vegaLite.compile(specOf(chart));
  const svg = await new vega.View(vega.parse(spec), { renderer: "none" }).toSVG();
  const columns = [
    { header: chart.xTitle, value: (bar: Bar) => bar.at },
    { header: "", value: (bar: Bar) => bar.part },
    { header: chart.yTitle, value: (bar: Bar) => bar.value },
  ];
  const { text, html } = table(chart.bars, columns, chart.bars.length);
  return { text: `${chart.title}\n${text}`, html, svg };
}

function specOf({ title, bars, xTitle, yTitle }: BarChart): TopLevelSpec {
  const places = [...new Set(bars.map((bar) => bar.at))];
  const parts = [...new Set(bars.flatMap((bar) => bar.part ?? []))];
  return {
    title: { text: title, anchor: "start", color: INK, fontWeight: "normal" },
    width: Math.max(240, places.length * 48),
    height: 180,
    background: "transparent",
    config: {
      axis: { labelColor: INK, titleColor: INK, gridColor: "#80889040", domainColor: INK },
      legend: { labelColor: INK, titleColor: INK },
      view: { stroke: null },
    },
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
