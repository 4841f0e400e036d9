import { CreateThingCommand, IoTClient } from "@aws-sdk/client-iot";
import type { FinalizeRequestMiddleware, MetadataBearer } from "@smithy/types";
import pLimit from "p-limit";
import { createFleet } from "../../aws/connect.js";
import { isThrottled } from "../../aws/errors.js";
import { many } from "../../aws/many.js";
import { memoryOutput } from "../../aws/output.js";
import { quotaOf } from "../../aws/pacing/quotas.js";
import { openSandbox, round, type BenchSandbox, type Scenario } from "./scenario.js";

const THINGS = 1_000;

interface Outcome {
  readonly created: number;
  readonly attempts: number;
  readonly throttled: number;
  readonly target: number;
}

type Method = (sandbox: BenchSandbox) => Promise<Outcome>;

/** Three ways to create a thousand things under AWS's quota of 100 a second, one after another. */
export const pacing: Scenario = {
  name: "pacing",
  about: `create ${THINGS} things under enforced quotas, three ways`,
  async run() {
    const methods: [string, Method][] = [
      ["fleetlab", withFleetlab],
      ["semaphore of 80", withSemaphore],
      ["Promise.all", withPromiseAll],
    ];
    const quota = quotaOf("iot", "CreateThing").perSecond;
    const rows = [];
    for (const [name, method] of methods) {
      // A fresh sandbox each, so that nobody inherits a used-up quota.
      const sandbox = await openSandbox();
      const startedAt = performance.now();
      const outcome = await method(sandbox);
      const seconds = (performance.now() - startedAt) / 1000;
      await sandbox.close();
      rows.push({
        method: name,
        created: outcome.created,
        lost: THINGS - outcome.created,
        "seconds (s)": round(seconds),
        "rate (1/s)": round(outcome.created / seconds),
        "of target (%)": outcome.target
          ? round((100 * outcome.created) / seconds / outcome.target)
          : "",
        "of quota (%)": round((100 * outcome.created) / seconds / quota),
        attempts: outcome.attempts,
        "throttled attempts": outcome.throttled,
      });
    }
    return rows;
  },
};

async function withFleetlab({ url, credentials }: BenchSandbox): Promise<Outcome> {
  const fleet = createFleet({
    target: "sandbox",
    region: "us-east-1",
    account: credentials.account,
    acceptCharges: true,
    output: memoryOutput(),
    clientConfig: { endpoint: url, credentials },
  });
  const result = await many(
    fleet,
    { title: "Things", items: names(), total: THINGS, name: (name) => name },
    async (thingName) => {
      await fleet.iot.send(new CreateThingCommand({ thingName }));
      return "done";
    },
  );
  return {
    created: result.done,
    attempts: fleet.counts.attempts,
    throttled: fleet.counts.throttles,
    target: fleet.limits.of("iot", "CreateThing").perSecond,
  };
}

/** As the Python scripts do it: a semaphore of the number that was meant as a rate, and SDK retries. */
async function withSemaphore(sandbox: BenchSandbox): Promise<Outcome> {
  const permits = pLimit(80);
  return plainly(sandbox, (create) => [...names()].map((name) => permits(() => create(name))));
}

async function withPromiseAll(sandbox: BenchSandbox): Promise<Outcome> {
  return plainly(sandbox, (create) => [...names()].map(create));
}

/** The SDK's own client as it comes, its attempts counted. */
async function plainly(
  { url, credentials }: BenchSandbox,
  run: (create: (name: string) => Promise<unknown>) => Promise<unknown>[],
): Promise<Outcome> {
  const client = new IoTClient({ endpoint: url, credentials, region: "us-east-1" });
  let attempts = 0;
  let throttled = 0;
  const count: FinalizeRequestMiddleware<object, MetadataBearer> = (next) => async (args) => {
    attempts++;
    try {
      return await next(args);
    } catch (error) {
      if (isThrottled(error)) throttled++;
      throw error;
    }
  };
  client.middlewareStack.addRelativeTo(count as never, {
    name: "count",
    relation: "after",
    toMiddleware: "retryMiddleware",
  });
  const all = await Promise.allSettled(
    run((thingName) => client.send(new CreateThingCommand({ thingName }))),
  );
  const created = all.filter(({ status }) => status === "fulfilled").length;
  return { created, attempts, throttled, target: 0 };
}

function* names(): Iterable<string> {
  for (let i = 1; i <= THINGS; i++) yield `Bench-${String(i).padStart(4, "0")}`;
}
