import { describe, expect, it } from "vitest";
import { nearest, placesOf } from "../../../../lib/sandbox/live/page/places.mjs";

const vehicle = (name: string, country: string, type: string) => ({
  name,
  country,
  type,
  version: undefined,
  battery: undefined,
  isConnected: undefined,
  since: 0,
  reason: undefined,
  groups: [],
});
const FLEET = [
  vehicle("V-10", "DE", "Van"),
  vehicle("V-9", "DE", "Van"),
  vehicle("V-1", "FR", "Van"),
  vehicle("V-2", "DE", "Bus"),
];

describe("placesOf", () => {
  it("has a row a country and a column a type, in the order of names and numbers", () => {
    const { dots, labels } = placesOf(FLEET, 600);

    expect(labels.map(({ kind, text }) => [kind, text])).toEqual([
      ["column", "Bus"],
      ["column", "Van"],
      ["country", "DE"],
      ["country", "FR"],
    ]);
    expect(dots.map(({ vehicle: { name } }) => name)).toEqual(["V-2", "V-9", "V-10", "V-1"]);
    const [bus, nine, ten, french] = dots as [(typeof dots)[0], ...typeof dots];
    expect([bus.y, nine!.y, ten!.y]).toEqual([bus.y, bus.y, bus.y]);
    expect(bus.x < nine!.x && nine!.x < ten!.x).toBe(true);
    expect([french!.x, french!.y > bus.y]).toEqual([nine!.x, true]);
  });

  it("is as wide as it is told, or as its columns need", () => {
    expect(placesOf(FLEET, 600).width).toBe(600);
    const { dots, width } = placesOf(FLEET, 100);
    expect(width).toBeGreaterThan(100);
    expect(Math.max(...dots.map(({ x }) => x))).toBeLessThan(width);
  });

  it("has no places without vehicles", () => {
    expect(placesOf([], 600)).toMatchObject({ dots: [], labels: [], width: 600 });
  });
});

describe("nearest", () => {
  it("goes to the dot below and above, and stays where there is none", () => {
    const { dots } = placesOf(FLEET, 600);

    expect(nearest(dots, 1, 1)).toBe(3);
    expect(nearest(dots, 3, -1)).toBe(1);
    expect([nearest(dots, 3, 1), nearest(dots, -1, 1)]).toEqual([3, -1]);
  });
});
