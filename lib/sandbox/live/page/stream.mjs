// One connection to the sandbox, that comes back by itself. EventSource cannot send a header of its own, and
// the session must not stand in an address: so the events are read by hand.

/** @typedef {import("./model.mjs").Update} Update */

/**
 * @typedef {object} Stream
 * @property {(query: Readonly<Record<string, string>>) => void} ask what is wanted from now on
 * @property {() => void} stop
 */

/** How long to wait before the next try, in milliseconds, the more often it fails. */
const WAITS = [250, 500, 1_000, 2_000, 4_000];

/** Nothing for so long, in milliseconds, and nobody is there: the sandbox says something every five seconds. */
const SILENCE_MS = 12_000;

/** A page that nobody looks at lets go after so long, in milliseconds: browsers have few connections. */
const HIDDEN_MS = 20_000;

/**
 * @param {object} options
 * @param {() => string | undefined} options.session
 * @param {(update: Update) => void} options.onUpdate
 * @param {(state: "live" | "connecting" | "paused" | "refused", why?: string) => void} options.onState
 * @returns {Stream}
 */
export function openStream({ session, onUpdate, onState }) {
  /** @type {Readonly<Record<string, string>>} */
  let query = {};
  /** @type {string | undefined} */
  let lastId;
  /** @type {AbortController | undefined} */
  let current;
  let failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let hiding;
  let isStopped = false;

  const connect = async () => {
    clearTimeout(timer);
    current?.abort();
    const mine = (current = new AbortController());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => mine.abort(), SILENCE_MS);
    };
    try {
      heard();
      const answer = await fetch(`stream?${new URLSearchParams(query)}`, {
        headers: {
          accept: "text/event-stream",
          "x-fleetlab-session": session() ?? "",
          ...(lastId !== undefined && { "last-event-id": lastId }),
        },
        cache: "no-store",
        signal: mine.signal,
      });
      if (!answer.ok || !answer.body) {
        const why = (await answer.text()).slice(0, 500);
        if (answer.status >= 400 && answer.status < 500) {
          isStopped = answer.status !== 400;
          onState("refused", why);
          return;
        }
        throw new Error(why);
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        heard();
        rest += value;
        const events = rest.split("\n\n");
        rest = events.pop() ?? "";
        if (mine !== current) return;
        for (const event of events) {
          const at = event.indexOf("\ndata: ");
          if (at < 0) continue;
          lastId = event.slice("id: ".length, at);
          onUpdate(JSON.parse(event.slice(at + "\ndata: ".length)));
          failures = 0;
          onState("live");
        }
      }
    } catch {
      // Gone, or not there yet: it is tried again.
    } finally {
      clearTimeout(silence);
    }
    if (mine !== current || isStopped) return;
    onState("connecting");
    timer = setTimeout(() => void connect(), WAITS[Math.min(failures++, WAITS.length - 1)]);
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (isStopped) return;
    if (document.hidden) {
      hiding = setTimeout(() => {
        clearTimeout(timer);
        const before = current;
        current = undefined;
        before?.abort();
        onState("paused");
      }, HIDDEN_MS);
    } else if (!current) void connect();
  });

  return {
    ask(wanted) {
      query = wanted;
      isStopped = false;
      void connect();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      current?.abort();
    },
  };
}
