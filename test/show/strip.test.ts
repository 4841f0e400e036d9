import { describe, expect, it } from "vitest";
import { strip } from "../../lib/show/strip.js";

const stations = [
  { state: "QUEUED", colour: "#7d8a99", notes: ["version 1"] },
  {
    state: "FAILED",
    colour: "#c0392b",
    notes: ["version 2", "a reason that is far too long for it"],
  },
];

describe("strip", () => {
  it("has a box in its colour for each state, from left to right, and an arrow between two", () => {
    const { svg = "" } = strip("One vehicle", stations);
    const boxes = [...svg.matchAll(/<rect x="(\d+)"[^>]*height="5"[^>]*fill="(#\w+)"/g)];

    expect(boxes.map(([, , colour]) => colour)).toEqual(["#7d8a99", "#c0392b"]);
    expect(Number(boxes[0]?.[1])).toBeLessThan(Number(boxes[1]?.[1]));
    expect(svg.match(/<path/g)).toHaveLength(1);
  });

  it("cuts in the picture what has no room, and nowhere else", () => {
    const { svg, html, text } = strip("One vehicle", stations);

    expect(svg).toContain(">a reason that is far…</text>");
    expect(html).toContain(
      'alt="One vehicle: QUEUED, version 1; then FAILED, version 2, a reason that is far too long for it."',
    );
    expect(text).toMatch(/FAILED {2}version 2, a reason that is far too long for it$/);
  });
});
