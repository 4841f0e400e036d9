// MQTT messages by topic, and a way to publish one.

import { count, h, keyed, size, timeOf } from "./dom.mjs";

/** @typedef {import("./model.mjs").Message} Message */

/**
 * @param {Message} message
 */
export function messageItem(message) {
  const { n, at, topic, from, qos, text, hex } = message;
  return {
    key: String(n),
    stamp: "",
    make: () =>
      h(
        "li",
        {},
        h(
          "details",
          {},
          h(
            "summary",
            {},
            h("time", {}, timeOf(at)),
            h("code", { class: "topic" }, topic),
            h("span", { class: "begin" }, oneLine(text ?? hex ?? "")),
            h("small", {}, [from, `QoS ${qos}`, size(message.size)].filter(Boolean).join(" · ")),
          ),
          h("pre", {}, text === undefined ? `${hex} …` : pretty(text)),
        ),
      ),
  };
}

/** @param {string} text */
function oneLine(text) {
  return text.slice(0, 160).replace(/\s+/g, " ");
}

/** @param {string} text */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * @param {import("./view.mjs").Context} context
 * @returns {import("./view.mjs").View}
 */
export function messagesView({ model, asked, ask, go, publish }) {
  const filter = asked.get("filter") ?? "";
  ask({ messages: filter });
  model.messages = [];
  let isPaused = false;

  const list = h("ol", { class: "messages", "aria-label": "Messages, the latest first" });
  const told = h("p", { class: "dim count" }, " ");
  const pause = h(
    "button",
    {
      type: "button",
      "aria-pressed": "false",
      onclick: () => {
        isPaused = !isPaused;
        pause.setAttribute("aria-pressed", String(isPaused));
        pause.textContent = isPaused ? "Go on" : "Pause";
        if (!isPaused) show();
      },
    },
    "Pause",
  );
  const wanted = h("input", {
    id: "filter",
    value: filter,
    placeholder: "all topics",
    spellcheck: "false",
    autocomplete: "off",
  });
  const filterForm = h(
    "form",
    {
      class: "row",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        go(
          `/messages?${new URLSearchParams(wanted.value.trim() === "" ? {} : { filter: wanted.value.trim() })}`,
        );
      },
    },
    h("label", { for: "filter" }, "Topic filter"),
    wanted,
    h("button", {}, "Filter"),
    pause,
  );

  const topic = h("input", {
    id: "topic",
    required: true,
    placeholder: "fleet/all/horn",
    spellcheck: "false",
    autocomplete: "off",
  });
  const payload = h(
    "textarea",
    { id: "payload", rows: "7", spellcheck: "false" },
    '{\n  "message": "Hello from the live page"\n}',
  );
  const qos = h(
    "select",
    { id: "qos" },
    h("option", { value: "0" }, "QoS 0: at most once"),
    h("option", { value: "1" }, "QoS 1: at least once"),
  );
  const retain = h("input", { id: "retain", type: "checkbox" });
  const outcome = h("p", { class: "outcome", role: "status" }, " ");
  const form = h(
    "form",
    {
      class: "publish",
      onsubmit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        const refusal = await publish({
          topic: topic.value,
          payload: payload.value,
          qos: qos.value === "1" ? 1 : 0,
          retain: retain.checked,
        });
        outcome.textContent = refusal ?? `Published to ${topic.value}.`;
        outcome.classList.toggle("bad", refusal !== undefined);
      },
    },
    h("h2", {}, "Publish a message"),
    h("label", { for: "topic" }, "Topic"),
    topic,
    h("label", { for: "payload" }, "Payload"),
    payload,
    h("label", { for: "qos" }, "Quality of service"),
    qos,
    h("label", { class: "check" }, retain, "Retain it for whoever subscribes later"),
    h("button", { class: "main" }, "Publish"),
    outcome,
  );

  function show() {
    if (isPaused) return;
    keyed(list, [...model.messages].reverse().slice(0, 200).map(messageItem));
    if (model.messages.length === 0)
      list.replaceChildren(
        h(
          "li",
          { class: "none" },
          "Messages appear here as they are published. Those of before this page was open are not kept.",
        ),
      );
    told.textContent = `${count(model.messages.length)} shown${model.missed > 0 ? `, ${count(model.missed)} came faster than they can be shown` : ""}`;
  }
  show();
  return {
    element: h(
      "div",
      { class: "split" },
      h(
        "section",
        { class: "panel" },
        h("div", { class: "bar" }, h("h1", {}, "Messages"), told),
        filterForm,
        h(
          "p",
          { class: "dim hint" },
          "As in a subscription: ",
          h("code", {}, "+"),
          " stands for one level, ",
          h("code", {}, "#"),
          " at the end for all below. Empty shows everything, AWS's own topics too.",
        ),
        list,
      ),
      h("aside", {}, h("section", { class: "panel" }, form)),
    ),
    title: "Messages",
    update: ({ parts }) => {
      if (parts.has("messages")) show();
    },
  };
}
