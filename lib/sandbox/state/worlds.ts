import { createHash, randomUUID } from "node:crypto";
import type { SandboxClock } from "./kept-clock.js";
import type { Hearer } from "./hearers.js";
import type { Later } from "./later.js";
import type { Answer, Port } from "./port.js";
import type { Core, Declarations, Lags, SigningKeys } from "./state.js";
import { BLOBS, type Store } from "./store.js";
import type { Tables } from "./tables.js";

export interface Worlds {
  /**
   * The state of one account in one Region; the same object every time, once something is in it. For one
   * that is only looked at, it is made anew when many others were looked at meanwhile.
   */
  of(account: string, region: string): Core;
  /** All accounts and Regions in which something is in the table of that name. */
  holding(table: string): Core[];
  /** All accounts and Regions in which something is. */
  all(): Core[];
}

/** Separate worlds per account and Region over one set of tables. */
export function createWorlds(options: {
  readonly tables: Tables;
  /** The tables of all rooms. */
  readonly declared: Declarations;
  readonly answers: readonly Answer[];
  readonly hearers: readonly Hearer[];
  /** Of the transaction that runs. */
  readonly later: Later;
  readonly store: Store;
  readonly clock: SandboxClock;
  readonly lags: Lags;
  readonly endpoint: () => string;
  readonly dataEndpoint: () => string;
  /** For repeatable ids; without it they are random. */
  readonly seed?: string | undefined;
  /** What the sandbox signs with in an account's name. */
  readonly signingKeys: (account: string) => SigningKeys;
}): Worlds {
  const { tables, declared, store, clock, lags, endpoint, seed, signingKeys, later } = options;
  const answers = new Map(options.answers.map(({ port, answer }) => [port, answer]));
  const worlds = new Map<string, Core>();
  /** Those in which there was nothing when they were asked for, the latest last. */
  const visited = new Map<string, Core>();
  const listeners = new Map<string, ((key: string) => void)[]>();
  let ids = 0;

  tables.onChange((table, key) => {
    for (const listener of listeners.get(table) ?? []) listener(key);
  });

  const blobIds = tables.open<true>(BLOBS);
  const blobs: Core["blobs"] = {
    putBlob(bytes) {
      const id = store.putBlob(bytes);
      blobIds.set(id, true);
      return id;
    },
    getBlob: (id) => store.getBlob(id),
    deleteBlob: (id) => blobIds.delete(id),
  };

  const answerOf = <A>(port: Port<A>): A => {
    if (!answers.has(port)) throw new Error(`No room answers "${port.name}"`);
    return answers.get(port) as A;
  };

  const newId = (): string => (seed === undefined ? randomUUID() : uuidFrom(`${seed}/${ids++}`));

  const create = (account: string, region: string): Core => {
    const scope = `${account}/${region}`;
    const made = new Map<string, unknown>();
    let moment: number | undefined;
    const core: Core = {
      account,
      region,
      get endpoint() {
        return endpoint();
      },
      get dataEndpoint() {
        return options.dataEndpoint();
      },
      lags,
      now: () => new Date(moment ?? clock.now()),
      at(time, work) {
        const before = moment;
        moment = time;
        try {
          return work();
        } finally {
          moment = before;
        }
      },
      newId,
      arn: (tail) => `arn:aws:iot:${region}:${account}:${tail}`,
      get signingKeys() {
        return signingKeys(account);
      },
      blobs,
      ask: (port) => answerOf(port),
      tell(news, event) {
        for (const { news: of, hear } of options.hearers) if (of === news) hear(core, event);
      },
      atEnd: (work) => later.atEnd(work),
      attempt: (work) => later.attempt(work),
      during: (name, make) => later.during(`${scope}/${name}`, make),
      onceKept: (work) => later.onceKept(work),
      derived(name, make) {
        if (!made.has(name)) made.set(name, make(core as never));
        return made.get(name) as ReturnType<typeof make>;
      },
      onChange(table, listener) {
        if (!Object.hasOwn(declared, table)) throw new Error(`No room has a table "${table}"`);
        const name = `${scope}/${table}`;
        listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      },
    };
    const opened = Object.entries(declared).map(([name, { sharedBy }]) => {
      const path = { everybody: name, account: `${account}/${name}`, region: `${scope}/${name}` };
      return [name, tables.open(path[sharedBy ?? "region"])] as const;
    });
    return Object.assign(core, Object.fromEntries(opened));
  };

  const worldOf = (account: string, region: string): Core => {
    const scope = `${account}/${region}`;
    const found = worlds.get(scope);
    if (found) return found;
    const state = visited.get(scope) ?? create(account, region);
    visited.delete(scope);
    if (tables.holds(`${scope}/`)) worlds.set(scope, state);
    else visited.set(scope, state);
    if (visited.size > MOST_VISITED) forgetOldest();
    return state;
  };

  return {
    of: worldOf,
    all() {
      const scopes = new Set<string>();
      for (const name of tables.names()) {
        const [account = "", region, rest] = name.split("/");
        if (rest !== undefined) scopes.add(`${account}/${region}`);
      }
      return [...scopes].sort().map((scope) => {
        const [account = "", region = ""] = scope.split("/");
        return worldOf(account, region);
      });
    },
    holding(table) {
      return [...tables.names()].sort().flatMap((name) => {
        const [account = "", region = "", rest] = name.split("/");
        return rest === table ? [worldOf(account, region)] : [];
      });
    },
  };

  function forgetOldest(): void {
    for (const scope of visited.keys()) {
      visited.delete(scope);
      for (const name of Object.keys(declared)) listeners.delete(`${scope}/${name}`);
      return;
    }
  }
}

/** A world costs some ten kilobytes, and a reader may name as many as it likes: so many are kept. */
const MOST_VISITED = 100;

/** A UUID (version 4 in form) out of a text. */
function uuidFrom(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
