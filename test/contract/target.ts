import { randomBytes } from "node:crypto";
import { afterAll, vi } from "vitest";
import type { Clock } from "../../lib/aws/clock.js";
import { connect, type Fleet } from "../../lib/aws/connect.js";
import { InvalidInputError } from "../../lib/aws/errors.js";
import { memoryOutput } from "../../lib/aws/output.js";
import { tagList } from "../../lib/aws/ownership.js";
import { openTestFleet, type TestFleet } from "../fleet.js";
import { createCleanups } from "./cleanups.js";

/** What everything is marked with that a contract test makes; the workshop's own cleanup leaves it alone. */
export const mark = { workshop: "fleetlab-contract" } as const;

/** The same mark, where tags come as a list. */
export const markTags = tagList(mark);

/** The account that a contract test talks to, through clients that keep to AWS's limits. */
export interface Target extends Pick<
  Fleet,
  "account" | "region" | "iot" | "iotData" | "iotJobs" | "s3" | "iam" | "sts"
> {
  /** False on a real account. A test that AWS cannot do in reasonable time is skipped by it, and says why. */
  readonly isSandbox: boolean;
  readonly clock: Clock;
  /** A name that nobody has: `contract-<run>-<noun>-<n>`. */
  name(noun: string): string;
  /** The ARN of something of AWS IoT in this account and Region: `arn("thing/car-1")`. */
  arn(tail: string): string;
  /** Do `work` after the last test of the file, last things first; what is not there is no error. */
  cleanUp(what: string, work: () => Promise<unknown>): void;
  /**
   * Call `look` every two seconds until it throws nothing, and give back its result. On the sandbox
   * the seconds pass at once.
   *
   * @throws what `look` threw last, after three minutes (`timeoutMs`)
   */
  eventually<T>(look: () => Promise<T>, timeoutMs?: number): Promise<T>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Decide where the tests of this file go: to a fresh sandbox in this process, or with
 * `WORKSHOP_TARGET=aws` to the account that the SDK finds.
 *
 * Call it once, first thing in a test file: `const target = await openTarget();`. Cleanups run by
 * themselves after the file's last test, and fail the file when something stays behind.
 *
 * @throws InvalidInputError when a real account is asked for without `ACCEPT_CHARGES=yes`
 * @throws ConnectError when there are no credentials, or no Region
 */
export async function openTarget(): Promise<Target> {
  const isSandbox = decide(process.env) === "sandbox";
  // Indexes are built in minutes there, and a thing type goes after five.
  if (!isSandbox) vi.setConfig({ testTimeout: 15 * 60_000, hookTimeout: 20 * 60_000 });
  const fleet = isSandbox ? openSandboxFleet() : await openAwsFleet();
  const { clock, account, region } = fleet;
  const cleanups = createCleanups(clock);
  afterAll(() => cleanups.run());

  const run = randomBytes(4).toString("hex");
  let named = 0;
  return {
    ...fleet,
    isSandbox,
    name: (noun) => `contract-${run}-${noun}-${++named}`,
    arn: (tail) => `arn:aws:iot:${region}:${account}:${tail}`,
    cleanUp: (what, work) => cleanups.add(what, work),
    eventually: (look, timeoutMs) => eventually(clock, look, timeoutMs),
  };
}

/**
 * Where the environment sends the tests.
 *
 * @throws InvalidInputError when that is a real account and something is missing for it
 */
export function decide(environment: Environment): "sandbox" | "aws" {
  const {
    WORKSHOP_TARGET: target = "sandbox",
    ACCEPT_CHARGES: accepted,
    VITEST_POOL_ID: worker,
  } = environment;
  if (target === "sandbox") return target;
  if (target !== "aws") {
    throw new InvalidInputError("WORKSHOP_TARGET", target, 'be "sandbox" or "aws"');
  }
  if (accepted !== "yes") {
    throw new InvalidInputError(
      "the environment variable ACCEPT_CHARGES",
      accepted,
      'be "yes" before contract tests make anything in a real account',
      "One run costs some cents; the README says what it makes.",
    );
  }
  if (worker !== undefined && worker !== "1") {
    throw new InvalidInputError(
      "the number of a test worker on a real account",
      worker,
      "be 1, since the tests share the account's settings and rates",
      "Run vitest with --no-file-parallelism.",
    );
  }
  return target;
}

/** A sandbox whose time passes whenever somebody waits, so that nothing really sleeps. */
function openSandboxFleet(): Fleet {
  const opened: TestFleet = openTestFleet({
    clock: {
      now: () => opened.clock.now(),
      sleep: (ms) => opened.clock.advance(ms),
    },
  });
  return opened.fleet;
}

function openAwsFleet(): Promise<Fleet> {
  return connect({ target: "aws", acceptCharges: true, output: memoryOutput() });
}

/** Look until nothing is thrown; see `Target.eventually`. */
export async function eventually<T>(
  clock: Clock,
  look: () => Promise<T>,
  timeoutMs = 3 * 60_000,
): Promise<T> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (clock.now() >= deadline) throw error;
      await clock.sleep(2_000);
    }
  }
}
