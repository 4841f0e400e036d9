import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { commandParameter } from "../../../lib/fleet/commands/command-parameters.js";
import {
  describeCommandExecution,
  listCommandExecutions,
  startCommand,
  startCommands,
  waitForCommand,
  type CommandWishes,
} from "../../../lib/fleet/commands/command-executions.js";
import { createCommand, deprecateCommand } from "../../../lib/fleet/commands/commands.js";
import { connectVehicle } from "../../../lib/fleet/connection/connected-vehicle.js";
import { createIdentity } from "../../../lib/fleet/identity/identities.js";
import { addToGroup, createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { notedWay, rememberPlan } from "../../../lib/fleet/shadows/notes.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import {
  checkCommandChallenge,
  checkCommands,
} from "../../../lib/tasks/commands/check-commands.js";
import { showCommandExecutions } from "../../../lib/tasks/commands/show-executions.js";
import { loseFirstAnswer } from "../../fleet.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";

let test: DeviceFleet;
const LISTENING = "Vehicle-VIN-001";
const OFFLINE = "Vehicle-VIN-002";
beforeAll(async () => {
  test = openDeviceFleet();
  const { fleet, settle } = test;
  await settle(createCommand(fleet, { name: "lock-doors", payload: { action: "lock" } }));
  await settle(
    createCommand(fleet, {
      name: "set-climate",
      payload: { celsius: commandParameter("celsius"), seats: commandParameter("seats") },
      parameters: {
        celsius: { type: "INTEGER", from: 16, to: 28 },
        seats: { type: "BOOLEAN", byDefault: false },
      },
    }),
  );
  await settle(createCountryGroups(fleet, ["US"]));
  for (const name of [LISTENING, OFFLINE]) {
    await settle(createThing(fleet, { name }));
    await settle(addToGroup(fleet, name, "US_Fleet"));
  }
  await settle(createIdentity(fleet, LISTENING));
  const vehicle = await settle(connectVehicle(fleet, LISTENING));
  await settle(
    vehicle.onCommand(({ payload }) => ({
      status: "SUCCEEDED",
      result: { heard: { s: JSON.stringify(payload) }, done: { b: true } },
    })),
  );
});
afterAll(() => test.close());

const start = (thing: string, wishes: CommandWishes = {}, command = "set-climate") =>
  test.settle(startCommand(test.fleet, command, thing, wishes));
const passSeconds = (seconds: number) => test.fleet.passTime(seconds * 1000);

describe("startCommand and waitForCommand", () => {
  it("tells a vehicle, with its values and the defaults, and hears what it gave back", async () => {
    const execution = await start(LISTENING, { parameters: { celsius: 24 } });

    const details = await test.settle(waitForCommand(test.fleet, execution));

    expect(details).toMatchObject({
      ...execution,
      status: "SUCCEEDED",
      timeoutSeconds: 10,
      parameters: { celsius: 24, seats: false },
      result: { heard: '{"celsius":24,"seats":false}', done: true },
    });
    expect(details.completedAt).toBeInstanceOf(Date);
  });

  it("ends a wait when AWS IoT gives up on a vehicle that is not there", async () => {
    const execution = await start(OFFLINE, { timeoutSeconds: 3 }, "lock-doors");

    const details = await test.settle(
      Promise.all([waitForCommand(test.fleet, execution), passSeconds(4)]),
    );

    expect(details[0]).toMatchObject({
      status: "TIMED_OUT",
      reason: "$NO_RESPONSE_FROM_DEVICE",
      completedAt: undefined,
      result: {},
    });
  });

  it("tells it once when the answer is lost, and twice when it is called twice", async () => {
    const of = { thing: LISTENING };
    const all = () => test.settle(collect(listCommandExecutions(test.fleet, of)));
    const before = (await all()).length;
    loseFirstAnswer(test.fleet.iotJobs, "StartCommandExecution");

    await start(LISTENING, {}, "lock-doors");
    expect(await all()).toHaveLength(before + 1);
    await start(LISTENING, {}, "lock-doors");
    expect(await all()).toHaveLength(before + 2);
  });

  it.each<readonly [string, CommandWishes, RegExp]>([
    ["a missing value", {}, /must have celsius: it has no default/],
    ["a foreign name", { parameters: { celsius: 20, fan: 1 } }, /"fan" cannot .*celsius, seats/],
    ["another type", { parameters: { celsius: "20" } }, /"20" cannot .*whole number/],
    ["no timeout", { parameters: { celsius: 20 }, timeoutSeconds: 0 }, /0 cannot be the timeout/],
    ["a long timeout", { timeoutSeconds: 43_201 }, /from 1 to 43,200/],
  ])("refuses %s and starts nothing", async (_what, wishes, message) => {
    const started = test.calls("StartCommandExecution").length;

    await expect(start(LISTENING, wishes)).rejects.toThrow(message);
    expect(test.calls("StartCommandExecution")).toHaveLength(started);
  });

  it("leaves the conditions to AWS", async () => {
    await expect(start(LISTENING, { parameters: { celsius: 40 } })).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("IN_RANGE") as string,
    });
  });

  it("says what is wrong with a command that cannot be started", async () => {
    const { fleet, settle } = test;
    await settle(createCommand(fleet, { name: "old", payload: { action: "old" } }));
    await settle(deprecateCommand(fleet, "old"));

    await expect(start(LISTENING, {}, "old")).rejects.toThrow(/old is deprecated: nobody can/);
    await expect(start(LISTENING, {}, "none")).rejects.toThrow(/none does not exist/);
  });
});

describe("startCommands", () => {
  it("tells every member of a group by a call of its own, and looks at the command once", async () => {
    const before = test.calls().length;

    const { executions, done, failed } = await test.settle(
      startCommands(test.fleet, "lock-doors", { group: "US_Fleet" }),
    );

    const calls = test.calls().slice(before);
    expect({ done, failed }).toEqual({ done: 2, failed: [] });
    expect(executions.map(({ thing }) => thing).sort()).toEqual([LISTENING, OFFLINE]);
    expect(calls.filter(({ operation }) => operation === "GetCommand")).toHaveLength(1);
    await passSeconds(11);
    const rows = await test.settle(showCommandExecutions(test.fleet, executions));
    expect(rows.map(({ status }) => status).sort()).toEqual(["SUCCEEDED", "TIMED_OUT"]);
    expect(test.lines.join("\n")).toMatch(/VIN-002.*TIMED_OUT +\$NO_RESPONSE_FROM_DEVICE/);
  });

  it("tells the others when there is no such vehicle", async () => {
    const names = [LISTENING, "Vehicle-VIN-999"];

    const { executions, failed } = await test.settle(
      startCommands(test.fleet, "lock-doors", names),
    );

    expect(executions).toHaveLength(1);
    expect(failed).toMatchObject([{ name: "Vehicle-VIN-999", error: "ResourceNotFoundException" }]);
  });
});

describe("listCommandExecutions", () => {
  it("lists those of a vehicle or of a command, by status and time", async () => {
    const { fleet, settle } = test;
    const list = (of: Parameters<typeof listCommandExecutions>[1]) =>
      settle(collect(listCommandExecutions(fleet, of)));

    const ofVehicle = await list({ thing: OFFLINE });
    const timedOut = await list({ commandId: "lock-doors", status: "TIMED_OUT" });
    expect(ofVehicle.length).toBeGreaterThan(0);
    expect(ofVehicle.every(({ thing }) => thing === OFFLINE)).toBe(true);
    expect(timedOut.length).toBeGreaterThan(0);
    expect(timedOut.every(({ commandId }) => commandId === "lock-doors")).toBe(true);
    const later = new Date(fleet.clock.now() + 120_000);
    expect(await list({ thing: OFFLINE, since: later })).toEqual([]);
  });

  it("wants a command or a vehicle", async () => {
    const both = { thing: OFFLINE, commandId: "lock-doors" } as never;

    await expect(
      test.settle(collect(listCommandExecutions(test.fleet, both))),
    ).rejects.toMatchObject({ name: "InvalidInputError" });
  });
});

it("describes an execution that is under way", async () => {
  const execution = await start(OFFLINE, { timeoutSeconds: 60 }, "lock-doors");
  await passSeconds(2);

  const { status, seconds } = await test.settle(describeCommandExecution(test.fleet, execution));

  expect({ status, seconds }).toEqual({ status: "CREATED", seconds: 2 });
});

describe("the checkpoint and the challenge", () => {
  const states = (checks: readonly { readonly isMet: boolean }[]) =>
    checks.map(({ isMet }) => isMet);

  it("finds both commands, an answer and the lack of one, and leaves a mark beside a plan", async () => {
    const { fleet, settle } = test;
    await settle(rememberPlan(fleet, {}));

    expect(states(await settle(checkCommands(fleet)))).toEqual([true, true, true]);
    expect((await settle(notedWay(fleet))).reached).toEqual(new Set(["10"]));
  });

  it("grades a challenge that has not begun, is half done, and is done", async () => {
    const { fleet, settle } = test;
    const grade = async () => states(await settle(checkCommandChallenge(fleet)));
    expect(await grade()).toEqual([false, false, false]);

    await settle(
      createCommand(fleet, {
        name: "blink",
        payload: { times: commandParameter("times") },
        parameters: { times: { type: "INTEGER", from: 1, to: 9, byDefault: 3 } },
      }),
    );
    const wishes = { parameters: { times: 5 } };
    await start(LISTENING, wishes, "blink");
    expect(await grade()).toEqual([true, false, true]);

    for (const name of ["Vehicle-VIN-003", "Vehicle-VIN-004"]) {
      await settle(createThing(fleet, { name }));
      await settle(createIdentity(fleet, name));
      const vehicle = await settle(connectVehicle(fleet, name));
      await settle(vehicle.onCommand(() => ({ status: "SUCCEEDED" })));
      const execution = await start(name, wishes, "blink");
      await settle(waitForCommand(fleet, execution));
    }
    expect(await grade()).toEqual([true, true, true]);

    await start(OFFLINE, wishes, "blink");
    await passSeconds(11);
    expect(await grade()).toEqual([true, true, false]);
  });
});
