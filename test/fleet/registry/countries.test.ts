import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { continentOf, countriesOf } from "../../../lib/fleet/registry/countries.js";

const continents = [
  {
    number: 1,
    name: "North America",
    count: 23,
    first: "US",
    last: "DM",
    chosen: ["US", "CA", "MX"],
  },
  { number: 2, name: "South America", count: 13, first: "BR", last: "GF", chosen: ["BR", "AR"] },
  { number: 3, name: "Europe", count: 45, first: "DE", last: "VA", chosen: ["DE", "FR"] },
  { number: 4, name: "Asia", count: 46, first: "CN", last: "AZ", chosen: ["CN", "JP"] },
  { number: 5, name: "Africa", count: 54, first: "ZA", last: "KM", chosen: ["ZA", "NG"] },
  { number: 6, name: "Oceania", count: 22, first: "AU", last: "TK", chosen: ["AU", "NZ"] },
  { number: 7, name: "Antarctica", count: 1, first: "AQ", last: "AQ", chosen: ["AQ"] },
];

describe("continentOf", () => {
  it.each(continents)("gives $count countries for $number $name", ({ number, name, ...own }) => {
    const { codes, ...continent } = continentOf(number);

    expect(continent).toEqual({ number, name });
    expect([codes.length, codes[0], codes.at(-1)]).toEqual([own.count, own.first, own.last]);
  });

  it("has each country once, under its two letters", () => {
    const codes = continents.flatMap(({ number }) => continentOf(number).codes);

    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => /^[A-Z]{2}$/.test(code))).toBe(true);
  });

  it.each(["Europe", "europe", " EUROPE "])("knows %j by its name", (name) => {
    expect(continentOf(name).number).toBe(3);
  });

  it.each([0, 8, -1, 1.5, NaN, "", "Atlantis"])("refuses %j with the seven choices", (given) => {
    expect(() => continentOf(given)).toThrow(InvalidInputError);
    expect(() => continentOf(given)).toThrow(
      /must be a number from 1 to 7, or a name. Choose from: 1 North America, 2 South America, 3 Europe, 4 Asia, 5 Africa, 6 Oceania, 7 Antarctica\./,
    );
  });
});

describe("countriesOf", () => {
  it.each(continents)("chooses $chosen in $name by default", ({ number, chosen }) => {
    expect(countriesOf(continentOf(number))).toEqual(chosen);
  });

  it("takes the first so many", () => {
    expect(countriesOf(continentOf(2), 4)).toEqual(["BR", "AR", "CL", "CO"]);
    expect(countriesOf(continentOf(5), 54)).toHaveLength(54);
  });

  it("takes codes in any case and order", () => {
    expect(countriesOf(continentOf(3), ["fr", " DE", "It"])).toEqual(["FR", "DE", "IT"]);
  });

  it.each([0, 46, -1, 1.5, NaN])("refuses %f countries of Europe", (wanted) => {
    expect(() => countriesOf(continentOf(3), wanted)).toThrow(
      `${wanted} cannot be the number of countries in Europe: it must be a whole number from 1 to 45.`,
    );
  });

  it("refuses a code of another continent, with those there are", () => {
    expect(() => countriesOf(continentOf(7), ["AQ", "us"])).toThrow(
      `"us" cannot be a country of Antarctica: it must be one of its two-letter codes. It has: AQ.`,
    );
  });

  it("refuses a country that stands there twice", () => {
    expect(() => countriesOf(continentOf(1), ["US", "CA", "us"])).toThrow("must name US once only");
  });

  it("refuses an empty list", () => {
    expect(() => countriesOf(continentOf(1), [])).toThrow("must name at least one country");
  });
});
