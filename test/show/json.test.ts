import { describe, expect, it } from "vitest";
import { jsonBlock } from "../../lib/show/json.js";

const document = {
  operation: "install",
  ota: { url: `https://${"x".repeat(200)}`, note: "<b> & c" },
};
const json = JSON.stringify(document, undefined, 2);

describe("jsonBlock", () => {
  it("keeps the text as it is, also in a page", () => {
    const { text, html } = jsonBlock(json);
    const shown = html
      .replace(/<[^>]*>/g, "")
      .replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n));

    expect(text).toBe(json);
    expect(shown).toBe(json);
  });

  it("lets a long line go on below its own beginning, by properties that front ends keep", () => {
    const lines = jsonBlock(json).html.split("\n");

    const hangs = lines.map((line) => /padding-left:([\d.]+)em;text-indent:-([\d.]+)em/.exec(line));
    expect(hangs.map((hang) => hang?.[1])).toEqual([
      "1.2",
      "2.4",
      "2.4",
      "3.6",
      "3.6",
      "2.4",
      "1.2",
    ]);
    expect(lines[0]).toContain("font-family:monospace");
    expect(hangs.every((hang) => hang?.[1] === hang?.[2])).toBe(true);
  });
});
