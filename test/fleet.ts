import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import { manualClock, type ManualClock } from "../lib/aws/clock.js";
import { createFleet, type Fleet, type FleetParts } from "../lib/aws/connect.js";
import { memoryOutput } from "../lib/aws/output.js";
import type { CallRecord } from "../lib/sandbox/handler.js";
import { createSandbox, type Sandbox, type SandboxOptions } from "../lib/sandbox/index.js";
import { readyKeys } from "./ready-keys.js";

/** The account and Region of test fleets. */
export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";

export interface TestFleet {
  readonly fleet: Fleet;
  readonly sandbox: Sandbox;
  /** One clock for the fleet and its sandbox: nothing waits unless it is driven. */
  readonly clock: ManualClock;
  /** What the fleet printed. */
  readonly lines: readonly string[];
  /** What reached the sandbox so far, of one operation or of all. */
  calls(operation?: string): readonly CallRecord[];
  /** Drive the clock until `work` is settled, and give back its outcome. */
  settle<T>(work: Promise<T>): Promise<T>;
}

/** Lose the answer to the first such call of a client, once the service has done it: the SDK asks again. */
export function loseFirstAnswer(client: { readonly middlewareStack: object }, operation: string) {
  let isLost = false;
  const lose =
    (next: (args: object) => Promise<object>, context: { readonly commandName?: string }) =>
    async (args: object) => {
      const answer = await next(args);
      if (isLost || context.commandName !== `${operation}Command`) return answer;
      isLost = true;
      throw Object.assign(new Error("socket hang up"), { name: "TimeoutError" });
    };
  const stack = client.middlewareStack as { add(middleware: object, where: object): void };
  stack.add(lose, { step: "deserialize", priority: "high", name: "loseFirstAnswer" });
}

/**
 * For a client's settings: says who is calling, and what, which is all that a sandbox reads that checks
 * no signatures. To sign each of a hundred thousand calls takes a tenth of the time of all these tests;
 * that clients sign, and how it is checked, is in test/sandbox/door and wherever a sandbox is a process.
 */
export const unsigned = {
  signerConstructor: class {
    readonly #authorization: string;
    constructor({ region, service }: { readonly region: string; readonly service: string }) {
      const scope = `${ACCOUNT}/20260101/${region}/${service}/aws4_request`;
      this.#authorization = `AWS4-HMAC-SHA256 Credential=${scope}`;
    }
    async sign<Request extends { headers: Record<string, string> }>(request: Request) {
      request.headers["authorization"] = this.#authorization;
      return request;
    }
  },
};

/** A fleet on a fresh sandbox in this process. */
export function openTestFleet(
  options: Partial<FleetParts> & { readonly sandbox?: Omit<SandboxOptions, "clock"> } = {},
): TestFleet {
  const { sandbox: sandboxOptions, ...parts } = options;
  const clock = manualClock();
  const records: CallRecord[] = [];
  const sandbox = createSandbox({
    clock,
    seed: "test",
    keyPairs: readyKeys,
    onCall: (call) => records.push(call),
    ...sandboxOptions,
  });
  const output = memoryOutput();
  const fleet = createFleet({
    target: "sandbox",
    region: REGION,
    account: ACCOUNT,
    acceptCharges: true,
    clock,
    output,
    clientConfig: {
      endpoint: "http://sandbox.localhost",
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: "test" },
      requestHandler: sandbox.requestHandler,
      ...unsigned,
      // The SDK backs off on the real clock; tests retry at once. Attempts are counted all the same.
      retryStrategy: new ConfiguredRetryStrategy(3, () => 0),
      // A driven clock is far from the machine's, and the SDK would retry every error to correct that.
      disableClockSkewCorrection: true,
    },
    ...parts,
  });
  return {
    fleet,
    sandbox,
    clock,
    lines: output.lines,
    calls: (operation) =>
      operation ? records.filter((call) => call.operation === operation) : records,
    async settle(work) {
      let isSettled = false;
      const watched = work.finally(() => (isSettled = true));
      // Whoever awaits `watched` below sees the rejection; this only keeps Node from calling it unhandled.
      watched.catch(() => undefined);
      while (!isSettled) await clock.runAll();
      return watched;
    },
  };
}
