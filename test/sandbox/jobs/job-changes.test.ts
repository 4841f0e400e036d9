import {
  AssociateTargetsWithJobCommand,
  CreateThingGroupCommand,
  UpdateJobCommand,
  type UpdateJobCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, REGION } from "../clients.js";
import { abort, exponential, retry } from "./configurations.js";
import { groupArn, LAG, openFleet, roleArn, thingArn } from "./fleet.js";

const jobArn = `arn:aws:iot:${REGION}:${ACCOUNT}:job/job`;

describe("UpdateJob (API_UpdateJob)", () => {
  it("changes what was sent and leaves the rest", async () => {
    const { iot, clock, create, job } = await openFleet(1);
    await create({ description: "old", timeoutConfig: { inProgressTimeoutInMinutes: 5 } });
    await clock.advance(LAG);

    await iot.send(
      new UpdateJobCommand({
        jobId: "job",
        description: "new",
        ...abort({}),
        ...retry(["ALL", 1]),
      }),
    );

    expect(await job()).toMatchObject({
      description: "new",
      timeoutConfig: { inProgressTimeoutInMinutes: 5 },
      ...abort({}),
      ...retry(["ALL", 1]),
      lastUpdatedAt: new Date(clock.now()),
    });
  });

  it("refuses what CreateJob refuses, an unknown job, and one that is over", async () => {
    const { iot, create, begin } = await openFleet(0);
    await create({ jobId: "live" });
    const update = (input: Partial<UpdateJobCommandInput>) =>
      iot.send(new UpdateJobCommand({ jobId: "live", ...input }));

    await expect(update(exponential({ incrementFactor: 1.55 }))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await expect(update({ presignedUrlConfig: { roleArn } })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await expect(update({ jobId: "nope" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await begin();
    await expect(update({ jobId: "job" })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});

describe("AssociateTargetsWithJob (API_AssociateTargetsWithJob)", () => {
  const associate = (
    { iot }: Awaited<ReturnType<typeof openFleet>>,
    targets: string[],
    comment?: string,
  ) => iot.send(new AssociateTargetsWithJobCommand({ jobId: "job", targets, comment }));

  it("adds groups to a continuous job, and their things", async () => {
    const fleet = await openFleet(1);
    await fleet.iot.send(new CreateThingGroupCommand({ thingGroupName: "vans" }));
    await fleet.register("van-1");
    await fleet.join("van-1", "vans");
    await fleet.begin({ targetSelection: "CONTINUOUS", description: "d" });

    const { $metadata: _, ...made } = await associate(fleet, [groupArn("vans")], "more");
    await fleet.clock.advance(LAG);

    expect(made).toEqual({ jobArn, jobId: "job", description: "d" });
    expect(await fleet.job()).toMatchObject({
      targets: [groupArn("cars"), groupArn("vans")],
      comment: "more",
    });
    expect(await fleet.attempts()).toEqual(["car-001 1 QUEUED", "van-1 1 QUEUED"]);
  });

  it("refuses snapshots, things, unknown groups and more than 100 targets", async () => {
    const fleet = await openFleet(1);
    await fleet.begin();
    await expect(associate(fleet, [groupArn("cars")])).rejects.toMatchObject({
      name: "InvalidRequestException",
    });

    const more = await openFleet(1);
    await more.begin({ targetSelection: "CONTINUOUS" });
    await expect(associate(more, [thingArn("car-001")])).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await expect(associate(more, [groupArn("nope")])).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    const many = Array.from({ length: 100 }, (_, i) => groupArn(`g-${i}`));
    await expect(associate(more, many)).rejects.toMatchObject({ name: "LimitExceededException" });
  });
});
