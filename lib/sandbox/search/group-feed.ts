import type { ThingGroupRecord } from "../registry/records.js";
import type { State } from "./tables.js";
import { createDelay } from "./index/delay.js";
import { thingGroupFieldsOf, type ThingGroupDocument } from "./query/document.js";
import { createFleetIndex } from "./index/fleet-index.js";
import { thingGroupsIndex } from "./index-life.js";
import type { Query } from "./query/query.js";

/** AWS_ThingGroups: what a search sees of the groups at this moment. */
export interface Groups {
  search(query: Query, after?: string): Iterable<string>;
  document(name: string): ThingGroupDocument | undefined;
}

/** The groups as the index knows them now, `lags.indexMs` behind, as `fleetOf` does for things. */
export function groupsOf(state: State): Groups {
  const feed = state.derived("groupIndex", createFeed);
  feed.catchUp();
  return feed;
}

function createFeed(state: State): Groups & { catchUp(): void } {
  const index = createFleetIndex();
  const documents = new Map<string, ThingGroupDocument>();
  const waiting = createDelay<[string, ThingGroupRecord | undefined]>();
  let isLoaded = false;

  const put = (name: string, group: ThingGroupRecord | undefined): void => {
    if (group) {
      const document = documentOf(group);
      documents.set(name, document);
      index.put(name, thingGroupFieldsOf(document));
    } else {
      documents.delete(name);
      index.delete(name);
    }
  };

  state.onChange("thingGroups", (name) => {
    if (!isLoaded) return;
    waiting.push(state.now().getTime() + state.lags.indexMs, [name, state.thingGroups.get(name)]);
  });

  return {
    catchUp() {
      if (!thingGroupsIndex(state)) {
        for (const name of [...documents.keys()]) put(name, undefined);
        waiting.clear();
        isLoaded = false;
        return;
      }
      if (!isLoaded) for (const [name, group] of state.thingGroups.entries()) put(name, group);
      isLoaded = true;
      for (const [, [name, group]] of waiting.take(state.now().getTime())) put(name, group);
    },
    search: (query, after) => index.search(query, after),
    document: (name) => documents.get(name),
  };
}

function documentOf(group: ThingGroupRecord): ThingGroupDocument {
  const { thingGroupDescription, attributePayload } = group.thingGroupProperties ?? {};
  const ancestors = group.thingGroupMetadata?.rootToParentThingGroups ?? [];
  return {
    thingGroupName: group.thingGroupName,
    thingGroupId: group.thingGroupId ?? "",
    ...(thingGroupDescription !== undefined && { thingGroupDescription }),
    attributes: attributePayload?.attributes ?? {},
    parentGroupNames: ancestors.map(({ groupName }) => groupName ?? ""),
    version: group.version,
  };
}
