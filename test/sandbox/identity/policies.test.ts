import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateThingGroupCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  ListTagsForResourceCommand,
  paginateListPolicies,
  SetDefaultPolicyVersionCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const policyName = "connect";
const documentOf = (Action = "iot:Connect") =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource: `arn:aws:iot:${REGION}:${ACCOUNT}:client/*` }],
  });

/** A sandbox with the policy `connect`, and short ways to work on it. */
async function withPolicy() {
  const clients = openSandbox();
  const { iot } = clients;
  const create = (name = policyName, policyDocument = documentOf()) =>
    iot.send(new CreatePolicyCommand({ policyName: name, policyDocument }));
  const get = () => iot.send(new GetPolicyCommand({ policyName }));
  const remove = () => iot.send(new DeletePolicyCommand({ policyName }));
  const addVersion = (policyDocument: string, setAsDefault?: boolean) =>
    iot.send(new CreatePolicyVersionCommand({ policyName, policyDocument, setAsDefault }));
  const removeVersion = (policyVersionId: string) =>
    iot.send(new DeletePolicyVersionCommand({ policyName, policyVersionId }));
  const versions = async () => {
    const { policyVersions } = await iot.send(new ListPolicyVersionsCommand({ policyName }));
    return policyVersions?.map(({ versionId, isDefaultVersion }) => [versionId, isDefaultVersion]);
  };
  const created = await create();
  return { ...clients, created, create, get, remove, addVersion, removeVersion, versions };
}

describe("CreatePolicy (API_CreatePolicy)", () => {
  it("answers with name, ARN, document and version 1", async () => {
    const { created } = await withPolicy();

    expect(created).toMatchObject({
      policyName,
      policyArn: `arn:aws:iot:${REGION}:${ACCOUNT}:policy/${policyName}`,
      policyDocument: documentOf(),
      policyVersionId: "1",
    });
  });

  it("refuses a name that is taken with 409, also for the same document", async () => {
    const { create } = await withPolicy();

    await expect(create()).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      message: `Policy cannot be created - name already exists (name=${policyName})`,
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("keeps tags", async () => {
    const { iot } = openSandbox();
    const tags = [{ Key: "a", Value: "1" }];

    const { policyArn: resourceArn } = await iot.send(
      new CreatePolicyCommand({ policyName, policyDocument: documentOf(), tags }),
    );

    const found = await iot.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(found.tags).toEqual(tags);
  });

  const statement = { Effect: "Allow", Action: "iot:Connect", Resource: "*" };
  const policy = { Version: "2012-10-17", Statement: [statement] };
  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["without a version", JSON.stringify({ Statement: [statement] })],
    ["of another version", JSON.stringify({ ...policy, Version: "2020-01-01" })],
    ["without statements", JSON.stringify({ ...policy, Statement: [] })],
    ["with a text for a statement", JSON.stringify({ ...policy, Statement: ["x"] })],
    ["without an effect", JSON.stringify({ ...policy, Statement: { ...statement, Effect: "?" } })],
    ["without an action", JSON.stringify({ ...policy, Statement: { ...statement, Action: [] } })],
    ["with a bare action", JSON.stringify({ ...policy, Statement: { ...statement, Action: "x" } })],
    [
      "with a bare resource",
      JSON.stringify({ ...policy, Statement: { ...statement, Resource: 1 } }),
    ],
    ["for a principal", JSON.stringify({ ...policy, Statement: { ...statement, Principal: "*" } })],
    ["too long", JSON.stringify({ ...policy, Id: "x".repeat(2048) })],
  ])("refuses a document %s with MalformedPolicyException", async (_, text) => {
    const { create } = await withPolicy();

    await expect(create("other", text)).rejects.toMatchObject({
      name: "MalformedPolicyException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("does not count white space, and takes one statement without brackets", async () => {
    const { create } = await withPolicy();
    const text = JSON.stringify({ ...policy, Statement: statement });

    const { policyDocument } = await create("other", text + " ".repeat(2048));

    expect(policyDocument).toHaveLength(text.length + 2048);
  });

  it("refuses a name of other characters", async () => {
    const { create } = await withPolicy();

    await expect(create("a b")).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("GetPolicy (API_GetPolicy)", () => {
  it("tells the policy with its default version's document", async () => {
    const { clock, get, addVersion } = await withPolicy();
    const creationDate = new Date(clock.now());
    await clock.advance(5000);
    await addVersion(documentOf("iot:Publish"), true);

    const { $metadata: _, ...policy } = await get();

    expect(policy).toEqual({
      policyName,
      policyArn: `arn:aws:iot:${REGION}:${ACCOUNT}:policy/${policyName}`,
      policyDocument: documentOf("iot:Publish"),
      defaultVersionId: "2",
      creationDate,
      lastModifiedDate: new Date(clock.now()),
      generationId: expect.any(String),
    });
  });

  it("refuses an unknown policy with 404", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new GetPolicyCommand({ policyName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("DeletePolicy (API_DeletePolicy)", () => {
  it("deletes the policy with its default version, and then finds none", async () => {
    const { get, remove } = await withPolicy();

    await remove();

    await expect(get()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(remove()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("refuses while there are other versions", async () => {
    const { remove, addVersion, removeVersion } = await withPolicy();
    await addVersion(documentOf("iot:Publish"));

    await expect(remove()).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: `Cannot delete the policy because it has one or more policy versions attached to it (name=${policyName})`,
      $metadata: { httpStatusCode: 409 },
    });
    await removeVersion("2");
    await remove();
  });

  it("refuses while it is attached", async () => {
    const { iot, remove } = await withPolicy();
    const { thingGroupArn: target } = await iot.send(
      new CreateThingGroupCommand({ thingGroupName: "west" }),
    );
    await iot.send(new AttachPolicyCommand({ policyName, target }));

    await expect(remove()).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: `The policy cannot be deleted as the policy is attached to one or more principals (name=${policyName})`,
    });
    await iot.send(new DetachPolicyCommand({ policyName, target }));
    await remove();
  });
});

describe("ListPolicies (API_ListPolicies)", () => {
  it("pages by age, the newest first or last", async () => {
    const { iot, clock, create } = await withPolicy();
    await clock.advance(1000);
    await create("b");
    await clock.advance(1000);
    await create("a");

    const pages = [];
    for await (const page of paginateListPolicies({ client: iot, pageSize: 2 }, {})) {
      pages.push((page.policies ?? []).map((policy) => policy.policyName));
    }
    const oldestFirst = await iot.send(new ListPoliciesCommand({ ascendingOrder: true }));

    expect(pages).toEqual([["a", "b"], [policyName]]);
    expect(oldestFirst.policies?.at(0)).toEqual({
      policyName,
      policyArn: `arn:aws:iot:${REGION}:${ACCOUNT}:policy/${policyName}`,
    });
    expect(oldestFirst).not.toHaveProperty("nextMarker");
  });
});

describe("CreatePolicyVersion (API_CreatePolicyVersion)", () => {
  it("counts versions on, and makes one the default when told", async () => {
    const { addVersion, versions, removeVersion } = await withPolicy();

    const second = await addVersion(documentOf("iot:Publish"));
    const third = await addVersion(documentOf("iot:Receive"), true);
    await removeVersion("2");
    const fourth = await addVersion(documentOf());

    expect(second).toMatchObject({ policyVersionId: "2", isDefaultVersion: false });
    expect(third).toMatchObject({ policyVersionId: "3", isDefaultVersion: true });
    expect(fourth.policyVersionId).toBe("4");
    expect(await versions()).toEqual([
      ["1", false],
      ["3", true],
      ["4", false],
    ]);
  });

  it("refuses a sixth version with 409", async () => {
    const { addVersion } = await withPolicy();
    for (let i = 2; i <= 5; i++) await addVersion(documentOf());

    await expect(addVersion(documentOf())).rejects.toMatchObject({
      name: "VersionsLimitExceededException",
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("refuses a malformed document and an unknown policy", async () => {
    const { iot, addVersion } = await withPolicy();
    const policyDocument = documentOf();

    await expect(addVersion("{")).rejects.toMatchObject({ name: "MalformedPolicyException" });
    await expect(
      iot.send(new CreatePolicyVersionCommand({ policyName: "nope", policyDocument })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("GetPolicyVersion (API_GetPolicyVersion)", () => {
  it("tells the document of that version", async () => {
    const { iot, addVersion } = await withPolicy();
    await addVersion(documentOf("iot:Publish"));

    const version = await iot.send(
      new GetPolicyVersionCommand({ policyName, policyVersionId: "2" }),
    );

    expect(version).toMatchObject({
      policyName,
      policyVersionId: "2",
      policyDocument: documentOf("iot:Publish"),
      isDefaultVersion: false,
    });
  });

  it.each([
    ["9", "ResourceNotFoundException"],
    ["latest", "InvalidRequestException"],
  ])("refuses version %s with %s", async (policyVersionId, name) => {
    const { iot } = await withPolicy();

    await expect(
      iot.send(new GetPolicyVersionCommand({ policyName, policyVersionId })),
    ).rejects.toMatchObject({ name });
  });
});

describe("SetDefaultPolicyVersion (API_SetDefaultPolicyVersion)", () => {
  it("changes what GetPolicy shows", async () => {
    const { iot, get, addVersion } = await withPolicy();
    await addVersion(documentOf("iot:Publish"));

    await iot.send(new SetDefaultPolicyVersionCommand({ policyName, policyVersionId: "2" }));

    expect(await get()).toMatchObject({
      defaultVersionId: "2",
      policyDocument: documentOf("iot:Publish"),
    });
  });

  it("refuses an unknown version", async () => {
    const { iot } = await withPolicy();

    await expect(
      iot.send(new SetDefaultPolicyVersionCommand({ policyName, policyVersionId: "2" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("DeletePolicyVersion (API_DeletePolicyVersion)", () => {
  it("refuses the default version, and finds no version twice", async () => {
    const { addVersion, removeVersion, versions } = await withPolicy();
    await addVersion(documentOf());

    await expect(removeVersion("1")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Cannot delete the default version of a policy",
    });
    await removeVersion("2");
    await expect(removeVersion("2")).rejects.toMatchObject({ name: "ResourceNotFoundException" });

    expect(await versions()).toEqual([["1", true]]);
  });
});
