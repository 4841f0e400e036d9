import {
  CreateCommandCommand,
  CreateThingCommand,
  DeleteCommandCommand,
  DeleteCommandExecutionCommand,
  GetCommandExecutionCommand,
  ListCommandExecutionsCommand,
  paginateListCommandExecutions,
  UpdateCommandCommand,
  type CommandParameter,
  type CreateCommandCommandInput,
  type ListCommandExecutionsCommandInput,
} from "@aws-sdk/client-iot";
import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import {
  StartCommandExecutionCommand,
  type StartCommandExecutionCommandInput,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION, type SandboxClients } from "../clients.js";
import { settled } from "../mqtt/broker.js";

const arn = (tail: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${tail}`;
const payload = { content: Buffer.from("{}"), contentType: "application/json" };
const refused = (name: string, httpStatusCode: number, message: RegExp = /./) => ({
  name,
  message: expect.stringMatching(message),
  $metadata: { httpStatusCode },
});
const invalid = (message: RegExp) => refused("ValidationException", 400, message);

let clients: SandboxClients;
beforeEach(async () => {
  clients = openSandbox();
  await clients.iot.send(new CreateThingCommand({ thingName: "car" }));
});

const make = (commandId: string, rest: Partial<CreateCommandCommandInput> = { payload }) =>
  clients.iot.send(new CreateCommandCommand({ commandId, ...rest }));

const start = async (commandId: string, rest: Partial<StartCommandExecutionCommandInput> = {}) => {
  const { executionId } = await clients.iotJobs.send(
    new StartCommandExecutionCommand({
      commandArn: arn(`command/${commandId}`),
      targetArn: arn("thing/car"),
      ...rest,
    }),
  );
  return executionId as string;
};

const look = (executionId: string, targetArn = arn("thing/car"), includeResult = false) =>
  clients.iot.send(new GetCommandExecutionCommand({ executionId, targetArn, includeResult }));

const list = async (rest: Partial<ListCommandExecutionsCommandInput>) => {
  const { commandExecutions = [] } = await clients.iot.send(
    new ListCommandExecutionsCommand({
      startedTimeFilter: { after: "2020-01-01T00:00" },
      ...rest,
    }),
  );
  return commandExecutions.map(({ executionId }) => executionId);
};

const remove = (executionId: string) =>
  clients.iot.send(new DeleteCommandExecutionCommand({ executionId, targetArn: arn("thing/car") }));

async function report(executionId: string, document: object): Promise<void> {
  const topic = `$aws/commands/things/car/executions/${executionId}/response/json`;
  const bytes = Buffer.from(JSON.stringify(document));
  await clients.iotData.send(new PublishCommand({ topic, payload: bytes }));
  await settled();
}

describe("StartCommandExecution (API_iot-jobs-data_StartCommandExecution)", () => {
  it("begins an execution that GetCommandExecution tells of", async () => {
    await make("lock");

    const executionId = await start("lock");

    const now = new Date(clients.sandbox.clock.now());
    const { $metadata: _, ...found } = await look(executionId);
    expect(found).toEqual({
      executionId,
      commandArn: arn("command/lock"),
      targetArn: arn("thing/car"),
      status: "CREATED",
      executionTimeoutSeconds: 10,
      createdAt: now,
      startedAt: now,
      lastUpdatedAt: now,
      timeToLive: expect.any(Date),
    });
    const kept = (found.timeToLive as Date).getTime() - now.getTime();
    expect(kept / 86_400_000).toBeGreaterThan(180);
    expect(kept / 86_400_000).toBeLessThan(185);
  });

  it("starts nothing twice for one token, unless it was used for something else", async () => {
    await make("lock");
    const clientToken = "token-1";

    const first = await start("lock", { clientToken });
    expect(await start("lock", { clientToken })).toBe(first);
    expect(await list({ targetArn: arn("thing/car") })).toEqual([first]);

    await expect(start("lock", { clientToken, executionTimeoutSeconds: 11 })).rejects.toMatchObject(
      refused("ConflictException", 409),
    );
  });

  it.each<[string, Partial<StartCommandExecutionCommandInput>, ReturnType<typeof refused>]>([
    [
      "a command that is not there",
      { commandArn: arn("command/none") },
      refused("ResourceNotFoundException", 404, /none/),
    ],
    [
      "a thing that is not there",
      { targetArn: arn("thing/none") },
      refused("ResourceNotFoundException", 404, /none/),
    ],
    ["another Region's command", { commandArn: "arn:aws:iot:x:1:command/lock" }, invalid(/ARN/)],
    ["a group as target", { targetArn: arn("thinggroup/all") }, invalid(/thing or of a client/)],
    ["a client id with a wildcard", { targetArn: arn("client/a+") }, invalid(/ARN/)],
    ["more than twelve hours", { executionTimeoutSeconds: 43_201 }, invalid(/43200/)],
    ["no time at all", { executionTimeoutSeconds: 0 }, invalid(/executionTimeoutSeconds/)],
    ["a parameter of a fixed payload", { parameters: { a: { S: "b" } } }, invalid(/parameter a/)],
  ])("refuses %s", async (_, rest, refusal) => {
    await make("lock");

    await expect(start("lock", rest)).rejects.toMatchObject(refusal);
  });

  it.each(["commandArn", "targetArn"])("needs %s", async (member) => {
    await make("c");

    await expect(start("c", { [member]: undefined })).rejects.toMatchObject(
      invalid(new RegExp(`Value null at '${member}' .*must not be null`)),
    );
  });

  it("refuses a command that is deprecated or on its way out, and FleetWise's by name", async () => {
    await make("old");
    await clients.iot.send(new UpdateCommandCommand({ commandId: "old", deprecated: true }));
    await expect(start("old")).rejects.toMatchObject(invalid(/deprecated.*UpdateCommand/));

    await make("gone");
    await clients.iot.send(new DeleteCommandCommand({ commandId: "gone" }));
    await expect(start("gone")).rejects.toMatchObject(invalid(/pending deletion/));

    const roleArn = `arn:aws:iam::${ACCOUNT}:role/fleetwise`;
    await make("wise", { namespace: "AWS-IoT-FleetWise", roleArn });
    await expect(start("wise")).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  });
});

describe("time", () => {
  it("ends what nobody answers, and in the end forgets it", async () => {
    await make("lock");
    const executionId = await start("lock", { executionTimeoutSeconds: 30 });

    await clients.sandbox.advance(29_999);
    expect((await look(executionId)).status).toBe("CREATED");
    await clients.sandbox.advance(1);
    const lateBy = clients.sandbox.clock.now();
    await clients.sandbox.advance(3_600_000);
    expect(await look(executionId)).toMatchObject({
      status: "TIMED_OUT",
      statusReason: { reasonCode: "$NO_RESPONSE_FROM_DEVICE" },
      lastUpdatedAt: new Date(lateBy),
    });

    await clients.sandbox.advance(190 * 86_400_000);
    await expect(look(executionId)).rejects.toMatchObject(
      refused("ResourceNotFoundException", 404),
    );
  });
});

describe("ListCommandExecutions (API_ListCommandExecutions)", () => {
  it("lists by target or command, by status and time, in either order and in pages", async () => {
    await make("lock");
    await make("unlock");
    await clients.iot.send(new CreateThingCommand({ thingName: "van" }));
    const a = await start("lock", { executionTimeoutSeconds: 600 });
    await clients.sandbox.advance(120_000);
    const b = await start("lock", { targetArn: arn("thing/van") });
    const c = await start("unlock", { executionTimeoutSeconds: 600 });
    await clients.sandbox.advance(60_000);
    await report(a, { status: "SUCCEEDED" });
    const minute = (shift: number) =>
      new Date(clients.sandbox.clock.now() + shift).toISOString().slice(0, 16);

    expect(await list({ targetArn: arn("thing/car") })).toEqual([c, a]);
    expect(await list({ targetArn: arn("thing/car"), sortOrder: "ASCENDING" })).toEqual([a, c]);
    expect((await list({ commandArn: arn("command/lock") })).sort()).toEqual([a, b].sort());
    expect(await list({ commandArn: arn("command/lock"), status: "TIMED_OUT" })).toEqual([b]);
    expect(
      await list({
        targetArn: arn("thing/car"),
        startedTimeFilter: { after: minute(-120_000), before: minute(60_000) },
      }),
    ).toEqual([c]);
    expect(
      await list({
        targetArn: arn("thing/car"),
        startedTimeFilter: undefined,
        completedTimeFilter: { after: minute(-120_000) },
      }),
    ).toEqual([a]);
    expect(await list({ targetArn: arn("thing/car"), namespace: "AWS-IoT-FleetWise" })).toEqual([]);

    const pages: (string | undefined)[][] = [];
    const config = { client: clients.iot, pageSize: 1 };
    for await (const page of paginateListCommandExecutions(config, {
      targetArn: arn("thing/car"),
      startedTimeFilter: { after: "2020-01-01T00:00" },
    })) {
      pages.push((page.commandExecutions ?? []).map(({ executionId }) => executionId));
    }
    expect(pages.flat()).toEqual([c, a]);
  });

  it.each<[string, Partial<ListCommandExecutionsCommandInput>]>([
    ["neither target nor command", {}],
    ["both", { targetArn: arn("thing/car"), commandArn: arn("command/lock") }],
    ["no time", { targetArn: arn("thing/car"), startedTimeFilter: undefined }],
    [
      "both times",
      { targetArn: arn("thing/car"), completedTimeFilter: { after: "2020-01-01T00:00" } },
    ],
    ["an empty time", { targetArn: arn("thing/car"), startedTimeFilter: {} }],
    [
      "seconds",
      { targetArn: arn("thing/car"), startedTimeFilter: { after: "2020-01-01T00:00:00" } },
    ],
    ["no day", { targetArn: arn("thing/car"), startedTimeFilter: { after: "2020-13-01T00:00" } }],
    ["a foreign token", { targetArn: arn("thing/car"), nextToken: "x" }],
  ])("refuses %s", async (_, rest) => {
    await expect(list(rest)).rejects.toMatchObject(invalid(/./));
  });
});

describe("GetCommandExecution and DeleteCommandExecution", () => {
  it("tell the result only to whoever asks for it, and need the right target", async () => {
    await make("lock");
    const executionId = await start("lock");
    await report(executionId, { status: "SUCCEEDED", result: { a: { s: "b" } } });

    expect((await look(executionId)).result).toBeUndefined();
    expect((await look(executionId, undefined, true)).result).toEqual({ a: { S: "b" } });
    await expect(look(executionId, arn("thing/van"))).rejects.toMatchObject(
      refused("ResourceNotFoundException", 404, /thing\/van/),
    );
  });

  it("delete only what the device has ended", async () => {
    await make("lock");
    const executionId = await start("lock");
    await expect(remove(executionId)).rejects.toMatchObject(refused("ConflictException", 409));
    await clients.sandbox.advance(11_000);
    await expect(remove(executionId)).rejects.toMatchObject(refused("ConflictException", 409));

    await report(executionId, { status: "FAILED" });
    await remove(executionId);

    await expect(look(executionId)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await remove(executionId);
    expect(clients.sandbox.state(ACCOUNT, REGION).commandTimers.size).toBe(0);
  });
});

describe("a template", () => {
  const of = (name: string) => `\${aws:iot:commandexecution::${name}}`;
  const preprocessor = { awsJsonSubstitution: { outputFormat: "JSON" as const } };
  const template = (...parameters: CommandParameter[]) => ({
    payloadTemplate: JSON.stringify({ x: of("parameter:x") }),
    preprocessor,
    mandatoryParameters: parameters,
  });

  it.each<[string, Partial<CreateCommandCommandInput>, RegExp]>([
    ["without a preprocessor", { ...template({ name: "x" }), preprocessor: undefined }, /preproc/],
    ["that is no JSON", { ...template({ name: "x" }), payloadTemplate: "{" }, /not valid JSON/],
    ["without a placeholder", { ...template({ name: "x" }), payloadTemplate: "{}" }, /placeholder/],
    ["with a parameter that is not declared", template({ name: "y" }), /parameter x/],
    ["with a parameter twice", template({ name: "x" }, { name: "x" }), /same name/],
    [
      "with an unknown placeholder",
      { ...template({ name: "x" }), payloadTemplate: JSON.stringify([of("parameter:x"), of("y")]) },
      /nothing stands behind: y/,
    ],
    [
      "with a default of another type",
      template({ name: "x", type: "INTEGER", defaultValue: { S: "1" } }),
      /type is INTEGER/,
    ],
    ["with a value of two types", template({ name: "x", value: { S: "1", I: 1 } }), /exactly one/],
    [
      "with a condition on a Boolean",
      template({
        name: "x",
        type: "BOOLEAN",
        valueConditions: [{ comparisonOperator: "EQUALS", operand: { string: "true" } }],
      }),
      /cannot have conditions/,
    ],
    [
      "with an operator for numbers on a text",
      template({
        name: "x",
        type: "STRING",
        valueConditions: [{ comparisonOperator: "LESS_THAN", operand: { number: "1" } }],
      }),
      /not for values of type STRING/,
    ],
    [
      "with an operand that does not fit",
      template({
        name: "x",
        type: "LONG",
        valueConditions: [{ comparisonOperator: "IN_SET", operand: { number: "1" } }],
      }),
      /operand with numbers/,
    ],
    [
      "with an operand that is no number",
      template({
        name: "x",
        type: "LONG",
        valueConditions: [{ comparisonOperator: "EQUALS", operand: { number: "one" } }],
      }),
      /one is not a number/,
    ],
  ])("is refused %s", async (_, rest, message) => {
    await expect(make("bad", rest)).rejects.toMatchObject(invalid(message));
  });

  it("takes what is given before its own value, and that before its default", async () => {
    const used = async (id: string, parameter: CommandParameter, given?: string) => {
      await make(id, template(parameter));
      const parameters = given === undefined ? undefined : { x: { S: given } };
      return (await look(await start(id, { parameters }))).parameters?.["x"]?.S;
    };
    const both = { name: "x", value: { S: "value" }, defaultValue: { S: "default" } };

    expect(await used("a", both, "given")).toBe("given");
    expect(await used("b", both)).toBe("value");
    expect(await used("c", { name: "x", defaultValue: { S: "default" } })).toBe("default");
    await expect(used("d", { name: "x" })).rejects.toMatchObject(invalid(/x is required/));
  });

  const number = (comparisonOperator: string, operand: object) => ({
    name: "x",
    type: "INTEGER" as const,
    valueConditions: [{ comparisonOperator: comparisonOperator as never, operand }],
  });
  const range = { numberRange: { min: "60", max: "80" } };

  it.each<[string, CommandParameter, number[], number[]]>([
    ["EQUALS", number("EQUALS", { number: "7" }), [7], [8]],
    ["NOT_EQUALS", number("NOT_EQUALS", { number: "7" }), [8], [7]],
    ["GREATER_THAN", number("GREATER_THAN", { number: "7" }), [8], [7, 6]],
    ["GREATER_THAN_EQUALS", number("GREATER_THAN_EQUALS", { number: "7" }), [7, 8], [6]],
    ["LESS_THAN", number("LESS_THAN", { number: "7.5" }), [7], [8]],
    ["LESS_THAN_EQUALS", number("LESS_THAN_EQUALS", { number: "7" }), [7, 6], [8]],
    ["IN_SET", number("IN_SET", { numbers: ["1", "3"] }), [1, 3], [2]],
    ["NOT_IN_SET", number("NOT_IN_SET", { numbers: ["1", "3"] }), [2], [1, 3]],
    ["IN_RANGE", number("IN_RANGE", range), [60, 80], [59, 81]],
    ["NOT_IN_RANGE", number("NOT_IN_RANGE", range), [59, 81], [60, 80]],
  ])("holds values to %s", async (_, parameter, fits, doesNot) => {
    await make("if", template(parameter));

    for (const I of fits) await start("if", { parameters: { x: { I } } });
    for (const I of doesNot) {
      await expect(start("if", { parameters: { x: { I } } })).rejects.toMatchObject(
        invalid(/condition/),
      );
    }
  });

  it("holds texts, and numbers beyond doubles, to their conditions as well", async () => {
    const condition = (comparisonOperator: string, operand: object): CommandParameter => ({
      name: "x",
      valueConditions: [{ comparisonOperator: comparisonOperator as never, operand }],
    });
    await make("text", template(condition("IN_SET", { strings: ["ON", "OFF"] })));
    await start("text", { parameters: { x: { S: "ON" } } });
    await expect(start("text", { parameters: { x: { S: "on" } } })).rejects.toMatchObject(
      invalid(/ON, OFF/),
    );
    await make("long", template(condition("EQUALS", { number: "18446744073709551615" })));
    await start("long", { parameters: { x: { UL: "18446744073709551615" } } });
    await expect(
      start("long", { parameters: { x: { UL: "18446744073709551614" } } }),
    ).rejects.toMatchObject(invalid(/condition/));
    await expect(
      start("long", { parameters: { x: { UL: "18446744073709551616" } } }),
    ).rejects.toMatchObject(invalid(/value of type UNSIGNEDLONG/));
  });

  it.each<[string, StartCommandExecutionCommandInput["parameters"], RegExp]>([
    ["another type", { x: { S: "1" } }, /type INTEGER, not STRING/],
    ["two types", { x: { S: "1", I: 1 } }, /exactly one/],
    ["no type", { x: {} }, /exactly one/],
    ["more than 32 bits", { x: { I: 2 ** 31 } }, /value of type INTEGER/],
    ["a name that is not declared", { x: { I: 1 }, y: { I: 1 } }, /no parameter y/],
  ])("refuses a parameter of %s", async (_, parameters, message) => {
    await make("typed", template({ name: "x", type: "INTEGER" }));

    await expect(start("typed", { parameters })).rejects.toMatchObject(invalid(message));
  });
});
