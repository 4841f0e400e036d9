import type { TopLevelSpec } from "vega-lite";
import { COLOURS, FAINT, FONT, INK, PAPER } from "./picture.js";

/* What every chart is drawn with. */

/** A specification as SVG. Loads the drawing library on the first call, about a second. */
export async function draw(spec: TopLevelSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "none" });
  return view.toSVG();
}

/** What all pictures have in common. */
export function frame(title: string, width: number) {
  return {
    title: {
      text: title,
      anchor: "start",
      color: INK,
      fontSize: 13,
      fontWeight: "bold",
      offset: 12,
    },
    width,
    height: 180,
    padding: 14,
    background: PAPER,
    config: {
      font: FONT,
      axis: {
        labelColor: INK,
        titleColor: INK,
        gridColor: FAINT,
        domainColor: INK,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: "normal",
      },
      legend: { labelColor: INK, titleColor: INK, labelFontSize: 12 },
      text: { fontSize: 12 },
      view: { stroke: null },
    },
  } as const;
}

/** The colour of a part that has none of its own, by its place among them. */
export function colourOf(i: number): string {
  return COLOURS[i % COLOURS.length] ?? INK;
}

/** An axis that does not count in halves what only comes whole. */
export function wholeSteps(values: readonly number[]): { tickMinStep?: number } {
  return values.every(Number.isInteger) ? { tickMinStep: 1 } : {};
}

/** The parts, in the order in which they first come. */
export function partsOf(items: readonly { readonly part?: string }[]): string[] {
  return [...new Set(items.flatMap((item) => item.part ?? []))];
}
