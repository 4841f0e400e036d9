import { describe, expect, it } from "vitest";
import { COLOURS, INK, PAPER, picture, STATE_COLOURS } from "../../lib/show/picture.js";

/** How well one colour is told from another. @see https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe("the colours of pictures", () => {
  it("let words be read: 4.5 to 1", () => {
    expect(contrast(INK, PAPER)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([...COLOURS, ...Object.values(STATE_COLOURS)])("let %s be seen: 3 to 1", (colour) => {
    expect(contrast(colour, PAPER)).toBeGreaterThanOrEqual(3);
  });
});

describe("picture", () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg"><text fill="#123456">A & B\n50%</text></svg>';

  it("is an image whose source is the SVG, to the letter", () => {
    const { html } = picture(svg, { alt: "A picture", text: "" });
    const [, source = ""] = /src="data:image\/svg\+xml;charset=utf-8,([^"]+)"/.exec(html) ?? [];

    expect(source).not.toMatch(/[<>#\n&]/);
    expect(decodeURIComponent(source)).toBe(svg);
  });

  it("carries an alternative text that is data, not markup", () => {
    const { html } = picture(svg, { alt: 'Say "<b>"', text: "" });

    expect(html).toContain('alt="Say &#34;&#60;b&#62;&#34;"');
  });
});
