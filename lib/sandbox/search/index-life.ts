import type {
  ThingGroupIndexingConfiguration,
  ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import type { IndexBuild } from "./records.js";
import type { State } from "./tables.js";

/** An index that is switched on. */
export interface IndexLife<Configuration> {
  /** BUILDING refuses queries; REBUILDING answers them as before the change. */
  readonly status: "BUILDING" | "REBUILDING" | "ACTIVE";
  /** What queries see: behind the configuration while it rebuilds. */
  readonly configuration: Configuration;
}

/** AWS_Things at this moment; undefined when it is off. */
export function thingsIndex(state: State): IndexLife<ThingIndexingConfiguration> | undefined {
  const record = state.indexing.get("indexing");
  const configuration = record?.thingIndexingConfiguration;
  if (!configuration || configuration.thingIndexingMode === "OFF") return undefined;
  return lifeOf(state, configuration, record.builds.things);
}

/** AWS_ThingGroups at this moment; undefined when it is off. */
export function thingGroupsIndex(
  state: State,
): IndexLife<ThingGroupIndexingConfiguration> | undefined {
  const record = state.indexing.get("indexing");
  const configuration = record?.thingGroupIndexingConfiguration;
  if (!configuration || configuration.thingGroupIndexingMode === "OFF") return undefined;
  return lifeOf(state, configuration, record.builds.thingGroups);
}

function lifeOf<C>(state: State, configuration: C, build: IndexBuild<C> | undefined): IndexLife<C> {
  const isDone = !build || state.now().getTime() >= build.startedAt + state.lags.indexBuildMs;
  if (isDone) return { status: "ACTIVE", configuration };
  return build.previous
    ? { status: "REBUILDING", configuration: build.previous }
    : { status: "BUILDING", configuration };
}
