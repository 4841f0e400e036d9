import type { Writable } from "node:stream";
import type { CallRecord } from "../handler.js";
import { isHere, plain, queryPairs, type WireRequest, type WireResponse } from "../http/wire.js";
import type { Sandbox } from "../index.js";
import { filterFault } from "../mqtt/topics.js";
import { PAGE_HEADERS, pageFile } from "./files.js";
import type { Mark, Wish } from "./reader.js";
import { createRecent } from "./recent.js";
import { createRefusals } from "./refusals.js";
import { createSessions, type Session } from "./sessions.js";
import type { DeviceLine, Update } from "./update.js";
import { createWatch, type Watch } from "./watch.js";

/*
 * The live page of a sandbox's fleet. It reads; the one thing it can do is publish a message.
 *
 *   GET  /_fleetlab/             the page; it holds nothing of anybody's
 *   GET  /_fleetlab/page/<file>  what it is made of
 *   GET  /_fleetlab/stream       server-sent events: all there is, then what changes
 *   POST /_fleetlab/publish      {"topic", "payload", "qos", "retain"}
 *
 * The last two need a session, as the header `x-fleetlab-session`: no other page can send one, and no
 * cookie does it behind the user's back. It is not called `authorization`, which a notebook server or a
 * hub in front would take for its own.
 */

export interface Live {
  /** Answer a request for the page, or by it. */
  answer(request: WireRequest): Promise<WireResponse>;
  /**
   * Open a session.
   *
   * @param wish `{ account, region, isProxied? }`
   * @returns the word for it; undefined when the wish is malformed
   */
  open(wish: unknown): string | undefined;
  /**
   * Calls that were refused lately, oldest first, also while no page is open.
   *
   * @param wish `{ account, prefix? }`
   * @returns undefined when the wish is malformed
   */
  refusals(wish: unknown): readonly CallRecord[] | undefined;
  /** Send what has changed to all pages that are open. It happens by itself, several times a second. */
  flush(): Promise<void>;
  /** How many pages are open. */
  readonly pages: number;
  /** Say goodbye to all pages. */
  close(): void;
}

const PAGE = "/_fleetlab/";
const STREAM = `${PAGE}stream`;
const PUBLISH = `${PAGE}publish`;
const FILES = `${PAGE}page/`;

/** The largest body of a request by the page, in bytes: the largest message, with every byte escaped. */
export const LARGEST_PAGE_BODY = 1024 * 1024;

/** Pages that may be open at once. */
const MOST_PAGES = 50;

/** A watch lives on for so long without any page, in milliseconds: one that comes again goes on. */
const GRACE_MS = 30_000;

const CALLS_KEPT = 300;
const LINES_KEPT = 300;

/** Whether a path is the page's, for whose requests other rules hold than for the API's. */
export function isPagePath(path: string): boolean {
  return path === PAGE || path === STREAM || path === PUBLISH || path.startsWith(FILES);
}

/** @param secret of the sandbox's own keys: sessions are signed with what is made from it */
export function createLive(sandbox: Sandbox, secret: string): Live {
  const sessions = createSessions(secret);
  const watches = new Map<string, { watch: Watch; end?: NodeJS.Timeout | undefined }>();
  const calls = createRecent<CallRecord>(CALLS_KEPT);
  const lines = createRecent<DeviceLine>(LINES_KEPT);
  const refusals = createRefusals();
  const streams = new Set<Writable>();

  const forget = sandbox.observe({
    onKept(changes) {
      if (watches.size === 0) return;
      for (const change of changes) {
        const [account = "", region = "", table] = change.table.split("/");
        if (table !== undefined) {
          watches.get(`${account}/${region}`)?.watch.note(change, table);
        }
      }
    },
    onCall(call) {
      calls.add(call);
      refusals.add(call);
      for (const { watch } of watches.values()) watch.called(call);
    },
    onDevice(text, client) {
      lines.add({ at: sandbox.clock.now(), text, ...(client !== undefined && { client }) });
    },
  });

  const watchOf = (account: string, region: string): Watch => {
    const scope = `${account}/${region}`;
    let found = watches.get(scope);
    if (!found) {
      const state = sandbox.state(account, region);
      watches.set(scope, (found = { watch: createWatch(state, { sandbox, calls, lines }) }));
    }
    clearTimeout(found.end);
    return found.watch;
  };

  /** End a watch that nobody comes back to. */
  const endLater = (watch: Watch): void => {
    const scope = `${watch.state.account}/${watch.state.region}`;
    const found = watches.get(scope);
    if (!found || watch.pages > 0) return;
    clearTimeout(found.end);
    found.end = setTimeout(() => {
      watches.delete(scope);
      watch.end();
    }, GRACE_MS).unref();
  };

  /** The session of a request, or why it has none. */
  const sessionOf = ({ headers }: WireRequest): Session | WireResponse => {
    const word = headers["x-fleetlab-session"];
    const session = word === undefined ? undefined : sessions.read(word);
    if (!session) {
      return plain(
        401,
        "This page needs the link on the card that connect() shows: run that cell again and click it.",
      );
    }
    const host = headers["host"] ?? "";
    if (!isHere(host) && !session.isProxied) {
      return plain(403, `The sandbox answers only to this machine, not to "${host}".`);
    }
    return session;
  };

  const open = (session: Session, request: WireRequest): WireResponse => {
    const asked = new Map(queryPairs(request.query));
    const region = asked.get("region") || session.region;
    if (!/^[a-z0-9-]{1,32}$/.test(region)) return plain(400, "That is no Region.");
    const filter = asked.get("messages");
    const fault = filter ? filterFault(filter) : undefined;
    if (fault !== undefined) return plain(400, `No topics are called so: ${fault}.`);
    if (streams.size >= MOST_PAGES) {
      return plain(503, `${MOST_PAGES} pages are open, and that is enough: close some.`);
    }
    const wish: Wish = {
      ...(asked.get("job") && { job: asked.get("job") as string }),
      ...(asked.get("vehicle") && { vehicle: asked.get("vehicle") as string }),
      ...(filter !== undefined && { messages: filter }),
    };
    const watch = watchOf(session.account, region);
    const mark = markOf(request.headers["last-event-id"], watch.id);
    return {
      status: 200,
      headers: {
        ...PAGE_HEADERS,
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // Proxies that gather what comes before they pass it on would make it late.
        "x-accel-buffering": "no",
      },
      body: "",
      stream(to) {
        streams.add(to);
        const send = (update: Update, id: string): boolean =>
          to.write(`id: ${id}\ndata: ${JSON.stringify(update)}\n\n`);
        const seat = watch.join({ wish, send }, mark);
        to.on("drain", seat.resume);
        to.once("close", () => {
          streams.delete(to);
          seat.leave();
          endLater(watch);
        });
        to.on("error", () => {});
      },
    };
  };

  const publish = async (session: Session, request: WireRequest): Promise<WireResponse> => {
    const wish = asMessage(request.body);
    if (typeof wish === "string") return plain(400, wish);
    const { region, ...message } = wish;
    const state = sandbox.state(session.account, region ?? session.region);
    const failure = await sandbox.call(state, "iotdata", "Publish", message);
    if (failure) return plain(failure.status, `${failure.code}: ${failure.message}`);
    return plain(200, "published");
  };

  return {
    async answer(request) {
      const { method, path } = request;
      const wanted = path === PUBLISH ? "POST" : "GET";
      if (method !== wanted && !(wanted === "GET" && method === "HEAD")) {
        return plain(405, `This takes ${wanted}.`, { allow: wanted });
      }
      if (path === PAGE) return pageFile("");
      if (path.startsWith(FILES)) return pageFile(path.slice(FILES.length) || "/");
      const session = sessionOf(request);
      if ("status" in session) return session;
      return path === STREAM ? open(session, request) : publish(session, request);
    },
    open(wish) {
      const {
        account,
        region,
        isProxied = false,
      } = (wish ?? {}) as Partial<Record<string, unknown>>;
      const isWhole =
        typeof account === "string" &&
        /^\d{12}$/.test(account) &&
        typeof region === "string" &&
        /^[a-z0-9-]{1,32}$/.test(region) &&
        typeof isProxied === "boolean";
      return isWhole ? sessions.open({ account, region, isProxied }) : undefined;
    },
    refusals(wish) {
      const { account, prefix } = (wish ?? {}) as Partial<Record<string, unknown>>;
      if (typeof account !== "string" || !/^\d{12}$/.test(account)) return undefined;
      if (prefix !== undefined && typeof prefix !== "string") return undefined;
      return refusals.of({ account, ...(prefix !== undefined && { prefix }) });
    },
    async flush() {
      await Promise.all([...watches.values()].map(({ watch }) => watch.flush()));
    },
    get pages() {
      return streams.size;
    },
    close() {
      forget();
      for (const { watch, end } of watches.values()) {
        clearTimeout(end);
        watch.end();
      }
      watches.clear();
      for (const stream of streams) stream.end();
    },
  };
}

/** How far a page has come with this very watch. */
function markOf(eventId: string | undefined, watchId: string): Mark | undefined {
  const [id, ...numbers] = (eventId ?? "").split("-");
  const [turn, calls, lines] = numbers.map(Number);
  const isMark = [turn, calls, lines].every((n) => Number.isSafeInteger(n) && Number(n) >= 0);
  if (id !== watchId || !isMark) return undefined;
  return { turn: Number(turn), calls: Number(calls), lines: Number(lines) };
}

/** What the operation Publish is called with, or what is wrong with a body. */
function asMessage(body: Uint8Array) {
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return "The body must be JSON.";
  }
  const {
    topic,
    payload = "",
    qos = 0,
    retain = false,
    region,
  } = (said ?? {}) as Partial<Record<string, unknown>>;
  if (typeof topic !== "string" || topic === "") return "A message needs a topic.";
  if (typeof payload !== "string") return "The payload must be a text.";
  if (qos !== 0 && qos !== 1) return "QoS is 0 or 1.";
  if (typeof retain !== "boolean") return "retain is true or false.";
  if (region !== undefined && !(typeof region === "string" && /^[a-z0-9-]{1,32}$/.test(region))) {
    return "That is no Region.";
  }
  return { topic, payload: new Uint8Array(Buffer.from(payload)), qos, retain, region };
}
