import {
  CreateCommandCommand,
  DeleteCommandCommand,
  GetCommandCommand,
  ListCommandsCommand,
  ListTagsForResourceCommand,
  paginateListCommands,
  UpdateCommandCommand,
  type CreateCommandCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const payload = { content: Buffer.from('{"light":"on"}'), contentType: "application/json" };
const arnOf = (id: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:command/${id}`;

function withCommands() {
  const clients = openSandbox();
  const { iot } = clients;
  const create = (commandId: string, rest: Partial<CreateCommandCommandInput> = { payload }) =>
    iot.send(new CreateCommandCommand({ commandId, ...rest }));
  const get = (commandId: string) => iot.send(new GetCommandCommand({ commandId }));
  const remove = (commandId: string) => iot.send(new DeleteCommandCommand({ commandId }));
  return { ...clients, create, get, remove };
}

describe("CreateCommand (API_CreateCommand)", () => {
  it("answers with id and ARN, and keeps tags", async () => {
    const { iot, create } = withCommands();
    const tags = [{ Key: "k", Value: "v" }];

    const made = await create("light-on", { payload, tags });

    expect(made).toMatchObject({ commandId: "light-on", commandArn: arnOf("light-on") });
    const found = await iot.send(new ListTagsForResourceCommand({ resourceArn: made.commandArn }));
    expect(found.tags).toEqual(tags);
  });

  it("refuses an id that is taken with 409", async () => {
    const { create } = withCommands();
    await create("light-on");

    await expect(create("light-on")).rejects.toMatchObject({
      name: "ConflictException",
      $metadata: { httpStatusCode: 409 },
    });
  });

  it.each([
    ["neither payload nor template", "a", {}],
    ["both", "a", { payload, payloadTemplate: "{}" }],
    ["too large a payload", "a", { payload: { content: Buffer.alloc(32_769) } }],
    ["an id of other characters", "a b", { payload }],
    ["FleetWise without a role", "a", { payload, namespace: "AWS-IoT-FleetWise" as const }],
  ])("refuses %s with ValidationException", async (_, id, rest) => {
    const { create } = withCommands();

    await expect(create(id, rest)).rejects.toMatchObject({
      name: "ValidationException",
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe("GetCommand (API_GetCommand)", () => {
  it("tells the whole command", async () => {
    const { clock, create, get } = withCommands();
    await create("light-on", { payload, displayName: "On", description: "Light on" });
    const now = new Date(clock.now());

    const { $metadata: _, payload: kept, ...command } = await get("light-on");

    expect(Buffer.from(kept?.content ?? []).toString()).toBe('{"light":"on"}');
    expect(command).toEqual({
      commandId: "light-on",
      commandArn: arnOf("light-on"),
      namespace: "AWS-IoT",
      displayName: "On",
      description: "Light on",
      createdAt: now,
      lastUpdatedAt: now,
      deprecated: false,
      pendingDeletion: false,
    });
  });

  it("refuses an unknown command with 404", async () => {
    const { get } = withCommands();

    await expect(get("nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("ListCommands (API_ListCommands)", () => {
  it("pages by age, the newest first or last", async () => {
    const { iot, clock, create } = withCommands();
    for (const id of ["b", "a", "c"]) {
      await create(id);
      await clock.advance(1000);
    }

    const pages = [];
    for await (const page of paginateListCommands({ client: iot, pageSize: 2 }, {}))
      pages.push(page.commands?.map(({ commandId }) => commandId));
    const { commands } = await iot.send(new ListCommandsCommand({ sortOrder: "ASCENDING" }));

    expect(pages).toEqual([["c", "a"], ["b"]]);
    expect(commands?.map(({ commandId }) => commandId)).toEqual(["b", "a", "c"]);
  });

  it("filters by namespace and parameter", async () => {
    const { iot, create } = withCommands();
    await create("plain");
    await create("with", { payload, mandatoryParameters: [{ name: "speed" }] });

    const of = async (input: object) =>
      (await iot.send(new ListCommandsCommand(input))).commands?.map(({ commandId }) => commandId);

    expect(await of({ commandParameterName: "speed" })).toEqual(["with"]);
    expect(await of({ namespace: "AWS-IoT-FleetWise" })).toEqual([]);
  });
});

describe("UpdateCommand (API_UpdateCommand)", () => {
  it("changes what is sent, and deprecates", async () => {
    const { iot, create, get } = withCommands();
    await create("light-on", { payload, displayName: "On" });

    const updated = await iot.send(
      new UpdateCommandCommand({ commandId: "light-on", deprecated: true }),
    );

    expect(updated).toMatchObject({ displayName: "On", deprecated: true });
    expect(await get("light-on")).toMatchObject({ displayName: "On", deprecated: true });
  });

  it("refuses an unknown command", async () => {
    const { iot } = withCommands();

    await expect(iot.send(new UpdateCommandCommand({ commandId: "nope" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeleteCommand (API_DeleteCommand)", () => {
  const HOUR = 3_600_000;

  it("lets a command that is not deprecated go twelve hours later, and says 202 until then", async () => {
    const { iot, clock, create, get, remove } = withCommands();
    await create("light-on");

    expect((await remove("light-on")).statusCode).toBe(202);
    await clock.advance(11 * HOUR);
    expect((await remove("light-on")).statusCode).toBe(202);

    const pending = { commandId: "light-on", deprecated: false, pendingDeletion: true };
    expect(await get("light-on")).toMatchObject(pending);
    const listed = await iot.send(new ListCommandsCommand({}));
    expect(listed.commands).toEqual([expect.objectContaining(pending)]);
    await expect(create("light-on")).rejects.toMatchObject({ name: "ConflictException" });
    await clock.advance(HOUR);

    await expect(get("light-on")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect((await iot.send(new ListCommandsCommand({}))).commands).toEqual([]);
    expect((await remove("light-on")).statusCode).toBe(204);
    await create("light-on");
    expect(await get("light-on")).toMatchObject({ pendingDeletion: false });
  });

  it("deletes at once, with 204, what has been deprecated for twelve hours", async () => {
    const { iot, clock, create, get, remove } = withCommands();
    await create("light-on");
    const deprecate = (deprecated: boolean) =>
      iot.send(new UpdateCommandCommand({ commandId: "light-on", deprecated }));
    await deprecate(true);
    await clock.advance(12 * HOUR);
    // Undone and repeated, it begins anew; repeated alone, it does not.
    await deprecate(false);
    await deprecate(true);
    await clock.advance(11 * HOUR);
    await deprecate(true);
    await clock.advance(HOUR);

    expect((await remove("light-on")).statusCode).toBe(204);

    await expect(get("light-on")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(
      iot.send(new ListTagsForResourceCommand({ resourceArn: arnOf("light-on") })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("says 202 for a command that is not deprecated long enough", async () => {
    const { iot, clock, create, get, remove } = withCommands();
    await create("light-on");
    await iot.send(new UpdateCommandCommand({ commandId: "light-on", deprecated: true }));
    await clock.advance(12 * HOUR - 1);

    expect((await remove("light-on")).statusCode).toBe(202);
    expect(await get("light-on")).toMatchObject({ deprecated: true, pendingDeletion: true });
  });

  it("leaves no way back", async () => {
    const { iot, create, remove } = withCommands();
    await create("light-on");
    await remove("light-on");

    await expect(
      iot.send(new UpdateCommandCommand({ commandId: "light-on", deprecated: false })),
    ).rejects.toMatchObject({ name: "ConflictException", $metadata: { httpStatusCode: 409 } });
  });

  it("counts a command that is not there as deleted", async () => {
    const { remove } = withCommands();

    expect((await remove("nope")).statusCode).toBe(204);
  });
});
