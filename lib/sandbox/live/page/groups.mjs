// The groups beside the fleet: how many are in each, and which one is picked out.

import { count, h, keyed } from "./dom.mjs";

/** @typedef {import("./model.mjs").Model} Model */

/**
 * @param {HTMLElement} list
 * @param {Model} model
 * @param {{ readonly chosen: string, readonly choose: (name: string) => void }} choice
 */
export function showGroupsIn(list, model, { chosen, choose }) {
  /** @type {Map<string, number>} */
  const members = new Map();
  for (const { groups } of model.vehicles.values()) {
    for (const name of groups) members.set(name, (members.get(name) ?? 0) + 1);
  }
  const most = Math.max(1, ...members.values());
  keyed(
    list,
    [...model.groups.values()].map(({ name, query }) => {
      const n = members.get(name) ?? 0;
      const isChosen = name === chosen;
      return {
        key: name,
        stamp: `${n} ${most} ${query} ${isChosen}`,
        make: () =>
          h(
            "li",
            {},
            h(
              "button",
              { type: "button", "aria-pressed": String(isChosen), onclick: () => choose(name) },
              h(
                "span",
                { class: "name" },
                name,
                query === undefined ? null : h("em", {}, "dynamic"),
              ),
              h("b", {}, count(n)),
              h(
                "span",
                { class: "meter", "aria-hidden": "true" },
                h("i", { style: { width: `${(100 * n) / most}%` } }),
              ),
              query === undefined ? null : h("code", {}, query),
            ),
          ),
      };
    }),
  );
  if (model.groups.size === 0)
    list.replaceChildren(h("li", { class: "none" }, model.isKnown ? "No groups yet." : " "));
}
