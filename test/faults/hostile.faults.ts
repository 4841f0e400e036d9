import fc from "fast-check";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createControl } from "../../lib/sandbox/control.js";
import type { WireRequest } from "../../lib/sandbox/http/wire.js";
import { serve, type SandboxServer } from "../../lib/sandbox/server.js";
import { openSandbox } from "../sandbox/clients.js";
import { damaged, furnish, likely, unlikely } from "../sandbox/requests.js";
import { randomOf } from "../sandbox/state/damages.js";
import { firstSeed, runs, secondsSince, tell } from "./figures.js";

/** Worlds that hostile requests are sent to, and how many each of them gets. */
const WORLDS = runs(60);
const REQUESTS = 150;
/** Connections that send what is no request, or hardly one. */
const CONNECTIONS = runs(300);

/** What an answer must never show: where our code lies. */
const INSIDES = /\n\s+at .+:\d+:\d+|node:internal|\/lib\/sandbox\/|\.ts:\d+/;

const signature = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;, Signature=",
    `AWS4-HMAC-SHA256 Credential=${"a/".repeat(5_000)}aws4_request, SignedHeaders=host, Signature=0`,
    "AWS4-HMAC-SHA256 Credential=111122223333/20260101/__proto__/iot/aws4_request, SignedHeaders=host, Signature=00",
    "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/constructor/aws4_request, SignedHeaders=host, Signature=00",
    "AWS AKID:c2ln",
    "Bearer x",
    "Basic \u00ff",
  ),
);
const tricks = fc.constantFrom(
  "/..%2f..%2fetc/passwd",
  "//things//a",
  "/things/%00",
  "/things/%ff%fe",
  "/things/%",
  "/things/a%2fb/../../jobs",
  "/.%2e/%2e./_fleetlab",
  "/_fleetlab/../things",
  `/things/${"%F0%9F%9A%97".repeat(2_000)}`,
  `/${"a/".repeat(5_000)}`,
  "/aaa/%ED%A0%80",
  "/aaa/a?versionId=%00&uploadId=../x&partNumber=1e9",
);
const deep = fc.constantFrom(
  "[".repeat(100_000),
  '{"a":'.repeat(50_000),
  `${'{"state":'.repeat(5_000)}1${"}".repeat(5_000)}`,
  `{"attributePayload":{"attributes":{"a":"${"x".repeat(500_000)}"}}}`,
  '{"__proto__":{"thingTypeName":"a"},"constructor":{"prototype":1}}',
  `<Delete>${"<Object>".repeat(20_000)}`,
  `<!DOCTYPE a [<!ENTITY a "${"a".repeat(1_000)}">]><a>&a;</a>`,
);

/** Requests with odd signatures, odd paths, odd bodies and huge headers. */
const odd: fc.Arbitrary<WireRequest> = fc
  .tuple(likely, fc.nat(), signature, tricks, deep, fc.nat({ max: 20_000 }))
  .map(([request, kind, authorization, target, body, length]) => {
    const [path = "/", query = ""] = target.split("?");
    const header = { "x-amz-meta-a": "a".repeat(length) };
    const changes = [
      { headers: { ...request.headers, authorization } },
      { path, query },
      { body: Buffer.from(body) },
      { headers: { ...request.headers, ...header } },
    ];
    return { ...request, ...changes[kind % changes.length] };
  });

afterEach(() => vi.restoreAllMocks());

describe("hostile requests", () => {
  it(`are answered, and never with 500: ${WORLDS * REQUESTS} of them`, async () => {
    const startedAt = performance.now();
    vi.spyOn(console, "error").mockImplementation(() => {});
    const any = fc.oneof(likely, damaged, unlikely, odd);
    const wrong: string[] = [];
    let failed = 0;
    for (let seed = firstSeed; seed < firstSeed + WORLDS; seed++) {
      const clients = openSandbox();
      await furnish(clients);
      for (const request of fc.sample(any, { numRuns: REQUESTS, seed })) {
        const { status, body } = await clients.sandbox.handle(request);
        if (status === 500) failed++;
        const isWrong = status === 500 || INSIDES.test(Buffer.from(body).toString("latin1"));
        if (isWrong) wrong.push(`seed ${seed}: ${request.method} ${request.path.slice(0, 200)}`);
        await clients.clock.advance(1_000);
      }
    }

    const requests = WORLDS * REQUESTS;
    tell("hostile requests", {
      runs: WORLDS,
      requests,
      "500s": failed,
      seconds: secondsSince(startedAt),
    });
    expect(wrong).toEqual([]);
  });

  it(`do not end the server, which goes on answering: ${CONNECTIONS} broken connections`, async () => {
    const startedAt = performance.now();
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { sandbox } = openSandbox();
    const control = createControl({ sandbox, identity: {} });
    const server = await serve({ handle: sandbox.handle, control, port: 0 });
    let answers = 0;
    for (let seed = firstSeed; seed < firstSeed + CONNECTIONS; seed++) {
      answers += await disturb(server, randomOf(seed));
      if (seed % 20 > 0) continue;
      expect((await fetch(`${server.url}/_fleetlab`)).status, `after seed ${seed}`).toBe(200);
    }
    await server.close();

    const figures = { runs: CONNECTIONS, "answered at all": answers };
    tell("broken connections", { ...figures, seconds: secondsSince(startedAt) });
  });
});

const HEADS = [
  "GET /things HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\nabc",
  "PUT /aaa/a HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc",
  "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
  "GET / HTTP/9.9\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
  "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n",
  `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"a".repeat(100_000)}\r\n\r\n`,
  `GET /${"a".repeat(100_000)} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
  `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n${"x: y\r\n".repeat(5_000)}\r\n`,
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "\0\0\0\0",
];

/** Send part of something, changed here and there, and hang up. @returns 1 when something was answered */
async function disturb({ url }: SandboxServer, random: () => number): Promise<number> {
  const below = (n: number) => Math.floor(random() * n);
  const bytes = Buffer.from(HEADS[below(HEADS.length)] as string, "latin1");
  for (let i = below(4); i > 0; i--) bytes[below(bytes.byteLength)] = below(256);
  const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1");
  let isAnswered = false;
  socket.on("data", () => (isAnswered = true));
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes.subarray(0, 1 + below(bytes.byteLength)));
  await new Promise((resolve) => setTimeout(resolve, below(15)));
  if (random() < 0.5) socket.destroy();
  else socket.end();
  await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, 50))]);
  socket.destroy();
  return isAnswered ? 1 : 0;
}
