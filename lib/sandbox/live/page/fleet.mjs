// The fleet: a dot a vehicle, by country and type, each in its place, and who is in which group.

import { colouringBy } from "./colouring.mjs";
import { UNKNOWN } from "./colours.mjs";
import { count, h, keyed, many, scheme } from "./dom.mjs";
import { jobItem } from "./jobs.mjs";
import { mark, swatch } from "./marks.mjs";

/** @typedef {import("./main.mjs").Context} Context */
/** @typedef {import("./model.mjs").Vehicle} Vehicle */

/** @typedef {import("./colouring.mjs").Colouring} Colouring */
/** @typedef {{ readonly vehicle: Vehicle, readonly x: number, readonly y: number, readonly cell: number }} Dot */

const collator = new Intl.Collator("en", { numeric: true });
/** Until when a vehicle that has changed is seen to have, in milliseconds. */
const FLASH_MS = 900;

/**
 * @param {Context} context
 * @returns {import("./main.mjs").View}
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
    const width = field.clientWidth;
    if (width === 0) return;
    const vehicles = [...model.vehicles.values()].sort((a, b) => collator.compare(a.name, b.name));
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
    const left = 92;
    const gap = 24;
    const cellWidth = Math.max(
      60,
      (width - left - gap * columns.length) / Math.max(1, columns.length),
    );
    pitch =
      vehicles.length <= 200 ? 20 : vehicles.length <= 800 ? 13 : vehicles.length <= 3000 ? 9 : 7;
    const perLine = Math.max(1, Math.floor(cellWidth / pitch));
    dots = [];
    let y = 30;
    /** @type {HTMLElement[]} */
    const words = columns.map((column, c) =>
      h(
        "span",
        {
          class: "column",
          title: column,
          style: { left: `${left + c * (cellWidth + gap)}px`, top: "4px", width: `${cellWidth}px` },
        },
        column,
      ),
    );
    let cellNumber = 0;
    for (const row of rows) {
      words.push(
        h("span", { class: "country", title: row, style: { left: "0", top: `${y}px` } }, row),
      );
      let lines = 1;
      for (const [c, column] of columns.entries()) {
        const cell = cells.get(JSON.stringify([row, column])) ?? [];
        lines = Math.max(lines, Math.ceil(cell.length / perLine));
        for (const [i, vehicle] of cell.entries()) {
          dots.push({
            vehicle,
            x: left + c * (cellWidth + gap) + (i % perLine) * pitch + pitch / 2,
            y: y + Math.floor(i / perLine) * pitch + pitch / 2,
            cell: cellNumber,
          });
        }
        cellNumber++;
      }
      y += Math.max(22, lines * pitch) + 14;
    }
    labels.replaceChildren(...words);
    const ratio = devicePixelRatio || 1;
    // Where not all columns have room beside each other, the field scrolls.
    const whole = Math.max(width, Math.ceil(left + columns.length * (cellWidth + gap)));
    canvas.width = Math.round(whole * ratio);
    canvas.height = Math.round(y * ratio);
    canvas.style.setProperty("width", `${whole}px`);
    canvas.style.setProperty("height", `${y}px`);
    empty.hidden = !model.isKnown || vehicles.length > 0;
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
    /** @type {Map<string, number>} */
    const members = new Map();
    for (const { groups: names } of model.vehicles.values()) {
      for (const name of names) members.set(name, (members.get(name) ?? 0) + 1);
    }
    const most = Math.max(1, ...members.values());
    keyed(
      groups,
      [...model.groups.values()].map(({ name, query }) => {
        const n = members.get(name) ?? 0;
        const isChosen = name === group;
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
      groups.replaceChildren(h("li", { class: "none" }, model.isKnown ? "No groups yet." : " "));
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
      next = at ? nearest(at, sign) : 0;
    }
    if (next === undefined || dots.length === 0) return;
    event.preventDefault();
    select(Math.max(0, Math.min(dots.length - 1, next)));
  }

  /** @param {Dot} from @param {number} sign @returns {number} the dot above or below */
  function nearest(from, sign) {
    let best = selected;
    let least = Infinity;
    for (const [i, { x, y }] of dots.entries()) {
      const down = (y - from.y) * sign;
      if (down < 1) continue;
      const far = down + 4 * Math.abs(x - from.x);
      if (far < least) [best, least] = [i, far];
    }
    return best;
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

/** @param {readonly Vehicle[]} vehicles @param {(vehicle: Vehicle) => string} of */
function namesOf(vehicles, of) {
  return [...new Set(vehicles.map(of))].sort(collator.compare);
}
