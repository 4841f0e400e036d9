import { createFleet, type Fleet } from "../../../lib/aws/connect.js";
import { memoryOutput } from "../../../lib/aws/output.js";
import { openTestFleet, unsigned, type TestFleet } from "../../fleet.js";

/** Some learners on one account, each with a connection and a prefix of their own. */
export interface Classroom extends TestFleet {
  /** In the order of their names. `fleet` itself is nobody's: an instructor looks through it. */
  readonly learners: readonly Fleet[];
}

/** Open one sandbox, with its quotas enforced, to learners with these prefixes. */
export function openClassroom(prefixes: readonly string[]): Classroom {
  const test = openTestFleet();
  return { ...test, learners: prefixes.map((prefix) => learner(test, prefix)) };
}

/** Another connection to the account of a test's fleet. */
export function learner({ fleet, sandbox, clock }: TestFleet, prefix: string): Fleet {
  return createFleet({
    target: "sandbox",
    region: fleet.region,
    account: fleet.account,
    acceptCharges: true,
    prefix,
    clock,
    output: memoryOutput(),
    clientConfig: {
      endpoint: "http://sandbox.localhost",
      credentials: { accessKeyId: fleet.account, secretAccessKey: "test" },
      ...unsigned,
      requestHandler: sandbox.requestHandler,
      disableClockSkewCorrection: true,
    },
  });
}
