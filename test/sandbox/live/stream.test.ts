import {
  AddThingToThingGroupCommand,
  CreateDynamicThingGroupCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DeleteThingCommand,
  ListThingsCommand,
  UpdateIndexingConfigurationCommand,
  UpdateThingCommand,
} from "@aws-sdk/client-iot";
import { PublishCommand, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { UpdateJobExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createLive, type Live } from "../../../lib/sandbox/live/live.js";
import { exchangeOf } from "../../../lib/sandbox/mqtt/exchange.js";
import type { SandboxOptions } from "../../../lib/sandbox/index.js";
import { memoryStore } from "../../../lib/sandbox/state/store.js";
import { ACCOUNT, openSandbox, REGION, type SandboxClients } from "../clients.js";
import { openBroker } from "../mqtt/broker.js";
import { openPage } from "./page.js";

const SECRET = "s3cr3t";
const arnOf = (tail: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${tail}`;

const open: Live[] = [];
function openLive(options: Omit<SandboxOptions, "clock"> = {}) {
  const clients = openSandbox(options);
  const live = createLive(clients.sandbox, SECRET);
  open.push(live);
  return { ...clients, live };
}
afterEach(() => {
  for (const live of open.splice(0)) live.close();
});

async function report(
  { iotData }: Pick<SandboxClients, "iotData">,
  thingName: string,
  reported: object,
  shadowName?: string,
): Promise<void> {
  await iotData.send(
    new UpdateThingShadowCommand({
      thingName,
      ...(shadowName !== undefined && { shadowName }),
      payload: Buffer.from(JSON.stringify({ state: { reported } })),
    }),
  );
}

async function addVan({ iot }: Pick<SandboxClients, "iot">, thingName: string): Promise<void> {
  await iot.send(
    new CreateThingCommand({
      thingName,
      thingTypeName: "Van",
      attributePayload: { attributes: { country: "DE" } },
    }),
  );
}

/** A little fleet: two vans. */
async function openVans(options: Omit<SandboxOptions, "clock"> = {}) {
  const opened = openLive(options);
  await opened.iot.send(new CreateThingTypeCommand({ thingTypeName: "Van" }));
  await addVan(opened, "Van-1");
  await addVan(opened, "Van-2");
  return opened;
}

/** The same, with a static group and a dynamic one of empty batteries. */
async function openGroups() {
  const opened = await openVans();
  const { iot, clock } = opened;
  await iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: { thingIndexingMode: "REGISTRY_AND_SHADOW" },
    }),
  );
  await iot.send(new CreateThingGroupCommand({ thingGroupName: "depot" }));
  await clock.advance(10_000);
  await iot.send(
    new CreateDynamicThingGroupCommand({
      thingGroupName: "low",
      queryString: "shadow.reported.batteryStatus<30",
    }),
  );
  return opened;
}

describe("what a page gets first", () => {
  it("is the fleet as it is", async () => {
    const opened = await openVans();
    await report(opened, "Van-1", { batteryStatus: 80 });
    await report(opened, "Van-1", { Van: { version: "1.1.0", attributes: {} } }, "$package");

    const { model, updates } = await openPage(opened.live);

    expect(updates).toHaveLength(1);
    expect(updates[0]?.isFull).toBe(true);
    expect(model.region).toBe(REGION);
    expect(model.regions).toEqual([REGION]);
    expect([...model.vehicles.keys()]).toEqual(["Van-1", "Van-2"]);
    expect(model.vehicles.get("Van-1")).toEqual({
      name: "Van-1",
      type: "Van",
      country: "DE",
      version: "1.1.0",
      battery: 80,
      isConnected: undefined,
      since: 0,
      reason: undefined,
      groups: [],
    });
  });

  it("is an empty fleet where there is nothing", async () => {
    const { live } = openLive();

    const { model } = await openPage(live);

    expect(model.isKnown).toBe(true);
    expect(model.vehicles.size).toBe(0);
  });

  it("has the calls of before, with what they are limited to", async () => {
    const { live, iot } = openLive({ quotas: "aws" });
    await iot.send(new ListThingsCommand({}));

    const page = await openPage(live);
    await iot.send(new ListThingsCommand({}));
    await live.flush();

    expect(page.model.calls.map(({ operation }) => operation)).toEqual([
      "ListThings",
      "ListThings",
    ]);
    expect(page.model.operations.get("iot:ListThings")).toMatchObject({
      calls: 1,
      perSecond: 10,
      throttled: 0,
    });
  });

  it("counts throttles apart from other refusals, and says when there are no limits", async () => {
    const { live, iot } = openLive({ quotas: { ListThings: { perSecond: 1 } } });
    const page = await openPage(live);

    await iot.send(new ListThingsCommand({}));
    await expect(iot.send(new ListThingsCommand({}))).rejects.toThrow();
    await expect(iot.send(new DeleteThingCommand({ thingName: "a b" }))).rejects.toThrow();
    await live.flush();
    const free = openLive({ quotas: "off" });
    const other = await openPage(free.live);
    await free.iot.send(new ListThingsCommand({}));
    await free.live.flush();

    expect(page.model.operations.get("iot:ListThings")).toMatchObject({
      calls: 2,
      throttled: 1,
      failed: 0,
    });
    expect(page.model.operations.get("iot:DeleteThing")).toMatchObject({ calls: 1, failed: 1 });
    expect(other.model.operations.get("iot:ListThings")?.perSecond).toBeUndefined();
  });
});

describe("what changes", () => {
  it("comes by itself, and alone", async () => {
    const opened = await openVans();
    const page = await openPage(opened.live);

    await report(opened, "Van-2", { batteryStatus: 12 });
    await opened.live.flush();

    expect(page.updates).toHaveLength(2);
    expect(page.updates[1]?.isFull).toBe(false);
    expect(page.updates[1]?.vehicles.set.map(([name]) => name)).toEqual(["Van-2"]);
    expect(page.model.vehicles.get("Van-2")?.battery).toBe(12);
  });

  it("is nothing when an operation is refused", async () => {
    const { live, iot } = await openVans();
    const page = await openPage(live);

    const wrong = {
      thingName: "Van-1",
      expectedVersion: 99,
      attributePayload: { attributes: { country: "US" } },
    };
    await expect(iot.send(new UpdateThingCommand(wrong))).rejects.toThrow();
    await live.flush();

    expect(page.updates.flatMap(({ vehicles }) => vehicles.set)).toHaveLength(2);
    expect(page.model.vehicles.get("Van-1")?.country).toBe("DE");
  });

  it("comes to every page, each with what it has asked for", async () => {
    const opened = await openVans();
    const plain = await openPage(opened.live);
    const detailed = await openPage(opened.live, { query: "vehicle=Van-1&messages=" });

    await report(opened, "Van-1", { doors: { left: "open" } });
    await opened.live.flush();

    expect(opened.live.pages).toBe(2);
    expect(plain.model.vehicle).toBeUndefined();
    expect(plain.model.messages).toEqual([]);
    expect(detailed.model.vehicle?.shadows[0]?.reported).toEqual({ doors: { left: "open" } });
    expect(detailed.model.messages.map(({ topic }) => topic)).toContain(
      "$aws/things/Van-1/shadow/update/accepted",
    );
    expect(detailed.model.about).toEqual(detailed.model.messages);
  });

  it("shows who moves from group to group, by itself as time goes on", async () => {
    const opened = await openGroups();
    const { iot, live, clock } = opened;
    await clock.advance(10_000);
    const page = await openPage(live);

    await iot.send(
      new AddThingToThingGroupCommand({ thingGroupName: "depot", thingName: "Van-1" }),
    );
    await report(opened, "Van-1", { batteryStatus: 12 });
    await live.flush();
    const before = page.model.vehicles.get("Van-1")?.groups;
    await clock.advance(5_000);
    await live.flush();

    expect(before).toEqual(["depot"]);
    expect(page.model.vehicles.get("Van-1")?.groups).toEqual(["depot", "low"]);
    expect(page.model.groups.get("low")?.query).toBe("shadow.reported.batteryStatus<30");
  });

  it("shows a job's rollout minute by minute, though nobody calls", async () => {
    const { iot, iotJobs, live, clock } = await openVans();
    await iot.send(
      new CreateJobCommand({
        jobId: "job",
        targets: [arnOf("thing/Van-1"), arnOf("thing/Van-2")],
        document: "{}",
        jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
      }),
    );
    await clock.advance(2_000);
    const page = await openPage(live, { query: "job=job" });
    const first = page.model.executions.size;

    await clock.advance(60_000);
    await live.flush();
    const second = page.model.executions.size;
    await iotJobs.send(
      new UpdateJobExecutionCommand({ jobId: "job", thingName: "Van-1", status: "SUCCEEDED" }),
    );
    await live.flush();

    expect([first, second]).toEqual([1, 2]);
    expect(page.model.executions.get("Van-1")).toBe("SUCCEEDED");
    expect(page.model.jobs.get("job")?.counts).toEqual({ QUEUED: 1, SUCCEEDED: 1 });
  });

  it("tells who is connected, who is not any more, and who was refused", async () => {
    const broker = openBroker();
    const live = createLive(broker.sandbox, SECRET);
    open.push(live);
    await broker.iot.send(new CreateThingCommand({ thingName: "Van-1" }));
    const page = await openPage(live);

    const van = await broker.client("Van-1");
    const tool = await broker.client("laptop");
    const refused = await broker.identity([
      { Action: "iot:Connect", Resource: "arn:aws:iot:::client/no" },
    ]);
    await broker.client("Van-9", { identity: refused }).catch(() => undefined);
    await live.flush();
    const during = page.model.vehicles.get("Van-1");
    van.stream.destroy();
    await broker.pass(1_000);
    await live.flush();

    expect(during?.isConnected).toBe(true);
    expect(page.model.vehicles.get("Van-1")).toMatchObject({
      isConnected: false,
      reason: "CONNECTION_LOST",
    });
    expect([...page.model.clients.keys()]).toEqual(["laptop"]);
    const line = page.model.lines.find(({ client }) => client === "Van-9");
    expect(line?.text).toMatch(
      /^refused: client Van-9, certificate [0-9a-f]{64}: iot:Connect on client\/Van-9: /,
    );
    tool.stream.destroy();
  });

  it("shows messages by their topic, from whoever has sent them", async () => {
    const broker = openBroker();
    const live = createLive(broker.sandbox, SECRET);
    open.push(live);
    const page = await openPage(live, { query: "messages=fleet/%2B/state" });
    const all = await openPage(live, { query: "messages=" });

    for (const topic of ["fleet/1/state", "fleet/1/other", "other/1/state"]) {
      await broker.iotData.send(new PublishCommand({ topic, payload: Buffer.from("{}") }));
    }
    const client = await broker.client("Van-1");
    client.send({
      cmd: "publish",
      topic: "fleet/2/state",
      payload: Buffer.from([0xff, 0]),
      qos: 0,
      dup: false,
      retain: false,
    });
    await broker.pass(0);
    await live.flush();

    expect(page.model.messages).toMatchObject([
      { topic: "fleet/1/state", text: "{}", size: 2 },
      { topic: "fleet/2/state", hex: "ff00", from: "Van-1" },
    ]);
    expect(all.model.messages.map(({ topic }) => topic)).toContain("other/1/state");
  });
});

describe("a page that is slow", () => {
  it("gets the state once it reads again, and not every step to it", async () => {
    const opened = await openVans();
    const page = await openPage(opened.live);
    page.sleep();

    for (let battery = 1; battery <= 50; battery++) {
      await report(opened, "Van-1", { batteryStatus: battery });
      await opened.live.flush();
    }
    page.wake();
    await opened.live.flush();
    await new Promise((resolve) => setImmediate(resolve));
    await opened.live.flush();

    expect(page.model.vehicles.get("Van-1")?.battery).toBe(50);
    expect(page.updates.length).toBeLessThan(5);
  });

  it("holds up nobody else", async () => {
    const opened = await openVans();
    const asleep = await openPage(opened.live);
    const awake = await openPage(opened.live);
    asleep.sleep();

    for (const battery of [1, 2, 3]) {
      await report(opened, "Van-1", { batteryStatus: battery });
      await opened.live.flush();
    }

    expect(awake.model.vehicles.get("Van-1")?.battery).toBe(3);
  });
});

describe("a page that comes again", () => {
  it("goes on where it was", async () => {
    const opened = await openVans();
    const page = await openPage(opened.live);
    const lastId = page.lastId();
    await page.leave();
    await report(opened, "Van-2", { batteryStatus: 5 });
    await opened.iot.send(new DeleteThingCommand({ thingName: "Van-1" }));

    const again = await openPage(opened.live, { lastId, model: page.model });

    expect(again.updates[0]?.isFull).toBe(false);
    expect(again.updates[0]?.vehicles).toMatchObject({ gone: ["Van-1"] });
    expect([...again.model.vehicles.values()]).toMatchObject([{ name: "Van-2", battery: 5 }]);
    expect(again.updates[0]?.calls.rows.map(({ operation }) => operation)).toEqual([
      "UpdateThingShadow",
      "DeleteThing",
    ]);
  });

  it.each(["", "nonsense", "00000000-1-2-3", "-1-2-3", `${"9".repeat(30)}-1-1-1`])(
    "begins anew with the id %j",
    async (lastId) => {
      const { live } = await openVans();

      const page = await openPage(live, { lastId });

      expect(page.updates[0]?.isFull).toBe(true);
    },
  );

  it("begins anew after a restart of the sandbox, with the session that it has", async () => {
    const store = memoryStore();
    const first = await openVans({ store });
    const page = await openPage(first.live);
    first.live.close();

    // Of the one before only its words are left.
    const second = openLive();
    await second.iot.send(new CreateThingCommand({ thingName: "Van-3" }));
    const session = first.live.open({ account: ACCOUNT, region: REGION });
    const again = await openPage(second.live, {
      lastId: page.lastId(),
      session,
      model: page.model,
    });

    expect(again.updates[0]?.isFull).toBe(true);
    expect([...again.model.vehicles.keys()]).toEqual(["Van-3"]);
  });
});

describe("a page that is not open", () => {
  it("costs nothing: nobody listens to messages before the first page", async () => {
    const { sandbox, live } = await openVans();
    const exchange = exchangeOf(sandbox.state(ACCOUNT, REGION));
    const before = exchange.hasListeners;

    const page = await openPage(live);

    expect(before).toBe(false);
    expect(exchange.hasListeners).toBe(true);
    await page.leave();
    live.close();
    expect(exchange.hasListeners).toBe(false);
  });
});

describe("everything once, then what changes", () => {
  const names = fc.constantFrom("Van-1", "Van-2", "Van-3", "Van-4");
  const deed = fc.oneof(
    fc.record({ kind: fc.constant("create" as const), name: names }),
    fc.record({ kind: fc.constant("delete" as const), name: names }),
    fc.record({ kind: fc.constant("report" as const), name: names, battery: fc.nat(100) }),
    fc.record({ kind: fc.constant("move" as const), name: names }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(90_000) }),
    fc.constant({ kind: "flush" as const }),
    fc.constant({ kind: "sleep" as const }),
    fc.constant({ kind: "wake" as const }),
    fc.constant({ kind: "reconnect" as const }),
  );

  it("is the state, whatever happens in between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 25 }), async (deeds) => {
        const opened = await openGroups();
        const { iot, live, clock } = opened;
        await iot.send(
          new CreateJobCommand({
            jobId: "job",
            targets: [arnOf("thinggroup/low")],
            targetSelection: "CONTINUOUS",
            document: "{}",
          }),
        );
        let page = await openPage(live, { query: "job=job" });
        for (const one of deeds) {
          const ignore = () => undefined;
          if (one.kind === "create") await addVan(opened, one.name).catch(ignore);
          if (one.kind === "delete") {
            await iot.send(new DeleteThingCommand({ thingName: one.name })).catch(ignore);
          }
          if (one.kind === "report") await report(opened, one.name, { batteryStatus: one.battery });
          if (one.kind === "move") {
            const move = { thingGroupName: "depot", thingName: one.name };
            await iot.send(new AddThingToThingGroupCommand(move)).catch(ignore);
          }
          if (one.kind === "pass") await clock.advance(one.ms);
          if (one.kind === "flush") await live.flush();
          if (one.kind === "sleep") page.sleep();
          if (one.kind === "wake") page.wake();
          if (one.kind === "reconnect") {
            page.wake();
            const lastId = page.lastId();
            await page.leave();
            page = await openPage(live, { lastId, model: page.model, query: "job=job" });
          }
        }
        page.wake();
        await new Promise((resolve) => setImmediate(resolve));
        await live.flush();

        const fresh = await openPage(live, { query: "job=job" });
        for (const part of ["vehicles", "groups", "jobs", "clients", "executions"] as const) {
          const inOrder = (of: ReadonlyMap<string, unknown>) => new Map([...of].sort());
          expect(inOrder(page.model[part]), part).toEqual(inOrder(fresh.model[part]));
        }
        live.close();
      }),
      { numRuns: 25 },
    );
  });
});
