import { CreateThingCommand, DeleteJobCommand, DescribeThingCommand } from "@aws-sdk/client-iot";
import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import {
  CLEAN_UP_OPERATIONS,
  PATH_OPERATIONS,
} from "../../../lib/tasks/class/called-operations.js";
import { cleanUpPolicy, learnerPolicy } from "../../../lib/tasks/class/iam-policies.js";
import { permissionsFor } from "../../../lib/tasks/class/permissions.js";
import { learner } from "./classroom.js";
import { guard } from "./guarded.js";
import { openTestFleet } from "../../fleet.js";

describe("the operations that are recorded", () => {
  it("are all in the tables of permissions", () => {
    const all = [...PATH_OPERATIONS, ...CLEAN_UP_OPERATIONS];

    expect(all.filter((one) => permissionsFor(one) === undefined)).toEqual([]);
    expect(PATH_OPERATIONS.length).toBeGreaterThan(80);
  });
});

describe("what is outside of a policy", () => {
  const { fleet } = openTestFleet();
  const ask = async (policy: ReturnType<typeof learnerPolicy>, send: (fleet: Fleet) => unknown) => {
    const test = openTestFleet();
    const own = learner(test, "Ada-");
    const { refused } = guard(own, policy);
    await test.settle(Promise.resolve(send(own)).then(undefined, () => {}));
    return refused;
  };
  const of = (rest: string) => `arn:aws:iot:${fleet.region}:${fleet.account}:${rest}`;

  it.each([
    [
      "another learner's vehicle",
      (own: Fleet) => own.iot.send(new DescribeThingCommand({ thingName: "Bob-001" })),
      `iot:DescribeThing on ${of("thing/Bob-001")}`,
    ],
    [
      "another learner's shadow",
      (own: Fleet) =>
        own.iotData.send(
          new UpdateThingShadowCommand({ thingName: "Bob-001", payload: Buffer.from("{}") }),
        ),
      `iot:UpdateThingShadow on ${of("thing/Bob-001")}`,
    ],
    [
      "another learner's job",
      (own: Fleet) => own.iot.send(new DeleteJobCommand({ jobId: "Bob-check-tires" })),
      `iot:DeleteJob on ${of("job/Bob-check-tires")}`,
    ],
    [
      "a role that is none of the workshop's",
      (own: Fleet) =>
        own.iam.send(new CreateRoleCommand({ RoleName: "admin", AssumeRolePolicyDocument: "{}" })),
      `iam:CreateRole on arn:aws:iam::${fleet.account}:role/admin`,
    ],
  ])("refuses a learner %s", async (_, send, refusal) => {
    expect(await ask(learnerPolicy(fleet, "Ada-"), send)).toContain(refusal);
  });

  it("lets who may only clean up create nothing", async () => {
    const create = (own: Fleet) => own.iot.send(new CreateThingCommand({ thingName: "Ada-001" }));

    expect(await ask(cleanUpPolicy(fleet, ["Ada-"]), create)).toEqual([
      `iot:CreateThing on ${of("thing/Ada-001")}`,
    ]);
    expect(await ask(learnerPolicy(fleet, "Ada-"), create)).toEqual([]);
    expect(CLEAN_UP_OPERATIONS.filter((one) => /:(Create|Put|Add|Attach)/.test(one))).toEqual([]);
  });

  it("fits into what IAM takes, also for the longest prefix, and names no account", () => {
    const text = JSON.stringify(learnerPolicy(fleet, "A".repeat(20)));

    expect(text.length).toBeLessThanOrEqual(6_144);
    expect(text).not.toContain(fleet.account);
    const class33 = Array.from({ length: 33 }, (_, i) => `Learner${10 + i}-`);
    expect(() => cleanUpPolicy(fleet, class33)).toThrow("Make several policies");
    expect(() => learnerPolicy(fleet, "Vehicle-VIN-")).toThrow("be one of a class");
  });
});
