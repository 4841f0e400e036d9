import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateThingCommand,
  CreateThingTypeCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeIndexCommand,
  DescribeThingCommand,
  IoTClient,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
  UpdatePackageConfigurationCommand,
} from "@aws-sdk/client-iot";
import {
  StartNextPendingJobExecutionCommand,
  UpdateJobExecutionCommand,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manualClock } from "../../../lib/aws/clock.js";
import { createSandbox } from "../../../lib/sandbox/index.js";
import { memoryStore, openStore } from "../../../lib/sandbox/state/store.js";
import { ACCOUNT, clientsOf, openSandbox, REGION } from "../clients.js";
import { LAG, MINUTE, openFleet } from "../jobs/fleet.js";

const DAY = 24 * 60 * MINUTE;
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "iot.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});

describe("advance", () => {
  it("adds up, and goes on with the clock beneath", async () => {
    const { sandbox, clock } = openSandbox();
    const start = clock.now();

    await sandbox.advance(5_000);
    await clock.advance(100);
    await sandbox.advance(70_000);

    expect(sandbox.clock.now()).toBe(start + 75_100);
  });

  it("lets the five minutes of a deprecated thing type pass", async () => {
    const { sandbox, iot } = openSandbox();
    await iot.send(new CreateThingTypeCommand({ thingTypeName: "Van" }));
    await iot.send(new DeprecateThingTypeCommand({ thingTypeName: "Van" }));
    const deletion = () => iot.send(new DeleteThingTypeCommand({ thingTypeName: "Van" }));

    await sandbox.advance(299_999);
    await expect(deletion()).rejects.toMatchObject({ name: "InvalidRequestException" });
    await sandbox.advance(1);
    await deletion();
  });

  it("lets the index be built and catch up", async () => {
    const { sandbox, iot } = openSandbox();
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
      }),
    );
    await sandbox.advance(5_000);
    await iot.send(new CreateThingCommand({ thingName: "car" }));
    const found = async () =>
      (await iot.send(new SearchIndexCommand({ queryString: "thingName:car" }))).things?.length;

    expect(await found()).toBe(0);
    await sandbox.advance(1_500);
    expect(await found()).toBe(1);
  });

  it("lets a role become one that can be assumed", async () => {
    const { sandbox, iot, iam } = openSandbox();
    await iam.send(
      new CreateRoleCommand({
        RoleName: "packages",
        AssumeRolePolicyDocument: TRUST,
      }),
    );
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: "packages",
        PolicyName: "shadows",
        PolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: ["iot:DescribeEndpoint", "iot:GetThingShadow", "iot:UpdateThingShadow"],
              Resource: "*",
            },
          ],
        }),
      }),
    );
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/packages`;
    const configure = () =>
      iot.send(
        new UpdatePackageConfigurationCommand({
          versionUpdateByJobsConfig: { enabled: true, roleArn },
        }),
      );

    await expect(configure()).rejects.toMatchObject({ name: "ValidationException" });
    await sandbox.advance(4_000);
    await configure();
  });

  it("lets jobs do what they would have done, each thing at its own time", async () => {
    const fleet = await openFleet(3);
    const { sandbox, iotJobs } = fleet;
    await fleet.create({
      jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
      timeoutConfig: { inProgressTimeoutInMinutes: 60 },
    });
    await sandbox.advance(LAG);
    expect(await fleet.counts()).toEqual({ Queued: 1 });
    const { execution } = await iotJobs.send(
      new StartNextPendingJobExecutionCommand({ thingName: "car-001" }),
    );

    await sandbox.advance(120 * MINUTE);

    expect(await fleet.counts()).toEqual({ Queued: 2, TimedOut: 1 });
    const timedOut = await fleet.execution("car-001");
    const startedAt = Number(execution?.startedAt) * 1000;
    expect(timedOut?.lastUpdatedAt?.getTime()).toBe(startedAt + 60 * MINUTE);
    const late = new UpdateJobExecutionCommand({
      jobId: "job",
      thingName: "car-001",
      status: "SUCCEEDED",
    });
    await expect(iotJobs.send(late)).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
    });
  });

  it("does not move clients: what they sign at their own time is let in", async () => {
    const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "s3cr3t", account: ACCOUNT };
    const sandbox = createSandbox({ quotas: "off", auth: { credentials: [keys] } });
    const { requestHandler } = sandbox;
    const iot = new IoTClient({ region: REGION, credentials: keys, requestHandler });

    await sandbox.advance(24 * 3_600_000);

    expect((await iot.send(new CreateThingCommand({ thingName: "car" }))).thingName).toBe("car");
  });
});

describe("a moved clock", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-clock-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("stays where it is over a restart, and begins at 0 in a store that knows none", async () => {
    const clock = manualClock();
    const first = createSandbox({ clock, store: openStore(folder) });
    expect(first.clock.now()).toBe(clock.now());
    await first.advance(300_000);
    await first.advance(60_000);
    await first.close();

    const second = createSandbox({ clock, store: openStore(folder) });
    expect(second.clock.now()).toBe(clock.now() + 360_000);
    await second.close();
  });

  it("goes on from where it stood when the machine's clock was set back between two runs", async () => {
    const first = openSandbox({ store: openStore(folder) });
    await first.iam.send(
      new CreateRoleCommand({ RoleName: "late", AssumeRolePolicyDocument: TRUST }),
    );
    await first.iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
      }),
    );
    const told = first.sandbox.clock.now();
    await first.sandbox.close();

    const clock = manualClock(told - DAY);
    const second = createSandbox({ clock, store: openStore(folder), quotas: "off" });
    const { iot } = clientsOf(second);
    const status = async () =>
      (await iot.send(new DescribeIndexCommand({ indexName: "AWS_Things" }))).indexStatus;

    expect(second.clock.now()).toBe(told);
    expect(await status()).toBe("BUILDING");
    await clock.advance(5_000);
    expect(await status()).toBe("ACTIVE");
    expect(second.clock.now()).toBe(told + 5_000);
    await second.close();
  });

  it("goes on when the machine's clock is set back while it runs, however often", async () => {
    let now = Date.UTC(2026, 0, 1);
    const clock = { ...manualClock(), now: () => now };
    const sandbox = createSandbox({ clock });
    const start = sandbox.clock.now();

    const told = [-DAY, 1_000, -1, 500, -DAY, 0, 250].map((step) => {
      now += step;
      return sandbox.clock.now() - start;
    });

    expect(told).toEqual([0, 1_000, 1_000, 1_500, 1_500, 1_500, 1_750]);
  });

  it("does not fall behind what readers were told", async () => {
    const { sandbox, iot, clock } = openSandbox({ store: openStore(folder) });
    await iot.send(new CreateThingCommand({ thingName: "car" }));
    await clock.advance(DAY);
    await iot.send(new DescribeThingCommand({ thingName: "car" }));
    const told = sandbox.clock.now();
    await sandbox.close();

    const again = createSandbox({ clock: manualClock(), store: openStore(folder) });
    expect(again.clock.now()).toBe(told);
    await again.close();
  });

  it("follows the machine's clock again once that is ahead", async () => {
    const clock = manualClock();
    const first = createSandbox({ clock, store: openStore(folder) });
    await first.advance(0);
    await first.close();

    const later = manualClock(clock.now() + DAY);
    const second = createSandbox({ clock: later, store: openStore(folder) });
    expect(second.clock.now()).toBe(later.now());
    await second.close();
  });

  it("is not moved any more once the store has failed", async () => {
    const failures: unknown[] = [];
    const broken = { ...memoryStore(), commit: () => Promise.reject(new Error("disk full")) };
    const sandbox = createSandbox({
      clock: manualClock(),
      store: broken,
      onStoreFailure: (error) => failures.push(error),
    });

    await expect(sandbox.advance(1)).rejects.toMatchObject({ status: 503 });
    await expect(sandbox.advance(1)).rejects.toMatchObject({ status: 503 });

    expect(failures).toHaveLength(1);
  });
});
