import { createHash, randomUUID } from "node:crypto";
import type { SandboxClock } from "./moved-clock.js";
import type { SigningKeys } from "../door/own-keys.js";
import type { Lags, State } from "./state.js";
import { BLOBS, type Store } from "./store.js";
import type { Table, Tables } from "./tables.js";

export interface Worlds {
  /** The state of one account in one Region; the same object every time. */
  of(account: string, region: string): State;
}

/** Separate worlds per account and Region over one set of tables. */
export function createWorlds(options: {
  readonly tables: Tables;
  readonly store: Store;
  readonly clock: SandboxClock;
  readonly lags: Lags;
  readonly endpoint: () => string;
  /** For repeatable ids; without it they are random. */
  readonly seed?: string | undefined;
  /** What the sandbox signs with in an account's name. */
  readonly signingKeys: (account: string) => SigningKeys;
}): Worlds {
  const { tables, store, clock, lags, endpoint, seed, signingKeys } = options;
  const worlds = new Map<string, State>();
  const listeners = new Map<string, ((key: string) => void)[]>();
  let ids = 0;

  tables.onChange((table, key) => {
    for (const listener of listeners.get(table) ?? []) listener(key);
  });

  const blobIds = tables.open<true>(BLOBS);
  const blobs: State["blobs"] = {
    putBlob(bytes) {
      const id = store.putBlob(bytes);
      blobIds.set(id, true);
      return id;
    },
    getBlob: (id) => store.getBlob(id),
    deleteBlob: (id) => blobIds.delete(id),
  };

  const newId = (): string => (seed === undefined ? randomUUID() : uuidFrom(`${seed}/${ids++}`));

  const create = (account: string, region: string): State => {
    const scope = `${account}/${region}`;
    const regional = <R>(name: string): Table<R> => tables.open<R>(`${scope}/${name}`);
    const made = new Map<string, unknown>();
    let moment: number | undefined;
    const state: State = {
      account,
      region,
      get endpoint() {
        return endpoint();
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
      things: regional("things"),
      thingTypes: regional("thingTypes"),
      thingGroups: regional("thingGroups"),
      groupsOfThing: regional("groupsOfThing"),
      groupMembers: regional("groupMembers"),
      shadows: regional("shadows"),
      packages: regional("packages"),
      packageVersions: regional("packageVersions"),
      tags: regional("tags"),
      indexing: regional("indexing"),
      packageConfiguration: regional("packageConfiguration"),
      jobs: regional("jobs"),
      jobProgress: regional("jobProgress"),
      jobWaiting: regional("jobWaiting"),
      jobMembers: regional("jobMembers"),
      jobExecutions: regional("jobExecutions"),
      executionsOfThing: regional("executionsOfThing"),
      executionsByStatus: regional("executionsByStatus"),
      jobTimers: regional("jobTimers"),
      jobTemplates: regional("jobTemplates"),
      billingGroups: regional("billingGroups"),
      thingsOfBillingGroup: regional("thingsOfBillingGroup"),
      certificates: regional("certificates"),
      certificateAuthority: regional("certificateAuthority"),
      principalsOfThing: regional("principalsOfThing"),
      thingsOfPrincipal: regional("thingsOfPrincipal"),
      policies: regional("policies"),
      targetsOfPolicy: regional("targetsOfPolicy"),
      policiesOfTarget: regional("policiesOfTarget"),
      commands: regional("commands"),
      logging: regional("logging"),
      roles: tables.open(`${account}/roles`),
      buckets: tables.open("buckets"),
      objectVersions: tables.open("objectVersions"),
      uploads: tables.open("uploads"),
      uploadParts: tables.open("uploadParts"),
      blobs,
      derived<T>(name: string, make: (of: State) => T): T {
        if (!made.has(name)) made.set(name, make(state));
        return made.get(name) as T;
      },
      onChange(table, listener) {
        const name = `${scope}/${table}`;
        listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      },
    };
    return state;
  };

  return {
    of(account, region) {
      const scope = `${account}/${region}`;
      let state = worlds.get(scope);
      if (!state) worlds.set(scope, (state = create(account, region)));
      return state;
    },
  };
}

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
