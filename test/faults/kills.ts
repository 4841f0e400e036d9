import {
  CreateThingCommand,
  DescribeThingCommand,
  IoTClient,
  UpdateThingCommand,
} from "@aws-sdk/client-iot";
import {
  GetThingShadowCommand,
  IoTDataPlaneClient,
  UpdateThingShadowCommand,
} from "@aws-sdk/client-iot-data-plane";
import {
  GetObjectCommand,
  PutObjectCommand,
  CreateBucketCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { LocalSandbox } from "../../lib/aws/local.js";
import { startServer } from "../sandbox/server.js";

const WRITERS = 8;

function clientsOf({ url, credentials }: LocalSandbox) {
  const config = { endpoint: url, credentials, region: "us-east-1", maxAttempts: 1 };
  return {
    iot: new IoTClient(config),
    data: new IoTDataPlaneClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
  };
}

type Clients = ReturnType<typeof clientsOf>;

/** What the server has said yes to: the least that must be there after its death. */
interface Acknowledged {
  /** The newest acknowledged number in each writer's thing, shadow and object. */
  readonly thing: Map<string, number>;
  readonly shadow: Map<string, number>;
  readonly object: Map<string, number>;
}

/** Write ever higher numbers until the server dies. */
async function write(clients: Clients, name: string, from: number, seen: Acknowledged) {
  try {
    for (let n = from; ; n++) {
      const attributePayload = { attributes: { n: String(n) } };
      await clients.iot.send(new UpdateThingCommand({ thingName: name, attributePayload }));
      seen.thing.set(name, n);
      const payload = Buffer.from(JSON.stringify({ state: { reported: { n } } }));
      await clients.data.send(new UpdateThingShadowCommand({ thingName: name, payload }));
      seen.shadow.set(name, n);
      await clients.s3.send(new PutObjectCommand({ Bucket: "crash", Key: name, Body: String(n) }));
      seen.object.set(name, n);
    }
  } catch {
    // The server is dead: the writer's end, and the point of the test.
  }
}

/** The number that is there now. */
const readers = {
  async thing({ iot }: Clients, thingName: string): Promise<number> {
    const { attributes } = await iot.send(new DescribeThingCommand({ thingName }));
    return Number(attributes?.["n"]);
  },
  async shadow({ data }: Clients, thingName: string): Promise<number> {
    const { payload } = await data.send(new GetThingShadowCommand({ thingName }));
    const document = JSON.parse(Buffer.from(payload ?? "{}").toString()) as {
      state: { reported: { n: number } };
    };
    return document.state.reported.n;
  },
  async object({ s3 }: Clients, name: string): Promise<number> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "crash", Key: name }));
    return Number(await Body?.transformToString());
  },
};

/** What a row of kills has come to. */
export interface Survival {
  /** Writes that were acknowledged and are not there. */
  readonly lost: readonly string[];
  /** Writes that were acknowledged. */
  readonly writes: number;
}

/** Kill the sandbox of `home` under load, start it again and look, so many times. */
export async function killUnderLoad(home: string, kills: number): Promise<Survival> {
  const names = Array.from({ length: WRITERS }, (_, i) => `Crash-${i}`);
  const seen: Acknowledged = { thing: new Map(), shadow: new Map(), object: new Map() };
  const lost: string[] = [];
  let writes = 0;
  let server = await startServer(home);
  let clients = clientsOf(server);
  await clients.s3.send(new CreateBucketCommand({ Bucket: "crash" }));
  for (const name of names) await clients.iot.send(new CreateThingCommand({ thingName: name }));

  for (let kill = 1; kill <= kills; kill++) {
    const start = kill * 1_000_000;
    const before = seen.object.get("Crash-0") ?? 0;
    const writers = names.map((name) => write(clients, name, start, seen));
    // Killed in the middle of the work, at no particular point: after some acknowledged rounds.
    while ((seen.object.get("Crash-0") ?? 0) < Math.max(before, start + 3)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await server.kill();
    await Promise.all(writers);

    server = await startServer(home);
    clients = clientsOf(server);
    for (const name of names) {
      for (const kind of ["thing", "shadow", "object"] as const) {
        const wanted = seen[kind].get(name);
        // A writer may not have come as far as its first shadow or object.
        if (wanted === undefined) continue;
        writes += Math.max(0, wanted - start + 1);
        const found = await readers[kind](clients, name);
        if (found < wanted) lost.push(`kill ${kill}: ${kind} ${name} is ${found}, was ${wanted}`);
      }
    }
  }
  await server.stop();
  return { lost, writes };
}
