// The page: one model, one stream that fills it, and a view for each address behind the `#`.

import { callsView } from "./calls.mjs";
import { connectionsView } from "./connections.mjs";
import { h, timeOf } from "./dom.mjs";
import { fleetView } from "./fleet.mjs";
import { jobsView, noteHistory } from "./jobs.mjs";
import { messagesView } from "./messages.mjs";
import { applyUpdate, emptyModel } from "./model.mjs";
import { forgetWord, saveWord, savedWord } from "./session.mjs";
import { openStream } from "./stream.mjs";
import { vehicleView } from "./vehicle.mjs";

/** @typedef {import("./view.mjs").View} View */

const VIEWS = {
  fleet: fleetView,
  jobs: jobsView,
  messages: messagesView,
  connections: connectionsView,
  calls: callsView,
  vehicle: vehicleView,
};

const model = emptyModel();
const main = byId("main");
/** @type {View | undefined} */
let view;
/** Of the address, as far as it decides which view it is. */
let shown = "";
/** @type {Readonly<Record<string, string>>} */
let wanted = {};
let region = "";

// The card's link carries the session behind its `#`; from there it goes out of sight.
const word = location.hash.slice(1);
if (word !== "" && !word.startsWith("/")) {
  saveWord(word);
  history.replaceState(null, "", `${location.pathname}${location.search}#/fleet`);
}

const stream = openStream({
  session: savedWord,
  onUpdate(update) {
    const changed = applyUpdate(model, update, Date.now());
    noteHistory(model, changed);
    if (changed.parts.has("regions")) showRegions();
    view?.update(changed);
  },
  onState: showState,
});

/** @returns {number} */
function now() {
  return Date.now() + model.clockAheadMs;
}

/** @param {Readonly<Record<string, string>>} query */
function ask(query) {
  wanted = query;
  stream.ask({ ...(region !== "" && { region }), ...query });
}

/** @param {string} path */
function go(path) {
  location.hash = path;
}

/** @param {{ topic: string, payload: string, qos: 0 | 1, retain: boolean }} message */
async function publish(message) {
  try {
    const answer = await fetch("publish", {
      method: "POST",
      headers: { "content-type": "application/json", "x-fleetlab-session": savedWord() ?? "" },
      body: JSON.stringify({ ...message, ...(model.region !== "" && { region: model.region }) }),
    });
    return answer.ok ? undefined : (await answer.text()).slice(0, 500);
  } catch {
    return "The sandbox does not answer.";
  }
}

function route() {
  const [, kind = "fleet", rest = "", query = ""] =
    /^#\/([a-z]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(location.hash) ?? [];
  const known = /** @type {keyof typeof VIEWS} */ (kind in VIEWS ? kind : "fleet");
  const key = `${known}/${rest}?${query}`;
  if (key === shown) return;
  shown = key;
  view?.leave?.();
  wanted = {};
  const name = decoded(rest);
  const context = { model, asked: new URLSearchParams(query), name, now, go, ask, publish };
  view = VIEWS[known](context);
  main.replaceChildren(view.element);
  document.title = `${view.title} · Fleetlab`;
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.getAttribute("href") === `#/${known}`;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // A view that asks for more has done so already.
  if (Object.keys(wanted).length === 0) ask({});
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {"live" | "connecting" | "paused" | "refused"} state
 * @param {string} [why]
 */
function showState(state, why) {
  const words = { live: "live", connecting: "connecting …", paused: "paused", refused: "not open" };
  if (document.body.dataset["state"] !== state) {
    document.body.dataset["state"] = state;
    byId("status").textContent = words[state];
  }
  const notice = document.querySelector(".refusal");
  if (state !== "refused") return notice?.remove();
  if (why?.includes("link on the card")) forgetWord();
  const told = h(
    "div",
    { class: "refusal", role: "alert" },
    h("p", {}, why ?? "The sandbox refuses this page."),
  );
  if (notice) notice.replaceWith(told);
  else main.before(told);
}

function showRegions() {
  const select = /** @type {HTMLSelectElement} */ (byId("region"));
  select.replaceChildren(
    ...model.regions.map((name) =>
      h("option", { value: name, selected: name === model.region }, name),
    ),
  );
  select.disabled = model.regions.length < 2;
}

byId("region").addEventListener("change", (event) => {
  region = /** @type {HTMLSelectElement} */ (event.target).value;
  ask(wanted);
});

const find = /** @type {HTMLInputElement} */ (byId("find"));
/** Names that are offered. */
const MOST_FOUND = 20;
find.addEventListener("input", () => {
  const text = find.value.toLowerCase();
  /** @type {string[]} */
  const found = [];
  if (text !== "") {
    for (const name of model.vehicles.keys()) {
      if (name.toLowerCase().includes(text) && found.push(name) >= MOST_FOUND) break;
    }
  }
  byId("found").replaceChildren(...found.map((name) => h("option", { value: name })));
});
find.form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find.value.trim();
  const names = [...model.vehicles.keys()];
  const name = model.vehicles.has(text)
    ? text
    : names.find((one) => one.toLowerCase().includes(text.toLowerCase()));
  if (text === "") return;
  find.setCustomValidity(name === undefined ? `No vehicle is called like "${text}".` : "");
  if (name === undefined) return void find.reportValidity();
  find.value = "";
  go(`/vehicle/${encodeURIComponent(name)}`);
});
find.addEventListener("input", () => find.setCustomValidity(""));

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    find.focus();
  }
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

setInterval(() => {
  if (model.isKnown) byId("clock").textContent = timeOf(now());
  view?.tick?.();
}, 1_000);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  shown = "";
  route();
});
addEventListener("hashchange", () => {
  const given = location.hash.slice(1);
  // Somebody has clicked a newer link of a card in the same tab.
  if (given !== "" && !given.startsWith("/")) {
    saveWord(given);
    history.replaceState(null, "", `${location.pathname}${location.search}#/fleet`);
    shown = "";
  }
  route();
});
route();

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
