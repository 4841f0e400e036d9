import { UpdateJobCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { noCounts } from "../../../../lib/sandbox/jobs/executions.js";
import { rateOf } from "../../../../lib/sandbox/jobs/engine/rollout.js";
import { ACCOUNT, REGION } from "../../clients.js";
import type { Table } from "../../../../lib/sandbox/state/tables.js";
import { storeWith } from "../../records.js";
import { carNames, MINUTE, openFleet, thingArn, type Fleet } from "../fleet.js";

const queued = async ({ counts }: Fleet) => (await counts())["Queued"] ?? 0;

describe("a rollout (jobs-configurations-details, Job rollout configuration)", () => {
  it("hands out a constant number each minute", async () => {
    const fleet = await openFleet(7);
    await fleet.begin({ jobExecutionsRolloutConfig: { maximumPerMinute: 3 } });

    const seen = [await queued(fleet)];
    for (const ms of [MINUTE - 1, 1, MINUTE]) {
      await fleet.clock.advance(ms);
      seen.push(await queued(fleet));
    }

    expect(seen).toEqual([3, 3, 6, 7]);
    expect(await fleet.job()).toMatchObject({ isConcurrent: false });
  });

  it("hands out 1,000 each minute unless told otherwise", async () => {
    const fleet = await openFleet(30);
    await fleet.begin();

    expect(await queued(fleet)).toBe(30);
    expect(rateOf(undefined, { notified: 0, counts: noCounts })).toBe(1000);
  });

  it("raises an exponential rate with the things it has notified", async () => {
    const fleet = await openFleet(15);
    await fleet.begin({
      jobExecutionsRolloutConfig: {
        exponentialRate: {
          baseRatePerMinute: 2,
          incrementFactor: 1.5,
          rateIncreaseCriteria: { numberOfNotifiedThings: 4 },
        },
      },
    });

    const seen = [await queued(fleet)];
    for (let minute = 1; minute <= 4; minute++) {
      await fleet.clock.advance(MINUTE);
      seen.push(await queued(fleet));
    }

    // 2 and 2 a minute; behind 4 things 3, behind 8 things 4.5.
    expect(seen).toEqual([2, 4, 7, 10, 14]);
  });

  it("raises an exponential rate with the things that have succeeded", async () => {
    const fleet = await openFleet(6);
    await fleet.begin({
      jobExecutionsRolloutConfig: {
        exponentialRate: {
          baseRatePerMinute: 1,
          incrementFactor: 3,
          rateIncreaseCriteria: { numberOfSucceededThings: 1 },
        },
      },
    });
    await fleet.clock.advance(MINUTE);
    expect(await fleet.counts()).toEqual({ Queued: 2 });

    await fleet.report("car-001", "SUCCEEDED");
    await fleet.clock.advance(MINUTE);

    expect(await fleet.counts()).toEqual({ Queued: 4, Succeeded: 1 });
  });

  it.each([
    [0, 50],
    [999, 50],
    [1000, 100],
    [2000, 200],
    [3000, 400],
    [9000, 1000],
  ])("after %d notified things AWS's example hands out %d a minute", (notified, rate) => {
    const exponentialRate = {
      baseRatePerMinute: 50,
      incrementFactor: 2,
      rateIncreaseCriteria: { numberOfNotifiedThings: 1000, numberOfSucceededThings: 1000 },
    };

    expect(rateOf({ exponentialRate }, { notified, counts: noCounts })).toBe(rate);
    expect(rateOf({ exponentialRate, maximumPerMinute: 60 }, { notified, counts: noCounts })).toBe(
      Math.min(rate, 60),
    );
  });

  it("takes a new rate from the next minute on", async () => {
    const fleet = await openFleet(6);
    await fleet.begin({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });

    await fleet.iot.send(
      new UpdateJobCommand({
        jobId: "job",
        jobExecutionsRolloutConfig: { maximumPerMinute: 4 },
      }),
    );
    const before = await queued(fleet);
    await fleet.clock.advance(MINUTE);

    expect([before, await queued(fleet)]).toEqual([1, 5]);
  });

  it("tells which targets are still being worked on", async () => {
    const fleet = await openFleet(3);
    await fleet.leave("car-003");
    await fleet.begin({
      targets: [thingArn("car-003"), thingArn("car-001"), thingArn("car-002")],
      jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
    });

    const { jobProcessDetails } = (await fleet.job()) ?? {};

    expect(jobProcessDetails?.processingTargets).toEqual([
      thingArn("car-003"),
      thingArn("car-002"),
    ]);
  });

  it("had every execution at its own minute, however long nobody looked", async () => {
    const fleet = await openFleet(3);
    await fleet.create({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });
    const createdAt = fleet.clock.now();

    await fleet.clock.advance(24 * 60 * MINUTE);

    for (const [minute, name] of fleet.names.entries()) {
      expect(await fleet.execution(name)).toMatchObject({
        queuedAt: new Date(createdAt + 1_000 + minute * MINUTE),
      });
    }
  });

  it("works through 10,000 things without looking at all of them each time", async () => {
    const names = carNames(10_000).map((name) => `${name}x`);
    const fleet = await openFleet(0, { store: storeWith(thingsIn("cars", names)) });
    await fleet.create({ jobExecutionsRolloutConfig: { maximumPerMinute: 1000 } });

    await fleet.clock.advance(10 * MINUTE);
    const { Queued } = await fleet.counts();
    const rows = countRows(fleet.sandbox.state(ACCOUNT, REGION));
    for (const name of names.slice(0, 100)) {
      await fleet.start(name);
      await fleet.report(name, "SUCCEEDED");
    }

    expect(Queued).toBe(10_000);
    // A scan of all executions for each call would be two million.
    expect(rows()).toBeLessThan(200 * 20);
    expect(rows()).toBeGreaterThan(100);
  });
});

/** How many rows have been read from ranges of any table since. */
function countRows(state: object): () => number {
  let rows = 0;
  const tables = Object.values(state).filter(
    (one: unknown): one is Pick<Table<unknown>, "entries" | "values"> =>
      typeof one === "object" && one !== null && "entries" in one && "values" in one,
  );
  for (const table of tables) {
    for (const range of ["entries", "values"] as const) {
      const read = table[range] as (...args: unknown[]) => Iterable<unknown>;
      Object.assign(table, {
        *[range](...args: unknown[]) {
          for (const row of read.apply(table, args)) {
            rows++;
            yield row;
          }
        },
      });
    }
  }
  expect(tables.length).toBeGreaterThan(20);
  return () => rows;
}

function thingsIn(group: string, names: readonly string[]) {
  const scope = `${ACCOUNT}/${REGION}`;
  return names.flatMap((thingName) => [
    {
      table: `${scope}/things`,
      key: thingName,
      record: { thingName, thingArn: thingArn(thingName), attributes: {}, version: 1 },
    },
    { table: `${scope}/groupsOfThing`, key: thingName, record: [group] },
    { table: `${scope}/groupMembers`, key: `${group}/${thingName}`, record: true },
  ]);
}
