import {
  DescribeIndexCommand,
  GetIndexingConfigurationCommand,
  UpdateIndexingConfigurationCommand,
  type ThingGroupIndexingConfiguration,
  type ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import type { Target } from "./target.js";

/** The attribute that the tests can aggregate over. */
export const customField = { name: "attributes.contractMode", type: "String" } as const;

/**
 * Switch on all that the tests ask the index for, beside what the account has already; wait until
 * both indexes answer, and put the configuration back at the end.
 *
 * The lists of an update replace those of the account, so they are merged here. Managed fields are
 * AWS's own and are not sent.
 */
export async function enableIndexing(target: Target): Promise<void> {
  const { iot } = target;
  const before = await iot.send(new GetIndexingConfigurationCommand({}));
  const { managedFields: _, ...things } = before.thingIndexingConfiguration ?? off;
  const { managedFields: __, ...thingGroups } = before.thingGroupIndexingConfiguration ?? offGroups;
  target.cleanUp("fleet indexing as it was", () =>
    iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: things,
        thingGroupIndexingConfiguration: thingGroups,
      }),
    ),
  );
  await iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: merged(things),
      thingGroupIndexingConfiguration: { ...thingGroups, thingGroupIndexingMode: "ON" },
    }),
  );
  for (const indexName of ["AWS_Things", "AWS_ThingGroups"]) {
    await target.eventually(async () => {
      const { indexStatus } = await iot.send(new DescribeIndexCommand({ indexName }));
      if (indexStatus !== "ACTIVE") throw new Error(`${indexName} is ${indexStatus}`);
    }, 10 * 60_000);
  }
}

const off: ThingIndexingConfiguration = { thingIndexingMode: "OFF" };
const offGroups: ThingGroupIndexingConfiguration = { thingGroupIndexingMode: "OFF" };

function merged(before: ThingIndexingConfiguration): ThingIndexingConfiguration {
  const { filter, customFields = [] } = before;
  return {
    ...before,
    thingIndexingMode: "REGISTRY_AND_SHADOW",
    thingConnectivityIndexingMode: "STATUS",
    namedShadowIndexingMode: "ON",
    filter: {
      ...filter,
      namedShadowNames: [...new Set([...(filter?.namedShadowNames ?? []), "$package"])],
    },
    customFields: [...customFields.filter(({ name }) => name !== customField.name), customField],
  };
}
