// The fleet: a dot a vehicle, by country and type, each in its place, and who is in which group.

import { colouringBy } from "./colouring.mjs";
import { UNKNOWN } from "./colours.mjs";
import { count, h, keyed, many, scheme } from "./dom.mjs";
import { showGroupsIn } from "./groups.mjs";
import { jobItem } from "./jobs.mjs";
import { mark, swatch } from "./marks.mjs";
import { nearest, placesOf } from "./places.mjs";

/** @typedef {import("./view.mjs").Context} Context */
/** @typedef {import("./colouring.mjs").Colouring} Colouring */
/** @typedef {import("./places.mjs").Dot} Dot */

/** Until when a vehicle that has changed is seen to have, in milliseconds. */
const FLASH_MS = 900;

/**
 * @param {Context} context
 * @returns {import("./view.mjs").View}
 */
export function fleetView({ model, asked, go, ask }) {
  const job = asked.get("job") ?? "";
  const colour = job === "" ? (asked.get("colour") ?? "version") : "job";
  let group = asked.get("group") ?? "";
  if (job !== "") ask({ job });

  const canvas = h("canvas", { "aria-hidden": "true" });
  const field = h("div", {
    class: "field",
    tabindex: "0",
    role: "application",
    "aria-label":
      "The fleet, a dot a vehicle. Arrow keys go from dot to dot, Enter opens a vehicle.",
    onkeydown: onKey,
    onclick: onClick,
    onpointermove: onPoint,
    onpointerleave: () => point(undefined),
    onblur: () => select(-1),
  });
  const labels = h("div", { class: "labels" });
  const tip = h("div", { class: "tip", hidden: true });
  const spoken = h("p", { class: "hidden", "aria-live": "polite" });
  const total = h("span", { class: "total" }, " ");
  const legend = h("ul", { class: "legend", "aria-label": "What the colours say" });
  const groups = h("ul", { class: "groups" });
  const jobs = h("ul", { class: "jobs short" });
  const empty = h(
    "p",
    { class: "empty", hidden: true },
    "No vehicles yet. They appear here as they are created: notebook 01 builds a fleet of 100.",
  );
  field.append(canvas, labels, tip, empty);

  /** @param {string} name @param {string} text */
  const choice = (name, text) =>
    h(
      "a",
      { href: `#/fleet?colour=${name}`, "aria-current": name === colour ? "true" : undefined },
      text,
    );
  const element = h(
    "div",
    { class: "fleet" },
    h(
      "section",
      { class: "panel", "aria-labelledby": "fleet-title" },
      h(
        "div",
        { class: "bar" },
        h("h1", { id: "fleet-title" }, "Fleet ", total),
        h(
          "div",
          { class: "choice", role: "group", "aria-label": "Colour by" },
          choice("version", "Version"),
          choice("connection", "Connection"),
          choice("battery", "Battery"),
          job === ""
            ? null
            : h(
                "a",
                { href: `#/fleet?job=${encodeURIComponent(job)}`, "aria-current": "true" },
                `Job ${job}`,
              ),
        ),
      ),
      legend,
      field,
      spoken,
    ),
    h(
      "aside",
      {},
      h("section", { class: "panel" }, h("h2", {}, "Groups"), groups),
      h("section", { class: "panel" }, h("h2", {}, "Jobs"), jobs),
    ),
  );

  /** @type {Dot[]} */
  let dots = [];
  let pitch = 12;
  let selected = -1;
  /** @type {Dot | undefined} */
  let pointed;
  /** @type {Map<string, number>} */
  const flashes = new Map();
  /** @type {Map<string, string>} */
  let values = new Map();
  let frame = 0;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const colouring = () => colouringBy(colour, model);

  /** Give every vehicle its place: the same one as long as nobody comes or goes. */
  function place() {
    if (field.clientWidth === 0) return;
    const picture = placesOf([...model.vehicles.values()], field.clientWidth);
    ({ dots, pitch } = picture);
    labels.replaceChildren(
      ...picture.labels.map(({ kind, text, ...at }) =>
        h("span", { class: kind, title: text, style: at }, text),
      ),
    );
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(picture.width * ratio);
    canvas.height = Math.round(picture.height * ratio);
    canvas.style.setProperty("width", `${picture.width}px`);
    canvas.style.setProperty("height", `${picture.height}px`);
    empty.hidden = !model.isKnown || dots.length > 0;
  }

  function draw() {
    frame = 0;
    const paper = canvas.getContext("2d");
    if (!paper) return;
    const how = colouring();
    const ratio = devicePixelRatio || 1;
    paper.setTransform(ratio, 0, 0, ratio, 0, 0);
    paper.clearRect(0, 0, canvas.width, canvas.height);
    const now = performance.now();
    const r = pitch * 0.38;
    const ink = getComputedStyle(field).color;
    values = new Map();
    const unknown = UNKNOWN[scheme()];
    for (const { vehicle, x, y } of dots) {
      const present = model.vehicles.get(vehicle.name) ?? vehicle;
      const value = how.valueOf(present);
      values.set(vehicle.name, value);
      const shape = how.values.indexOf(value);
      paper.globalAlpha = group === "" || present.groups.includes(group) ? 1 : 0.16;
      mark(paper, x, y, r, shape, how.colours[value] ?? unknown);
      const since = now - (flashes.get(vehicle.name) ?? -Infinity);
      if (since > FLASH_MS) flashes.delete(vehicle.name);
      else {
        paper.globalAlpha = 1 - since / FLASH_MS;
        paper.strokeStyle = ink;
        paper.lineWidth = 1.5;
        paper.beginPath();
        paper.arc(x, y, r + 1 + (since / FLASH_MS) * r, 0, 2 * Math.PI);
        paper.stroke();
      }
    }
    paper.globalAlpha = 1;
    for (const dot of [dots[selected], pointed]) {
      if (!dot) continue;
      paper.strokeStyle = ink;
      paper.lineWidth = 2;
      paper.strokeRect(dot.x - pitch / 2, dot.y - pitch / 2, pitch, pitch);
    }
    if (flashes.size > 0 && !isCalm) soon();
    showLegend(how, unknown);
  }

  /** @param {Colouring} how @param {string} unknown */
  function showLegend(how, unknown) {
    /** @type {Map<string, number>} */
    const counts = new Map(how.values.map((value) => [value, 0]));
    for (const value of values.values()) counts.set(value, (counts.get(value) ?? 0) + 1);
    keyed(
      legend,
      [...counts].map(([value, n]) => ({
        key: value,
        stamp: `${n} ${how.colours[value]}`,
        make: () =>
          h(
            "li",
            { "data-value": value },
            swatch(how.values.indexOf(value), how.colours[value] ?? unknown),
            value,
            h("b", {}, count(n)),
          ),
      })),
    );
    total.textContent = model.isKnown ? many(model.vehicles.size, "vehicle") : "";
    const said = [...counts].map(([value, n]) => `${value} ${count(n)}`).join(", ");
    field.setAttribute(
      "aria-label",
      `The fleet, ${many(dots.length, "vehicle")}: ${said}. Arrow keys go from dot to dot, Enter opens a vehicle.`,
    );
  }

  function soon() {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function showGroups() {
    showGroupsIn(groups, model, { chosen: group, choose });
  }

  /** @param {string} name */
  function choose(name) {
    group = group === name ? "" : name;
    showGroups();
    soon();
  }

  function showJobs() {
    const latest = [...model.jobs.values()].sort((a, b) => b.createdAt - a.createdAt).slice(0, 20);
    keyed(
      jobs,
      latest.map((one) => jobItem(one, true)),
    );
    if (latest.length === 0)
      jobs.replaceChildren(h("li", { class: "none" }, model.isKnown ? "No jobs yet." : " "));
  }

  /** @param {number} i */
  function select(i) {
    selected = i;
    const vehicle = dots[i]?.vehicle;
    spoken.textContent = vehicle
      ? `${vehicle.name}, ${vehicle.country}, ${vehicle.type}, ${values.get(vehicle.name)}`
      : "";
    showTip(dots[i]);
    soon();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const at = dots[selected];
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    /** @type {number | undefined} */
    let next;
    if (event.key in steps) next = selected + steps[/** @type {keyof typeof steps} */ (event.key)];
    if (event.key === "Home") next = 0;
    if (event.key === "End") next = dots.length - 1;
    if (event.key === "Escape") return select(-1);
    if (event.key === "Enter" && at) return open(at.vehicle.name);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const sign = event.key === "ArrowDown" ? 1 : -1;
      next = at ? nearest(dots, selected, sign) : 0;
    }
    if (next === undefined || dots.length === 0) return;
    event.preventDefault();
    select(Math.max(0, Math.min(dots.length - 1, next)));
  }

  /** @param {PointerEvent | MouseEvent} event */
  function dotAt(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return dots.find((dot) => Math.abs(dot.x - x) <= pitch / 2 && Math.abs(dot.y - y) <= pitch / 2);
  }

  /** @param {PointerEvent} event */
  function onPoint(event) {
    point(dotAt(event));
  }

  /** @param {Dot | undefined} dot */
  function point(dot) {
    if (dot === pointed) return;
    pointed = dot;
    field.style.setProperty("cursor", dot ? "pointer" : "default");
    showTip(dot);
    soon();
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const dot = dotAt(event);
    if (dot) open(dot.vehicle.name);
  }

  /** @param {Dot | undefined} dot */
  function showTip(dot) {
    tip.hidden = !dot;
    if (!dot) return;
    const { name, type, country, battery } = model.vehicles.get(dot.vehicle.name) ?? dot.vehicle;
    const parts = [
      `${type}, ${country}`,
      values.get(name),
      battery === undefined ? undefined : `battery ${battery} %`,
    ];
    tip.replaceChildren(
      h("b", {}, name),
      ...parts.flatMap((part) => (part ? [h("span", {}, part)] : [])),
    );
    const isRight = dot.x > field.clientWidth - 220;
    tip.style.setProperty("left", `${isRight ? dot.x - 200 : dot.x + pitch}px`);
    tip.style.setProperty("top", `${dot.y + pitch}px`);
  }

  /** @param {string} name */
  function open(name) {
    go(`/vehicle/${encodeURIComponent(name)}`);
  }

  const onResize = new ResizeObserver(() => {
    place();
    soon();
  });
  onResize.observe(field);
  showGroups();
  showJobs();

  return {
    element,
    title: "Fleet",
    update({ parts, vehicles, isFull }) {
      if (parts.has("vehicles")) {
        const before = dots.length;
        const isMoved =
          isFull ||
          before !== model.vehicles.size ||
          [...vehicles].some((name) => !values.has(name) || !model.vehicles.has(name));
        if (isMoved) place();
        if (!isFull && !isCalm) {
          const how = colouring();
          for (const name of vehicles) {
            const present = model.vehicles.get(name);
            if (present && values.get(name) !== how.valueOf(present))
              flashes.set(name, performance.now());
          }
        }
      }
      if (parts.has("vehicles") || parts.has("executions")) soon();
      if (parts.has("vehicles") || parts.has("groups")) showGroups();
      if (parts.has("jobs")) showJobs();
    },
    leave() {
      onResize.disconnect();
      cancelAnimationFrame(frame);
    },
  };
}
