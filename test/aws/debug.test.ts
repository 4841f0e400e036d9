import { CreateThingCommand, DescribeThingCommand } from "@aws-sdk/client-iot";
import { GetThingShadowCommand, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { isNotFound, isThrottled } from "../../lib/aws/errors.js";
import { ACCOUNT, openTestFleet } from "../fleet.js";
import { openWiredFleet, turns, until } from "./wire.js";

const SIGNED = "https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Signature=5ec4e7";
const create = new CreateThingCommand({
  thingName: "Vehicle-VIN-001",
  attributePayload: { attributes: { country: "US", manufacturingDate: "2025-12-31" } },
});
const describeMissing = new DescribeThingCommand({ thingName: "missing" });

describe("debug mode", () => {
  it("prints nothing while it is off", async () => {
    const { fleet, lines, settle } = openTestFleet();

    await settle(fleet.iot.send(create));

    expect(lines).toEqual([]);
  });

  it("shows a call's operation, milliseconds, attempts, input and output", async () => {
    const { fleet, lines, settle } = openTestFleet({ debug: true });

    await settle(fleet.iot.send(create));

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^iot:CreateThing · \d+ ms · 1 attempt\n {2}input +\{/);
    expect(lines[0]).toContain('"country": "US"');
    expect(lines[0]).toMatch(/\n {2}output +\{/);
    expect(lines[0]).toContain('"thingName": "Vehicle-VIN-001"');
    expect(lines[0]).not.toContain("$metadata");
  });

  it("can be switched on for a few cells", async () => {
    const { fleet, lines, settle } = openTestFleet();
    await settle(fleet.iot.send(create));

    fleet.debug = true;
    await settle(fleet.iot.send(new DescribeThingCommand({ thingName: "Vehicle-VIN-001" })));
    fleet.debug = false;
    await settle(fleet.iot.send(create));

    expect(lines.map((line) => line.split(" ")[0])).toEqual(["iot:DescribeThing"]);
  });

  it("says how many attempts it took", async () => {
    let failures = 2;
    const { fleet, lines, settle } = openWiredFleet(
      () => (failures-- > 0 ? { error: "ThrottlingException", status: 429 } : {}),
      { debug: true },
    );

    await settle(fleet.iot.send(create));

    expect(lines[0]).toContain("· 3 attempts\n");
  });

  it("shows a shadow's payload as the JSON it holds", async () => {
    const { fleet, lines, settle } = openTestFleet({ debug: true });
    const payload = Buffer.from(JSON.stringify({ state: { reported: { batteryStatus: 42 } } }));
    await settle(fleet.iot.send(create));

    const thingName = "Vehicle-VIN-001";
    await settle(fleet.iotData.send(new UpdateThingShadowCommand({ thingName, payload })));

    expect(lines[1]).toMatch(
      /"payload": \{\n +"state": \{\n +"reported": \{\n +"batteryStatus": 42/,
    );
  });

  it("makes calls one after another", async () => {
    let underWay = 0;
    let most = 0;
    const { fleet, settle } = openWiredFleet(
      async () => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        return {};
      },
      { debug: true },
    );

    await settle(Promise.all([1, 2, 3].map(() => fleet.iot.send(describeMissing))));

    expect(most).toBe(1);
  });

  it("shows a failed call with its input and the error's whole stack", async () => {
    const { fleet, lines, settle } = openTestFleet({ debug: true });

    await settle(fleet.iot.send(describeMissing)).catch(() => undefined);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^iot:DescribeThing · \d+ ms · 1 attempt\n {2}input +\{/);
    expect(lines[0]).toMatch(/\n {2}error +ResourceNotFoundException: .*\n\s+at /);
    expect(lines[0]?.match(/\n\s+at /g)?.length).toBeGreaterThan(3);
  });

  it("masks accounts, and redacts presigned URLs and credentials, in inputs and outputs", async () => {
    const { fleet, lines, settle } = openWiredFleet(
      () => ({
        body: {
          thingArn: `arn:aws:iot:eu-west-1:${ACCOUNT}:thing/a`,
          attributes: {
            url: SIGNED,
            document: JSON.stringify({ u: SIGNED, secretAccessKey: "told" }),
          },
        },
      }),
      { debug: true },
    );
    const attributes = { token: `AKIAIOSFODNN7EXAMPLE ${SIGNED}` };

    await settle(
      fleet.iot.send(
        new CreateThingCommand({ thingName: ACCOUNT, attributePayload: { attributes } }),
      ),
    );
    await settle(fleet.iot.send(new DescribeThingCommand({ thingName: "a" })));

    const shown = lines.join("\n");
    expect(shown).not.toMatch(/111122223333|5ec4e7|AKIAIOSFODNN7EXAMPLE|"told/);
    expect(shown).toContain("arn:aws:iot:eu-west-1:********3333:thing/a");
    expect(shown).toContain("https://b.s3.eu-west-1.amazonaws.com/k?[presigned: redacted]");
  });

  it("redacts a shadow document that carries a presigned URL", async () => {
    const { fleet, lines, settle } = openWiredFleet(() => ({ body: { job: { url: SIGNED } } }), {
      debug: true,
    });

    await settle(fleet.iotData.send(new GetThingShadowCommand({ thingName: "a" })));

    expect(lines[0]).toContain("[presigned: redacted]");
    expect(lines[0]).not.toContain("5ec4e7");
  });

  it("redacts what an error's stack says", async () => {
    const { fleet, lines, settle } = openWiredFleet(
      () => ({
        error: "InvalidRequestException",
        body: { message: `arn:aws:iam::${ACCOUNT}:role/r of account ${ACCOUNT}. See ${SIGNED}` },
      }),
      { debug: true },
    );

    await settle(fleet.iot.send(describeMissing)).catch(() => undefined);

    expect(lines[0]).toMatch(/ {2}error +InvalidRequestException: arn:aws:iam::\*{8}3333:role/);
    expect(lines[0]).not.toMatch(/111122223333|5ec4e7/);
  });
});

describe("a failed call", () => {
  it("prints as one line that says what AWS said, and where", async () => {
    const { fleet, lines, settle } = openTestFleet();

    const error: unknown = await settle(fleet.iot.send(describeMissing)).catch((e: unknown) => e);

    expect(inspect(error)).toMatch(
      /^ResourceNotFoundException: [^\n]*missing[^\n]* \(iot:DescribeThing\)$/,
    );
    expect(lines).toEqual([]);
  });

  it("prints as one line inside other values too, and after how many attempts", async () => {
    const { fleet, settle } = openWiredFleet(() => ({ error: "ThrottlingException", status: 429 }));

    const error: unknown = await settle(fleet.iot.send(describeMissing)).catch((e: unknown) => e);

    expect(inspect({ error })).toMatch(
      /ThrottlingException: .*\(iot:DescribeThing, after 3 attempts\)/,
    );
    expect(inspect({ error })).not.toContain("\n    at ");
  });

  it("hides the same in that line as debug mode does", async () => {
    const { fleet, settle } = openWiredFleet(() => ({
      error: "InvalidRequestException",
      body: { message: `account ${ACCOUNT}. ${SIGNED} AKIAIOSFODNN7EXAMPLE` },
    }));

    const error: unknown = await settle(fleet.iot.send(describeMissing)).catch((e: unknown) => e);

    expect(inspect(error)).toContain("account ********3333. https://");
    expect(inspect(error)).not.toMatch(/111122223333|5ec4e7|AKIAIOSFODNN7EXAMPLE/);
  });

  it("keeps AWS's name, class, status, fields and stack", async () => {
    const { fleet, settle } = openTestFleet();
    const { ResourceNotFoundException } = await import("@aws-sdk/client-iot");

    const error: unknown = await settle(fleet.iot.send(describeMissing)).catch((e: unknown) => e);

    expect(error).toBeInstanceOf(ResourceNotFoundException);
    expect(error).toMatchObject({
      name: "ResourceNotFoundException",
      $fault: "client",
      $metadata: { httpStatusCode: 404, attempts: 1 },
    });
    expect((error as Error).stack).toMatch(/\n\s+at /);
    expect(isNotFound(error)).toBe(true);
    expect(isThrottled(error)).toBe(false);
  });

  it("passes an access denied through with its name", async () => {
    const { fleet, requests, settle } = openWiredFleet(() => ({
      error: "AccessDeniedException",
      status: 403,
      body: { message: "User is not authorized to perform: iot:DescribeThing" },
    }));

    const error: unknown = await settle(fleet.iot.send(describeMissing)).catch((e: unknown) => e);

    expect(error).toMatchObject({
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 403 },
    });
    expect(inspect(error)).toBe(
      "AccessDeniedException: User is not authorized to perform: iot:DescribeThing (iot:DescribeThing)",
    );
    expect(requests).toHaveLength(1);
  });

  it("prints a lost connection as one line too", async () => {
    const { fleet, settle } = openWiredFleet(() => {
      throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    });

    const error: unknown = await settle(fleet.iot.send(describeMissing)).catch((e: unknown) => e);

    expect(error).toMatchObject({ code: "ECONNRESET" });
    expect(inspect(error)).toBe(
      "Error: The connection broke off (read ECONNRESET). (iot:DescribeThing, after 3 attempts)",
    );
  });

  it("says how to get the sandbox back when it is gone", async () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const { fleet, settle } = openWiredFleet(() => {
      throw refused;
    });

    const error: unknown = await settle(
      fleet.iot.send(new DescribeThingCommand({ thingName: "a" })),
    ).catch((caught: unknown) => caught);

    expect(inspect(error)).toContain("Run the cell with connect() again");
  });
});

describe("a raw call", () => {
  it("is given up at once when it is interrupted in flight", async () => {
    const { fleet, requests } = openWiredFleet(() => new Promise<never>(() => {}));
    const listeners = process.listenerCount("SIGINT");
    const call = fleet.iot.send(describeMissing).catch((error: unknown) => error);
    await until(() => requests.length === 1);

    process.emit("SIGINT");

    expect(inspect(await call)).toBe(
      "InterruptedError: Interrupted. Run the cell again: it goes on where it stopped.",
    );
    expect(requests).toHaveLength(1);
    expect(process.listenerCount("SIGINT")).toBe(listeners);
  });

  it("is not sent any more when it is interrupted in line", async () => {
    const { fleet, requests, clock } = openWiredFleet(() => ({}), { limits: { DescribeThing: 1 } });
    const calls = [1, 2, 3].map(() => fleet.iot.send(describeMissing).catch((e: unknown) => e));
    await until(() => requests.length === 1);

    process.emit("SIGINT");
    await Promise.all(calls);
    await clock.runAll();

    expect(requests).toHaveLength(1);
  });

  it("is not sent any more when it is interrupted while it waits for a place", async () => {
    const { fleet, requests, clock } = openWiredFleet(() => new Promise<never>(() => {}), {
      debug: true,
    });
    const calls = [1, 2].map(() => fleet.iot.send(describeMissing).catch((e: unknown) => e));
    await until(() => requests.length === 1);
    await clock.runAll();

    process.emit("SIGINT");
    await Promise.all(calls);
    await turns();

    expect(requests).toHaveLength(1);
  });

  it("is given up while the SDK waits to try again", async () => {
    const { fleet, requests } = openWiredFleet(
      () => ({ error: "ThrottlingException", status: 429 }),
      { retryDelayMs: 60_000 },
    );
    const call = fleet.iot.send(describeMissing).catch((e: unknown) => e);
    await until(() => requests.length === 1);
    await turns();

    process.emit("SIGINT");

    expect(await call).toMatchObject({ name: "InterruptedError" });
    expect(requests).toHaveLength(1);
  });

  it("is not retried after an interrupt", async () => {
    const { fleet, requests, clock } = openWiredFleet(() => {
      process.emit("SIGINT");
      return { error: "ThrottlingException", status: 429 };
    });

    const error: unknown = await fleet.iot.send(describeMissing).catch((e: unknown) => e);
    await clock.runAll();

    expect(error).toMatchObject({ name: "InterruptedError" });
    expect(requests).toHaveLength(1);
  });

  it("works in the next cell as if nothing had been", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(create));
    const stopped = fleet.iot.send(describeMissing).catch(() => "stopped");
    process.emit("SIGINT");

    const next = await settle(fleet.iot.send(create));

    expect(await stopped).toBe("stopped");
    expect(next.thingName).toBe("Vehicle-VIN-001");
  });
});
