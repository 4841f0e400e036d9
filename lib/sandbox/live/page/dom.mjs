// Small words for making elements. Text is only ever set as text: what a device has written stays that.

/** @typedef {Node | string | number | undefined | null | false} Child */

/**
 * An element. Names that begin with `on` are listeners, `style` is an object of properties, and everything
 * else an attribute; `false` and undefined leave it out.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Readonly<Record<string, unknown>>} [attributes]
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (name === "style") {
      for (const [property, said] of Object.entries(/** @type {object} */ (value))) {
        element.style.setProperty(property, String(said));
      }
    } else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter(isThere).map(nodeOf));
  return element;
}

/**
 * @param {Child} child
 * @returns {child is Node | string | number}
 */
function isThere(child) {
  return child !== undefined && child !== null && child !== false;
}

/** @param {Node | string | number} child */
function nodeOf(child) {
  return child instanceof Node ? child : document.createTextNode(visible(String(child)));
}

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {...Element} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * A text with what cannot be seen, and what would turn the text around it about, written out.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Put children into an element, only where they are others than those that are there: a list keeps its
 * place, its focus and its selection.
 *
 * @param {Element} parent
 * @param {readonly { readonly key: string, readonly stamp: string, readonly make: () => HTMLElement }[]} items
 */
export function keyed(parent, items) {
  const before = new Map(
    [...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset["key"], child]),
  );
  /** @type {Element | null} */
  let at = parent.firstElementChild;
  for (const { key, stamp, make } of items) {
    let child = /** @type {HTMLElement | undefined} */ (before.get(key));
    before.delete(key);
    if (child && child.dataset["stamp"] !== stamp) {
      const made = make();
      if (child === at) at = made;
      child.replaceWith(made);
      child = made;
    }
    child ??= make();
    child.dataset["key"] = key;
    child.dataset["stamp"] = stamp;
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
  for (const child of before.values()) child.remove();
}

/**
 * A table in a frame that scrolls by itself.
 *
 * @param {readonly HTMLTableCellElement[]} headers
 * @param {HTMLTableSectionElement} body
 */
export function scrolled(headers, body) {
  return h(
    "div",
    { class: "scroll" },
    h("table", {}, h("thead", {}, h("tr", {}, ...headers)), body),
  );
}

/** @param {number} n */
export function count(n) {
  return n.toLocaleString("en-US");
}

/**
 * `1 vehicle`, `2 vehicles`
 *
 * @param {number} n
 * @param {string} what
 */
export function many(n, what) {
  return `${count(n)} ${what}${n === 1 ? "" : "s"}`;
}

/**
 * `12:04:31`
 *
 * @param {number} at milliseconds since the epoch
 */
export function timeOf(at) {
  return new Date(at).toLocaleTimeString("en-GB");
}

/**
 * How long ago that was: `just now`, `12 s`, `3 min`, `2 h`, `4 days`.
 *
 * @param {number} ms
 */
export function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return many(Math.floor(seconds / 86_400), "day");
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1024 ? `${count(bytes)} B` : `${(bytes / 1024).toFixed(1)} KB`;
}

/** @returns {import("./colours.mjs").Scheme} */
export function scheme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
