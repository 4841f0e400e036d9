import { describe, expect, it } from "vitest";
import { fleetPicture, type Dot } from "../../lib/show/fleet-picture.js";

const dot = (row: string, column: string, value: string): Dot => ({ row, column, value });
const fleet = {
  title: "The fleet by version",
  dots: [
    dot("US", "Van", "1.0.0"),
    dot("US", "Van", "1.1.0"),
    dot("CA", "Bus", "1.0.0"),
    dot("US", "Bus", "0.9.0"),
  ],
  values: ["1.0.0", "1.1.0"],
};
const many = (n: number) => Array.from({ length: n }, (_, i) => dot("US", "Van", `1.${i % 2}.0`));
const shapes = (svg = "") => svg.match(/<(circle|polygon)/g) ?? [];
const sizeOf = (svg = "") => Number(/ width="([\d.]+)"/.exec(svg)?.[1]);

describe("fleetPicture", () => {
  it("draws a dot for each vehicle, and one for each entry of the legend", () => {
    const { svg } = fleetPicture(fleet);

    expect(shapes(svg)).toHaveLength(4 + 3);
  });

  it("names countries and types once, and says in the legend how many have each value", () => {
    const { svg } = fleetPicture(fleet);

    for (const text of ["US", "CA", "Van", "Bus", "1.0.0: 2", "1.1.0: 1", "0.9.0: 1"]) {
      expect(svg?.split(`>${text}</text>`)).toHaveLength(2);
    }
  });

  it("draws versions of any name that AWS takes, each in a colour of its own", () => {
    const values = ["1.0.0", "one", "constructor", "toString", "__proto__"];
    const dots = values.map((value) => dot("US", "Van", value));

    const { svg = "", text } = fleetPicture({ ...fleet, dots, values });

    const fills = [...svg.matchAll(/<(?:circle|polygon)[^>]* fill="([^"]*)"/g)].map(([, it]) => it);
    expect(fills.filter((fill) => !/^#[0-9a-f]{6}$/.test(fill!))).toEqual([]);
    expect(new Set(fills).size).toBe(values.length);
    for (const value of values) expect(svg).toContain(`>${value}: 1</text>`);
    expect(text).toMatch(/one +constructor/);
  });

  it("keeps a value's colour when nobody has the others", () => {
    const colour = (dots: readonly Dot[]) =>
      / fill="(#\w+)"\/>\n<text[^>]*>1\.1\.0: /.exec(
        fleetPicture({ ...fleet, dots }).svg ?? "",
      )?.[1];

    expect(colour([dot("US", "Van", "1.1.0")])).toBe(colour(fleet.dots));
    expect(colour(fleet.dots)).toBeDefined();
  });

  it("says by shape what it says by colour, and draws what nobody expected hollow", () => {
    const { svg } = fleetPicture(fleet);

    expect(svg).toMatch(/<circle[^>]*fill="#/);
    expect(svg).toMatch(/<polygon/);
    expect(svg).toMatch(/<circle[^>]*fill="none"/);
  });

  it("says all of it to whoever cannot see it", () => {
    const { html } = fleetPicture(fleet);

    expect(html).toContain(
      'alt="The fleet by version: 4 vehicles (1.0.0 2, 1.1.0 1, 0.9.0 1); ' +
        'CA Bus: 1.0.0 1; US Bus: 0.9.0 1; US Van: 1.0.0 1, 1.1.0 1."',
    );
  });

  it("is a table of counts in a terminal", () => {
    const { text } = fleetPicture(fleet);

    expect(text.split("\n")).toEqual([
      "The fleet by version",
      "country  type  1.0.0  1.1.0  0.9.0",
      "CA       Bus       1      0      0",
      "US       Bus       0      0      1",
      "US       Van       1      1      0",
    ]);
  });

  it("has room for three thousand vehicles as dots, and shows more as shares", () => {
    const dots = fleetPicture({ ...fleet, dots: many(3_000) }).svg;
    const shares = fleetPicture({ ...fleet, dots: many(3_001) }).svg;

    expect(shapes(dots)).toHaveLength(3_002);
    expect(sizeOf(dots)).toBeLessThan(1_000);
    expect(shapes(shares)).toHaveLength(2);
    expect(shares).toContain(">3,001</text>");
  });

  it("divides a share's bar as the vehicles are divided", () => {
    const { svg } = fleetPicture({ ...fleet, mostDots: 1, dots: [...many(2), ...many(1)] });
    const widths = [...(svg ?? "").matchAll(/<rect x=[^>]* width="([\d.]+)" height="26" fill="#/g)];

    expect(Number(widths[0]?.[1]) / Number(widths[1]?.[1])).toBeCloseTo(2, 1);
  });

  it("draws words that are data, not markup", () => {
    const { svg } = fleetPicture({ ...fleet, dots: [dot("<b>", "<i>", "<u>")], title: "<script>" });

    expect(svg).not.toMatch(/<script>|<b>|<i>|<u>/);
  });
});
