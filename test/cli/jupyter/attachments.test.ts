import { describe, expect, it } from "vitest";
import { withDrawings } from "../../../lib/cli/jupyter/attachments.js";

const prose = (source: string, more: object = {}) => ({ cell_type: "markdown", source, ...more });
const svg = "<svg xmlns='http://www.w3.org/2000/svg'/>";
const read = (name: string) => (name === "parts.svg" ? svg : undefined);

describe("withDrawings", () => {
  it("puts the drawings that a cell refers to into the cell", () => {
    const cells = [prose("![The parts](attachment:parts.svg)\n\nText."), prose("No drawing.")];

    const drawn = withDrawings({ cells }, read);

    const [first, second] = drawn.cells;
    const attached = first?.["attachments"] as Record<string, Record<string, string>>;
    const data = attached["parts.svg"]?.["image/svg+xml"] ?? "";
    expect(Buffer.from(data, "base64").toString()).toBe(svg);
    expect(second).toEqual(cells[1]);
  });

  it("takes a drawing out that no cell refers to any more", () => {
    const cells = [prose("Text.", { attachments: { "parts.svg": { "image/svg+xml": "AAAA" } } })];

    expect(withDrawings({ cells }, read).cells).toEqual([prose("Text.")]);
  });

  it("refuses a reference to a drawing that does not exist, by its name", () => {
    const cells = [prose("![The parts](attachment:other.svg)")];

    expect(() => withDrawings({ cells }, read)).toThrow('There is no drawing "other.svg".');
  });
});
