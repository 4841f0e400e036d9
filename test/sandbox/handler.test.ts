import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DescribeThingTypeCommand,
  ListThingsCommand,
  ListTopicRulesCommand,
  UpdateThingGroupCommand,
  type UpdateThingGroupCommandInput,
} from "@aws-sdk/client-iot";
import { GetThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../lib/sandbox/index.js";
import { memoryStore } from "../../lib/sandbox/state/store.js";
import { ACCOUNT, clientsOf, openSandbox, REGION } from "./clients.js";

/** A request as any client might send it, signed for a service by name only. */
async function send(
  sandbox: Sandbox,
  request: { method: string; path: string; query?: string; body?: string | Uint8Array },
  service = "iot",
) {
  const { status, headers, body } = await sandbox.handle({
    query: "",
    ...request,
    headers: {
      host: "sandbox.localhost",
      authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=00`,
    },
    body: Buffer.from(request.body ?? ""),
  });
  const text = Buffer.from(body).toString("utf8");
  return { status, headers, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

describe("an operation that is not written", () => {
  it("answers 501 in one line, with its name and the page that says what there is", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new ListTopicRulesCommand({}))).rejects.toMatchObject({
      name: "NotImplementedException",
      message:
        "The sandbox does not have iot:ListTopicRules; lib/sandbox/COVERAGE.md lists what it has.",
      $metadata: { httpStatusCode: 501 },
    });
  });

  it("differs from a path that no operation has", async () => {
    const { sandbox } = openSandbox();

    const answer = await send(sandbox, { method: "GET", path: "/no/such/path" });

    expect(answer.status).toBe(404);
    expect(answer.headers["x-amzn-errortype"]).toBe("UnknownOperationException");
  });
});

describe("validation", () => {
  it("names the member, its value and the constraint", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new CreateThingCommand({ thingName: "my car" }))).rejects.toMatchObject({
      name: "InvalidRequestException",
      message:
        "1 validation error detected: Value 'my car' at 'thingName' failed to satisfy constraint: " +
        "Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]+",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("tells all errors at once", async () => {
    const { iot } = openSandbox();
    const attributePayload = { attributes: { "a b": "x y" } };

    const create = iot.send(
      new CreateThingCommand({ thingName: "x".repeat(129), attributePayload }),
    );

    await expect(create).rejects.toThrow("3 validation errors detected");
    await expect(create).rejects.toThrow("Member must have length less than or equal to 128");
  });

  it("asks for required members", async () => {
    const { iot } = openSandbox();

    await expect(
      iot.send(
        new UpdateThingGroupCommand({ thingGroupName: "g" } as UpdateThingGroupCommandInput),
      ),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      message:
        "1 validation error detected: Value null at 'thingGroupProperties' failed to satisfy constraint: " +
        "Member must not be null",
    });
  });
});

describe("what a client may send", () => {
  const create = { method: "POST", path: "/things/car-1" };

  it.each([
    ["no JSON", "{", "The request body is not valid JSON"],
    ["JSON that is no object", "[]", "The request body must be a JSON object"],
    ["a member of another type", '{"thingTypeName":7}', "thingTypeName must be a text"],
    [
      "a map of another type",
      '{"attributePayload":{"attributes":[]}}',
      "attributePayload.attributes must be a JSON object",
    ],
  ])("is not %s: 400 with a reason", async (_, body, message) => {
    const { sandbox } = openSandbox();

    const answer = await send(sandbox, { ...create, body });

    expect(answer.status).toBe(400);
    expect(answer.headers["x-amzn-errortype"]).toBe("InvalidRequestException");
    expect(answer.body).toEqual({ message });
  });

  it("is a query number that is one", async () => {
    const { sandbox } = openSandbox();

    const answer = await send(sandbox, {
      method: "GET",
      path: "/things",
      query: "maxResults=many",
    });

    expect(answer).toMatchObject({
      status: 400,
      headers: { "x-amzn-errortype": "InvalidRequestException" },
    });
  });

  it("is null for what is left out", async () => {
    const { sandbox } = openSandbox();
    const body =
      '{"thingTypeName":null,"attributePayload":{"attributes":null},"billingGroupName":null}';

    const answer = await send(sandbox, { ...create, body });

    expect(answer).toMatchObject({ status: 200, body: { thingName: "car-1" } });
  });

  it("is a member that the operation does not know, which is ignored", async () => {
    const { sandbox } = openSandbox();

    const answer = await send(sandbox, { ...create, body: '{"colour":"red","thingName":"other"}' });

    expect(answer).toMatchObject({ status: 200, body: { thingName: "car-1" } });
  });

  it("is a percent-encoded name, decoded once", async () => {
    const { sandbox } = openSandbox();

    const plain = await send(sandbox, { ...create, path: "/things/car%3A1" });
    const twice = await send(sandbox, { ...create, path: "/things/car%253A1" });

    expect(plain.body).toMatchObject({ thingName: "car:1" });
    expect(twice.status).toBe(400);
  });

  it("gets a request id with every answer", async () => {
    const { sandbox } = openSandbox();

    const good = await send(sandbox, { method: "GET", path: "/things" });
    const bad = await send(sandbox, { method: "GET", path: "/things/nope" });

    expect(good.headers["x-amzn-requestid"]).toHaveLength(36);
    expect(bad.headers["x-amzn-requestid"]).toHaveLength(36);
  });
});

describe("an operation that throws half-way", () => {
  it("leaves nothing behind", async () => {
    const { iot } = openSandbox();
    const thingTypeName = "Sedan";
    // The tags are checked when the type is already in its table.
    const tags = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "v" }));

    await expect(
      iot.send(new CreateThingTypeCommand({ thingTypeName, tags })),
    ).rejects.toMatchObject({ name: "LimitExceededException" });

    await expect(iot.send(new DescribeThingTypeCommand({ thingTypeName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("a store that fails", () => {
  it("refuses the request and every later one, and tells once", async () => {
    const told: unknown[] = [];
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    const store = { ...memoryStore(), commit: async () => Promise.reject(full) };
    const { iot } = openSandbox({ store, onStoreFailure: (error) => told.push(error) });
    const create = () => iot.send(new CreateThingCommand({ thingName: "a" }));

    await expect(create()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    await expect(create()).rejects.toThrow("could not write its data to disk");
    await expect(iot.send(new ListThingsCommand({}))).rejects.toThrow("could not write");
    expect(told).toEqual([full]);
  });
});

describe("throttling", () => {
  /** Ask until it is enough: how many of `count` calls at once were admitted. */
  async function admitted(count: number, call: () => Promise<unknown>): Promise<number> {
    const results = await Promise.allSettled(Array.from({ length: count }, call));
    return results.filter(({ status }) => status === "fulfilled").length;
  }

  it("refuses more than AWS's quota with 429 ThrottlingException", async () => {
    const { iot } = openSandbox({ quotas: "aws" });
    for (let i = 0; i < 10; i++) await iot.send(new ListThingsCommand({}));

    await expect(iot.send(new ListThingsCommand({}))).rejects.toMatchObject({
      name: "ThrottlingException",
      message: "Rate exceeded",
      $metadata: { httpStatusCode: 429 },
    });
  });

  it("counts policies by the number that AWS printed for them", async () => {
    const { iot } = openSandbox({ quotas: "aws" });
    const { policyArn = "", policyName = "" } = await iot.send(
      new CreatePolicyCommand({
        policyName: "connect",
        policyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "iot:Connect", Resource: "*" }],
        }),
      }),
    );
    const target = policyArn.replace(/policy.*/, "thinggroup/cars");
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "cars" }));

    const count = await admitted(20, () =>
      iot.send(new AttachPolicyCommand({ policyName, target })),
    );

    expect(count).toBe(15);
  });

  it("lets calls in again at the rate of the quota", async () => {
    const { iot, clock } = openSandbox({ quotas: "aws" });
    const list = () => iot.send(new ListThingsCommand({}));
    await admitted(20, list);

    await clock.advance(300);

    expect(await admitted(20, list)).toBe(3);
  });

  it("counts each operation, account and Region for itself", async () => {
    const { sandbox, iot } = openSandbox({ quotas: "aws" });
    await admitted(20, () => iot.send(new ListThingsCommand({})));
    let i = 0;

    const create = () => iot.send(new CreateThingCommand({ thingName: `car-${i++}` }));
    const otherAccount = clientsOf(sandbox, "999999999999").iot;
    const otherRegion = clientsOf(sandbox, ACCOUNT, "us-east-1").iot;

    expect(await admitted(50, create)).toBe(50);
    expect(await admitted(20, () => otherAccount.send(new ListThingsCommand({})))).toBe(10);
    expect(await admitted(20, () => otherRegion.send(new ListThingsCommand({})))).toBe(10);
  });

  it("follows own numbers, and none when it is off", async () => {
    const own = openSandbox({ quotas: { ListThings: { perSecond: 2 } } }).iot;
    const off = openSandbox({ quotas: "off" }).iot;

    expect(await admitted(20, () => own.send(new ListThingsCommand({})))).toBe(2);
    expect(await admitted(100, () => off.send(new ListThingsCommand({})))).toBe(100);
  });

  it("throttles the data plane by its own name as well", async () => {
    const { iotData } = openSandbox({ quotas: { GetThingShadow: { perSecond: 1 } } });
    const get = () => iotData.send(new GetThingShadowCommand({ thingName: "car-1" }));
    await expect(get()).rejects.toMatchObject({ name: "ResourceNotFoundException" });

    await expect(get()).rejects.toMatchObject({
      name: "ThrottlingException",
      $metadata: { httpStatusCode: 429 },
    });
  });
});
