import {
  DescribeIndexCommand,
  GetIndexingConfigurationCommand,
  GetStatisticsCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
  type GetIndexingConfigurationResponse,
  type ThingDocument,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { unlessMissing } from "../../aws/errors.js";
import { waitUntil } from "../../aws/wait.js";
import { rememberSetting } from "../shadows/notes.js";
import { PACKAGE_SHADOW } from "../shadows/shadows.js";

/** What switching indexing on found and did. */
export interface IndexingChange {
  readonly before: GetIndexingConfigurationResponse;
  readonly after: GetIndexingConfigurationResponse;
  /** False when everything the workshop needs was on already. */
  readonly isChanged: boolean;
}

/** How long an index may build before we stop waiting, in milliseconds. A large fleet takes minutes. */
const INDEX_TIMEOUT_MS = 20 * 60_000;

/**
 * Switch on what the workshop needs of fleet indexing, and keep whatever else is on.
 *
 * The setting is account-wide and each update replaces it as a whole, so this reads it
 * (GetIndexingConfiguration), remembers it for cleanup, merges, and calls
 * UpdateIndexingConfiguration only when something is missing: registry and shadows of things,
 * connectivity, the named shadow `$package`, and thing groups.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/managing-fleet-index.html
 */
export async function enableFleetIndexing(fleet: Fleet): Promise<IndexingChange> {
  const before = await fleet.iot.send(new GetIndexingConfigurationCommand({}));
  const things = before.thingIndexingConfiguration;
  const names = things?.filter?.namedShadowNames ?? [];
  const hasAll =
    things?.thingIndexingMode === "REGISTRY_AND_SHADOW" &&
    things.thingConnectivityIndexingMode === "STATUS" &&
    things.namedShadowIndexingMode === "ON" &&
    names.includes(PACKAGE_SHADOW) &&
    before.thingGroupIndexingConfiguration?.thingGroupIndexingMode === "ON";
  if (hasAll) return { before, after: before, isChanged: false };

  await rememberSetting(fleet, "indexing", {
    thingIndexingConfiguration: things,
    thingGroupIndexingConfiguration: before.thingGroupIndexingConfiguration,
  });
  await fleet.iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: {
        ...things,
        // Read-only: AWS lists what it always indexes; sending it back has no effect.
        managedFields: undefined,
        thingIndexingMode: "REGISTRY_AND_SHADOW",
        thingConnectivityIndexingMode: "STATUS",
        namedShadowIndexingMode: "ON",
        filter: { ...things?.filter, namedShadowNames: [...new Set([...names, PACKAGE_SHADOW])] },
      },
      thingGroupIndexingConfiguration: {
        ...before.thingGroupIndexingConfiguration,
        managedFields: undefined,
        thingGroupIndexingMode: "ON",
      },
    }),
  );
  const after = await fleet.iot.send(new GetIndexingConfigurationCommand({}));
  return { before, after, isChanged: true };
}

/**
 * Wait until the index of things is ACTIVE, which is when searches see every setting.
 *
 * Calls DescribeIndex every two seconds, for at most twenty minutes; on the sandbox its clock is set
 * ahead instead of waiting.
 *
 * @throws WaitTimeoutError with the last status
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/managing-index.html
 */
export async function waitForIndex(fleet: Fleet): Promise<void> {
  await waitUntil(
    fleet,
    { until: "the fleet index is ACTIVE", timeoutMs: INDEX_TIMEOUT_MS, isPassable: true },
    async () => {
      const status = await indexStatus(fleet);
      return status === "ACTIVE" ? { ready: status } : { waiting: `it is ${status}` };
    },
  );
}

/** `ACTIVE`, `BUILDING`, `REBUILDING`, or `OFF` when there is no index of things. Calls DescribeIndex. */
export async function indexStatus(fleet: Fleet): Promise<string> {
  const answer = await unlessMissing(
    fleet.iot.send(new DescribeIndexCommand({ indexName: "AWS_Things" })),
  );
  return answer?.indexStatus ?? "OFF";
}

/**
 * The things that match a fleet query, all pages of them, in no promised order.
 *
 * Calls SearchIndex, 100 a page. What changed in the last seconds may not be in the index yet.
 *
 * @throws InvalidQueryException when AWS cannot read the query
 * @throws IndexNotReadyException while the index is built for the first time
 * @param query for example `thingTypeName:SedanVehicle AND attributes.country:US`
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html
 */
export async function* searchThings(fleet: Fleet, query: string): AsyncIterable<ThingDocument> {
  let nextToken: string | undefined;
  do {
    // The SDK has no paginator for SearchIndex.
    const page = await fleet.iot.send(
      new SearchIndexCommand({ queryString: query, maxResults: 100, nextToken }),
    );
    yield* page.things ?? [];
    nextToken = page.nextToken;
  } while (nextToken);
}

/**
 * How long the index, and the groups that follow it, may take to see what has just been changed, in
 * milliseconds. Mostly it is seconds; AWS promises nothing, and on a busy fleet it has been minutes.
 */
export const INDEX_LAG_MS = 5 * 60_000;

/**
 * Wait until so many things match a fleet query: the index follows changes some seconds late.
 *
 * Calls GetStatistics every second, for at most five minutes; on the sandbox its clock is set ahead
 * instead of waiting.
 *
 * @throws WaitTimeoutError with how many it found at last
 */
export async function waitForThings(fleet: Fleet, query: string, count: number): Promise<void> {
  await waitUntil(
    fleet,
    {
      until: `${count} ${count === 1 ? "thing matches" : "things match"}`,
      everyMs: 1_000,
      timeoutMs: INDEX_LAG_MS,
      isPassable: true,
    },
    async () => {
      const found = await countThings(fleet, query);
      return found === count ? { ready: found } : { waiting: `the index has ${found}` };
    },
  );
}

/**
 * How many things match a fleet query. Calls GetStatistics once, however many there are. What
 * changed in the last seconds may not be counted yet.
 *
 * @throws InvalidQueryException when AWS cannot read the query
 * @throws IndexNotReadyException while the index is built for the first time
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_GetStatistics.html
 */
export async function countThings(fleet: Fleet, query: string): Promise<number> {
  const { statistics } = await fleet.iot.send(new GetStatisticsCommand({ queryString: query }));
  return statistics?.count ?? 0;
}
