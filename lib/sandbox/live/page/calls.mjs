// API calls as they come, and how near each operation is to its quota.

import { count, h, keyed, timeOf, scrolled } from "./dom.mjs";

/** Over so many seconds a rate is told. */
const SECONDS = 5;

/**
 * @param {import("./view.mjs").Context} context
 * @returns {import("./view.mjs").View}
 */
export function callsView({ model }) {
  const table = h("tbody", {});
  const stream = h("ol", { class: "calls", "aria-label": "Calls, the latest first" });
  /** @type {{ at: number, calls: Map<string, number> }[]} */
  let moments = [];

  function note() {
    const now = performance.now();
    moments.push({
      at: now,
      calls: new Map([...model.operations].map(([key, { calls }]) => [key, calls])),
    });
    // The latest of those that are too old stands for the beginning.
    while (moments.length > 2 && now - (moments[1]?.at ?? now) > SECONDS * 1000) moments.shift();
  }

  function show() {
    const now = performance.now();
    const first = moments[0];
    /** @type {Map<string, { names: string[], service: string, calls: number, throttled: number, failed: number, rate: number, quota: number | undefined }>} */
    const rows = new Map();
    for (const [key, one] of model.operations) {
      const id = `${one.service}:${one.counted}`;
      const row = rows.get(id) ?? {
        names: [],
        service: one.service,
        calls: 0,
        throttled: 0,
        failed: 0,
        rate: 0,
        quota: one.perSecond,
      };
      rows.set(id, row);
      row.names.push(one.operation);
      row.calls += one.calls;
      row.throttled += one.throttled;
      row.failed += one.failed;
      if (first)
        row.rate +=
          (one.calls - (first.calls.get(key) ?? 0)) / Math.max(1, (now - first.at) / 1000);
    }
    const sorted = [...rows].sort(
      ([, a], [, b]) => a.service.localeCompare(b.service) || b.calls - a.calls,
    );
    keyed(
      table,
      sorted.map(([id, row]) => {
        const rate = row.rate < 0.05 ? 0 : row.rate;
        const share = row.quota === undefined ? 0 : Math.min(1, rate / row.quota);
        return {
          key: id,
          stamp: `${row.calls} ${row.throttled} ${row.failed} ${rate.toFixed(1)}`,
          make: () =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, row.names.join(", "), h("small", {}, row.service)),
              h(
                "td",
                { class: "quota" },
                h(
                  "span",
                  { class: "meter", "aria-hidden": "true" },
                  h("i", {
                    class: share > 0.95 ? "full" : "",
                    style: { width: `${100 * share}%` },
                  }),
                ),
                h(
                  "span",
                  {},
                  `${rate === 0 ? "0" : rate.toFixed(1)} of ${row.quota === undefined ? "no quota" : `${count(row.quota)}/s`}`,
                ),
              ),
              h("td", { class: "number" }, count(row.calls)),
              h("td", { class: `number ${row.throttled > 0 ? "bad" : ""}` }, count(row.throttled)),
              h("td", { class: "number" }, count(row.failed)),
            ),
        };
      }),
    );
    if (sorted.length === 0)
      table.replaceChildren(
        h(
          "tr",
          {},
          h("td", { colspan: "5", class: "none" }, "No calls since this page was opened."),
        ),
      );
  }

  function showCalls() {
    keyed(
      stream,
      [...model.calls]
        .reverse()
        .slice(0, 150)
        .map((call, i) => ({
          key: `${call.at} ${model.calls.length - i} ${call.operation}`,
          stamp: "",
          make: () =>
            h(
              "li",
              { class: call.error === undefined ? "" : "bad", title: call.message },
              h("time", {}, timeOf(call.at)),
              h("span", {}, call.operation || call.service),
              h("em", {}, call.error ?? String(call.status)),
              call.over === undefined ? null : h("small", {}, call.over),
            ),
        })),
    );
    if (model.calls.length === 0) stream.replaceChildren(h("li", { class: "none" }, "None yet."));
  }

  note();
  show();
  showCalls();
  return {
    element: h(
      "div",
      { class: "split" },
      h(
        "section",
        { class: "panel" },
        h("h1", {}, "API calls"),
        h(
          "p",
          { class: "dim hint" },
          `Calls a second over the last ${SECONDS} seconds, against what AWS allows; operations that share one number stand together.`,
        ),
        scrolled(
          [
            h("th", {}, "Operation"),
            h("th", {}, "Rate and quota"),
            h("th", { class: "number" }, "Calls"),
            h("th", { class: "number" }, "Throttled"),
            h("th", { class: "number" }, "Refused"),
          ],
          table,
        ),
      ),
      h("aside", {}, h("section", { class: "panel" }, h("h2", {}, "As they come"), stream)),
    ),
    title: "API calls",
    update: ({ parts, isFull }) => {
      if (isFull) moments = [];
      if (!parts.has("calls")) return;
      note();
      show();
      showCalls();
    },
    tick() {
      note();
      show();
    },
  };
}
