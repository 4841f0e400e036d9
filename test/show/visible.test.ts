import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { barChart } from "../../lib/show/bar-chart.js";
import { timeChart } from "../../lib/show/time-chart.js";
import { jsonBlock } from "../../lib/show/json.js";
import { progressLine } from "../../lib/show/progress.js";
import { facts, table } from "../../lib/show/table.js";
import { visible } from "../../lib/show/visible.js";

const ESC = "\u001b";
/** What XML 1.0 has no place for, and what a terminal obeys. https://www.w3.org/TR/xml/#charsets */
const ACTS =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?![\udc00-\udfff])/;

describe("visible", () => {
  it.each([
    [`a${ESC}[31mred`, "a␛[31mred"],
    ["bell\u0007 back\b return\r", "bell␇ back␈ return␍"],
    ["\u009b31m", "�31m"],
    ["delete\u007f", "delete␡"],
    ["exe.\u202egpj", "exe.�gpj"],
    ["half \ud83d a pair, or \ude00", "half � a pair, or �"],
    ["lines\nand\ttabs stay, as 😀 and ä do", "lines\nand\ttabs stay, as 😀 and ä do"],
  ])("shows %j as %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it("leaves nothing that acts, and as many signs, of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = visible(text);

        expect(shown).not.toMatch(ACTS);
        expect(shown).toHaveLength(text.length);
        expect(visible(shown)).toBe(shown);
      }),
    );
  });
});

describe("what a cell shows", () => {
  const name = `v${ESC}[2J\u0001\u009b`;

  it("sends no control character of a table, of facts, of JSON or of a progress line", () => {
    const columns = [{ header: name, value: () => name }];
    const course = { title: name, finished: 1, total: 1, failed: 0, throttles: 0, seconds: 1 };

    const shown = [table([1], columns), facts([[name, name]]), jsonBlock(name)];
    const line = progressLine({ ...course, isOver: true });

    const all = [...shown.flatMap(({ text, html }) => [text, html]), line];
    expect(all.join("\n")).toContain("v␛[2J␁�");
    for (const one of all) expect(one).not.toMatch(ACTS);
  });

  it("draws a picture that is well-formed whatever things are called", async () => {
    const common = { title: name, xTitle: name, yTitle: name };
    const bars = [{ at: name, part: name, value: 1 }];
    const points = [
      { at: 0, part: name, value: 1 },
      { at: 1, part: name, value: 2 },
    ];
    const marks = [{ at: 1, text: name }];

    const pictures = [
      await barChart({ ...common, bars }),
      await timeChart({ ...common, points, marks, kind: "line" }),
    ];

    for (const { svg = "", text, html } of pictures) {
      expect(svg).toContain("v␛[2J␁�");
      for (const one of [svg, text, html]) expect(one).not.toMatch(ACTS);
    }
  });
});
