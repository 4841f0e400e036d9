import {
  CreateThingCommand,
  DescribeIndexCommand,
  IoTClient,
  ListThingsCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { IoTDataPlaneClient, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { setTimeout as delay } from "node:timers/promises";
import {
  newHome,
  removeHome,
  round,
  startIn,
  type BenchSandbox,
  type Scenario,
} from "./scenario.js";

/** Fleet sizes, in things. The largest takes some minutes to fill. */
const SIZES = [1_000, 10_000, 100_000];
/** Requests of each kind that are measured, and how many are under way at once. */
const REQUESTS = 1_000;
const CONCURRENCY = 8;

const QUERIES: Readonly<Record<string, string>> = {
  "one name": "thingName:Bench-000500",
  "two terms": "attributes.country:US AND attributes.colour:red",
  "number range": "shadow.reported.batteryStatus:[95 TO *]",
  prefix: "thingName:Bench-0001*",
  NOT: "attributes.colour:red AND NOT attributes.country:US",
};

/** Requests a second and 99th percentile of the sandbox by fleet size, its start-up and memory. */
export const sandbox: Scenario = {
  name: "sandbox",
  about: "the sandbox's own speed, start-up and memory, by fleet size; quotas off",
  async run(tell) {
    const rows = [];
    for (const size of SIZES) {
      tell(`${size} things …`);
      const home = newHome();
      let server = await startIn(home, ["--quotas", "off"]);
      rows.push(...(await measure(server, size)));
      await server.close();

      const startedAt = performance.now();
      server = await startIn(home, ["--quotas", "off"]);
      const startMs = performance.now() - startedAt;
      const searchMs = await firstSearch(server);
      const memory = await server.residentMiB();
      rows.push({
        things: size,
        what: `start-up ${Math.round(startMs)} ms, first search ${Math.round(searchMs)} ms, ${memory ?? "?"} MiB`,
        "requests (1/s)": "",
        "p50 (ms)": "",
        "p99 (ms)": "",
      });
      await server.close();
      removeHome(home);
    }
    return rows;
  },
};

async function measure({ url, credentials }: BenchSandbox, size: number) {
  const config = { endpoint: url, credentials, region: "us-east-1" };
  const iot = new IoTClient(config);
  const data = new IoTDataPlaneClient(config);
  const rows: Record<string, string | number>[] = [];
  const row = async (what: string, count: number, request: (i: number) => Promise<unknown>) => {
    rows.push({ things: size, what, ...(await timed(count, request)) });
  };

  await iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: { thingIndexingMode: "REGISTRY_AND_SHADOW" },
    }),
  );
  await row("CreateThing", size, (i) =>
    iot.send(
      new CreateThingCommand({
        thingName: nameOf(i),
        attributePayload: {
          attributes: {
            country: ["US", "CA", "MX"][i % 3] as string,
            colour: ["red", "blue", "green", "white", "black"][Math.floor(i / 3) % 5] as string,
          },
        },
      }),
    ),
  );
  await row("UpdateThingShadow", size, (i) => {
    const state = { reported: { batteryStatus: i % 100 } };
    const payload = Buffer.from(JSON.stringify({ state }));
    return data.send(new UpdateThingShadowCommand({ thingName: nameOf(i), payload }));
  });
  await indexed(iot);
  for (const [kind, queryString] of Object.entries(QUERIES)) {
    await row(`SearchIndex, ${kind}`, REQUESTS, () =>
      iot.send(new SearchIndexCommand({ queryString, maxResults: 100 })),
    );
  }
  await row("ListThings, 250 a page", REQUESTS / 4, () =>
    iot.send(new ListThingsCommand({ maxResults: 250 })),
  );
  return rows;
}

/** Until the index is ACTIVE and has caught up with the last change. */
async function indexed(iot: IoTClient): Promise<void> {
  for (;;) {
    const { indexStatus } = await iot.send(new DescribeIndexCommand({ indexName: "AWS_Things" }));
    await delay(2_000);
    if (indexStatus === "ACTIVE") break;
  }
  await iot.send(new SearchIndexCommand({ queryString: "thingName:Bench-000001" }));
}

async function firstSearch({ url, credentials }: BenchSandbox): Promise<number> {
  const iot = new IoTClient({ endpoint: url, credentials, region: "us-east-1" });
  const startedAt = performance.now();
  await iot.send(new SearchIndexCommand({ queryString: "thingName:Bench-000001" }));
  return performance.now() - startedAt;
}

/** Send `count` requests, eight at a time. */
async function timed(count: number, request: (i: number) => Promise<unknown>) {
  const latencies: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      const startedAt = performance.now();
      await request(i);
      latencies.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => round(latencies[Math.floor(latencies.length * share)] ?? 0);
  return {
    "requests (1/s)": Math.round(count / seconds),
    "p50 (ms)": at(0.5),
    "p99 (ms)": at(0.99),
  };
}

function nameOf(i: number): string {
  return `Bench-${String(i).padStart(6, "0")}`;
}
