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
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalSandbox } from "../../../lib/aws/local.js";
import { newHome, removeHome, startServer } from "../server.js";

const KILLS = 20;
const WRITERS = 8;

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

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

/** The numbers that are there now. */
async function read(clients: Clients, name: string) {
  const thing = await clients.iot.send(new DescribeThingCommand({ thingName: name }));
  const shadow = await clients.data.send(new GetThingShadowCommand({ thingName: name }));
  const document = JSON.parse(Buffer.from(shadow.payload ?? "{}").toString()) as {
    state: { reported: { n: number } };
  };
  const object = await clients.s3.send(new GetObjectCommand({ Bucket: "crash", Key: name }));
  return {
    thing: Number(thing.attributes?.["n"]),
    shadow: document.state.reported.n,
    object: Number(await object.Body?.transformToString()),
  };
}

describe("a sandbox that is killed", () => {
  it(`has every acknowledged write after each of ${KILLS} kills under load`, async () => {
    const names = Array.from({ length: WRITERS }, (_, i) => `Crash-${i}`);
    const seen: Acknowledged = { thing: new Map(), shadow: new Map(), object: new Map() };
    let server = await startServer(home);
    let clients = clientsOf(server);
    await clients.s3.send(new CreateBucketCommand({ Bucket: "crash" }));
    for (const name of names) await clients.iot.send(new CreateThingCommand({ thingName: name }));

    for (let kill = 1; kill <= KILLS; kill++) {
      const before = seen.object.get("Crash-0") ?? 0;
      const writers = names.map((name) => write(clients, name, kill * 1_000_000, seen));
      // Killed in the middle of the work, at no particular point: after some acknowledged rounds.
      while ((seen.object.get("Crash-0") ?? 0) < Math.max(before, kill * 1_000_000 + 3)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await server.kill();
      await Promise.all(writers);

      server = await startServer(home);
      clients = clientsOf(server);

      for (const name of names) {
        const found = await read(clients, name).catch((error: unknown) => {
          // A writer may not have come as far as its first shadow or object.
          if (seen.object.has(name)) throw error;
          return undefined;
        });
        if (!found) continue;
        expect(found.thing, `${name} thing, kill ${kill}`).toBeGreaterThanOrEqual(
          seen.thing.get(name) ?? 0,
        );
        expect(found.shadow, `${name} shadow, kill ${kill}`).toBeGreaterThanOrEqual(
          seen.shadow.get(name) ?? 0,
        );
        expect(found.object, `${name} object, kill ${kill}`).toBeGreaterThanOrEqual(
          seen.object.get(name) ?? 0,
        );
      }
    }
    await server.stop();
  }, 300_000);
});
