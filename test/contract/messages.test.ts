import {
  DescribeEventConfigurationsCommand,
  UpdateEventConfigurationsCommand,
} from "@aws-sdk/client-iot";
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
import { invalid, notFound } from "./refused.js";
import { openTarget } from "./target.js";

/* Messages and connections as HTTP sees them. What devices see is in test/sandbox/mqtt. */

const target = await openTarget();
const { iot, iotData } = target;

// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
describe("Publish", () => {
  it("is accepted also when nobody listens, and refused for a filter", async () => {
    const topic = target.name("topic");

    await iotData.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from("hello") }));

    await expect(iotData.send(new PublishCommand({ topic: `${topic}/#` }))).rejects.toMatchObject(
      invalid,
    );
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetRetainedMessage.html
describe("GetRetainedMessage and ListRetainedMessages", () => {
  it("tell of a message until an empty one takes its place", async () => {
    const topic = target.name("retained");
    const retain = (payload: string) =>
      iotData.send(
        new PublishCommand({ topic, qos: 1, retain: true, payload: Buffer.from(payload) }),
      );
    target.cleanUp(`what is retained of ${topic}`, () => retain(""));
    await retain("kept");

    const found = await target.eventually(() =>
      iotData.send(new GetRetainedMessageCommand({ topic })),
    );
    expect(Buffer.from(found.payload ?? []).toString()).toBe("kept");
    expect(found).toMatchObject({ topic, qos: 1, lastModifiedTime: expect.any(Number) });
    const { retainedTopics } = await iotData.send(new ListRetainedMessagesCommand({}));
    expect(retainedTopics).toContainEqual(
      expect.objectContaining({ topic, payloadSize: 4, qos: 1 }),
    );

    await retain("");
    await target.eventually(async () => {
      await expect(iotData.send(new GetRetainedMessageCommand({ topic }))).rejects.toMatchObject(
        notFound,
      );
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetConnection.html
describe("a client that never was", () => {
  it.each([
    ["GetConnection", (clientId: string) => iotData.send(new GetConnectionCommand({ clientId }))],
    [
      "ListSubscriptions",
      (clientId: string) => iotData.send(new ListSubscriptionsCommand({ clientId })),
    ],
    [
      "DeleteConnection",
      (clientId: string) => iotData.send(new DeleteConnectionCommand({ clientId })),
    ],
    [
      "SendDirectMessage",
      (clientId: string) => iotData.send(new SendDirectMessageCommand({ clientId, topic: "a" })),
    ],
  ])("is not found by %s", async (_, ask: (clientId: string) => Promise<object>) => {
    await expect(ask(target.name("client"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEventConfigurations.html
describe("UpdateEventConfigurations", () => {
  it("changes the types that it names", async () => {
    const { eventConfigurations: before = {} } = await iot.send(
      new DescribeEventConfigurationsCommand({}),
    );
    const { JOB } = before;
    const set = (Enabled: boolean) =>
      iot.send(new UpdateEventConfigurationsCommand({ eventConfigurations: { JOB: { Enabled } } }));
    target.cleanUp("events of jobs", () => set(JOB?.Enabled === true));

    await set(JOB?.Enabled !== true);

    const { eventConfigurations } = await iot.send(new DescribeEventConfigurationsCommand({}));
    expect(eventConfigurations).toEqual({ ...before, JOB: { Enabled: JOB?.Enabled !== true } });
  });
});
