// Jobs, and how far each rollout is.

import { STATE_NAMES, STATES } from "./colours.mjs";
import { ago, count, h, keyed, many, svg, scheme } from "./dom.mjs";

/** @typedef {import("./model.mjs").Job} Job */
/** @typedef {{ at: number, counts: Readonly<Record<string, number>>, waiting: number }} Moment */

/** @type {Map<string, Moment[]>} */
const histories = new Map();
const MOST_MOMENTS = 300;

/**
 * Note how far each job is: the picture of a rollout is what this page has seen of it.
 *
 * @param {import("./model.mjs").Model} model
 * @param {import("./model.mjs").Changed} changed
 */
export function noteHistory(model, { parts, isFull }) {
  if (!parts.has("jobs")) return;
  for (const id of [...histories.keys()]) if (!model.jobs.has(id)) histories.delete(id);
  for (const { id, counts, waiting } of model.jobs.values()) {
    const history = histories.get(id) ?? [];
    histories.set(id, history);
    const last = history.at(-1);
    if (
      last &&
      !isFull &&
      JSON.stringify([last.counts, last.waiting]) === JSON.stringify([counts, waiting])
    )
      continue;
    history.push({ at: Date.now() + model.clockAheadMs, counts, waiting });
    if (history.length > MOST_MOMENTS) history.shift();
  }
}

/** @param {Job} job */
function sizeOf({ counts, waiting }) {
  return Object.values(counts).reduce((sum, n) => sum + n, 0) + waiting;
}

/** @param {Job} job */
function bar(job) {
  const all = Math.max(1, sizeOf(job));
  const colours = STATES[scheme()];
  return h(
    "span",
    { class: "stack", "aria-hidden": "true" },
    STATE_NAMES.flatMap((state) => {
      const n = job.counts[state] ?? 0;
      return n > 0
        ? [
            h("i", {
              title: `${state} ${n}`,
              style: { width: `${(100 * n) / all}%`, background: colours[state] },
            }),
          ]
        : [];
    }),
  );
}

/** @param {Job} job */
function inWords(job) {
  const states = STATE_NAMES.flatMap((state) =>
    job.counts[state] ? [`${count(job.counts[state])} ${state}`] : [],
  );
  return (
    [...states, ...(job.waiting > 0 ? [`${count(job.waiting)} waiting`] : [])].join(", ") ||
    "no executions yet"
  );
}

/**
 * @param {Job} job
 * @param {boolean} isShort
 */
export function jobItem(job, isShort) {
  return {
    key: job.id,
    stamp: `${JSON.stringify(job)} ${isShort ? "" : histories.get(job.id)?.length}`,
    make: () => {
      const colours = STATES[scheme()];
      const all = sizeOf(job);
      const link = h("a", { href: `#/fleet?job=${encodeURIComponent(job.id)}` }, job.id);
      if (isShort) {
        return h(
          "li",
          {},
          h("span", { class: "line" }, link, h("em", {}, job.status)),
          bar(job),
          h("small", {}, inWords(job)),
        );
      }
      return h(
        "li",
        { class: "panel job" },
        h(
          "div",
          { class: "line" },
          h("h2", {}, link),
          h("em", { class: `status-${job.status}` }, job.status),
          h("span", { class: "grow" }),
          h(
            "a",
            { class: "act", href: `#/fleet?job=${encodeURIComponent(job.id)}` },
            "Show on the fleet",
          ),
        ),
        job.description ? h("p", { class: "dim" }, job.description) : null,
        job.reason ? h("p", { class: "dim" }, job.reason) : null,
        bar(job),
        h(
          "ul",
          { class: "legend" },
          STATE_NAMES.flatMap((state) =>
            job.counts[state]
              ? [
                  h(
                    "li",
                    {},
                    h("i", { class: "chip", style: { background: colours[state] } }),
                    state,
                    h("b", {}, count(job.counts[state])),
                  ),
                ]
              : [],
          ),
          job.waiting > 0
            ? h(
                "li",
                {},
                h("i", { class: "chip hollow" }),
                "waiting",
                h("b", {}, count(job.waiting)),
              )
            : null,
        ),
        course(job, all),
        h(
          "p",
          { class: "dim" },
          [
            job.ships.length > 0 ? `ships ${job.ships.join(", ")}` : "",
            `${job.selection.toLowerCase()} of ${firstOf(job.targets)}`,
            many(all, "vehicle"),
          ]
            .filter(Boolean)
            .join(" · "),
        ),
      );
    },
  };
}

/**
 * The rollout as this page has seen it: areas by state, piled up.
 *
 * @param {Job} job
 * @param {number} all
 */
function course({ id }, all) {
  const history = histories.get(id) ?? [];
  if (history.length < 3) return null;
  const [width, height] = [600, 90];
  const first = /** @type {Moment} */ (history[0]).at;
  const last = /** @type {Moment} */ (history.at(-1)).at;
  const x = (/** @type {number} */ at) => ((at - first) / Math.max(1, last - first)) * width;
  const y = (/** @type {number} */ n) => height - (n / Math.max(1, all)) * height;
  const below = history.map(() => 0);
  const areas = [...STATE_NAMES].reverse().flatMap((state) => {
    if (!history.some(({ counts }) => counts[state])) return [];
    /** @type {string[]} */
    const top = [];
    /** @type {string[]} */
    const bottom = [];
    for (const [i, { at, counts }] of history.entries()) {
      const low = below[i] ?? 0;
      const high = low + (counts[state] ?? 0);
      below[i] = high;
      // Stairs: a count stays until it changes.
      const until = history[i + 1]?.at ?? at;
      top.push(`${x(at)},${y(high)}`, `${x(until)},${y(high)}`);
      bottom.unshift(`${x(until)},${y(low)}`, `${x(at)},${y(low)}`);
    }
    return [
      svg("polygon", {
        points: [...top, ...bottom].join(" "),
        fill: STATES[scheme()][state] ?? "",
      }),
    ];
  });
  const picture = svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `How the states have changed in the last ${ago(last - first)}`,
    },
    ...areas,
  );
  return h(
    "figure",
    { class: "course" },
    picture,
    h("figcaption", {}, h("span", {}, `${ago(last - first)} ago`), h("span", {}, "last change")),
  );
}

/**
 * @param {import("./view.mjs").Context} context
 * @returns {import("./view.mjs").View}
 */
export function jobsView({ model }) {
  const list = h("ul", { class: "joblist" });
  const show = () => {
    const jobs = [...model.jobs.values()].sort((a, b) => b.createdAt - a.createdAt);
    keyed(
      list,
      jobs.slice(0, 100).map((job) => jobItem(job, false)),
    );
    if (jobs.length === 0)
      list.replaceChildren(
        h(
          "li",
          { class: "panel empty" },
          model.isKnown ? "No jobs yet. Notebook 04 creates three." : " ",
        ),
      );
  };
  show();
  return {
    element: h("div", { class: "page" }, h("h1", {}, "Jobs"), list),
    title: "Jobs",
    update: ({ parts }) => {
      if (parts.has("jobs")) show();
    },
  };
}

/** @param {readonly string[]} names */
function firstOf(names) {
  const more = names.length - 5;
  return names.slice(0, 5).join(", ") + (more > 0 ? " and " + more + " more" : "");
}
