import { CreateThingCommand, DescribeThingCommand, SearchIndexCommand } from "@aws-sdk/client-iot";
import { ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { charge, createChargeGuard, usageOfDevices, usd } from "../../lib/aws/charges.js";
import { ChargesNotAcceptedError } from "../../lib/aws/errors.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { openTestFleet } from "../fleet.js";

const create = new CreateThingCommand({ thingName: "a" });

describe("the charges guard", () => {
  it("refuses what creates, with the call, the estimate and both ways out, and sends nothing", async () => {
    const { fleet, calls, clock } = openTestFleet({ acceptCharges: false });

    const error: unknown = await fleet.iot.send(create).catch((e: unknown) => e);
    await clock.runAll();

    expect(error).toBeInstanceOf(ChargesNotAcceptedError);
    expect(inspect(error)).toMatch(
      /^ChargesNotAcceptedError: iot:CreateThing changes a real AWS account and may be charged\. Estimate .*100 vehicles: (less than )?US\$ [\d.]+; .*US\$ [\d.]+\. To accept, connect with \{ acceptCharges: true \}; .*WORKSHOP_TARGET/,
    );
    expect(calls()).toEqual([]);
    expect(fleet.counts.attempts).toBe(0);
  });

  it("refuses S3 writes too", async () => {
    const { fleet, calls } = openTestFleet({ acceptCharges: false });

    const refused = fleet.s3.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "x" }));

    await expect(refused).rejects.toThrow("s3:PutObject changes a real AWS account");
    expect(calls()).toEqual([]);
  });

  it("lets reads through", async () => {
    const { fleet, calls, settle } = openTestFleet({ acceptCharges: false });

    await settle(
      Promise.allSettled([
        fleet.iot.send(new DescribeThingCommand({ thingName: "a" })),
        fleet.iot.send(new SearchIndexCommand({ queryString: "thingName:*" })),
        fleet.s3.send(new ListBucketsCommand({})),
        fleet.sts.send(new GetCallerIdentityCommand({})),
      ]),
    );

    expect(
      calls()
        .map(({ operation }) => operation)
        .sort(),
    ).toEqual(["DescribeThing", "GetCallerIdentity", "ListBuckets", "SearchIndex"]);
  });

  it("lets everything through once charges are accepted", async () => {
    const { fleet, calls, settle } = openTestFleet({ acceptCharges: true });

    await settle(fleet.iot.send(create));

    expect(calls("CreateThing")).toHaveLength(1);
  });

  it.each(["StartNextPendingJobExecution", "UpdateThingShadow", "DeleteThing", "TagResource"])(
    "takes %s for a change",
    (operation) => {
      expect(() => createChargeGuard(false)("iot", operation)).toThrow(ChargesNotAcceptedError);
    },
  );
});

describe("the estimate", () => {
  it("counts every call that provisioning a vehicle plans, reads included: AWS meters both", () => {
    const { fleet } = openTestFleet();

    const vehicles = planFleet(fleet, { devices: 100 }).steps.at(-1);

    // Beside the vehicles the step looks at each country's group and its tags once, which is two
    // calls, looks at the notes of plans, and reads and writes its own.
    expect(usageOfDevices(100).registryAndShadow).toBe((vehicles?.calls ?? 0) - 2 * 3 - 3);
  });

  it("adds up prices per million", () => {
    expect(charge({ registryAndShadow: 1_000_000, jobExecution: 1_000 })).toBeCloseTo(4.25, 9);
    expect(charge({})).toBe(0);
  });

  it.each([
    [0, "US$ 0.00"],
    [0.004, "less than US$ 0.01"],
    [0.01, "US$ 0.01"],
    [12.345, "US$ 12.35"],
  ])("shows %f as %s", (amount, shown) => {
    expect(usd(amount)).toBe(shown);
  });
});
