import {
  CreateDynamicThingGroupCommand,
  DeletePackageVersionCommand,
  ListThingsInThingGroupCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
  UpdatePackageConfigurationCommand,
} from "@aws-sdk/client-iot";
import { GetThingShadowCommand, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { exchangeOf } from "../../../../lib/sandbox/mqtt/exchange.js";
import { ACCOUNT, REGION } from "../../clients.js";
import {
  createRole,
  groupArn,
  LAG,
  MINUTE,
  openFleet,
  publish,
  roleArn,
  versionArn,
} from "../fleet.js";

/** Two cars, package `app` in two versions, and the package configuration switched on. */
async function withInventory(enabled = true) {
  const fleet = await openFleet(2);
  const { iot, iotData } = fleet;
  for (const versionName of ["1.0.0", "2.0.0"]) await publish(fleet, "app", versionName);
  await createRole(fleet);
  await iot.send(
    new UpdatePackageConfigurationCommand({ versionUpdateByJobsConfig: { enabled, roleArn } }),
  );
  const inventory = async (thingName = "car-001") => {
    try {
      const { payload } = await iotData.send(
        new GetThingShadowCommand({ thingName, shadowName: "$package" }),
      );
      const document = JSON.parse(payload?.transformToString() ?? "") as {
        state: { reported?: object };
      };
      return document.state.reported ?? {};
    } catch (error) {
      if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  };
  const record = (reported: object, thingName = "car-001") =>
    iotData.send(
      new UpdateThingShadowCommand({
        thingName,
        shadowName: "$package",
        payload: JSON.stringify({ state: { reported } }),
      }),
    );
  const beginTo = (...versions: string[]) =>
    fleet.begin({ destinationPackageVersions: versions.map((name) => versionArn("app", name)) });
  return { ...fleet, inventory, record, beginTo };
}

describe("a success (preparing-jobs-for-service-package-catalog)", () => {
  it("writes the version into the thing's $package shadow a moment later", async () => {
    const { clock, beginTo, report, inventory, job } = await withInventory();
    await beginTo("2.0.0");
    await report("car-001", "SUCCEEDED");

    const before = await inventory();
    await clock.advance(LAG);

    expect(before).toBeUndefined();
    expect(await inventory()).toEqual({ app: { version: "2.0.0" } });
    expect(await inventory("car-002")).toBeUndefined();
    // It is the execution that counts, not the job.
    expect(await job()).toMatchObject({ status: "IN_PROGRESS" });
  });

  it("is told to whoever listens, as any other change of a shadow is", async () => {
    const { sandbox, clock, beginTo, report, inventory } = await withInventory();
    const topics: string[] = [];
    const { taps } = exchangeOf(sandbox.state(ACCOUNT, REGION));
    taps.add(({ topic }) => topics.push(topic));
    await beginTo("2.0.0");

    await report("car-001", "SUCCEEDED");
    await clock.advance(LAG);
    await inventory();

    const shadow = "$aws/things/car-001/shadow/name/$package/update";
    expect(topics.filter((topic) => topic.includes("/shadow/"))).toEqual([
      `${shadow}/accepted`,
      `${shadow}/documents`,
    ]);
  });

  it("keeps other packages, and attributes that the device reported", async () => {
    const { clock, record, beginTo, report, inventory } = await withInventory();
    await record({
      app: { version: "1.0.0", attributes: { signed: "yes" } },
      map: { version: "7" },
    });
    await beginTo("2.0.0");

    await report("car-001", "SUCCEEDED");
    await clock.advance(LAG);

    expect(await inventory()).toEqual({
      app: { version: "2.0.0", attributes: { signed: "yes" } },
      map: { version: "7" },
    });
  });

  it("removes a package with $null", async () => {
    const { clock, record, beginTo, report, inventory } = await withInventory();
    await record({ app: { version: "1.0.0" }, map: { version: "7" } });
    await beginTo("$null");

    await report("car-001", "SUCCEEDED");
    await clock.advance(LAG);

    expect(await inventory()).toEqual({ map: { version: "7" } });
  });

  it.each(["FAILED", "REJECTED"] as const)("is not %s", async (status) => {
    const { clock, beginTo, report, inventory } = await withInventory();
    await beginTo("2.0.0");

    await report("car-001", status);
    await clock.advance(MINUTE);

    expect(await inventory()).toBeUndefined();
  });

  it("writes nothing while the configuration is off", async () => {
    const { clock, beginTo, report, inventory } = await withInventory(false);
    await beginTo("2.0.0");

    await report("car-001", "SUCCEEDED");
    await clock.advance(MINUTE);

    expect(await inventory()).toBeUndefined();
  });

  it("writes nothing of a version that was deleted, and stays a success", async () => {
    const { iot, clock, beginTo, report, inventory, execution } = await withInventory();
    await beginTo("2.0.0");
    await iot.send(new DeletePackageVersionCommand({ packageName: "app", versionName: "2.0.0" }));

    await report("car-001", "SUCCEEDED");
    await clock.advance(MINUTE);

    expect(await inventory()).toBeUndefined();
    expect(await execution("car-001")).toMatchObject({ status: "SUCCEEDED" });
  });

  it("writes once for a retry that succeeds", async () => {
    const { iotData, clock, begin, report } = await withInventory();
    await begin({
      destinationPackageVersions: [versionArn("app", "2.0.0")],
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: "FAILED", numberOfRetries: 1 }] },
    });

    await report("car-001", "FAILED");
    await report("car-001", "SUCCEEDED");
    await clock.advance(MINUTE);

    const { payload } = await iotData.send(
      new GetThingShadowCommand({ thingName: "car-001", shadowName: "$package" }),
    );
    expect(JSON.parse(payload?.transformToString() ?? "")).toMatchObject({ version: 1 });
  });

  it("moves the thing from one dynamic group into another, job and all", async () => {
    const fleet = await withInventory();
    const { iot, iotData, clock, record, report, inventory, begin, attempts } = fleet;
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: {
          thingIndexingMode: "REGISTRY_AND_SHADOW",
          namedShadowIndexingMode: "ON",
          filter: { namedShadowNames: ["$package"] },
        },
      }),
    );
    await clock.advance(5_000);
    const fits = (version: string) => `shadow.name.\\$package.reported.app.version:${version}`;
    for (const [thingGroupName, version] of [
      ["old", "1.0.0"],
      ["new", "2.0.0"],
    ] as const) {
      await iot.send(
        new CreateDynamicThingGroupCommand({ thingGroupName, queryString: fits(version) }),
      );
    }
    for (const name of ["car-001", "car-002"]) await record({ app: { version: "1.0.0" } }, name);
    await clock.advance(5_000);
    const members = async (thingGroupName: string) =>
      (await iot.send(new ListThingsInThingGroupCommand({ thingGroupName }))).things;
    await begin({
      targetSelection: "CONTINUOUS",
      targets: [groupArn("old")],
      destinationPackageVersions: [versionArn("app", "2.0.0")],
    });
    await report("car-001", "SUCCEEDED");
    const reportedAt = clock.now();

    await clock.advance(60 * MINUTE);

    expect([await members("old"), await members("new")]).toEqual([["car-002"], ["car-001"]]);
    const { things } = await iot.send(new SearchIndexCommand({ queryString: fits("2.0.0") }));
    expect(things).toMatchObject([{ thingName: "car-001", thingGroupNames: ["cars", "new"] }]);
    expect(await inventory()).toEqual({ app: { version: "2.0.0" } });
    // A success stays one, though the thing has left the target with it.
    expect(await attempts()).toEqual(["car-001 1 SUCCEEDED", "car-002 1 QUEUED"]);
    // All of it happened in its own time, not when somebody asked.
    const { payload } = await iotData.send(
      new GetThingShadowCommand({ thingName: "car-001", shadowName: "$package" }),
    );
    expect(JSON.parse(payload?.transformToString() ?? "")).toMatchObject({
      metadata: { reported: { app: { version: { timestamp: (reportedAt + LAG) / 1000 } } } },
    });
  });
});
