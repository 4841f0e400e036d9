import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import { describe, expect, it } from "vitest";
import { createFleet, type Fleet } from "../../lib/aws/connect.js";
import { memoryOutput } from "../../lib/aws/output.js";
import { createJob } from "../../lib/fleet/jobs/new-job.js";
import { cleanUp } from "../../lib/tasks/clean-up/clean-up.js";
import { planCleanUp } from "../../lib/tasks/clean-up/clean-up-plan.js";
import { compareScans } from "../../lib/tasks/clean-up/scan-changes.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { planJob } from "../../lib/tasks/jobs/plan-job.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { provision } from "../../lib/tasks/provisioning/provision.js";
import { planSimulation } from "../../lib/tasks/simulation/plan-simulation.js";
import { simulate } from "../../lib/tasks/simulation/simulate.js";
import { ACCOUNT, openTestFleet, REGION, type TestFleet } from "../fleet.js";
import { randomOf } from "../sandbox/state/damages.js";
import { faultyWay } from "./faulty.js";
import { firstSeed, runs, secondsSince, tell } from "./figures.js";

const RUNS = runs(40);
/** A learner who sees a failure runs the cell again, but not for ever. */
const MOST_TRIES = 40;
const WISHES = { thingTypes: ["Van"], versions: ["1.0.0", "1.1.0"], countries: ["US"], devices: 8 };

/** Do it until it is done: what it reports as failed, and what it throws, is tried again. */
async function untilDone<T>(work: () => Promise<T>, isDone: (result: T) => boolean): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      const result = await work();
      if (isDone(result)) return result;
      if (tries === MOST_TRIES) throw new Error(`not done after ${MOST_TRIES} tries`);
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}

/** The whole path, to the end of its simulation. */
async function goThePath({ settle, fleet, clock }: TestFleet) {
  await untilDone(
    () => settle(provision(fleet, planFleet(fleet, WISHES))),
    (report) => report.isComplete,
  );
  await untilDone(
    () => settle(createTheJob(fleet)),
    () => true,
  );
  await clock.advance(1_000);
  // Planned once: another plan would draw other ends for the vehicles that are left.
  const plan = await untilDone(
    () => settle(planSimulation(fleet, { jobId: "job", share: 75 })),
    () => true,
  );
  return untilDone(
    () => settle(simulate(fleet, plan, { confirm: "YES" })),
    ({ jobStatus, failed }) => jobStatus === "COMPLETED" && failed.length === 0,
  );
}

async function createTheJob(fleet: Fleet): Promise<void> {
  const wishes = { kind: "ota", id: "job", package: "Van", version: "1.1.0" } as const;
  const plan = await planJob(fleet, { ...wishes, groups: ["US_Fleet"] });
  try {
    await createJob(fleet, plan, { confirm: "YES" });
  } catch (error) {
    // The answer of a try before this one was lost.
    if ((error as Error).name !== "ResourceAlreadyExistsException") throw error;
  }
}

/** The same account, without faults. */
function openCalm({ sandbox, clock }: TestFleet): Fleet {
  return createFleet({
    target: "sandbox",
    region: REGION,
    account: ACCOUNT,
    acceptCharges: true,
    clock,
    output: memoryOutput(),
    clientConfig: configOf(sandbox.requestHandler),
  });
}

function configOf(requestHandler: TestFleet["sandbox"]["requestHandler"]) {
  return {
    endpoint: "http://sandbox.localhost",
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "test" },
    requestHandler,
    retryStrategy: new ConfiguredRetryStrategy(3, () => 0),
    disableClockSkewCorrection: true,
  };
}

/** What an account holds, without what counts attempts: versions of things, ids of object versions. */
async function holdings({ fleet, settle }: TestFleet): Promise<string> {
  const found = await settle(scan(fleet));
  const names = { ...found, things: found.things.map((name) => name.replace(/ · v\d+$/, "")) };
  // A lost answer leaves a second version of an object: it is there, and cleanup knows it.
  const objects = [...new Set(found.objects.map((name) => name.replace(/ \S+$/, "")))];
  return JSON.stringify({ ...names, objects }, null, 1);
}

describe("faults of the network and the service", () => {
  it(`lead to the same fleet, and to the same empty account: ${RUNS} runs`, async () => {
    const startedAt = performance.now();
    const calm = openTestFleet({ sandbox: { quotas: "off" } });
    const calmResult = await goThePath(calm);
    const wanted = await holdings(calm);
    const sums = { requests: 0, faults: 0 };

    for (let seed = firstSeed; seed < firstSeed + RUNS; seed++) {
      const random = randomOf(seed);
      const rate = 0.02 + 0.18 * random();
      const where = `seed ${seed}, ${Math.round(rate * 100)} % faults`;
      const way = faultyWay(() => test, random, rate);
      const test = openTestFleet({
        sandbox: { quotas: "off" },
        clientConfig: configOf(way.requestHandler),
      });
      const before = await test.settle(scan(openCalm(test)));

      const result = await goThePath(test);
      expect(result.counts, where).toEqual(calmResult.counts);
      expect(await holdings({ ...test, fleet: openCalm(test) }), where).toBe(wanted);

      const plan = await untilDone(
        () => test.settle(planCleanUp(test.fleet)),
        () => true,
      );
      await untilDone(
        async () => {
          const next = await test.settle(planCleanUp(test.fleet));
          return test.settle(cleanUp(test.fleet, next, { confirm: "DELETE" }));
        },
        (report) => report.isComplete,
      );
      way.stop();
      const after = await test.settle(scan(test.fleet));
      const left = compareScans(before, after, plan).filter((one) => one.unplanned.length > 0);
      expect(left, where).toEqual([]);
      sums.requests += way.counts.requests;
      sums.faults += way.counts.faults;
    }

    tell("path", { runs: RUNS, ...sums, seconds: secondsSince(startedAt) });
  });
});
