import { describe, expect, it } from "vitest";
import { barChart, type BarChart } from "../../lib/show/bar-chart.js";
import { timeChart, type TimeChart } from "../../lib/show/time-chart.js";
import { STATE_COLOURS } from "../../lib/show/picture.js";

const chart: BarChart = {
  title: "Vehicles by country & type",
  bars: [
    { at: "US", part: "Sedan", value: 12 },
    { at: "US", part: "Truck", value: 1_234 },
    { at: "CA", part: "Sedan", value: 7 },
  ],
  xTitle: "country",
  yTitle: "vehicles",
};

describe("barChart", () => {
  it("draws its title, axis titles, places and parts", async () => {
    const { svg = "" } = await barChart(chart);

    expect(svg).toMatch(/^<svg/);
    for (const text of [
      "Vehicles by country &amp; type",
      "country",
      "vehicles",
      "US",
      "CA",
      "Truck",
    ]) {
      expect(svg).toContain(`>${text}</text>`);
    }
  });

  it("draws one bar or segment for each value, in the order given", async () => {
    const { svg = "" } = await barChart(chart);

    const bars = [...svg.matchAll(/aria-label="country: (\w+); vehicles: (\d+)/g)];
    expect(bars.map(([, at, value]) => `${at} ${value}`).sort()).toEqual([
      "CA 7",
      "US 12",
      "US 1234",
    ]);
    expect(svg.indexOf(">US</text>")).toBeLessThan(svg.indexOf(">CA</text>"));
  });

  it("draws the same picture for the same data, in one kernel and the next", async () => {
    const first = await barChart(chart);
    const second = await barChart(chart);

    expect(second).toEqual(first);
  });

  it("gives long names the room they need", async () => {
    const named = (names: string[]) =>
      barChart({ ...chart, bars: names.map((at) => ({ at, value: 1 })) });
    const width = ({ svg = "" }) => Number(/width="(\d+)/.exec(svg)?.[1]);

    const short = await named(["A", "B", "C", "D", "E", "F"]);
    const long = await named([
      "QUEUED",
      "IN_PROGRESS",
      "SUCCEEDED",
      "FAILED",
      "TIMED_OUT",
      "REJECTED",
    ]);

    expect(width(long)).toBeGreaterThan(width(short) + 100);
  });

  it("writes each bar's number above it, so that a 1 is seen beside a thousand", async () => {
    const { svg = "" } = await barChart(chart);

    for (const value of ["12", "1,234", "7"]) expect(svg).toContain(`>${value}</text>`);
  });

  it("gives a place the colour that means it", async () => {
    const bars = [{ at: "FAILED", value: 1 }];

    const { svg = "" } = await barChart({ ...chart, bars, colours: STATE_COLOURS });

    expect(svg).toContain(`fill="${STATE_COLOURS["FAILED"]}"`);
  });

  it("says its numbers to whoever cannot see it", async () => {
    const { html } = await barChart(chart);

    expect(html).toContain(
      'alt="Bar chart: Vehicles by country &#38; type. vehicles: US Sedan 12, US Truck 1,234, CA Sedan 7."',
    );
  });

  it("has no legend when the bars have no parts", async () => {
    const bars = [{ at: "US", value: 1 }];

    const { svg = "" } = await barChart({ ...chart, bars });

    expect(svg).not.toContain("legend");
  });

  it("shows all its numbers in a terminal", async () => {
    const { text } = await barChart(chart);

    expect(text).toBe(
      "Vehicles by country & type\n" +
        "country         vehicles\nUS       Sedan        12\nUS       Truck     1,234\nCA       Sedan         7",
    );
  });

  it("draws bars that are data, not markup", async () => {
    const { svg = "", html } = await barChart({
      ...chart,
      title: "<script>",
      bars: [{ at: "<b>", value: 1 }],
    });

    expect(svg + html).not.toMatch(/<script>|<b>/);
  });
});

const course: TimeChart = {
  title: "A rollout",
  points: [
    { at: 0, part: "queued", value: 40 },
    { at: 0, part: "done", value: 0 },
    { at: 1, part: "queued", value: 10 },
    { at: 1, part: "done", value: 1_030 },
  ],
  xTitle: "minutes",
  yTitle: "vehicles",
  kind: "line",
};

/** The corners of the drawn lines or areas, in the order of their parts. */
const shapesOf = (svg: string): string[] =>
  [...svg.matchAll(/aria-label="minutes: [^"]*"[^>]* d="([^"]+)"/g)].map(([, d = ""]) => d);

describe("timeChart", () => {
  it("draws lines that can lie on each other in different dashes", async () => {
    const points = ["one", "other"].flatMap((part) => [0, 1].map((at) => ({ at, part, value: 5 })));

    const { svg = "" } = await timeChart({ ...course, points });
    const dashes = [
      ...svg.matchAll(/aria-label="minutes: [^"]*"[^>]* stroke-dasharray="([^"]+)"/g),
    ];

    expect(new Set(dashes.map(([, dash]) => dash)).size).toBe(2);
  });

  it("draws its title, axis titles and a line for each part, with a legend", async () => {
    const { svg = "" } = await timeChart(course);

    for (const text of ["A rollout", "minutes", "vehicles", "queued", "done"]) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(shapesOf(svg)).toHaveLength(2);
  });

  it("piles areas up in the order given, the first at the bottom", async () => {
    const points = [
      { at: 0, part: "z", value: 10 },
      { at: 1, part: "z", value: 10 },
      { at: 0, part: "a", value: 10 },
      { at: 1, part: "a", value: 10 },
    ];

    const { svg = "" } = await timeChart({ ...course, kind: "area", points });
    const onTheGround = [...svg.matchAll(/ d="(M[^"]*,180[^"]*Z)"[^>]* fill="(#\w+)"/g)];

    // The palette's first colour is the first part's; down is a larger y.
    expect(onTheGround.map(([, , colour]) => colour)).toEqual(["#2f6db3"]);
    expect(svg).toMatch(/ d="M[^"]*,90[^"]*Z"[^>]* fill="#c9700a"/);
  });

  it("draws stairs where values change at once", async () => {
    const [line] = shapesOf((await timeChart(course)).svg ?? "");
    const [stairs] = shapesOf((await timeChart({ ...course, kind: "step" })).svg ?? "");

    expect(stairs?.split("L").length).toBeGreaterThan(line?.split("L").length ?? 0);
  });

  it.each([
    [3.5, ["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5"]],
    [34, ["0", "5", "10", "15", "20", "25", "30"]],
    [12_000, ["0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000"]],
  ])("counts %d minutes in round steps, each with its number", async (last, labels) => {
    const points = [0, last].map((at) => ({ at, part: "a", value: 1 }));
    const { svg = "" } = await timeChart({
      title: "",
      points,
      xTitle: "minutes",
      yTitle: "",
      kind: "area",
    });
    const axis = /aria-label="X-axis[^]*?role-axis-domain/.exec(svg)?.[0] ?? "";

    expect([...axis.matchAll(/>([^<]+)<\/text>/g)].map(([, label]) => label)).toEqual(labels);
  });

  it("gives a part the colour that means it", async () => {
    const { svg = "" } = await timeChart({ ...course, colours: { done: "#00aa00" } });

    expect(svg).toContain("#00aa00");
    expect(svg).toContain("#2f6db3");
  });

  it("marks a moment, with its words", async () => {
    const marks = [{ at: 0.5, text: "aborted" }];

    const { svg = "", text } = await timeChart({ ...course, marks });

    expect(svg).toContain(">aborted</text>");
    expect(text).toMatch(/0\.5 minutes: aborted$/);
  });

  it("gives each mark a line of its own above the picture, even at the same moment", async () => {
    const marks = ["one", "two"].map((text) => ({ at: 1, text }));

    const { svg = "" } = await timeChart({ ...course, marks });
    const heights = marks.map(
      ({ text }) => new RegExp(`translate\\([^,]+,(-[\\d.]+)\\)[^>]*>${text}<`).exec(svg)?.[1],
    );

    expect(Number(heights[0])).toBeLessThan(Number(heights[1]));
    expect(Number(heights[1])).toBeLessThan(0);
  });

  it("draws a single moment, and none", async () => {
    const one = await timeChart({ ...course, points: [{ at: 3, value: 7 }] });
    const none = await timeChart({ ...course, points: [] });

    expect(one.svg).toMatch(/aria-label="[^"]*minutes: 3; vehicles: 7/);
    expect(none.svg).toMatch(/^<svg/);
    expect(none.text).toBe("A rollout\nno rows");
  });

  it("shows a row a moment and a column a part in a terminal", async () => {
    const { text } = await timeChart(course);

    expect(text).toBe(
      "A rollout\nminutes  queued   done\n      0      40      0\n      1      10  1,030",
    );
  });

  it("shows at most twelve of many moments there, the first and the last among them", async () => {
    const points = Array.from({ length: 500 }, (_, at) => ({ at, value: at * 2 }));

    const rows = (await timeChart({ ...course, points })).text.split("\n").slice(2);

    expect(rows).toHaveLength(12);
    expect(rows[0]).toMatch(/^ +0 +0$/);
    expect(rows.at(-1)).toMatch(/499 +998$/);
  });

  it("draws words that are data, not markup", async () => {
    const { svg = "", html } = await timeChart({
      ...course,
      title: "<script>",
      points: [{ at: 0, part: "<b>", value: 1 }],
      marks: [{ at: 0, text: "<i>" }],
    });

    expect(svg + html).not.toMatch(/<script>|<b>|<i>/);
  });
});
