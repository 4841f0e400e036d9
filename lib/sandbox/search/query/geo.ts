/*
 * Places: how shadows hold them, and how far they are from each other.
 * https://docs.aws.amazon.com/iot/latest/developerguide/location-indexing-geoquery.html
 */

/** In degrees. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** What `geo_distance,47.6,-122.3,15km` asks: what is no further from there than that. */
export interface GeoDistance extends Point {
  readonly distance: number;
  readonly unit: Unit;
}

const metersPer = { km: 1_000, m: 1, mi: 1_609.344 } as const;

/** AWS's page has kilometres only; the engine behind such queries knows these as well. */
export type Unit = keyof typeof metersPer;

/** The order of two numbers without names. AWS's default is LatLon. */
export type Order = "LatLon" | "LonLat";

/** The mean radius of the earth, in metres. */
const earthRadius = 6_371_008.8;

export function isWithin(point: Point, { distance, unit, ...center }: GeoDistance): boolean {
  return metersBetween(point, center) <= distance * metersPer[unit];
}

/** Along the earth's surface, by the haversine formula. */
function metersBetween(a: Point, b: Point): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const halfSine = (degrees: number): number => Math.sin(radians(degrees) / 2) ** 2;
  const h =
    halfSine(b.latitude - a.latitude) +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      halfSine(b.longitude - a.longitude);
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** The place that a value of a shadow holds, in any of AWS's four forms; undefined when it holds none. */
export function pointIn(value: unknown, order: Order = "LatLon"): Point | undefined {
  if (typeof value === "string") return pointInText(value, order);
  if (Array.isArray(value)) return value.length === 2 ? ordered(value, order) : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  const {
    lat,
    latitude = lat,
    lon,
    long = lon,
    longitude = long,
  } = value as Record<string, unknown>;
  return checked(latitude, longitude);
}

/** `POINT(long lat)`, whatever the order configured, or two numbers with a comma. */
function pointInText(text: string, order: Order): Point | undefined {
  const [, long, lat] = /^\s*POINT\s*\(\s*(\S+)\s+(\S+)\s*\)\s*$/i.exec(text) ?? [];
  if (long !== undefined) return checked(numberOf(lat), numberOf(long));
  const parts = text.split(",");
  return parts.length === 2 ? ordered(parts.map(numberOf), order) : undefined;
}

function ordered([first, second]: readonly unknown[], order: Order): Point | undefined {
  return order === "LonLat" ? checked(second, first) : checked(first, second);
}

function checked(latitude: unknown, longitude: unknown): Point | undefined {
  if (typeof latitude !== "number" || typeof longitude !== "number") return undefined;
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return isOnEarth ? { latitude, longitude } : undefined;
}

/** As the index keeps it: one value, so that a place is one posting. */
export function pointText({ latitude, longitude }: Point): string {
  return `${latitude},${longitude}`;
}

/** Does a word of a query ask for places at all? */
export function isGeoWord(word: string): boolean {
  return /^geo_\w+,/.test(word);
}

/** The form that a query may have; undefined for any other. */
export function parseGeoDistance(word: string): GeoDistance | undefined {
  const [, lat, long, far, unit] =
    /^geo_distance,([^,]+),([^,]+),([\d.]+(?:e[+-]?\d+)?)(km|mi|m)$/.exec(word) ?? [];
  const point = checked(numberOf(lat), numberOf(long));
  const distance = numberOf(far);
  if (!point || distance === undefined || distance <= 0) return undefined;
  return { ...point, distance, unit: unit as Unit };
}

export function printGeoDistance({ latitude, longitude, distance, unit }: GeoDistance): string {
  return `geo_distance,${latitude},${longitude},${distance}${unit}`;
}

function numberOf(text: string | undefined): number | undefined {
  const isNumber = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(text ?? "");
  const number = Number(text) + 0; // -0 becomes 0
  return isNumber && Number.isFinite(number) ? number : undefined;
}
