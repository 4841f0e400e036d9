import {
  AttachThingPrincipalCommand,
  CreateDynamicThingGroupCommand,
  CreateThingCommand,
  GetThingConnectivityDataCommand,
  ListThingsInThingGroupCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { DeleteConnectionCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { openBroker, settled, type Broker, type Identity, type Wire } from "./broker.js";

const NOW = Date.UTC(2026, 0, 1);

async function watched(): Promise<{ broker: Broker; watcher: Wire; identity: Identity }> {
  const broker = openBroker();
  const watcher = await broker.client("watcher", { keepalive: 1200 });
  await watcher.subscribe(["$aws/events/presence/#", "$aws/events/subscriptions/#"]);
  await watcher.rest();
  return { broker, watcher, identity: await broker.identity() };
}

/** Let time pass for clients that say a word now and then. */
async function passAwake(broker: Broker, ms: number, ...clients: Wire[]): Promise<void> {
  for (let left = ms; left > 0; left -= 1_200_000) {
    await broker.pass(Math.min(left, 1_200_000));
    for (const client of clients) client.send({ cmd: "pingreq" });
    await settled();
  }
}

describe("lifecycle events", () => {
  it("tell of a client that comes, subscribes and goes", async () => {
    const { broker, watcher, identity } = await watched();
    const client = await broker.client("c", { identity });
    const [topic, connected] = await watcher.document();
    expect(topic).toBe("$aws/events/presence/connected/c");
    expect(connected).toEqual({
      clientId: "c",
      timestamp: NOW,
      eventType: "connected",
      sessionIdentifier: expect.stringMatching(/^[0-9a-f-]{36}$/),
      principalIdentifier: identity.certificateId,
      ipAddress: "127.0.0.1",
      versionNumber: 0,
    });
    const who = {
      clientId: "c",
      timestamp: NOW,
      sessionIdentifier: connected["sessionIdentifier"],
      principalIdentifier: identity.certificateId,
    };

    await client.subscribe(["a", "b/#"]);
    expect(await watcher.document()).toEqual([
      "$aws/events/subscriptions/subscribed/c",
      { ...who, eventType: "subscribed", topics: ["a", "b/#"] },
    ]);
    await client.unsubscribe("a", "never");
    expect(await watcher.document()).toEqual([
      "$aws/events/subscriptions/unsubscribed/c",
      { ...who, eventType: "unsubscribed", topics: ["a"] },
    ]);
    await client.leave();
    expect(await watcher.document()).toEqual([
      "$aws/events/presence/disconnected/c",
      {
        ...who,
        eventType: "disconnected",
        clientInitiatedDisconnect: true,
        disconnectReason: "CLIENT_INITIATED_DISCONNECT",
        versionNumber: 0,
      },
    ]);
  });

  it.each<[string, (broker: Broker, client: Wire, identity: Identity) => unknown, string]>([
    ["is closed", (_, client) => client.leave(), "CLIENT_INITIATED_DISCONNECT"],
    ["is killed", (_, client) => client.stream.destroy(), "CONNECTION_LOST"],
    ["is frozen", (broker) => broker.pass(90_000), "MQTT_KEEP_ALIVE_TIMEOUT"],
    [
      "is started twice",
      (broker, _, identity) => broker.client("c", { identity }),
      "DUPLICATE_CLIENTID",
    ],
    ["breaks the protocol", (_, client) => client.send({ cmd: "pingresp" }), "CLIENT_ERROR"],
    [
      "is disconnected by an operator",
      (broker) => broker.iotData.send(new DeleteConnectionCommand({ clientId: "c" })),
      "API_INITIATED_DISCONNECT",
    ],
  ])("say why it goes when a client %s", async (_, act, reason) => {
    const { broker, watcher, identity } = await watched();
    const client = await broker.client("c", { identity });
    await watcher.rest();

    await act(broker, client, identity);

    expect(await watcher.document()).toMatchObject([
      "$aws/events/presence/disconnected/c",
      {
        disconnectReason: reason,
        clientInitiatedDisconnect: reason === "CLIENT_INITIATED_DISCONNECT",
        versionNumber: 0,
      },
    ]);
  });

  it("tell of the end of a WebSocket", async () => {
    const { broker, watcher } = await watched();
    const state = broker.sandbox.state("111122223333", "eu-west-1");
    const client = broker.dial({ kind: "signature", accessKeyId: "AKIA", state }, true);
    client.connect("ws", 4, { keepalive: 1200 });
    await client.next("connack");
    expect((await watcher.document())[1]).toMatchObject({ principalIdentifier: "AKIA" });

    await passAwake(broker, 24 * 3_600_000, client, watcher);

    expect((await watcher.document())[1]).toMatchObject({
      disconnectReason: "WEBSOCKET_TTL_EXPIRATION",
    });
  });

  it("tell of who was not let in", async () => {
    const { broker, watcher } = await watched();
    const none = await broker.identity([
      { Action: "iot:Connect", Resource: "arn:aws:iot:*:*:client/other" },
    ]);
    await expect(broker.client("c", { identity: none })).rejects.toThrow(/closed/);

    expect(await watcher.document()).toEqual([
      "$aws/events/presence/connect_failed/c",
      {
        clientId: "c",
        timestamp: NOW,
        eventType: "connect_failed",
        connectFailureReason: "AUTHORIZATION_FAILED",
        sessionIdentifier: expect.any(String),
        principalIdentifier: none.certificateId,
        ipAddress: "127.0.0.1",
      },
    ]);
  });

  it("count a client's connections, until it was gone for an hour", async () => {
    const { broker, watcher, identity } = await watched();
    const versions: unknown[] = [];
    for (const wait of [0, 60_000, 3_600_000]) {
      await passAwake(broker, wait, watcher);
      await (await broker.client("c", { identity })).leave();
      for (const [, { versionNumber }] of [await watcher.document(), await watcher.document()]) {
        versions.push(versionNumber);
      }
    }
    expect(versions).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it("name the thing of an exclusive attachment only", async () => {
    const { broker, watcher, identity } = await watched();
    await broker.iot.send(new CreateThingCommand({ thingName: "c" }));
    await (await broker.client("c", { identity })).leave();
    expect((await watcher.document())[1]).not.toHaveProperty("thingName");
    await watcher.rest();
    await broker.iot.send(
      new AttachThingPrincipalCommand({
        thingName: "c",
        principal: identity.certificateArn,
        thingPrincipalType: "EXCLUSIVE_THING",
      }),
    );

    await (await broker.client("another", { identity })).leave();

    expect((await watcher.document())[1]).toMatchObject({ clientId: "another", thingName: "c" });
    expect((await watcher.document())[1]).toMatchObject({ clientId: "another", thingName: "c" });
  });

  it("are not told of clients that are called like a filter", async () => {
    const { broker, watcher } = await watched();

    await broker.client("a+b");
    await broker.client("a#b");

    expect(await watcher.rest()).toEqual([]);
  });
});

describe("fleet indexing", () => {
  async function indexed(): Promise<Broker> {
    const broker = openBroker({ lags: { indexMs: 1000, indexBuildMs: 0 } });
    const { iot } = broker;
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: {
          thingIndexingMode: "REGISTRY",
          thingConnectivityIndexingMode: "STATUS",
        },
      }),
    );
    for (const thingName of ["one", "two"]) await iot.send(new CreateThingCommand({ thingName }));
    await broker.pass(1000);
    return broker;
  }
  const names = async ({ iot }: Broker, queryString: string) =>
    (await iot.send(new SearchIndexCommand({ queryString }))).things?.map(
      (thing) => thing.thingName,
    );
  const connectivity = async ({ iot }: Broker, thingName: string) =>
    (await iot.send(new SearchIndexCommand({ queryString: `thingName:${thingName}` }))).things?.[0]
      ?.connectivity;

  it("knows who is connected, a little later, and why somebody is not any more", async () => {
    const broker = await indexed();
    expect(await connectivity(broker, "one")).toEqual({ connected: false });
    const client = await broker.client("one");
    expect(await names(broker, "connectivity.connected:true")).toEqual([]);
    await broker.pass(1000);
    expect(await names(broker, "connectivity.connected:true")).toEqual(["one"]);
    expect(await connectivity(broker, "one")).toEqual({ connected: true, timestamp: NOW + 1000 });

    client.stream.destroy();
    await settled();
    await broker.pass(1000);

    expect(await connectivity(broker, "one")).toEqual({
      connected: false,
      timestamp: NOW + 2000,
      disconnectReason: "CONNECTION_LOST",
    });
    expect(await names(broker, "connectivity.disconnectReason:CONNECTION_LOST")).toEqual(["one"]);
    expect(await names(broker, "connectivity.connected:false")).toEqual(["one", "two"]);
  });

  it("does not know of clients that are no thing", async () => {
    const broker = await indexed();
    await broker.client("nobody");
    await broker.pass(1000);

    expect(await names(broker, "connectivity.connected:true")).toEqual([]);
  });

  it("shows a connection for the thing of an exclusive attachment", async () => {
    const broker = await indexed();
    const identity = await broker.identity();
    await broker.iot.send(
      new AttachThingPrincipalCommand({
        thingName: "two",
        principal: identity.certificateArn,
        thingPrincipalType: "EXCLUSIVE_THING",
      }),
    );
    await broker.client("one", { identity });
    await broker.pass(1000);

    expect(await names(broker, "connectivity.connected:true")).toEqual(["two"]);
  });

  it("fills a dynamic group with whoever is offline", async () => {
    const broker = await indexed();
    await broker.iot.send(
      new CreateDynamicThingGroupCommand({
        thingGroupName: "offline",
        queryString: "connectivity.connected:false",
      }),
    );
    await broker.client("two");
    await broker.pass(2000);

    const { things } = await broker.iot.send(
      new ListThingsInThingGroupCommand({ thingGroupName: "offline" }),
    );
    expect(things).toEqual(["one"]);
  });

  it("and GetThingConnectivityData tells of it at once", async () => {
    const broker = await indexed();
    const ask = (includeSocketInformation?: boolean) =>
      broker.iot.send(
        new GetThingConnectivityDataCommand({
          thingName: "one",
          ...(includeSocketInformation !== undefined && { includeSocketInformation }),
        }),
      );
    expect(await ask()).toMatchObject({ thingName: "one", connected: false });
    const client = await broker.client("one", { keepalive: 45, clean: false });

    expect(await ask()).toMatchObject({
      connected: true,
      timestamp: new Date(NOW + 1000),
      keepAliveDuration: 45,
      cleanSession: false,
      sessionExpiry: 3600,
      clientId: "one",
    });
    expect(await ask()).not.toHaveProperty("sourceIp");
    expect(await ask(true)).toMatchObject({
      sourceIp: "127.0.0.1",
      sourcePort: 50_000,
      targetPort: 8883,
    });
    await client.leave();
    expect(await ask()).toMatchObject({
      connected: false,
      disconnectReason: "CLIENT_INITIATED_DISCONNECT",
    });
  });
});
