import { inspect } from "node:util";
import { CreateThingCommand, DescribeThingCommand } from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import type { Fleet } from "../../lib/aws/connect.js";
import { InvalidInputError, isInterrupted } from "../../lib/aws/errors.js";
import { interruptible } from "../../lib/aws/interrupt.js";
import { many, ManyInterruptedError, type ManyOptions } from "../../lib/aws/many.js";
import { createThing } from "../../lib/fleet/registry/things.js";
import { openTestFleet } from "../fleet.js";
import { gate, turns, until } from "./wire.js";

const range = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const options = <T>(
  items: ManyOptions<T>["items"],
  more: Partial<ManyOptions<T>> = {},
): ManyOptions<T> => ({ title: "Items", items, name: (item) => `item-${String(item)}`, ...more });

/** Register things, which is real work with calls: DescribeThing and, for new ones, CreateThing. */
const createThings = (fleet: Fleet, names: ManyOptions<string>["items"], total?: number) =>
  many(fleet, { title: "Things", items: names, total, name: (name) => name }, async (name) =>
    (await createThing(fleet, { name })) === "existed" ? "existed" : "done",
  );
const names = (n: number) => range(n).map((i) => `Vehicle-VIN-${i}`);

describe("many", () => {
  it("says how many were done and how many existed", async () => {
    const { fleet, settle } = openTestFleet();

    const result = await settle(
      many(fleet, options(range(10)), async (n) => (n % 5 === 0 ? "existed" : "done")),
    );

    expect(result).toMatchObject({ done: 8, existed: 2, failed: [], throttles: 0 });
  });

  it("gives back failures as data, with each one's name and cause, and goes on", async () => {
    const { fleet, settle } = openTestFleet();

    const result = await settle(
      many(fleet, options(range(100)), async (n) => {
        if (n % 40 === 0) throw new RangeError(`${n} is too round`);
        return "done";
      }),
    );

    expect(result.done).toBe(98);
    expect(result.failed).toEqual([
      { name: "item-40", error: "RangeError", cause: "40 is too round" },
      { name: "item-80", error: "RangeError", cause: "80 is too round" },
    ]);
  });

  it("takes work that throws at once, or throws no error at all, as failed", async () => {
    const { fleet, settle } = openTestFleet();

    const result = await settle(
      many(fleet, options([1, 2]), (n) => {
        if (n === 1) throw new Error("at once");
        return Promise.reject("a text");
      }),
    );

    expect(result.failed).toEqual([
      { name: "item-1", error: "Error", cause: "at once" },
      { name: "item-2", error: "Error", cause: "a text" },
    ]);
  });

  it("keeps the name of what AWS said", async () => {
    const { fleet, settle } = openTestFleet();
    const iot = mockClient(fleet.iot);
    const denied = Object.assign(new Error("not authorized to perform: iot:CreateThing"), {
      name: "AccessDeniedException",
    });
    const missing = Object.assign(new Error("none"), { name: "ResourceNotFoundException" });
    iot.on(DescribeThingCommand).rejects(missing).on(CreateThingCommand).rejects(denied);

    const { failed } = await settle(createThings(fleet, ["a"]));

    expect(failed).toEqual([
      {
        name: "a",
        error: "AccessDeniedException",
        cause: "not authorized to perform: iot:CreateThing",
      },
    ]);
  });

  it("shows no account number in a failure", async () => {
    const { fleet, lines, settle } = openTestFleet();

    const { failed } = await settle(
      many(fleet, options([1]), async () => {
        throw new Error("arn:aws:sts::111122223333:assumed-role/x is not authorized");
      }),
    );

    expect(failed[0]?.cause).toBe("arn:aws:sts::********3333:assumed-role/x is not authorized");
    expect(lines.join("\n")).not.toContain("111122223333");
  });

  it("tells one reason once, however many items it hit, and never more than three reasons", async () => {
    const { fleet, lines, settle } = openTestFleet();

    const result = await settle(
      many(fleet, options(range(600), { total: 600 }), async (n) => {
        if (n <= 500) throw new TypeError(`item-${n} has no place`);
        throw new RangeError("too far");
      }),
    );

    expect(lines.slice(1)).toEqual([
      "  item-1 and 499 more: TypeError: item-1 has no place",
      "  item-501 and 99 more: RangeError: too far",
    ]);
    expect(result.failed).toHaveLength(600);
    expect(inspect(result)).toContain("… and 597 more");
  });

  it("shows its course, the first three reasons, and how many more there are", async () => {
    const { fleet, lines, settle } = openTestFleet();

    await settle(
      many(fleet, options(range(1_200), { total: 1_200 }), async (n) => {
        if (n <= 5) throw new RangeError(`no ${n}`);
        return "done";
      }),
    );

    expect(lines[0]).toMatch(/^Items {2}━{24} {2}1,200\/1,200 · .*5 failed/);
    expect(lines.slice(1)).toEqual([
      "  item-1: RangeError: no 1",
      "  item-2: RangeError: no 2",
      "  item-3: RangeError: no 3",
      `  … and 2 other reasons, in the result's "failed".`,
    ]);
  });

  it("starts items in the order of the source", async () => {
    const { fleet, settle } = openTestFleet();
    const started: number[] = [];

    await settle(
      many(fleet, options(range(200)), async (n) => {
        started.push(n);
        await turns();
        return "done";
      }),
    );

    expect(started).toEqual(range(200));
  });

  it.each([
    { concurrency: undefined, debug: false, most: 50 },
    { concurrency: 7, debug: false, most: 7 },
    { concurrency: 7, debug: true, most: 1 },
  ])(
    "has $most under way with concurrency $concurrency, debug $debug",
    async ({ most, debug, ...own }) => {
      const { fleet, settle } = openTestFleet({ debug });
      let underWay = 0;
      let peak = 0;
      const more = own.concurrency === undefined ? {} : { concurrency: own.concurrency };

      await settle(
        many(fleet, options(range(120), more), async () => {
          peak = Math.max(peak, ++underWay);
          await turns();
          underWay--;
          return "done";
        }),
      );

      expect(peak).toBe(most);
    },
  );

  it.each([0, -1, 1.5, NaN, Infinity])("refuses a concurrency of %f", async (concurrency) => {
    const { fleet } = openTestFleet();

    const refused = many(fleet, options([1], { concurrency }), async () => "done");

    await expect(refused).rejects.toThrow(InvalidInputError);
  });

  it("reads no further ahead than there are places, of a million items", async () => {
    const { fleet } = openTestFleet();
    const { opened, open } = gate();
    let pulled = 0;
    let finished = 0;
    let furthest = 0;
    function* source() {
      for (let n = 1; n <= 1_000_000; n++) {
        furthest = Math.max(furthest, ++pulled - finished);
        yield n;
      }
    }

    const all = many(fleet, options(source(), { total: 1_000_000 }), async () => {
      await opened;
      if (++finished === 5_000) process.emit("SIGINT");
      return "done";
    }).catch((error: unknown) => error);
    await turns();
    const ahead = pulled;
    open();

    expect(await all).toBeInstanceOf(ManyInterruptedError);
    expect(ahead).toBe(50);
    expect(furthest).toBeLessThanOrEqual(51);
  });

  it("reads an asynchronous source, one item at a time", async () => {
    const { fleet, settle } = openTestFleet();
    let reading = 0;
    let most = 0;
    let n = 0;
    // Not a generator, which would put the readers in line by itself.
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          most = Math.max(most, ++reading);
          await turns();
          reading--;
          return n < 60 ? { done: false, value: ++n } : { done: true, value: undefined };
        },
      }),
    };

    const result = await settle(many(fleet, options(source), async () => "done"));

    expect(result.done).toBe(60);
    expect(most).toBe(1);
  });

  it("throws what the source throws, once the work under way is over", async () => {
    const { fleet } = openTestFleet();
    let finished = 0;
    function* source() {
      yield 1;
      yield 2;
      throw new Error("page 2 did not come");
    }

    const broken = many(fleet, options(source()), async () => {
      await turns();
      finished++;
      return "done";
    }).catch((error: Error) => ({ message: error.message, finished }));

    expect(await broken).toEqual({ message: "page 2 did not come", finished: 2 });
  });

  it("stops when items cannot be named, and closes the source", async () => {
    const { fleet, settle } = openTestFleet();
    let started = 0;
    let isClosed = false;
    function* source() {
      try {
        for (;;) yield 1;
      } finally {
        isClosed = true;
      }
    }
    const name = () => {
      throw new Error("nameless");
    };

    const broken = settle(
      many(fleet, options(source(), { name }), async () => {
        started++;
        throw new Error("work");
      }),
    );

    await expect(broken).rejects.toThrow("nameless");
    expect(started).toBeLessThanOrEqual(50);
    expect(isClosed).toBe(true);
  });

  it("does nothing with nothing", async () => {
    const { fleet, settle } = openTestFleet();

    const result = await settle(many(fleet, options([], { total: 0 }), async () => "done"));

    expect(result).toMatchObject({ done: 0, existed: 0, failed: [] });
  });

  it("counts the throttles of its own time only", async () => {
    const { fleet, settle } = openTestFleet();
    fleet.counts.throttles = 5;

    const result = await settle(
      many(fleet, options([1]), async () => {
        fleet.counts.throttles += 2;
        return "done";
      }),
    );

    expect(result.throttles).toBe(2);
  });

  it("measures on the fleet's clock", async () => {
    const { fleet, clock, settle } = openTestFleet();

    const result = await settle(
      many(fleet, options([1]), async () => {
        await clock.sleep(2_000);
        return "done";
      }),
    );

    expect(result.seconds).toBe(2);
  });
});

describe("many, interrupted", () => {
  it("lets no further call out, and says how far it came", async () => {
    const { fleet, calls, clock } = openTestFleet({ limits: { CreateThing: 10 } });
    const interrupted = createThings(fleet, names(100), 100).catch((error: unknown) => error);
    while (calls("CreateThing").length < 20) await clock.advance(20);

    process.emit("SIGINT");
    const error = await interrupted;
    const sent = calls().length;
    await clock.runAll();

    expect(calls()).toHaveLength(sent);
    expect(error).toBeInstanceOf(ManyInterruptedError);
    expect(isInterrupted(error)).toBe(true);
    const { result, message } = error as ManyInterruptedError;
    expect(result.failed).toEqual([]);
    expect(result.done).toBeGreaterThanOrEqual(19);
    expect(result.done).toBeLessThanOrEqual(calls("CreateThing").length);
    expect(message).toBe(
      `Things: interrupted after ${result.done} done, 0 there already, 0 failed of 100. ` +
        `Run the cell again: it goes on where it stopped.`,
    );
  });

  it("leaves the interrupt in its progress line: a kernel drops the error of an interrupted cell", async () => {
    const { fleet, lines, calls, clock } = openTestFleet({ limits: { CreateThing: 10 } });
    const interrupted = createThings(fleet, names(100), 100).catch(() => "interrupted");
    while (calls("CreateThing").length < 20) await clock.advance(20);

    process.emit("SIGINT");
    await interrupted;

    expect(lines[0]).toMatch(/^Things .* \d+\/100 · .*interrupted: run the cell again to go on$/);
  });

  it("goes on where it stopped when it is run again", async () => {
    const { fleet, calls, clock, settle } = openTestFleet({ limits: { CreateThing: 10 } });
    const interrupted = createThings(fleet, names(60)).catch((error: unknown) => error);
    while (calls("CreateThing").length < 20) await clock.advance(20);
    process.emit("SIGINT");
    await interrupted;
    const made = calls("CreateThing").length;

    const result = await settle(createThings(fleet, names(60)));

    expect(result).toMatchObject({ done: 60 - made, existed: made, failed: [] });
    expect(calls("CreateThing")).toHaveLength(60);
  });

  it("does not wait for work or for a source that never ends", async () => {
    const { fleet } = openTestFleet();
    const never = new Promise<never>(() => {});
    let isWorking = false;
    async function* source() {
      yield 1;
      await never;
    }

    const interrupted = many(fleet, options(source()), () => {
      isWorking = true;
      return never;
    }).catch((error: unknown) => error);
    await until(() => isWorking);
    process.emit("SIGINT");

    expect(await interrupted).toBeInstanceOf(ManyInterruptedError);
  });

  it("closes its source", async () => {
    const { fleet } = openTestFleet();
    let isClosed = false;
    function* source() {
      try {
        for (;;) yield 1;
      } finally {
        isClosed = true;
      }
    }

    const interrupted = many(fleet, options(source()), async () => {
      await turns();
      return "done";
    }).catch((error: unknown) => error);
    await turns();
    process.emit("SIGINT");
    await interrupted;
    await turns();

    expect(isClosed).toBe(true);
  });

  it("keeps the work that is composed of several from going on to the next", async () => {
    const { fleet, calls, clock } = openTestFleet({ limits: { CreateThing: 10 } });
    const begun: string[] = [];

    const interrupted = interruptible(async () => {
      begun.push("first");
      await createThings(fleet, names(50)).catch(() => "swallowed");
      begun.push("second");
      await createThings(fleet, ["another"]);
    }).catch((error: unknown) => error);
    while (calls("CreateThing").length < 5) await clock.advance(20);
    process.emit("SIGINT");
    const error = await interrupted;
    await clock.runAll();

    expect(error).toBeInstanceOf(ManyInterruptedError);
    expect(begun).toEqual(["first", "second"]);
    expect(calls().filter(({ operation }) => operation === "CreateThing").length).toBeLessThan(50);
    expect((error as ManyInterruptedError).result.done).toBe(0);
  });

  it("stops many inside many", async () => {
    const { fleet, calls, clock } = openTestFleet({ limits: { CreateThing: 10 } });

    const interrupted = many(fleet, options([1, 2]), async (n) => {
      await createThings(
        fleet,
        names(50).map((name) => `${name}-${n}`),
      );
      return "done";
    }).catch((error: unknown) => error);
    while (calls("CreateThing").length < 10) await clock.advance(20);
    process.emit("SIGINT");
    const error = await interrupted;
    const sent = calls().length;
    await clock.runAll();

    expect((error as ManyInterruptedError).message).toMatch(/^Items: interrupted after 0 done/);
    expect(calls()).toHaveLength(sent);
  });

  it("leaves no listener behind, after success, failure and interrupt", async () => {
    const { fleet, settle } = openTestFleet();
    const before = process.listenerCount("SIGINT");
    const during: number[] = [];
    const work = async () => {
      during.push(process.listenerCount("SIGINT"));
      await turns();
      return "done" as const;
    };

    await settle(many(fleet, options([1, 2]), work));
    const after = [process.listenerCount("SIGINT")];
    await settle(many(fleet, options(failing()), work)).catch(() => undefined);
    after.push(process.listenerCount("SIGINT"));
    const interrupted = many(fleet, options(range(200)), work).catch(() => undefined);
    await turns();
    process.emit("SIGINT");
    await interrupted;
    after.push(process.listenerCount("SIGINT"));

    expect(after).toEqual([before, before, before]);
    expect(new Set(during)).toEqual(new Set([before + 1]));
  });
});

function* failing() {
  yield 1;
  throw new Error("no more");
}
