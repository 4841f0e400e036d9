import {
  DeleteConnectionCommand,
  GetConnectionCommand,
  GetRetainedMessageCommand,
  ListRetainedMessagesCommand,
  ListSubscriptionsCommand,
  PublishCommand,
  SendDirectMessageCommand,
} from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { openBroker, settled } from "./broker.js";

const bytes = (text: string) => Buffer.from(text);

describe("Publish", () => {
  it("is a message like any other, with all that MQTT 5 says", async () => {
    const broker = openBroker();
    const client = await broker.client("c", { version: 5 });
    await client.subscribe("a/b c/ä", 1);

    await broker.iotData.send(
      new PublishCommand({
        topic: "a/b c/ä",
        payload: bytes("hello"),
        qos: 1,
        contentType: "text/plain",
        responseTopic: "r/s",
        correlationData: bytes("id").toString("base64"),
        payloadFormatIndicator: "UTF8_DATA",
        userProperties: JSON.stringify([{ a: "1" }, { b: "2" }, { a: "3" }]),
        messageExpiry: 10,
      }),
    );

    expect(await client.message()).toMatchObject({
      topic: "a/b c/ä",
      text: "hello",
      qos: 1,
      properties: {
        contentType: "text/plain",
        responseTopic: "r/s",
        correlationData: bytes("id"),
        payloadFormatIndicator: true,
        userProperties: { a: ["1", "3"], b: "2" },
        messageExpiryInterval: 10,
      },
    });
  });

  it("answers what AWS answers on the wire", async () => {
    const { sandbox } = openBroker();

    const { status, body } = await sandbox.handle({
      method: "POST",
      path: "/topics/a",
      query: "",
      headers: {},
      body: new Uint8Array(),
    });

    expect(status).toBe(200);
    expect(JSON.parse(String(body))).toEqual({
      message: "OK",
      traceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it.each([
    [{ topic: "a/+" }, /wildcard/],
    [{ topic: "a", qos: 2 }, /qos/],
    [{ topic: "x".repeat(257) }, /256 bytes/],
    [{ topic: "$aws/events/x" }, /reserved/],
    [{ topic: "$aws/things/t/shadow/get", retain: true }, /retained/],
    [{ topic: "a", userProperties: '{"a":1}' }, /userProperties/],
  ])("refuses %j", async (input, why) => {
    const { iotData } = openBroker();

    await expect(iotData.send(new PublishCommand(input))).rejects.toThrow(why);
  });

  it("asks services too, which answer whoever has subscribed, and makes no presence", async () => {
    const broker = openBroker();
    const client = await broker.client("c");
    await client.subscribe(["$aws/things/t/shadow/update/accepted", "$aws/events/presence/#"]);

    await broker.iotData.send(
      new PublishCommand({
        topic: "$aws/things/t/shadow/update",
        payload: bytes('{"state":{"reported":{"a":1}}}'),
      }),
    );

    expect(await client.rest()).toEqual(["$aws/things/t/shadow/update/accepted"]);
  });
});

describe("retained messages", () => {
  it("are read and listed", async () => {
    const { iotData } = openBroker();
    for (const topic of ["b", "a", "c"]) {
      await iotData.send(
        new PublishCommand({
          topic,
          payload: bytes(`of ${topic}`),
          retain: true,
          qos: 1,
          userProperties: '[{"k":"v"}]',
        }),
      );
    }

    const one = await iotData.send(new GetRetainedMessageCommand({ topic: "a" }));
    expect(one).toMatchObject({ topic: "a", qos: 1, lastModifiedTime: Date.UTC(2026, 0, 1) });
    expect(Buffer.from(one.payload as Uint8Array).toString()).toBe("of a");
    expect(Buffer.from(one.userProperties as Uint8Array).toString()).toBe('[{"k":"v"}]');
    const first = await iotData.send(new ListRetainedMessagesCommand({ maxResults: 2 }));
    expect(first.retainedTopics).toEqual(
      ["a", "b"].map((topic) => ({
        topic,
        payloadSize: 4,
        qos: 1,
        lastModifiedTime: Date.UTC(2026, 0, 1),
      })),
    );
    const { nextToken } = first;
    const second = await iotData.send(new ListRetainedMessagesCommand({ nextToken }));
    expect(second.retainedTopics?.map(({ topic }) => topic)).toEqual(["c"]);
    await iotData.send(new PublishCommand({ topic: "a", retain: true }));
    await expect(iotData.send(new GetRetainedMessageCommand({ topic: "a" }))).rejects.toMatchObject(
      {
        name: "ResourceNotFoundException",
      },
    );
  });
});

describe("connections", () => {
  it("are described while they last and after", async () => {
    const broker = openBroker();
    const { iotData } = broker;
    await expect(iotData.send(new GetConnectionCommand({ clientId: "a/b" }))).rejects.toMatchObject(
      {
        name: "ResourceNotFoundException",
      },
    );
    const client = await broker.client("a/b", { keepalive: 45 });
    const get = (includeSocketInformation = false) =>
      iotData.send(new GetConnectionCommand({ clientId: "a/b", includeSocketInformation }));

    const now = Date.UTC(2026, 0, 1);
    const { $metadata: _, ...told } = await get();
    expect(told).toEqual({
      connected: true,
      clientId: "a/b",
      cleanSession: true,
      keepAliveDuration: 45,
      sessionExpiry: 0,
      connectedSince: now,
    });
    expect(await get(true)).toMatchObject({ sourceIp: "127.0.0.1", targetPort: 8883 });
    await client.leave();
    const gone = await get();
    expect(gone).toMatchObject({
      connected: false,
      disconnectedSince: now,
      disconnectReason: "CLIENT_INITIATED_DISCONNECT",
    });
    expect(gone.connectedSince).toBeUndefined();
  });

  it("have subscriptions, persistent ones without a client too", async () => {
    const broker = openBroker();
    const client = await broker.client("c", { clean: false });
    await client.subscribe(["b", "a", "$share/g/c"], 1);
    await client.leave();
    const list = (page: object) =>
      broker.iotData.send(new ListSubscriptionsCommand({ clientId: "c", ...page }));

    const { subscriptions, nextToken } = await list({ maxResults: 2 });
    expect(subscriptions).toEqual([
      { topicFilter: "$share/g/c", qos: 1 },
      { topicFilter: "a", qos: 1 },
    ]);
    expect((await list({ nextToken })).subscriptions).toEqual([{ topicFilter: "b", qos: 1 }]);
    await expect(list({ nextToken: "x" })).rejects.toThrow(/nextToken/);
    await expect(
      broker.iotData.send(new ListSubscriptionsCommand({ clientId: "other" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it.each([
    [{}, ["wills"], true],
    [{ preventWillMessage: true }, [], true],
    [{ cleanSession: true }, ["wills"], false],
  ])("are deleted with %j", async (how, wills, isPresent) => {
    const broker = openBroker();
    const watcher = await broker.client("watcher");
    await watcher.subscribe("wills");
    const session = {
      version: 5,
      clean: false,
      properties: { sessionExpiryInterval: 600 },
    } as const;
    const client = await broker.client("c", {
      ...session,
      will: { topic: "wills", payload: bytes("") },
    });

    await broker.iotData.send(new DeleteConnectionCommand({ clientId: "c", ...how }));

    await client.closed();
    expect(client.heard.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x98 });
    expect(await watcher.rest()).toEqual(wills);
    const back = await broker.client("c", session);
    expect(back.heard[0]).toMatchObject({ cmd: "connack", sessionPresent: isPresent });
  });

  it("that are not there cannot be deleted; a session that waits can", async () => {
    const broker = openBroker();
    const remove = (clientId: string) =>
      broker.iotData.send(new DeleteConnectionCommand({ clientId, cleanSession: true }));
    await (await broker.client("c", { clean: false })).leave();

    await remove("c");
    await expect(remove("c")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(remove("$x")).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("SendDirectMessage", () => {
  it("reaches a client without a subscription, and waits for its word when asked to", async () => {
    const broker = openBroker();
    const client = await broker.client("c", { version: 5 });
    const send = (input: object) =>
      broker.iotData.send(
        new SendDirectMessageCommand({
          clientId: "c",
          topic: "direct",
          payload: bytes("you"),
          ...input,
        }),
      );

    expect(await send({ contentType: "text/plain" })).toMatchObject({ message: "OK" });
    expect(await client.message()).toMatchObject({
      topic: "direct",
      text: "you",
      qos: 0,
      properties: { contentType: "text/plain" },
    });

    let isAnswered = false;
    const confirmed = send({ confirmation: true }).then(() => (isAnswered = true));
    const packet = await client.next("publish");
    expect(packet.qos).toBe(1);
    await settled();
    expect(isAnswered).toBe(false);
    client.send({ cmd: "puback", messageId: packet.messageId as number });
    await confirmed;

    await expect(send({ confirmation: true, timeout: 1 })).rejects.toMatchObject({
      name: "GatewayTimeoutException",
    });
  });

  it("refuses who is not there, who may not, and reserved topics", async () => {
    const broker = openBroker();
    const identity = await broker.identity([{ Action: "iot:Connect", Resource: "*" }]);
    await broker.client("c", { identity });
    const send = (clientId: string, topic: string) =>
      broker.iotData.send(new SendDirectMessageCommand({ clientId, topic }));

    await expect(send("other", "a")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(send("c", "a")).rejects.toMatchObject({ name: "ForbiddenException" });
    await expect(send("c", "$aws/x")).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});
