import type { ThingIndexingConfiguration } from "@aws-sdk/client-iot";
import type { ShadowDocument as ShadowRecord } from "../shadows/shadow-documents.js";
import type { State } from "./tables.js";
import { createDelay } from "./index/delay.js";
import { fieldsOf, type ThingDocument } from "./query/document.js";
import { createDynamicMembers, dynamicGroups, type DynamicMembers } from "./dynamic-members.js";
import { createFleetIndex } from "./index/fleet-index.js";
import { thingsIndex } from "./index-life.js";
import type { Query } from "./query/query.js";
import { documentOf, selectionOf, type Source } from "./thing-documents.js";

/** AWS_Things: what a search sees of the fleet at this moment. */
export interface Fleet {
  /** Names of the things that match, in order, behind `after`. Finish it before the next change. */
  search(query: Query, after?: string): Iterable<string>;
  document(name: string): ThingDocument | undefined;
  readonly dynamic: Pick<DynamicMembers, "groupsOf" | "membersOf">;
  /** Hear of every thing whose dynamic groups may have changed, when the index hears of it. */
  watch(listener: (name: string) => void): void;
}

/**
 * The fleet as the index knows it now: the tables as they were `lags.indexMs` ago, of which only
 * what the configuration selects is searchable.
 *
 * Nothing runs in the background. A change waits in a row until somebody asks after it is due; what
 * waits is the record itself, so a later change is not seen before its own time. After a restart
 * the fleet is read from the tables, without what was then waiting.
 */
export function fleetOf(state: State): Fleet {
  const feed = state.derived("fleet", createFeed);
  feed.catchUp();
  return feed;
}

/**
 * When the index, which was last asked some time ago, will have changed by itself: for whoever must
 * see every one of its changes in its own time. In milliseconds since the epoch.
 */
export function nextChangeOf(state: State): number | undefined {
  return state.derived("fleet", createFeed).nextChange();
}

type Tell = (source: Source) => void;

// A dynamic group may ask for group names, its own among them, and then never comes to rest.
const mostRounds = 10;

// So many waiting changes are looked through for due ones even if nobody searches.
const tellEvery = 1000;

interface Feed extends Fleet {
  catchUp(): void;
  nextChange(): number | undefined;
}

function createFeed(state: State): Feed {
  const index = createFleetIndex();
  const dynamic = createDynamicMembers(state);
  const sources = new Map<string, Source>();
  const waiting = createDelay<[name: string, tell: Tell]>();
  /** Changed dynamic groups, on their way into `thingGroupNames`. */
  const echoes = new Map<string, { due: number; groups: readonly string[] }>();
  /** Things whose document must be made again, and when the index heard of it. */
  const stale = new Map<string, number>();
  const watchers: ((name: string) => void)[] = [];
  let selection = "";
  let pushed = 0;
  let caughtUpTo: number | undefined;

  const now = (): number => state.now().getTime();
  const isLoaded = (): boolean => selection !== "";

  const sourceOf = (name: string): Source => {
    let source = sources.get(name);
    if (!source) sources.set(name, (source = { groups: [], dynamicGroups: [] }));
    return source;
  };

  const later = (name: string, tell: Tell): void => {
    if (!isLoaded()) return;
    waiting.push(now() + state.lags.indexMs, [name, tell]);
    if (++pushed % tellEvery === 0) tellDue();
  };

  const tellDue = (): void => {
    for (const [due, [name, tell]] of waiting.take(now())) {
      tell(sourceOf(name));
      stale.set(name, due);
    }
  };

  state.onChange("things", (name) => {
    const thing = state.things.get(name);
    later(name, (source) => void (source.thing = thing));
  });
  state.onChange("groupsOfThing", (name) => {
    const groups = state.groupsOfThing.get(name) ?? [];
    later(name, (source) => void (source.groups = groups));
  });
  state.onChange("shadows", (key) => {
    const shadow = state.shadows.get(key);
    const [name, shadowName] = splitShadowKey(key);
    later(name, (source) => tellShadow(source, shadowName, shadow));
  });

  state.onChange("connectivity", (name) => {
    const connectivity = state.connectivity.get(name);
    later(name, (source) => void (source.connectivity = connectivity));
  });

  const load = (): void => {
    for (const [name, thing] of state.things.entries()) sourceOf(name).thing = thing;
    for (const [name, groups] of state.groupsOfThing.entries()) sourceOf(name).groups = groups;
    for (const [key, shadow] of state.shadows.entries()) {
      const [name, shadowName] = splitShadowKey(key);
      tellShadow(sourceOf(name), shadowName, shadow);
    }
    for (const [name, connectivity] of state.connectivity.entries()) {
      sourceOf(name).connectivity = connectivity;
    }
  };

  const unload = (): void => {
    for (const name of sources.keys()) index.delete(name);
    for (const held of [sources, waiting, echoes, stale, dynamic]) held.clear();
    selection = "";
  };

  const tellEchoes = (): void => {
    for (const [name, { due, groups }] of echoes) {
      if (due > now()) continue;
      echoes.delete(name);
      sourceOf(name).dynamicGroups = groups;
      stale.set(name, due);
    }
  };

  /** Bring the index up to date with what it was told, and the dynamic groups with the index. */
  const settle = (configuration: ThingIndexingConfiguration): void => {
    const changed = new Map(stale);
    stale.clear();
    for (const name of changed.keys()) {
      const source = sourceOf(name);
      const document = documentOf(source, configuration);
      const fields = document && fieldsOf(document);
      if (fields) index.put(name, fields);
      else index.delete(name);
      dynamic.put(name, fields);
      if (isEmpty(source)) sources.delete(name);
    }
    for (const [name, at] of dynamic.refresh(index)) {
      if (!changed.has(name)) changed.set(name, at);
    }
    for (const [name, heardAt] of changed) {
      const groups = dynamic.groupsOf(name);
      const told = echoes.get(name)?.groups ?? sources.get(name)?.dynamicGroups ?? [];
      if (groups.join() === told.join()) continue;
      echoes.set(name, { due: heardAt + state.lags.indexMs, groups });
    }
    for (const name of changed.keys()) for (const tell of watchers) tell(name);
  };

  /** When the index and each dynamic group are done building. */
  const buildEnds = (): number[] => {
    const builds = dynamicGroups(state).map(({ buildStartedAt }) => buildStartedAt);
    const starts = [...builds, state.indexing.get("indexing")?.builds.things?.startedAt];
    return starts.flatMap((start) =>
      start === undefined ? [] : [start + state.lags.indexBuildMs],
    );
  };

  return {
    catchUp() {
      const configuration = thingsIndex(state)?.configuration;
      caughtUpTo = now();
      if (!configuration) return unload();
      // What is read from the tables has long been there, as far as anybody can tell.
      const heardAt = isLoaded() ? now() : 0;
      if (!isLoaded()) load();
      if (selection !== selectionOf(configuration)) {
        selection = selectionOf(configuration);
        for (const name of sources.keys()) stale.set(name, heardAt);
      }
      tellDue();
      for (let round = 0; round < mostRounds; round++) {
        tellEchoes();
        settle(configuration);
        if (![...echoes.values()].some(({ due }) => due <= now())) break;
      }
    },
    search: (query, after) => index.search(query, after),
    document(name) {
      const configuration = thingsIndex(state)?.configuration;
      const source = sources.get(name);
      return source && configuration && documentOf(source, configuration);
    },
    dynamic,
    watch: (listener) => void watchers.push(listener),
    nextChange() {
      const seen = caughtUpTo;
      if (seen === undefined) return undefined;
      let next: number | undefined;
      const consider = (due: number | undefined): void => {
        if (due !== undefined && due > seen && (next === undefined || due < next)) next = due;
      };
      consider(waiting.next());
      for (const { due } of echoes.values()) consider(due);
      for (const due of buildEnds()) consider(due);
      return next;
    },
  };
}

/** Nothing is there to be told of it any more. */
function isEmpty({ thing, shadows, groups, connectivity }: Source): boolean {
  return !thing && !shadows && groups.length === 0 && !connectivity;
}

function tellShadow(source: Source, name: string, shadow: ShadowRecord | undefined): void {
  if (shadow?.sections) {
    (source.shadows ??= new Map()).set(name, shadow);
  } else {
    source.shadows?.delete(name);
    if (source.shadows?.size === 0) delete source.shadows;
  }
}

function splitShadowKey(key: string): [thingName: string, shadowName: string] {
  const at = key.indexOf("/");
  return [key.slice(0, at), key.slice(at + 1)];
}
