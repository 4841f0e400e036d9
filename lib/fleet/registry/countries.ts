import { InvalidInputError } from "../../aws/errors.js";

/** The continents a fleet can drive on, in the order of their numbers, with their countries' codes. */
const CONTINENTS: readonly { readonly name: string; readonly codes: readonly string[] }[] = [
  {
    name: "North America",
    codes: codes("US CA MX GT BZ SV HN NI CR PA CU JM HT DO BS BB TT GD VC LC AG KN DM"),
  },
  { name: "South America", codes: codes("BR AR CL CO PE VE EC BO PY UY GY SR GF") },
  {
    name: "Europe",
    codes: codes(
      "DE FR GB IT ES NL BE AT CH PT GR SE NO DK FI IE PL CZ HU SK SI HR BA RS ME MK AL BG RO MD " +
        "UA BY LT LV EE RU IS MT CY LU LI AD MC SM VA",
    ),
  },
  {
    name: "Asia",
    codes: codes(
      "CN JP IN KR SG TH VN MY ID PH MM KH LA BN TL MN KZ UZ TM TJ KG AF PK BD LK MV BT NP IR IQ " +
        "SY LB JO IL PS SA YE OM AE QA BH KW TR GE AM AZ",
    ),
  },
  {
    name: "Africa",
    codes: codes(
      "ZA NG EG KE MA DZ TN LY SD SS ET ER DJ SO UG TZ RW BI CD CG CF CM TD NE ML BF CI GH TG BJ " +
        "SN GM GW GN SL LR MR CV ST GQ GA AO NA BW ZW ZM MW MZ SZ LS MG MU SC KM",
    ),
  },
  {
    name: "Oceania",
    codes: codes("AU NZ FJ PG SB VU NC PF WS TO KI TV NR PW FM MH GU AS MP CK NU TK"),
  },
  { name: "Antarctica", codes: codes("AQ") },
];

function codes(text: string): readonly string[] {
  return text.split(" ");
}

export interface Continent {
  /** 1 to 7 */
  readonly number: number;
  readonly name: string;
  /** Two-letter country codes. */
  readonly codes: readonly string[];
}

/**
 * A continent by its number, 1 to 7, or its name in any case.
 *
 * @throws InvalidInputError with the seven choices
 */
export function continentOf(given: number | string): Continent {
  const at = CONTINENTS.findIndex(
    ({ name }, i) => given === i + 1 || String(given).trim().toLowerCase() === name.toLowerCase(),
  );
  const found = CONTINENTS[at];
  if (found) return { number: at + 1, ...found };
  const choices = CONTINENTS.map(({ name }, i) => `${i + 1} ${name}`).join(", ");
  throw new InvalidInputError(
    "a continent",
    given,
    `be a number from 1 to ${CONTINENTS.length}, or a name`,
    `Choose from: ${choices}.`,
  );
}

/**
 * Countries of a continent: the first so many, or those with the given codes.
 *
 * @param wanted a whole number from 1 to as many as the continent has, or codes in any case, none
 * twice. Default: 3 in North America, 2 elsewhere, 1 where there is only one.
 * @throws InvalidInputError with the codes there are
 */
export function countriesOf(continent: Continent, wanted?: number | readonly string[]): string[] {
  const { number, name, codes } = continent;
  const chosen = wanted ?? Math.min(number === 1 ? 3 : 2, codes.length);
  if (typeof chosen === "number") {
    if (Number.isInteger(chosen) && chosen >= 1 && chosen <= codes.length) {
      return codes.slice(0, chosen);
    }
    throw new InvalidInputError(
      `the number of countries in ${name}`,
      chosen,
      `be a whole number from 1 to ${codes.length}`,
    );
  }
  const upper = chosen.map((code) => code.trim().toUpperCase());
  if (upper.length === 0) {
    throw new InvalidInputError("the list of countries", chosen, "name at least one country");
  }
  for (const [i, code] of upper.entries()) {
    if (!codes.includes(code)) {
      throw new InvalidInputError(
        `a country of ${name}`,
        chosen[i],
        "be one of its two-letter codes",
        `It has: ${codes.join(" ")}.`,
      );
    }
    if (upper.indexOf(code) !== i) {
      throw new InvalidInputError("a list of countries", chosen, `name ${code} once only`);
    }
  }
  return upper;
}
