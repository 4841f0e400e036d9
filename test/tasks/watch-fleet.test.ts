import { CreateJobCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { enableFleetIndexing, waitForIndex } from "../../lib/fleet/search/fleet-index.js";
import { createThing } from "../../lib/fleet/registry/things.js";
import { watchFleet } from "../../lib/tasks/watch-fleet.js";
import { ACCOUNT, openTestFleet, REGION } from "../fleet.js";

async function openWatched() {
  const opened = openTestFleet();
  const { fleet, settle } = opened;
  await settle(enableFleetIndexing(fleet));
  await settle(waitForIndex(fleet));
  await settle(createThing(fleet, { name: "Vehicle-VIN-001", attributes: { country: "DE" } }));
  await opened.clock.advance(5_000);
  return opened;
}

describe("watchFleet", () => {
  it("looks again and again until its minutes are over, and tells the calls", async () => {
    const { fleet, settle, lines, calls } = await openWatched();

    await settle(watchFleet(fleet, { minutes: 1, everySeconds: 30 }));

    expect(calls("SearchIndex").length).toBeGreaterThanOrEqual(3);
    const text = lines.at(-1) ?? "";
    expect(text).toContain("The fleet by version");
    expect(text).toMatch(/Watched for +1 min of 1 min, 3 looks/);
    expect(text).toMatch(/Costs +nothing here; on AWS less than US\$ 0\.01 so far/);
  });

  it("tells how far a job is", async () => {
    const { fleet, settle, lines, clock } = await openWatched();
    const targets = [`arn:aws:iot:${REGION}:${ACCOUNT}:thing/Vehicle-VIN-001`];
    await settle(fleet.iot.send(new CreateJobCommand({ jobId: "job", targets, document: "{}" })));
    await clock.advance(5_000);

    await settle(watchFleet(fleet, { jobId: "job", minutes: 1, everySeconds: 60 }));

    expect(lines.at(-1)).toMatch(/Job +job: IN_PROGRESS/);
    expect(lines.at(-1)).toMatch(/Executions +QUEUED 1/);
  });

  it.each([{ minutes: 0 }, { minutes: 241 }, { everySeconds: 1 }, { minutes: Number.NaN }])(
    "refuses %j before any call",
    async (watch) => {
      const { fleet, calls } = openTestFleet();

      await expect(watchFleet(fleet, watch)).rejects.toThrow(/be from/);

      expect(calls()).toEqual([]);
    },
  );
});
