import {
  CancelJobCommand,
  CancelJobExecutionCommand,
  CreateJobCommand,
  type CreateJobCommandInput,
} from "@aws-sdk/client-iot";
import { UpdateJobExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { describe, expect, it } from "vitest";
import { inspect } from "node:util";
import {
  isVersionConflict,
  packagesOf,
  readExecution,
  reportExecution,
  reportUnlessEnded,
  startNextExecution,
  type DeviceExecution,
} from "../../../lib/fleet/jobs/device-jobs.js";
import { describeExecution } from "../../../lib/fleet/jobs/job-executions.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { ACCOUNT, openTestFleet, REGION } from "../../fleet.js";

/** A vehicle with one job, and what others may do to it. */
async function openVehicle(input: Partial<CreateJobCommandInput> = {}) {
  const test = openTestFleet();
  const { fleet, settle, clock } = test;
  const thing = "Vehicle-VIN-001";
  await settle(createThing(fleet, { name: thing }));
  const create = async (jobId: string) => {
    const targets = [`arn:aws:iot:${REGION}:${ACCOUNT}:thing/${thing}`];
    const document = '{"operation":"check-tires"}';
    await settle(fleet.iot.send(new CreateJobCommand({ jobId, targets, document, ...input })));
    await clock.advance(1_000);
  };
  await create("job");
  const start = async () =>
    (await settle(startNextExecution(fleet, thing, { step: "started" }))) as DeviceExecution;
  /** Somebody else, who reports for the same vehicle. */
  const interfere = () =>
    settle(
      fleet.iotJobs.send(
        new UpdateJobExecutionCommand({ thingName: thing, jobId: "job", status: "IN_PROGRESS" }),
      ),
    );
  const state = async () => (await settle(describeExecution(fleet, "job", thing))).status;
  return { ...test, thing, create, start, interfere, state };
}

describe("startNextExecution", () => {
  it("begins the oldest execution, with its document and version", async () => {
    const { fleet, settle, thing, create } = await openVehicle();
    await create("later");

    const execution = await settle(startNextExecution(fleet, thing, { step: "started" }));

    expect(execution).toMatchObject({
      thing,
      jobId: "job",
      status: "IN_PROGRESS",
      versionNumber: 2,
      statusDetails: { step: "started" },
      document: { operation: "check-tires" },
    });
  });

  it("gives again what was in progress when the vehicle restarted", async () => {
    const { fleet, settle, thing, create, start } = await openVehicle();
    const before = await start();
    await create("later");

    const after = await settle(startNextExecution(fleet, thing));

    expect(after).toMatchObject({ jobId: "job", versionNumber: before.versionNumber });
  });

  it("is undefined when nothing is pending", async () => {
    const { fleet, settle, thing, start } = await openVehicle();
    await settle(reportExecution(fleet, await start(), { status: "SUCCEEDED" }));

    expect(await settle(startNextExecution(fleet, thing))).toBeUndefined();
  });

  it("says how long the service will wait", async () => {
    const timeoutConfig = { inProgressTimeoutInMinutes: 5 };
    const { start } = await openVehicle({ timeoutConfig });

    expect((await start()).secondsLeft).toBe(300);
  });

  it("refuses an illegal name before any call", async () => {
    const { fleet, calls } = await openVehicle();

    await expect(startNextExecution(fleet, "a b")).rejects.toMatchObject({
      name: "InvalidInputError",
    });
    expect(calls("StartNextPendingJobExecution")).toEqual([]);
  });
});

describe("reportExecution", () => {
  it("D24: names the version it knows, and goes on with the next", async () => {
    const { fleet, settle, start } = await openVehicle();
    const begun = await start();

    const on = await settle(reportExecution(fleet, begun, { status: "IN_PROGRESS" }));
    const done = await settle(reportExecution(fleet, on, { status: "SUCCEEDED" }));

    expect([begun, on, done].map(({ versionNumber }) => versionNumber)).toEqual([2, 3, 4]);
    expect(done.status).toBe("SUCCEEDED");
  });

  it("is refused when somebody else was faster", async () => {
    const { fleet, settle, start, interfere } = await openVehicle();
    const begun = await start();
    await interfere();

    const refused = settle(reportExecution(fleet, begun, { status: "SUCCEEDED" }));

    await expect(refused).rejects.toSatisfy(isVersionConflict);
  });

  it("makes details legal: no control characters, no empty ones, no end too far, no links", async () => {
    const { fleet, settle, start } = await openVehicle();
    const link = "http://s3/f.zip?X-Amz-Signature=abc";
    const statusDetails = { lines: "a\nb", empty: "", long: "x".repeat(2_000), link };

    const now = await settle(
      reportExecution(fleet, await start(), { status: "IN_PROGRESS", statusDetails }),
    );

    expect(now.statusDetails).toEqual({
      lines: "a b",
      empty: "-",
      long: "x".repeat(1_024),
      link: "http://s3/f.zip?[presigned: redacted]",
    });
  });
});

describe("reportUnlessEnded", () => {
  it("looks again after a conflict, and reports with the new version", async () => {
    const { fleet, settle, start, interfere, state } = await openVehicle();
    const begun = await start();
    await interfere();

    const done = await settle(reportUnlessEnded(fleet, begun, { status: "SUCCEEDED" }));

    expect(done).toMatchObject({ status: "SUCCEEDED", versionNumber: 4 });
    expect(await state()).toBe("SUCCEEDED");
  });

  it("lets an execution go that was cancelled with force", async () => {
    const { fleet, settle, clock, start, state } = await openVehicle();
    const begun = await start();
    await settle(fleet.iot.send(new CancelJobCommand({ jobId: "job", force: true })));
    await clock.advance(5_000);

    const done = await settle(reportUnlessEnded(fleet, begun, { status: "SUCCEEDED" }));

    expect(done).toBeUndefined();
    expect(await state()).toBe("CANCELED");
  });

  it("lets an attempt go that has timed out, though another one is queued", async () => {
    const { fleet, settle, clock, start } = await openVehicle({
      timeoutConfig: { inProgressTimeoutInMinutes: 1 },
      jobExecutionsRetryConfig: {
        criteriaList: [{ failureType: "TIMED_OUT", numberOfRetries: 1 }],
      },
    });
    const begun = await start();
    await clock.advance(120_000);

    const late = await settle(reportUnlessEnded(fleet, begun, { status: "SUCCEEDED" }));
    const next = await start();

    expect(late).toBeUndefined();
    expect(next).toMatchObject({ executionNumber: 2, status: "IN_PROGRESS" });
  });
});

describe("readExecution", () => {
  it("is undefined for one that has ended", async () => {
    const { fleet, settle, thing, start } = await openVehicle();
    const begun = await start();
    const cancel = { jobId: "job", thingName: thing, force: true };
    await settle(fleet.iot.send(new CancelJobExecutionCommand(cancel)));

    expect(await settle(readExecution(fleet, begun))).toBeUndefined();
  });
});

describe("packagesOf", () => {
  const url = "https://s3/f.zip?X-Amz-Signature=abc";

  it("finds what a document ships", () => {
    const van = { version: "2", attributes: { sha256: "ab" }, artifact: { s3PresignedUrl: url } };

    expect(packagesOf({ operation: "install", ota: { packages: { Van: van } } })).toEqual([
      { packageName: "Van", versionName: "2", sha256: "ab", url },
    ]);
  });

  it("finds a package without version and digest, and several", () => {
    const artifact = { s3PresignedUrl: url };
    const names = packagesOf({ ota: { packages: { Van: { artifact }, Radio: { artifact } } } });

    expect(names).toEqual([
      { packageName: "Van", versionName: undefined, sha256: undefined, url },
      { packageName: "Radio", versionName: undefined, sha256: undefined, url },
    ]);
  });

  it.each([[{ operation: "check-tires" }], [{ artifact: null, ota: [1, "x"] }], [null], ["text"]])(
    "finds none in %j",
    (document) => {
      expect(packagesOf(document)).toEqual([]);
    },
  );
});

describe("a printed execution", () => {
  it("D34: does not show the link that its document holds", async () => {
    const document = '{"file":{"url":"https://s3/f.zip?X-Amz-Signature=abc"}}';
    const { start } = await openVehicle({ document });

    const execution = await start();

    expect(inspect(execution, { depth: 5 })).not.toContain("abc");
    expect(execution.document).toEqual(JSON.parse(document));
  });
});
