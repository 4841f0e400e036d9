import {
  CreateDynamicThingGroupCommand,
  CreateThingCommand,
  DescribeThingCommand,
  IoTClient,
} from "@aws-sdk/client-iot";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { createLimits } from "../../../lib/aws/pacing/limits.js";
import { createPacer, type Pacer } from "../../../lib/aws/pacing/pacing.js";
import type { Sandbox } from "../../../lib/sandbox/index.js";
import { openTestFleet, REGION } from "../../fleet.js";
import { gate, openWiredFleet, turns, until } from "../wire.js";

const thing = (n: number) => new CreateThingCommand({ thingName: `thing-${n}` });
const range = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** Milliseconds between one and the next. The SDK works on real time between them, so never less than paced. */
const gaps = (times: readonly number[]) => times.slice(1).map((at, i) => at - (times[i] ?? 0));

/** An SDK client that only this pacer stands in. */
function clientOf(sandbox: Sandbox, pacer: Pacer): IoTClient {
  const client = new IoTClient({
    region: REGION,
    endpoint: "http://sandbox.localhost",
    credentials: { accessKeyId: "111122223333", secretAccessKey: "x" },
    requestHandler: sandbox.requestHandler,
  });
  client.middlewareStack.use(pacer.plugin("iot"));
  return client;
}

describe("pacing", () => {
  it("spaces raw calls at the operation's rate", async () => {
    const { fleet, calls, settle } = openTestFleet({ limits: { CreateThing: 10 } });

    await settle(Promise.all(range(4).map((n) => fleet.iot.send(thing(n)))));

    const spaces = gaps(calls("CreateThing").map(({ at }) => at));
    expect(spaces).toHaveLength(3);
    expect(Math.min(...spaces)).toBeGreaterThanOrEqual(100);
  });

  it("takes a token for every attempt, retries included", async () => {
    const times: number[] = [];
    const { fleet, clock, settle } = openWiredFleet(
      () => {
        times.push(clock.now());
        return times.length < 3 ? { error: "ThrottlingException", status: 429 } : {};
      },
      { limits: { CreateThing: 10 } },
    );

    const { $metadata } = await settle(fleet.iot.send(thing(1)));

    expect($metadata.attempts).toBe(3);
    expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(100);
  });

  it("counts attempts and throttles, in all and by operation", async () => {
    let throttles = 2;
    const { fleet, settle } = openWiredFleet(({ method }) =>
      method === "POST" && throttles-- > 0 ? { error: "ThrottlingException", status: 429 } : {},
    );

    await settle(Promise.all([1, 2].map((n) => fleet.iot.send(thing(n)))));
    await settle(fleet.iot.send(new DescribeThingCommand({ thingName: "thing-1" })));

    expect(fleet.counts).toMatchObject({ attempts: 5, throttles: 2 });
    expect(Object.fromEntries(fleet.counts.byOperation)).toEqual({
      CreateThing: { attempts: 4, throttles: 2 },
      DescribeThing: { attempts: 1, throttles: 0 },
    });
  });

  it("sees the throttles of a sandbox whose quota is below the pace", async () => {
    const { fleet, calls, settle } = openTestFleet({
      limits: { CreateThing: 1000 },
      sandbox: { quotas: { CreateThing: { perSecond: 1, burst: 1 } } },
    });

    const all = range(5).map((n) => fleet.iot.send(thing(n)));
    await settle(Promise.allSettled(all));

    const turnedAway = calls("CreateThing").filter(({ error }) => error === "ThrottlingException");
    expect(turnedAway.length).toBeGreaterThan(0);
    expect(fleet.counts.throttles).toBe(turnedAway.length);
    expect(fleet.counts.attempts).toBe(calls("CreateThing").length);
  });

  it.each(["ThrottlingException", "Throttling", "TooManyRequestsException", "SlowDown"])(
    "counts %s as a throttle",
    async (error) => {
      const { fleet, settle } = openWiredFleet(() => ({ error }));

      await settle(fleet.iot.send(thing(1))).catch(() => undefined);

      expect(fleet.counts.throttles).toBe(fleet.counts.attempts);
    },
  );

  it("does not count LimitExceededException: it is a hard limit, not a pace", async () => {
    const { fleet, settle } = openWiredFleet(() => ({ error: "LimitExceededException" }));

    const refused = settle(fleet.iot.send(thing(1)));

    await expect(refused).rejects.toMatchObject({ name: "LimitExceededException" });
    expect(fleet.counts.throttles).toBe(0);
    expect(fleet.counts.attempts).toBeGreaterThan(0);
  });

  it("retries a connection that was reset, and counts the attempts", async () => {
    let resets = 1;
    const { fleet, settle, requests } = openWiredFleet(() => {
      if (resets-- > 0) throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      return { body: { thingName: "thing-1" } };
    });

    const created = await settle(fleet.iot.send(thing(1)));

    expect(created.$metadata.attempts).toBe(2);
    expect(requests).toHaveLength(2);
    expect(fleet.counts).toMatchObject({ attempts: 2, throttles: 0 });
  });

  it("holds two clients of one connection to one rate", async () => {
    const { sandbox, clock, calls, settle } = openTestFleet();
    const limits = createLimits({ overrides: { CreateThing: 10 } });
    const pacer = createPacer({ limits, clock, account: "test", isSequential: () => false });
    const clients = [1, 2].map(() => clientOf(sandbox, pacer));

    await settle(Promise.all(clients.map((client, i) => client.send(thing(i)))));

    const [space] = gaps(calls("CreateThing").map(({ at }) => at));
    expect(space).toBeGreaterThanOrEqual(100);
  });

  it("paces the other services too", async () => {
    const { fleet, calls, settle } = openTestFleet({ limits: { ListBuckets: 2 } });

    await settle(Promise.all([1, 2].map(() => fleet.s3.send(new ListBucketsCommand({})))));

    const [space] = gaps(calls("ListBuckets").map(({ at }) => at));
    expect(space).toBeGreaterThanOrEqual(500);
  });

  it.each([
    { debug: false, most: 50 },
    { debug: true, most: 1 },
  ])("keeps at most $most attempts under way with debug $debug", async ({ debug, most }) => {
    const { opened, open } = gate();
    const { fleet, requests, settle } = openWiredFleet(() => opened.then(() => ({})), {
      limits: { DescribeThing: 100_000 },
      debug,
    });

    const all = range(80).map(() => fleet.iot.send(new DescribeThingCommand({ thingName: "a" })));
    await until(() => requests.length >= most);
    await turns();
    const underWay = requests.length;
    open();
    await settle(Promise.all(all));

    expect(underWay).toBe(most);
    expect(requests).toHaveLength(80);
  });

  it("goes on side by side when debug is switched off between calls", async () => {
    const { opened, open } = gate();
    const { fleet, requests, settle } = openWiredFleet(() => opened.then(() => ({})), {
      limits: { DescribeThing: 100_000 },
      debug: true,
    });
    const describeIt = () => fleet.iot.send(new DescribeThingCommand({ thingName: "a" }));

    const all = [describeIt(), describeIt()];
    await until(() => requests.length === 1);
    fleet.debug = false;
    all.push(describeIt());
    await until(() => requests.length === 2);
    open();

    await expect(settle(Promise.all(all))).resolves.toHaveLength(3);
  });

  it("waits for its token outside: a long line at one operation delays no other", async () => {
    const { fleet, requests, clock } = openWiredFleet(() => ({}));
    const group = (n: number) =>
      new CreateDynamicThingGroupCommand({ thingGroupName: `g-${n}`, queryString: "thingName:*" });

    const slow = range(100).map((n) => fleet.iot.send(group(n)));
    await fleet.iot.send(new DescribeThingCommand({ thingName: "a" }));

    expect(requests.filter(({ path }) => path.startsWith("/things/"))).toHaveLength(1);
    await clock.runAll();
    await Promise.all(slow);
  });

  it("spaces what waited behind hanging calls, instead of sending it as a wave", async () => {
    const { opened, open } = gate();
    const { fleet, requests, settle, clock } = openWiredFleet(() => opened.then(() => ({})), {
      limits: { DescribeThing: 100 },
    });
    const all = range(100).map(() => fleet.iot.send(new DescribeThingCommand({ thingName: "a" })));
    await clock.advance(10_000);
    expect(requests).toHaveLength(50);

    open();
    await turns();
    const atOnce = requests.length - 50;
    await settle(Promise.all(all));

    expect(atOnce).toBeLessThanOrEqual(5);
    expect(requests).toHaveLength(100);
  });

  it("holds two connections to one account to one rate", async () => {
    const { sandbox, clock, calls, settle } = openTestFleet();
    const pacers = [1, 2].map(() =>
      createPacer({
        limits: createLimits({ overrides: { CreateThing: 10 } }),
        clock,
        account: "sandbox/111122223333/eu-west-1",
        isSequential: () => false,
      }),
    );
    const clients = pacers.map((pacer) => clientOf(sandbox, pacer));

    await settle(Promise.all(clients.map((client, i) => client.send(thing(i)))));

    const [space] = gaps(calls("CreateThing").map(({ at }) => at));
    expect(space).toBeGreaterThanOrEqual(100);
  });

  it("frees the place of a call that was interrupted, even when no answer ever comes", async () => {
    let isHung = true;
    const { fleet, requests, settle } = openWiredFleet(
      () => (isHung ? new Promise<never>(() => {}) : { body: { thingName: "a" } }),
      { debug: true },
    );
    const hung = fleet.iot
      .send(new DescribeThingCommand({ thingName: "a" }))
      .catch(() => "stopped");
    await until(() => requests.length === 1);

    process.emit("SIGINT");
    isHung = false;
    const next = await settle(fleet.iot.send(new DescribeThingCommand({ thingName: "a" })));

    expect(await hung).toBe("stopped");
    expect(next.thingName).toBe("a");
  });
});
