// What the colours of the fleet say, by what the reader has chosen.

import { JUDGEMENTS, STATE_NAMES, STATES, VALUES } from "./colours.mjs";
import { scheme } from "./dom.mjs";

/** @typedef {import("./model.mjs").Model} Model */
/** @typedef {import("./model.mjs").Vehicle} Vehicle */

/**
 * What a colour says.
 *
 * @typedef {object} Colouring
 * @property {readonly string[]} values in the order of the legend
 * @property {Readonly<Record<string, string>>} colours
 * @property {(vehicle: Vehicle) => string} valueOf
 */

const BATTERY = ["above 50 %", "30 to 50 %", "below 30 %"];
const collator = new Intl.Collator("en", { numeric: true });

/**
 * @param {string} colour `version`, `connection`, `battery` or `job`
 * @param {Model} model
 * @returns {Colouring}
 */
export function colouringBy(colour, model) {
  const theme = scheme();
  if (colour === "job") {
    const found = new Set(model.executions.values());
    return {
      values: STATE_NAMES.filter((name) => found.has(name)),
      colours: STATES[theme],
      valueOf: ({ name }) => model.executions.get(name) ?? "not in this job",
    };
  }
  const { GOOD, DOUBTFUL, BAD } = JUDGEMENTS[theme];
  if (colour === "connection") {
    return {
      values: ["connected", "not any more"],
      colours: { connected: GOOD, "not any more": BAD },
      valueOf: ({ isConnected }) =>
        isConnected === undefined ? "never connected" : isConnected ? "connected" : "not any more",
    };
  }
  if (colour === "battery") {
    return {
      values: BATTERY,
      colours: Object.fromEntries([GOOD, DOUBTFUL, BAD].map((said, i) => [BATTERY[i], said])),
      valueOf: ({ battery }) =>
        battery === undefined
          ? "unknown"
          : /** @type {string} */ (BATTERY[battery > 50 ? 0 : battery >= 30 ? 1 : 2]),
    };
  }
  // Those that nobody has any more too: the others keep their colours when the last vehicle leaves one.
  const versions = [...model.versions].sort(collator.compare);
  return {
    values: versions,
    colours: Object.fromEntries(
      versions.flatMap((version, i) => (VALUES[theme][i] ? [[version, VALUES[theme][i]]] : [])),
    ),
    valueOf: ({ version }) => version ?? "unknown",
  };
}
