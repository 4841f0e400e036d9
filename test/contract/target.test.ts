import { CreateThingCommand, DeleteThingCommand, DescribeThingCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../lib/aws/clock.js";
import { createCleanups } from "./cleanups.js";
import { decide, eventually, mark, openTarget } from "./target.js";

/** A clock on which waiting is at once. */
function jumpingClock() {
  const clock = manualClock();
  return { now: clock.now, sleep: (ms: number) => clock.advance(ms) };
}

describe("decide", () => {
  it("goes to the sandbox unless the environment says otherwise", () => {
    expect(decide({})).toBe("sandbox");
    expect(decide({ WORKSHOP_TARGET: "sandbox" })).toBe("sandbox");
  });

  it("goes to AWS only when charges are accepted, and with one worker", () => {
    const aws = { WORKSHOP_TARGET: "aws", VITEST_POOL_ID: "1" };

    expect(decide({ ...aws, ACCEPT_CHARGES: "yes" })).toBe("aws");
    expect(() => decide(aws)).toThrow(/ACCEPT_CHARGES/);
    expect(() => decide({ ...aws, ACCEPT_CHARGES: "1" })).toThrow(/ACCEPT_CHARGES/);
    expect(() => decide({ ...aws, ACCEPT_CHARGES: "yes", VITEST_POOL_ID: "2" })).toThrow(
      /--no-file-parallelism/,
    );
  });

  it("refuses a target that there is not", () => {
    expect(() => decide({ WORKSHOP_TARGET: "azure" })).toThrow(/must be "sandbox" or "aws"/);
  });
});

describe("eventually", () => {
  it("looks every two seconds until nothing is thrown", async () => {
    const clock = jumpingClock();
    const begin = clock.now();
    let looks = 0;

    const found = await eventually(clock, async () => {
      if (++looks < 4) throw new Error("not yet");
      return "there";
    });

    expect([found, looks, clock.now() - begin]).toEqual(["there", 4, 6_000]);
  });

  it("gives up with what was thrown last", async () => {
    let looks = 0;

    const given = eventually(
      jumpingClock(),
      async () => {
        throw new Error(`look ${++looks}`);
      },
      10_000,
    );

    await expect(given).rejects.toThrow("look 6");
  });
});

describe("createCleanups", () => {
  it("does the last thing first", async () => {
    const done: string[] = [];
    const cleanups = createCleanups(jumpingClock());
    for (const what of ["group", "thing"]) cleanups.add(what, async () => done.push(what));

    await cleanups.run();

    expect(done).toEqual(["thing", "group"]);
  });

  it("tries again what is refused, and takes what is missing for done", async () => {
    const clock = jumpingClock();
    const begin = clock.now();
    const cleanups = createCleanups(clock);
    let tries = 0;
    cleanups.add("type", async () => {
      if (++tries < 3) throw new Error("please wait");
    });
    cleanups.add("thing", async () => {
      throw Object.assign(new Error(), { name: "ResourceNotFoundException" });
    });

    await cleanups.run();

    expect([tries, clock.now() - begin]).toEqual([3, 10_000]);
  });

  it("names all that stays behind", async () => {
    const cleanups = createCleanups(jumpingClock(), 20_000);
    const refuse = async () => {
      throw new Error("in use");
    };
    cleanups.add("role r", refuse);
    cleanups.add("bucket b", refuse);

    await expect(cleanups.run()).rejects.toThrow(
      "Left behind in the account:\n  bucket b: Error: in use\n  role r: Error: in use",
    );
  });
});

const target = await openTarget();

describe("openTarget", () => {
  it("gives names that begin alike and are never the same", async () => {
    const other = target.name("thing");

    expect(target.name("thing")).not.toBe(other);
    expect(other).toMatch(/^contract-[0-9a-f]{8}-thing-\d+$/);
  });

  it("reaches an account, of which its ARNs are", async () => {
    const thingName = target.name("thing");
    const attributePayload = { attributes: mark };

    const made = await target.iot.send(new CreateThingCommand({ thingName, attributePayload }));

    expect(made.thingArn).toBe(target.arn(`thing/${thingName}`));
    // Cleanups run backwards, so this one finds the thing gone.
    target.cleanUp("proof of the deletion", async () => {
      await target.iot.send(new DescribeThingCommand({ thingName }));
      throw new Error(`${thingName} is still there`);
    });
    target.cleanUp(`thing ${thingName}`, () =>
      target.iot.send(new DeleteThingCommand({ thingName })),
    );
  });
});
