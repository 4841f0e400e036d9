import { DescribeThingCommand } from "@aws-sdk/client-iot";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createFleet } from "../../lib/aws/connect.js";
import { memoryOutput } from "../../lib/aws/output.js";
import { patientHandler } from "../../lib/aws/patience.js";
import { moveSandboxClock } from "../../lib/aws/sandbox-clock.js";
import { turns, until } from "./wire.js";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

/** A service that accepts, and says `begin` of an answer at most. */
async function openSilent(begin = "", config: { readonly requestHandler?: object } = {}) {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    if (begin) response.writeHead(200, { "content-length": 100 }).write(begin);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const output = memoryOutput();
  const fleet = createFleet({
    target: "sandbox",
    region: "eu-west-1",
    account: "111122223333",
    acceptCharges: true,
    output,
    clientConfig: { endpoint: url, credentials, ...config },
  });
  return { fleet, url, output, asked: () => asked };
}

const call = new DescribeThingCommand({ thingName: "a" });

/** Let seconds pass, on the timers alone, until the work is over. */
async function secondsUntilOver(work: Promise<unknown>): Promise<number> {
  let isOver = false;
  void work.finally(() => (isOver = true)).catch(() => undefined);
  let seconds = 0;
  for (; !isOver && seconds < 1_000; seconds++) {
    await vi.advanceTimersByTimeAsync(1_000);
    await turns();
  }
  return seconds;
}

describe("a call that is never answered", () => {
  it("is asked again after half a minute, and given up in a sentence", async () => {
    const { fleet, asked } = await openSilent();
    const work = fleet.iot.send(call).catch((error: unknown) => error);

    const seconds = await secondsUntilOver(work);

    expect(asked()).toBe(3);
    expect(seconds).toBeGreaterThan(85);
    expect(seconds).toBeLessThan(150);
    expect(inspect(await work)).toMatch(
      /^TimeoutError: There was no answer for 30 s\. .*\(iot:DescribeThing, after 3 attempts\)$/,
    );
  });

  it("is given up when the answer stops half-way", async () => {
    vi.useRealTimers();
    // Node's sockets keep a time of their own, so this waits: three times a moment.
    const requestHandler = { ...patientHandler, socketTimeout: 20 };
    const { fleet, asked } = await openSilent('{"thingName":', { requestHandler });

    const error: unknown = await fleet.iot.send(call).catch((caught: unknown) => caught);

    expect(patientHandler.socketTimeout).toBe(30_000);
    expect(asked()).toBeGreaterThan(0);
    expect(inspect(error)).toMatch(/^TimeoutError: The answer stopped half-way\. /);
  });

  it("is spoken of after five seconds, once for all that are silent together", async () => {
    const { fleet, output, asked } = await openSilent();
    const calls = [1, 2, 3].map(() => fleet.iot.send(call).catch((error: unknown) => error));
    await until(() => asked() === 3);

    await vi.advanceTimersByTimeAsync(4_000);
    const before = [...output.lines];
    await vi.advanceTimersByTimeAsync(2_000);

    expect(before).toEqual([]);
    expect(output.lines).toEqual([
      expect.stringMatching(/^iot:DescribeThing has not been answered for 5 s\. .* after 30 s/),
    ]);
    process.emit("SIGINT");
    await Promise.all(calls);
  });

  it("is not spoken of any more when its cell was interrupted", async () => {
    const { fleet, output, asked } = await openSilent();
    const work = fleet.iot.send(call).catch((error: unknown) => error);
    await until(() => asked() === 1);
    process.emit("SIGINT");
    await work;

    await vi.advanceTimersByTimeAsync(20_000);

    expect(output.lines).toEqual([]);
  });
});

describe("moveSandboxClock", () => {
  it("is given up at once when its cell is interrupted", async () => {
    const { url, asked } = await openSilent();
    const controller = new AbortController();
    const sandbox = { url, credentials: { account: "1", accessKeyId: "a", secretAccessKey: "b" } };
    const work = moveSandboxClock(sandbox, 0, controller.signal);
    work.catch(() => undefined);
    await until(() => asked() === 1);

    controller.abort(new Error("interrupted"));

    await expect(work).rejects.toThrow("interrupted");
  });
});
