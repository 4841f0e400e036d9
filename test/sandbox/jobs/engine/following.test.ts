import {
  CreateDynamicThingGroupCommand,
  CreateThingGroupCommand,
  DeleteThingCommand,
  DeleteThingGroupCommand,
  ListJobExecutionsForJobCommand,
  UpdateIndexingConfigurationCommand,
  UpdateThingCommand,
} from "@aws-sdk/client-iot";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from "../../../../lib/sandbox/state/store.js";
import { openSandbox } from "../../clients.js";
import { groupArn, LAG, MINUTE, openFleet, thingArn, type Fleet } from "../fleet.js";

const continuous = { targetSelection: "CONTINUOUS" as const };

describe("a continuous job (iot-jobs-lifecycle)", () => {
  it("gives things that join later an execution at once", async () => {
    const { clock, register, begin, join, execution } = await openFleet(1);
    await begin(continuous);
    await clock.advance(MINUTE);
    await register("late");

    await join("late");
    const joinedAt = new Date(clock.now());
    await clock.advance(MINUTE);

    expect(await execution("late")).toMatchObject({ status: "QUEUED", queuedAt: joinedAt });
  });

  it("never completes by itself", async () => {
    const { clock, begin, report, job } = await openFleet(1);
    await begin(continuous);
    await report("car-001", "SUCCEEDED");
    await clock.advance(60 * MINUTE);

    expect(await job()).toMatchObject({ status: "IN_PROGRESS", isConcurrent: false });
  });

  it("removes what a thing has not finished when it leaves, and nothing else", async () => {
    const { begin, start, report, leave, attempts, counts } = await openFleet(3);
    await begin(continuous);
    await report("car-001", "SUCCEEDED");
    await start("car-002");

    for (const name of ["car-001", "car-002", "car-003"]) await leave(name);

    expect(await attempts()).toEqual([
      "car-001 1 SUCCEEDED",
      "car-002 1 REMOVED",
      "car-003 1 REMOVED",
    ]);
    expect(await counts()).toEqual({ Succeeded: 1, Removed: 2 });
  });

  it("gives a thing that comes back another execution", async () => {
    const { begin, report, leave, join, attempts, counts } = await openFleet(1);
    await begin(continuous);
    await report("car-001", "SUCCEEDED");
    await leave("car-001");

    await join("car-001");

    expect(await attempts()).toEqual(["car-001 1 SUCCEEDED", "car-001 2 QUEUED"]);
    expect(await counts()).toEqual({ Queued: 1 });
  });

  it("keeps a thing that is in another of its targets", async () => {
    const { iot, begin, leave, attempts } = await openFleet(1);
    await begin({ ...continuous, targets: [groupArn("cars"), thingArn("car-001")] });

    await leave("car-001");
    await iot.send(new UpdateThingCommand({ thingName: "car-001" }));

    expect(await attempts()).toEqual(["car-001 1 QUEUED"]);
  });

  it("forgets a thing that leaves before its turn", async () => {
    const { clock, begin, leave, attempts } = await openFleet(3);
    await begin({ ...continuous, jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });

    await leave("car-002");
    await clock.advance(5 * MINUTE);

    expect(await attempts()).toEqual(["car-001 1 QUEUED", "car-003 1 QUEUED"]);
  });

  it("follows the groups below its group, and loses the things of a deleted one", async () => {
    const { iot, register, join, begin, attempts } = await openFleet(0);
    await iot.send(
      new CreateThingGroupCommand({ thingGroupName: "vans", parentGroupName: "cars" }),
    );
    await begin(continuous);
    await register("van-1");

    await join("van-1", "vans");
    const joined = await attempts();
    await iot.send(new DeleteThingGroupCommand({ thingGroupName: "vans" }));

    expect(joined).toEqual(["van-1 1 QUEUED"]);
    expect(await attempts()).toEqual(["van-1 1 REMOVED"]);
  });

  it("leaves finished jobs alone", async () => {
    const { register, begin, join, attempts } = await openFleet(0);
    await begin();
    await register("late");

    await join("late");

    expect(await attempts()).toEqual([]);
  });
});

describe("a deleted thing", () => {
  it("is REMOVED from every job, which then may complete", async () => {
    const { iot, begin, report, start, attempts, job } = await openFleet(2);
    await begin();
    await report("car-001", "SUCCEEDED");
    await start("car-002");

    await iot.send(new DeleteThingCommand({ thingName: "car-002" }));

    expect(await attempts()).toEqual(["car-001 1 SUCCEEDED", "car-002 1 REMOVED"]);
    expect(await job()).toMatchObject({ status: "COMPLETED" });
  });

  it("gets no execution when it was still to come", async () => {
    const { iot, clock, begin, report, attempts, job } = await openFleet(2);
    await begin({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    await report("car-001", "SUCCEEDED");
    await iot.send(new DeleteThingCommand({ thingName: "car-002" }));

    await clock.advance(MINUTE);

    expect(await attempts()).toEqual(["car-001 1 SUCCEEDED"]);
    expect(await job()).toMatchObject({ status: "COMPLETED" });
  });
});

/** The lags of the index and of a build. */
const INDEX = 1_500;
const BUILD = 5_000;

/** A dynamic group of the cars that are hot; nobody is in it yet. */
async function withHotGroup(options?: Parameters<typeof openFleet>[1]) {
  const fleet = await openFleet(2, options);
  const { iot, clock } = fleet;
  await iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
    }),
  );
  await clock.advance(BUILD);
  await iot.send(
    new CreateDynamicThingGroupCommand({
      thingGroupName: "hot",
      queryString: "attributes.heat:high",
    }),
  );
  await clock.advance(BUILD);
  return { ...fleet, heat: (name: string, heat = "high") => setHeat(fleet, name, heat) };
}

const setHeat = ({ iot }: Pick<Fleet, "iot">, thingName: string, heat: string) =>
  iot.send(new UpdateThingCommand({ thingName, attributePayload: { attributes: { heat } } }));

describe("a continuous job over a dynamic group", () => {
  const onHot = { ...continuous, targets: [groupArn("hot")] };

  it("serves a thing when the index has noticed it", async () => {
    const { clock, begin, heat, execution } = await withHotGroup();
    await begin(onHot);
    await heat("car-001");
    const changedAt = clock.now();

    await clock.advance(INDEX - 1);
    await expect(execution("car-001")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await clock.advance(60 * MINUTE);

    expect(await execution("car-001")).toMatchObject({
      status: "QUEUED",
      queuedAt: new Date(changedAt + INDEX),
    });
  });

  it("sees a thing come and go while nobody looks", async () => {
    const { clock, begin, heat, attempts, execution } = await withHotGroup();
    await begin(onHot);
    await heat("car-001");
    await clock.advance(500);
    await heat("car-001", "low");
    const cooledAt = clock.now();

    await clock.advance(60 * MINUTE);

    expect(await attempts()).toEqual(["car-001 1 REMOVED"]);
    expect(await execution("car-001")).toMatchObject({
      lastUpdatedAt: new Date(cooledAt + INDEX),
    });
  });

  it("begins with the members that there are", async () => {
    const { clock, begin, heat, attempts } = await withHotGroup();
    await heat("car-002");
    await clock.advance(INDEX);

    await begin(onHot);

    expect(await attempts()).toEqual(["car-002 1 QUEUED"]);
  });

  it("waits for a group that is being built", async () => {
    const { iot, clock, heat, begin, attempts } = await withHotGroup();
    await heat("car-001", "none");
    await clock.advance(INDEX);
    await iot.send(
      new CreateDynamicThingGroupCommand({
        thingGroupName: "cold",
        queryString: "attributes.heat:none",
      }),
    );
    await begin({ ...continuous, targets: [groupArn("cold")] });
    const before = await attempts();

    await clock.advance(BUILD);

    expect([before, await attempts()]).toEqual([[], ["car-001 1 QUEUED"]]);
  });
});

describe("a restart", () => {
  const withFolder = async (work: (folder: string) => Promise<void>) => {
    const folder = mkdtempSync(pathOf(tmpdir(), "fleetlab-jobs-"));
    try {
      await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const statusesOf = async ({ iot }: Pick<Fleet, "iot">) => {
    const { executionSummaries = [] } = await iot.send(
      new ListJobExecutionsForJobCommand({ jobId: "job" }),
    );
    return executionSummaries.map((one) => one.jobExecutionSummary?.status);
  };
  const timeoutConfig = { inProgressTimeoutInMinutes: 1 };

  it("loses neither executions nor timers nor memberships", () =>
    withFolder(async (folder) => {
      const first = await withHotGroup({ store: openStore(folder) });
      await first.heat("car-001");
      await first.clock.advance(INDEX);
      await first.begin({
        ...continuous,
        targets: [groupArn("hot"), groupArn("cars")],
        jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
        timeoutConfig,
      });
      await first.start("car-001");
      await first.sandbox.close();

      const second = openSandbox({ store: openStore(folder) });
      // The new clock begins where the first one did.
      await second.clock.advance(20 * MINUTE);
      await setHeat(second, "car-001", "low");
      await second.clock.advance(INDEX + LAG);
      const statuses = await statusesOf(second);
      await second.sandbox.close();

      expect(statuses).toEqual(["TIMED_OUT", "QUEUED"]);
    }));

  it("finds what time had brought when a request failed", () =>
    withFolder(async (folder) => {
      const first = await openFleet(1, { store: openStore(folder) });
      await first.begin({ timeoutConfig });
      await first.start("car-001");
      await first.clock.advance(MINUTE);
      await expect(first.job("nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await first.sandbox.close();

      // The new clock is behind that time: it could not come to the same by itself.
      const second = openSandbox({ store: openStore(folder) });
      const statuses = await statusesOf(second);
      await second.sandbox.close();

      expect(statuses).toEqual(["TIMED_OUT"]);
    }));
});
