// Where each vehicle's dot stands: a row a country, a column a type. Numbers only; nothing here draws.

/** @typedef {import("./model.mjs").Vehicle} Vehicle */
/** @typedef {{ readonly vehicle: Vehicle, readonly x: number, readonly y: number }} Dot */

/**
 * @typedef {object} Label
 * @property {"column" | "country"} kind
 * @property {string} text
 * @property {string} left
 * @property {string} top
 * @property {string} [width]
 */

/**
 * @typedef {object} Places
 * @property {Dot[]} dots in the order in which the arrow keys go
 * @property {readonly Label[]} labels
 * @property {number} pitch from one dot to the next, in pixels
 * @property {number} width may be more than was asked for: then the field scrolls
 * @property {number} height
 */

const collator = new Intl.Collator("en", { numeric: true });

/** What the names of countries take, the space between two columns, and the least of a column, in pixels. */
const LEFT = 92;
const GAP = 24;
const LEAST = 60;

/**
 * The same places for the same vehicles and width.
 *
 * @param {readonly Vehicle[]} all
 * @param {number} width in pixels
 * @returns {Places}
 */
export function placesOf(all, width) {
  const vehicles = [...all].sort((a, b) => collator.compare(a.name, b.name));
  const rows = namesOf(vehicles, ({ country }) => country);
  const columns = namesOf(vehicles, ({ type }) => type);
  /** @type {Map<string, Vehicle[]>} */
  const cells = new Map();
  for (const vehicle of vehicles) {
    const id = JSON.stringify([vehicle.country, vehicle.type]);
    const cell = cells.get(id);
    if (cell) cell.push(vehicle);
    else cells.set(id, [vehicle]);
  }
  const { length } = vehicles;
  const pitch = length <= 200 ? 20 : length <= 800 ? 13 : length <= 3000 ? 9 : 7;
  const room = (width - LEFT - GAP * columns.length) / Math.max(1, columns.length);
  const cellWidth = Math.max(LEAST, room);
  const leftOf = (/** @type {number} */ column) => LEFT + column * (cellWidth + GAP);
  const perLine = Math.max(1, Math.floor(cellWidth / pitch));
  /** @type {Label[]} */
  const labels = columns.map((text, c) => ({
    kind: "column",
    text,
    left: `${leftOf(c)}px`,
    top: "4px",
    width: `${cellWidth}px`,
  }));
  /** @type {Dot[]} */
  const dots = [];
  let y = 30;
  for (const row of rows) {
    labels.push({ kind: "country", text: row, left: "0", top: `${y}px` });
    let lines = 1;
    for (const [c, column] of columns.entries()) {
      const cell = cells.get(JSON.stringify([row, column])) ?? [];
      lines = Math.max(lines, Math.ceil(cell.length / perLine));
      for (const [i, vehicle] of cell.entries()) {
        dots.push({
          vehicle,
          x: leftOf(c) + (i % perLine) * pitch + pitch / 2,
          y: y + Math.floor(i / perLine) * pitch + pitch / 2,
        });
      }
    }
    y += Math.max(22, lines * pitch) + 14;
  }
  return {
    dots,
    labels,
    pitch,
    width: Math.max(width, Math.ceil(leftOf(columns.length))),
    height: y,
  };
}

/**
 * The dot above or below one, by its number.
 *
 * @param {readonly Dot[]} dots
 * @param {number} at
 * @param {1 | -1} sign 1 for below
 * @returns {number} `at` itself where there is none
 */
export function nearest(dots, at, sign) {
  const from = dots[at];
  let best = at;
  let least = Infinity;
  if (!from) return best;
  for (const [i, { x, y }] of dots.entries()) {
    const down = (y - from.y) * sign;
    if (down < 1) continue;
    const far = down + 4 * Math.abs(x - from.x);
    if (far < least) [best, least] = [i, far];
  }
  return best;
}

/** @param {readonly Vehicle[]} vehicles @param {(vehicle: Vehicle) => string} of */
function namesOf(vehicles, of) {
  return [...new Set(vehicles.map(of))].sort(collator.compare);
}
