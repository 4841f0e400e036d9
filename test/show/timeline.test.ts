import { describe, expect, it } from "vitest";
import { timeline } from "../../lib/show/timeline.js";

const move = {
  title: "A move",
  now: 10,
  spans: [
    { name: "reported", from: 0 },
    { name: "Full", from: 0, to: 5 },
    { name: "Low", from: 7.5 },
    { name: "Gone" },
  ],
};
const bars = (svg = "") =>
  [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)" height="20"/g)].map(
    ([, x, width]) => [Number(x), Number(width)],
  );

describe("timeline", () => {
  it("draws what was so for as long as it was, and nothing of what has not begun", () => {
    const [reported = [], full = [], low = [], ...more] = bars(timeline(move).svg);

    expect(full[1]).toBeCloseTo((reported[1] ?? 0) / 2, 0);
    expect(low[0]).toBeCloseTo((reported[0] ?? 0) + (reported[1] ?? 0) * 0.75, 0);
    expect(more).toEqual([]);
  });

  it("writes the seconds of each change", () => {
    const { svg } = timeline(move);

    for (const text of ["5.0 s", "7.5 s"]) expect(svg).toContain(`>${text}</text>`);
  });

  it("says the same in words and as a table", () => {
    const { html, text } = timeline(move);

    expect(html).toContain(
      'alt="Timeline: A move. reported: from 0.0 s; Full: from 0.0 s to 5.0 s; Low: from 7.5 s; Gone: not yet."',
    );
    expect(text.split("\n").slice(2)).toEqual([
      "reported         0",
      "Full             0       5",
      "Low            7.5",
      "Gone",
    ]);
  });
});
