// Whether words can be read where they stand. What is handed to `evaluate` runs in the page.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import type { Page } from "playwright-core";

/** Words whose contrast with what lies behind them is too little: `2.1: TD 1.1.0` */
export type Faint = string;

/**
 * Words of prose, outputs and pictures that stand out less than WCAG asks: 4.5 to 1, or 3 to 1 where
 * letters are large. Code is JupyterLab's own. Words of pictures are compared with the shapes that
 * are drawn below them; a picture that the page shines through has what the page has.
 */
export async function faintWords(page: Page): Promise<Faint[]> {
  return page.evaluate(async () => {
    type Rgba = readonly [number, number, number, number];
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    const known = new Map<string, Rgba>();
    const rgbaOf = (colour: string): Rgba => {
      const before = known.get(colour);
      if (before) return before;
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
      return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a]: Rgba, below: Rgba): Rgba => {
      const mix = (top: number, under: number) => top * a + under * (1 - a);
      return [mix(r, below[0]), mix(g, below[1]), mix(b, below[2]), 1];
    };
    const behind = (part: Element | null): Rgba =>
      part
        ? over(rgbaOf(getComputedStyle(part).backgroundColor), behind(part.parentElement))
        : [255, 255, 255, 1];
    const luminance = (rgba: Rgba): number => {
      const [r = 0, g = 0, b = 0] = rgba
        .slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faint = (part: Element, text: string, ink: Rgba, paper: Rgba): string[] => {
      const [a, b] = [luminance(over(ink, paper)), luminance(paper)];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const { fontSize, fontWeight } = getComputedStyle(part);
      const isLarge = parseFloat(fontSize) >= (Number(fontWeight) >= 700 ? 18.66 : 24);
      if (contrast >= (isLarge ? 3 : 4.5)) return [];
      return [`${contrast.toFixed(1)}: ${part.tagName} ${text.slice(0, 60)}`];
    };
    const ownText = (part: Element): string =>
      [...part.childNodes]
        .map((node) => (node.nodeType === Node.TEXT_NODE ? (node.textContent ?? "").trim() : ""))
        .join(" ")
        .trim();

    const parts = document.querySelectorAll(
      ".jp-RenderedMarkdown *, .jp-OutputArea-output, .jp-OutputArea-output *",
    );
    const inPage = [...parts].flatMap((part) => {
      const text = ownText(part);
      // The sign beside a heading is seen under the pointer only.
      if (text === "" || part.matches(".jp-InternalAnchorLink, .jp-RenderedMarkdown pre *"))
        return [];
      return faint(part, text, rgbaOf(getComputedStyle(part).color), behind(part));
    });

    const images = [...document.querySelectorAll<HTMLImageElement>(".jp-Notebook img")];
    const inPictures = await Promise.all(
      images.map(async (image) => {
        const drawing = await (await fetch(image.src)).text();
        if (!drawing.includes("<svg")) return [];
        // In a frame of its own, where the styles of the page do not reach.
        const frame = document.createElement("iframe");
        document.body.append(frame);
        frame.contentDocument!.body.innerHTML = drawing.slice(drawing.indexOf("<svg"));
        const svg = frame.contentDocument!.querySelector("svg")!;
        const drawn = [...svg.querySelectorAll<SVGGraphicsElement>("*")];
        const found = drawn.flatMap((part, i) => {
          const text = part.matches("text, tspan") ? ownText(part) : "";
          if (text === "") return [];
          const box = part.getBBox();
          const toScreen = part.getScreenCTM()!;
          const paintOf = (shape: Element): Rgba => {
            const { fill, fillOpacity, opacity } = getComputedStyle(shape);
            const [r, g, b, a] = rgbaOf(fill === "none" ? "transparent" : fill);
            return [r, g, b, a * Number(fillOpacity) * Number(opacity)];
          };
          const paperAt = (x: number, y: number): Rgba => {
            const at = new DOMPoint(x, y).matrixTransform(toScreen);
            return drawn
              .slice(0, i)
              .filter(
                (shape): shape is SVGGeometryElement =>
                  "isPointInFill" in shape && !shape.closest("defs, marker, clipPath"),
              )
              .reduce<Rgba>((below, shape) => {
                const here = at.matrixTransform(shape.getScreenCTM()!.inverse());
                return shape.isPointInFill(here) ? over(paintOf(shape), below) : below;
              }, behind(image));
          };
          const y = box.y + box.height / 2;
          const words = [0.02, 0.5, 0.98].flatMap((share) =>
            faint(part, text, paintOf(part), paperAt(box.x + share * box.width, y)),
          );
          return words.slice(0, 1);
        });
        frame.remove();
        return found;
      }),
    );
    return [...inPage, ...inPictures.flat()];
  });
}
