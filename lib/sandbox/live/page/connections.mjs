// Who is connected, why the others are not, and what the broker has refused.

import { ago, count, h, keyed, timeOf, scrolled } from "./dom.mjs";

/** Why a connection has ended, in words. https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html */
const REASONS = /** @type {Readonly<Record<string, string>>} */ ({
  "": "never connected",
  AUTH_ERROR: "its certificate or policies do not let it any more",
  CLIENT_INITIATED_DISCONNECT: "it has said goodbye",
  CLIENT_ERROR: "it broke the protocol",
  CONNECTION_LOST: "the connection broke without a word",
  DUPLICATE_CLIENTID: "another one connected with its client id",
  FORBIDDEN_ACCESS: "it may not",
  MQTT_KEEP_ALIVE_TIMEOUT: "it was silent for longer than 1.5 times its keep-alive",
  SERVER_ERROR: "the broker failed",
  SERVER_INITIATED_DISCONNECT: "the sandbox was stopped",
  API_INITIATED_DISCONNECT: "DeleteConnection was called",
  THROTTLED: "it sent too much",
  WEBSOCKET_TTL_EXPIRATION: "a WebSocket lasts a day",
});
const MOST_SHOWN = 200;

/** @param {string | undefined} reason */
export function reasonInWords(reason) {
  return REASONS[reason ?? ""] ?? reason ?? "";
}

/**
 * @param {import("./view.mjs").Context} context
 * @returns {import("./view.mjs").View}
 */
export function connectionsView({ model, now }) {
  const summary = h("ul", { class: "reasons" });
  const lines = h("ol", { class: "lines" });
  const table = h("tbody", {});
  const clients = h("ul", { class: "clients" });

  function show() {
    /** @type {Map<string, number>} */
    const counts = new Map([["connected", 0]]);
    const others = [];
    const refused = new Map(model.lines.map(({ client, text }) => [client, text]));
    for (const vehicle of model.vehicles.values()) {
      if (vehicle.isConnected) counts.set("connected", (counts.get("connected") ?? 0) + 1);
      else {
        const key = vehicle.reason ?? "";
        counts.set(key, (counts.get(key) ?? 0) + 1);
        others.push(vehicle);
      }
    }
    const all = Math.max(1, model.vehicles.size);
    keyed(
      summary,
      [...counts].map(([key, n]) => ({
        key,
        stamp: `${n} ${all}`,
        make: () =>
          h(
            "li",
            {},
            h("b", {}, count(n)),
            h(
              "span",
              {},
              key === "connected" ? "connected" : reasonInWords(key),
              key === "" || key === "connected" ? null : h("code", {}, key),
            ),
            h(
              "span",
              { class: "meter", "aria-hidden": "true" },
              h("i", {
                class: key === "connected" ? "good" : "",
                style: { width: `${(100 * n) / all}%` },
              }),
            ),
          ),
      })),
    );
    others.sort(
      (a, b) => Number(refused.has(b.name)) - Number(refused.has(a.name)) || b.since - a.since,
    );
    keyed(
      table,
      others.slice(0, MOST_SHOWN).map((vehicle) => ({
        key: vehicle.name,
        stamp: `${vehicle.since} ${vehicle.reason} ${refused.get(vehicle.name)}`,
        make: () =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row" },
              h("a", { href: `#/vehicle/${encodeURIComponent(vehicle.name)}` }, vehicle.name),
            ),
            h("td", {}, reasonInWords(vehicle.reason)),
            h("td", {}, vehicle.since === 0 ? "" : `${ago(now() - vehicle.since)} ago`),
            h("td", { class: "why" }, refused.get(vehicle.name) ?? ""),
          ),
      })),
    );
    keyed(
      clients,
      [...model.clients.values()]
        .slice(0, MOST_SHOWN)
        .map(({ id, connection: [isConnected, since, reason] }) => ({
          key: id,
          stamp: `${isConnected} ${since}`,
          make: () =>
            h(
              "li",
              {},
              h("i", { class: isConnected ? "lamp on" : "lamp" }),
              id,
              h("small", {}, isConnected ? "connected" : reasonInWords(reason)),
            ),
        })),
    );
    if (model.clients.size === 0) clients.replaceChildren(h("li", { class: "none" }, "None."));
  }

  function showLines() {
    keyed(
      lines,
      [...model.lines].reverse().map((line, i) => ({
        key: `${line.at} ${model.lines.length - i} ${line.text}`,
        stamp: "",
        make: () => {
          const [, kind = "", rest = line.text] = /^(refused|closed): (.*)$/s.exec(line.text) ?? [];
          return h(
            "li",
            {},
            h("time", {}, timeOf(line.at)),
            kind === "" ? null : h("em", { class: kind }, kind),
            h("span", {}, rest),
          );
        },
      })),
    );
    if (model.lines.length === 0)
      lines.replaceChildren(h("li", { class: "none" }, "The broker has refused nothing."));
  }

  show();
  showLines();
  return {
    element: h(
      "div",
      { class: "split" },
      h(
        "section",
        { class: "panel" },
        h("h1", {}, "Connections"),
        summary,
        h("h2", {}, "Not connected"),
        scrolled(
          [
            h("th", {}, "Vehicle"),
            h("th", {}, "Why"),
            h("th", {}, "Since"),
            h("th", {}, "What the broker said"),
          ],
          table,
        ),
      ),
      h(
        "aside",
        {},
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "What the broker says"),
          h(
            "p",
            { class: "dim hint" },
            "One line for each refusal: client, certificate, action, ARN and the statement that decided.",
          ),
          lines,
        ),
        h("section", { class: "panel" }, h("h2", {}, "Clients that are no vehicles"), clients),
      ),
    ),
    title: "Connections",
    update: ({ parts }) => {
      if (parts.has("vehicles") || parts.has("clients") || parts.has("lines")) show();
      if (parts.has("lines")) showLines();
    },
  };
}
