import { describe, expect, it } from "vitest";
import { barChart, type BarChart } from "../../lib/show/chart.js";

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
