import {
  CreateCommandCommand,
  CreateThingCommand,
  DeleteCommandCommand,
  DeleteCommandExecutionCommand,
  DeleteThingCommand,
  GetCommandCommand,
  GetCommandExecutionCommand,
  ListCommandExecutionsCommand,
  ListCommandsCommand,
  UpdateCommandCommand,
} from "@aws-sdk/client-iot";
import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import { StartCommandExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { describe, expect, it } from "vitest";
import { longest, pagesOf } from "./paging.js";
import { answerOf, conflict, invalidValue, notFound } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { iot, iotData, iotJobs } = target;

const payload = { content: Buffer.from('{"light":"on"}'), contentType: "application/json" };
const create = (commandId: string, rest: object = { payload }) =>
  iot.send(new CreateCommandCommand({ commandId, namespace: "AWS-IoT", tags: markTags, ...rest }));
const look = (commandId: string) => iot.send(new GetCommandCommand({ commandId }));
const remove = (commandId: string) => iot.send(new DeleteCommandCommand({ commandId }));

async function make() {
  const commandId = target.name("command");
  target.cleanUp(`command ${commandId}`, () => remove(commandId));
  const made = await create(commandId);
  return { commandId, made: answerOf(made) };
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html
describe("CreateCommand", () => {
  it("answers with id and ARN", async () => {
    const { commandId, made } = await make();

    expect(made).toEqual({ commandId, commandArn: target.arn(`command/${commandId}`) });
  });

  it("refuses an id that is taken with 409", async () => {
    const { commandId } = await make();

    await expect(create(commandId)).rejects.toMatchObject(conflict);
  });

  it.each([
    ["an id with a blank", "contract light", { payload }],
    ["neither payload nor template", "contract-none", {}],
  ])("refuses %s with 400", async (_, commandId, rest) => {
    await expect(create(commandId, rest)).rejects.toMatchObject(invalidValue);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetCommand.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCommand.html
describe("GetCommand and UpdateCommand", () => {
  it("tell and change the command", async () => {
    const { commandId } = await make();

    const updated = await iot.send(
      new UpdateCommandCommand({ commandId, displayName: "Light on", deprecated: true }),
    );

    expect(updated).toMatchObject({ commandId, displayName: "Light on", deprecated: true });
    const found = await look(commandId);
    expect(found).toMatchObject({
      commandId,
      commandArn: target.arn(`command/${commandId}`),
      namespace: "AWS-IoT",
      displayName: "Light on",
      deprecated: true,
      createdAt: expect.any(Date),
      lastUpdatedAt: expect.any(Date),
    });
    expect(Buffer.from(found.payload?.content ?? []).toString()).toBe('{"light":"on"}');
  });

  it("refuse an unknown command with 404", async () => {
    const commandId = target.name("command");

    await expect(look(commandId)).rejects.toMatchObject(notFound);
    await expect(
      iot.send(new UpdateCommandCommand({ commandId, displayName: "None" })),
    ).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListCommands.html
describe("ListCommands", () => {
  it("goes on with another command on the next page", async () => {
    for (let i = 0; i < 2; i++) await make();

    const pages = await target.eventually(async () => {
      const found = await pagesOf(async (nextToken) => {
        const page = await iot.send(new ListCommandsCommand({ maxResults: 1, nextToken }));
        return { items: page.commands, next: page.nextToken };
      }, 2);
      expect(found.flat()).toHaveLength(2);
      return found;
    });

    expect(longest(pages)).toBe(1);
    expect(new Set(pages.flat().map(({ commandId }) => commandId)).size).toBe(2);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCommand.html
describe("DeleteCommand", () => {
  it("deletes at once, or says that it will", async () => {
    const { commandId } = await make();

    const { statusCode } = await remove(commandId);

    expect([202, 204]).toContain(statusCode);
    if (statusCode === 204) await expect(look(commandId)).rejects.toMatchObject(notFound);
    else expect(await look(commandId)).toMatchObject({ pendingDeletion: true });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_StartCommandExecution.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_GetCommandExecution.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_ListCommandExecutions.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCommandExecution.html
describe("An execution of a command", () => {
  async function begin() {
    const { commandId, made } = await make();
    const thingName = target.name("thing");
    target.cleanUp(`thing ${thingName}`, () => iot.send(new DeleteThingCommand({ thingName })));
    await iot.send(new CreateThingCommand({ thingName }));
    const targetArn = target.arn(`thing/${thingName}`);
    const start = (rest: object = {}) =>
      iotJobs.send(
        new StartCommandExecutionCommand({
          commandArn: made.commandArn as string,
          targetArn,
          executionTimeoutSeconds: 600,
          ...rest,
        }),
      );
    const { executionId = "" } = await start();
    const which = { executionId, targetArn };
    const report = (document: object) =>
      iotData.send(
        new PublishCommand({
          topic: `$aws/commands/things/${thingName}/executions/${executionId}/response/json`,
          payload: Buffer.from(JSON.stringify(document)),
          qos: 1,
        }),
      );
    return { commandId, made, targetArn, start, which, report };
  }
  const lookAt = (which: { executionId: string; targetArn: string }, includeResult = false) =>
    iot.send(new GetCommandExecutionCommand({ ...which, includeResult }));
  const removeExecution = (which: { executionId: string; targetArn: string }) =>
    iot.send(new DeleteCommandExecutionCommand(which));

  it("is CREATED, listed, ended by its device, and only then deleted", async () => {
    const { made, which, report } = await begin();
    expect(answerOf(await lookAt(which))).toMatchObject({
      ...which,
      commandArn: made.commandArn,
      status: "CREATED",
      executionTimeoutSeconds: 600,
      createdAt: expect.any(Date),
    });
    await expect(removeExecution(which)).rejects.toMatchObject(conflict);

    await report({
      status: "SUCCEEDED",
      statusReason: { reasonCode: "DONE" },
      result: { light: { s: "on" } },
    });

    await target.eventually(async () => {
      expect(await lookAt(which, true)).toMatchObject({
        status: "SUCCEEDED",
        statusReason: { reasonCode: "DONE" },
        result: { light: { S: "on" } },
        completedAt: expect.any(Date),
      });
    });
    await target.eventually(async () => {
      const { commandExecutions = [] } = await iot.send(
        new ListCommandExecutionsCommand({
          targetArn: which.targetArn,
          startedTimeFilter: { after: "2020-01-01T00:00" },
        }),
      );
      expect(commandExecutions).toMatchObject([{ ...which, status: "SUCCEEDED" }]);
    });
    await removeExecution(which);
    await target.eventually(() => expect(lookAt(which)).rejects.toMatchObject(notFound));
  });

  it("is refused of a deprecated command, for no thing, and in lists without a filter", async () => {
    const { commandId, which, start } = await begin();

    await expect(start({ targetArn: target.arn("thinggroup/x") })).rejects.toMatchObject(
      invalidValue,
    );
    await iot.send(new UpdateCommandCommand({ commandId, deprecated: true }));
    await expect(start()).rejects.toMatchObject(invalidValue);
    await expect(
      iot.send(new ListCommandExecutionsCommand({ targetArn: which.targetArn })),
    ).rejects.toMatchObject(invalidValue);
  });
});
