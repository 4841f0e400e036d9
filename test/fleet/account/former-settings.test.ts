import { CreateRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateDynamicThingGroupCommand,
  DeleteDynamicThingGroupCommand,
  GetIndexingConfigurationCommand,
  UpdateIndexingConfigurationCommand,
  UpdatePackageConfigurationCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import {
  planIndexing,
  planPackageConfiguration,
  restoreIndexing,
  restorePackageConfiguration,
} from "../../../lib/fleet/account/former-settings.js";
import { enableFleetIndexing, waitForIndex } from "../../../lib/fleet/search/fleet-index.js";
import { settingsBefore } from "../../../lib/fleet/shadows/notes.js";
import {
  enablePackageConfiguration,
  getPackageConfiguration,
} from "../../../lib/fleet/software/package-configuration.js";
import { createPackageConfigRole } from "../../../lib/fleet/software/roles.js";
import { openTestFleet, type TestFleet } from "../../fleet.js";

async function indexingOf({ fleet, settle }: TestFleet) {
  const { $metadata: _, ...now } = await settle(
    fleet.iot.send(new GetIndexingConfigurationCommand({})),
  );
  return now;
}

/** A role that AWS IoT may assume, made by somebody else. */
async function theirRole(fleet: Fleet): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { Service: "iot.amazonaws.com" }, Action: "sts:AssumeRole" },
    ],
  });
  const role = { RoleName: "TheirRole", AssumeRolePolicyDocument };
  return (await fleet.iam.send(new CreateRoleCommand(role))).Role?.Arn ?? "";
}

const on = (roleArn: string) =>
  new UpdatePackageConfigurationCommand({ versionUpdateByJobsConfig: { enabled: true, roleArn } });

describe("restoreIndexing", () => {
  it("puts back what was there, forgets the note, and does nothing the second time", async () => {
    const test = openTestFleet();
    const { fleet, settle, calls } = test;
    const config = {
      thingIndexingConfiguration: {
        thingIndexingMode: "REGISTRY" as const,
        customFields: [{ name: "attributes.site", type: "String" as const }],
      },
    };
    await settle(fleet.iot.send(new UpdateIndexingConfigurationCommand(config)));
    const before = await indexingOf(test);
    await settle(enableFleetIndexing(fleet));

    const plan = await settle(planIndexing(fleet));
    const done = await settle(restoreIndexing(fleet));
    const writes = calls("UpdateIndexingConfiguration").length;
    const again = await settle(restoreIndexing(fleet));

    expect(plan).toEqual(done);
    expect(done).toMatchObject({
      isChanged: true,
      to: "as before the workshop: REGISTRY",
      left: [],
    });
    expect(await indexingOf(test)).toEqual(before);
    expect(again).toBeUndefined();
    expect(calls("UpdateIndexingConfiguration")).toHaveLength(writes);
    expect(await settle(settingsBefore(fleet))).toEqual({});
  });

  it("does not touch a setting that was as the workshop wants it before it came", async () => {
    const test = openTestFleet();
    const { fleet, settle } = test;
    await settle(enableFleetIndexing(fleet));
    await settle(restoreIndexing(fleet));

    expect(await settle(planIndexing(fleet))).toBeUndefined();
  });

  it("keeps the index that somebody else's dynamic group lives on, but not for one that goes", async () => {
    const test = openTestFleet();
    const { fleet, settle } = test;
    await settle(enableFleetIndexing(fleet));
    await settle(waitForIndex(fleet));
    const group = { thingGroupName: "Depot", queryString: "attributes.site:Bremen" };
    await settle(fleet.iot.send(new CreateDynamicThingGroupCommand(group)));

    const ifItGoes = await settle(planIndexing(fleet, ["Depot"]));
    const done = await settle(restoreIndexing(fleet));

    expect(ifItGoes).toMatchObject({ to: "as before the workshop: OFF" });
    expect(done?.left).toEqual([
      "Thing indexing (REGISTRY) stays on: the dynamic group Depot reads it",
    ]);
    expect((await indexingOf(test)).thingIndexingConfiguration).toMatchObject({
      thingIndexingMode: "REGISTRY",
      namedShadowIndexingMode: "OFF",
    });
  });

  it("keeps the note when AWS refuses, so that the next run can try again", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(enableFleetIndexing(fleet));
    await settle(waitForIndex(fleet));
    const group = { thingGroupName: "Depot", queryString: "attributes.site:Bremen" };
    await settle(fleet.iot.send(new CreateDynamicThingGroupCommand(group)));

    // Taken for gone, while AWS still has it.
    await expect(settle(restoreIndexing(fleet, ["Depot"]))).rejects.toThrow("dynamic thing groups");
    const notes = await settle(settingsBefore(fleet));
    await settle(fleet.iot.send(new DeleteDynamicThingGroupCommand({ thingGroupName: "Depot" })));
    const done = await settle(restoreIndexing(fleet));

    expect(Object.keys(notes)).toEqual(["indexing"]);
    expect(done).toMatchObject({ isChanged: true, left: [] });
  });
});

describe("restorePackageConfiguration", () => {
  /** With the workshop's role, after somebody's own one or after nothing. */
  async function enabled(before: "off" | "theirs") {
    const test = openTestFleet();
    const { fleet, settle } = test;
    const theirs = await settle(theirRole(fleet));
    await settle(fleet.passTime(60_000));
    if (before === "theirs") await settle(fleet.iot.send(on(theirs)));
    const { arn } = await settle(createPackageConfigRole(fleet));
    await settle(enablePackageConfiguration(fleet, arn));
    return { ...test, theirs, ours: arn };
  }

  it("switches it off when it was off", async () => {
    const { fleet, settle } = await enabled("off");

    const done = await settle(restorePackageConfiguration(fleet));

    expect(done).toMatchObject({ isChanged: true, to: "as before the workshop: off" });
    expect((await settle(getPackageConfiguration(fleet))).isEnabled).toBe(false);
    expect(await settle(restorePackageConfiguration(fleet))).toBeUndefined();
  });

  it("gives it back the role it had", async () => {
    const { fleet, settle, theirs } = await enabled("theirs");

    const done = await settle(restorePackageConfiguration(fleet));

    expect(done?.to).toBe("as before the workshop: on, with the role TheirRole");
    expect(await settle(getPackageConfiguration(fleet))).toEqual({
      isEnabled: true,
      roleArn: theirs,
    });
  });

  it("leaves it alone when somebody has given it another role since", async () => {
    const { fleet, settle, theirs } = await enabled("off");
    await settle(fleet.iot.send(on(theirs)));

    const done = await settle(restorePackageConfiguration(fleet));

    expect(done).toMatchObject({ isChanged: false, left: [expect.stringContaining("TheirRole")] });
    expect(await settle(getPackageConfiguration(fleet))).toMatchObject({ isEnabled: true });
    expect(await settle(settingsBefore(fleet))).toEqual({});
  });

  it("switches it off when it has our role and the note is lost: the role goes", async () => {
    const { fleet, settle, ours } = await enabled("off");
    await settle(restorePackageConfiguration(fleet));
    await settle(fleet.iot.send(on(ours)));

    expect(await settle(planPackageConfiguration(fleet))).toMatchObject({ isChanged: true });
    await settle(restorePackageConfiguration(fleet));

    expect((await settle(getPackageConfiguration(fleet))).isEnabled).toBe(false);
  });
});
