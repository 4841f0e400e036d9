import { CreateCommandCommand } from "@aws-sdk/client-iot";
import { beforeEach, describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import {
  commandParameter,
  type ParameterRule,
} from "../../../lib/fleet/commands/command-parameters.js";
import {
  createCommand,
  deleteCommand,
  deprecateCommand,
  findCommand,
  listCommands,
  type NewCommand,
} from "../../../lib/fleet/commands/commands.js";
import { listTags } from "../../../lib/fleet/registry/tags.js";
import { loseFirstAnswer, openTestFleet, type TestFleet } from "../../fleet.js";

let test: TestFleet;
beforeEach(() => void (test = openTestFleet()));

const lock: NewCommand = { name: "lock-doors", payload: { action: "lock" } };
const climate: NewCommand = {
  name: "set-climate",
  payload: { action: "set-climate", celsius: commandParameter("celsius") },
  parameters: { celsius: { type: "INTEGER", from: 16, to: 28, byDefault: 21 } },
};
const create = (command: NewCommand) => test.settle(createCommand(test.fleet, command));

describe("createCommand", () => {
  it("creates a command of a fixed payload, tagged as ours", async () => {
    const created = await create(lock);

    const found = await test.settle(findCommand(test.fleet, "lock-doors"));
    expect(created).toEqual({ commandId: "lock-doors", alreadyExisted: false });
    expect(found).toMatchObject({ namespace: "AWS-IoT", deprecated: false });
    expect(Buffer.from(found?.payload?.content ?? []).toString()).toBe('{"action":"lock"}');
    const tags = await test.settle(listTags(test.fleet, found?.commandArn ?? ""));
    expect(tags).toEqual({ workshop: "fleetlab" });
  });

  it("creates a template with its parameters, conditions and defaults", async () => {
    await create(climate);

    expect(await test.settle(findCommand(test.fleet, "set-climate"))).toMatchObject({
      payloadTemplate:
        '{"action":"set-climate","celsius":"${aws:iot:commandexecution::parameter:celsius}"}',
      mandatoryParameters: [
        {
          name: "celsius",
          type: "INTEGER",
          defaultValue: { I: 21 },
          valueConditions: [
            { comparisonOperator: "IN_RANGE", operand: { numberRange: { min: "16", max: "28" } } },
          ],
        },
      ],
    });
  });

  it.each<readonly [string, ParameterRule, object]>([
    ["from", { type: "DOUBLE", from: 0.5 }, { comparisonOperator: "GREATER_THAN_EQUALS" }],
    ["to", { type: "DOUBLE", to: 9 }, { comparisonOperator: "LESS_THAN_EQUALS" }],
    ["oneOf texts", { type: "STRING", oneOf: ["a", "b"] }, { operand: { strings: ["a", "b"] } }],
    ["oneOf numbers", { type: "INTEGER", oneOf: [1, 2] }, { operand: { numbers: ["1", "2"] } }],
  ])("says %s in AWS's words", async (_what, rule, condition) => {
    const payload = { value: commandParameter("value") };

    await create({ name: "one", payload, parameters: { value: rule } });

    const found = await test.settle(findCommand(test.fleet, "one"));
    expect(found?.mandatoryParameters?.[0]?.valueConditions).toMatchObject([condition]);
  });

  it("finds it a second time", async () => {
    await create(climate);
    await create(lock);

    expect(await create(climate)).toEqual({ commandId: "set-climate", alreadyExisted: true });
    expect(await create(lock)).toEqual({ commandId: "lock-doors", alreadyExisted: true });
    expect(test.calls("CreateCommand")).toHaveLength(2);
  });

  it("does not take another payload for the same command, and says what to do", async () => {
    await create(lock);

    await expect(create({ ...lock, payload: { action: "lock", boot: true } })).rejects.toThrow(
      /lock-doors exists with another payload .*deprecateCommand\(fleet, "lock-doors"\)/,
    );
  });

  it.each([
    ["deprecated", () => deprecateCommand(test.fleet, "lock-doors")],
    ["being deleted", () => deleteCommand(test.fleet, "lock-doors", { confirm: "DELETE" })],
  ] as const)("numbers a new one while the old one is %s", async (_state, end) => {
    await create(lock);
    await test.settle<unknown>(end());

    expect(await create(lock)).toEqual({ commandId: "lock-doors-2", alreadyExisted: false });
    expect(await create(lock)).toEqual({ commandId: "lock-doors-2", alreadyExisted: true });
  });

  it("goes on when its answer is lost", async () => {
    loseFirstAnswer(test.fleet.iot, "CreateCommand");

    expect(await create(lock)).toMatchObject({ commandId: "lock-doors" });
  });

  it("begins with a prefix of one's own", async () => {
    test = openTestFleet({ prefix: "Ada-" });

    expect(await create(lock)).toMatchObject({ commandId: "Ada-lock-doors" });
  });

  it("leaves alone what the workshop did not make", async () => {
    const payload = { contentType: "text/plain", content: Buffer.from("x") };
    const foreign = new CreateCommandCommand({ commandId: "lock-doors", payload });
    await test.settle(test.fleet.iot.send(foreign));

    await expect(create(lock)).rejects.toMatchObject({ name: "NotOursError" });
    await expect(test.settle(deprecateCommand(test.fleet, "lock-doors"))).rejects.toMatchObject({
      name: "NotOursError",
    });
  });

  it.each<readonly [string, Partial<NewCommand>, RegExp]>([
    ["an illegal name", { name: "lock doors" }, /"lock doors" cannot be a command id/],
    ["no object", { payload: "lock" as never }, /"lock" cannot be the payload/],
    ["a large payload", { payload: { text: "x".repeat(40_000) } }, /at most 32 KiB/],
    [
      "a parameter without its place",
      { parameters: { speed: { type: "INTEGER" } } },
      /"speed" cannot be a parameter of this command/,
    ],
    [
      "a place without its parameter",
      { payload: { speed: commandParameter("speed") } },
      /stand both in `parameters` and, as commandParameter\("speed"\)/,
    ],
  ])("refuses %s before the first call", async (_what, wrong, message) => {
    await expect(create({ ...lock, ...wrong })).rejects.toThrow(message);
    expect(test.calls()).toHaveLength(0);
  });

  it.each<readonly [string, ParameterRule, RegExp]>([
    ["type", { type: "FLOAT" as never }, /"FLOAT" cannot be the type of the parameter value/],
    ["default", { type: "INTEGER", byDefault: 1.5 }, /1.5 cannot be a value .*whole number/],
    ["default", { type: "INTEGER", from: 2, byDefault: 1 }, /1 cannot be the default .*from 2/],
    ["bounds", { type: "STRING", from: 1 }, /its type is STRING/],
    ["list", { type: "INTEGER", oneOf: ["1"] }, /each entry a whole number/],
  ])("refuses a parameter's wrong %s", async (_what, rule, message) => {
    const payload = { value: commandParameter("value") };

    await expect(create({ name: "x", payload, parameters: { value: rule } })).rejects.toThrow(
      message,
    );
  });

  it("refuses a parameter's illegal name", () => {
    expect(() => commandParameter("two words")).toThrow(/"two words" cannot be/);
  });
});

describe("deprecateCommand and deleteCommand", () => {
  it("deprecates once", async () => {
    await create(lock);
    const deprecate = () => test.settle(deprecateCommand(test.fleet, "lock-doors"));

    expect([await deprecate(), await deprecate()]).toEqual([true, false]);
    expect(await test.settle(findCommand(test.fleet, "lock-doors"))).toMatchObject({
      deprecated: true,
    });
  });

  it("asks before it deletes, and deletes once", async () => {
    await create(lock);

    await expect(test.settle(deleteCommand(test.fleet, "lock-doors"))).rejects.toMatchObject({
      name: "NotConfirmedError",
    });
    const remove = () =>
      test.settle(deleteCommand(test.fleet, "lock-doors", { confirm: "DELETE" }));
    expect([await remove(), await remove()]).toEqual([true, false]);
    expect(await test.settle(findCommand(test.fleet, "lock-doors"))).toMatchObject({
      pendingDeletion: true,
    });
  });

  it("knows none that is not there", async () => {
    const { fleet, settle } = test;

    expect(await settle(findCommand(fleet, "none"))).toBeUndefined();
    expect(await settle(deprecateCommand(fleet, "none"))).toBe(false);
    expect(await settle(deleteCommand(fleet, "none"))).toBe(false);
  });
});

it("lists commands, the newest first", async () => {
  for (const name of ["first", "second"]) {
    await create({ ...lock, name });
    await test.clock.advance(1000);
  }

  const listed = await test.settle(collect(listCommands(test.fleet)));

  expect(listed.map(({ commandId }) => commandId)).toEqual(["second", "first"]);
});
