// One vehicle: what it is, what it shall and does report, what it has to do, and what it has said.

import { STATES } from "./colours.mjs";
import { reasonInWords } from "./connections.mjs";
import { ago, h, keyed, scheme } from "./dom.mjs";
import { messageItem } from "./messages.mjs";

/**
 * @param {import("./view.mjs").Context} context
 * @returns {import("./view.mjs").View}
 */
export function vehicleView({ model, name, ask, now }) {
  ask({ vehicle: name });
  model.vehicle = undefined;
  model.about = [];
  const body = h("div", { class: "vehicle" });
  const messages = h("ol", { class: "messages" });
  const lamp = h("i", { class: "lamp" });
  const state = h("span", { class: "dim" }, "…");

  function show() {
    const { vehicle } = model;
    if (!vehicle) return;
    const { connection } = vehicle;
    lamp.className = connection?.isConnected ? "lamp on" : "lamp";
    state.textContent = !vehicle.exists
      ? "There is no such vehicle in this Region."
      : connection
        ? connection.isConnected
          ? `connected for ${ago(now() - connection.since)}`
          : `not connected for ${ago(now() - connection.since)}: ${reasonInWords(connection.reason)}`
        : "never connected";
    const colours = STATES[scheme()];
    body.replaceChildren(
      h(
        "section",
        { class: "panel" },
        h("h2", {}, "Registry"),
        facts([
          ["Type", vehicle.type ?? "none"],
          ["Groups", vehicle.groups.join(", ") || "none"],
          ...(vehicle.billingGroup === undefined
            ? []
            : [/** @type {[string, string]} */ (["Billing group", vehicle.billingGroup])]),
          ...Object.entries(vehicle.attributes),
        ]),
        h("h2", {}, "Connection"),
        facts(
          connection
            ? [
                ["Client id", connection.clientId],
                ["Keep-alive", `${connection.keepAlive} s`],
                ["Session", connection.cleanSession ? "ends with the connection" : "lives on"],
              ]
            : [["MQTT", "never connected"]],
        ),
        ...vehicle.certificates.map(({ id, status, policies }) =>
          facts([
            ["Certificate", `${id.slice(0, 16)}…`],
            ["", status],
            ["Policies", policies.join(", ") || "none"],
          ]),
        ),
      ),
      h(
        "section",
        { class: "panel wide" },
        h("h2", {}, "Shadows"),
        vehicle.shadows.length === 0 ? h("p", { class: "none" }, "None.") : null,
        ...vehicle.shadows.map(shadowTable),
      ),
      h(
        "section",
        { class: "panel" },
        h("h2", {}, "Executions"),
        vehicle.executions.length === 0
          ? h("p", { class: "none" }, "It has had nothing to do.")
          : null,
        h(
          "ul",
          { class: "executions" },
          vehicle.executions.map((one) =>
            h(
              "li",
              {},
              h("i", { class: "chip", style: { background: colours[one.status] ?? "" } }),
              h("a", { href: `#/fleet?job=${encodeURIComponent(one.job)}` }, one.job),
              h("em", {}, one.status),
              h(
                "small",
                {},
                `${ago(now() - one.lastUpdatedAt)} ago${one.number > 1 ? `, attempt ${one.number}` : ""}`,
              ),
              Object.keys(one.details).length > 0
                ? h(
                    "code",
                    {},
                    Object.entries(one.details)
                      .map(([key, said]) => `${key}: ${said}`)
                      .join(", "),
                  )
                : null,
            ),
          ),
        ),
      ),
    );
  }

  function showMessages() {
    keyed(messages, [...model.about].reverse().slice(0, 50).map(messageItem));
    if (model.about.length === 0)
      messages.replaceChildren(
        h("li", { class: "none" }, "Messages from it and about it appear here."),
      );
  }
  showMessages();
  return {
    element: h(
      "div",
      { class: "page" },
      h("p", { class: "crumbs" }, h("a", { href: "#/fleet" }, "Fleet")),
      h("h1", { class: "line" }, lamp, name, " ", state),
      body,
      h("section", { class: "panel" }, h("h2", {}, "Last messages"), messages),
    ),
    title: name,
    update: ({ parts }) => {
      if (parts.has("vehicle")) show();
      if (parts.has("about")) showMessages();
    },
  };
}

/** @param {readonly (readonly [string, string])[]} pairs */
function facts(pairs) {
  return h(
    "dl",
    {},
    pairs.flatMap(([term, said]) => [h("dt", {}, term), h("dd", {}, said)]),
  );
}

/** @param {import("../vehicle.js").ShownShadow} shadow */
function shadowTable({ name, version, desired, reported }) {
  const [wanted, said] = [flat(desired), flat(reported)];
  const paths = [...new Set([...wanted.keys(), ...said.keys()])].sort();
  return h(
    "table",
    { class: "shadow" },
    h("caption", {}, name === "" ? "classic" : name, h("small", {}, `version ${version}`)),
    h("thead", {}, h("tr", {}, h("th", {}, ""), h("th", {}, "desired"), h("th", {}, "reported"))),
    h(
      "tbody",
      {},
      paths.map((path) => {
        const isOpen = wanted.has(path) && wanted.get(path) !== said.get(path);
        return h(
          "tr",
          { class: isOpen ? "differs" : "" },
          h("th", { scope: "row" }, path),
          h("td", {}, wanted.get(path) ?? ""),
          h("td", {}, said.get(path) ?? "", isOpen ? h("em", {}, "differs") : null),
        );
      }),
    ),
  );
}

/**
 * The leaves of a document by their path.
 *
 * @param {unknown} value
 * @param {string} path
 * @param {Map<string, string>} found
 */
function flat(value, path = "", found = new Map()) {
  if (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0
  ) {
    for (const [key, member] of Object.entries(value))
      flat(member, path === "" ? key : `${path}.${key}`, found);
  } else if (path !== "")
    found.set(path, typeof value === "string" ? value : JSON.stringify(value));
  return found;
}
