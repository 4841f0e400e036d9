import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../lib/aws/clock.js";
import { createControl } from "../../../lib/sandbox/control.js";
import {
  amzDateOf,
  canonicalRequest,
  sign,
  signingKey,
  stringToSign,
} from "../../../lib/sandbox/door/signature.js";
import { createSandbox, type Sandbox } from "../../../lib/sandbox/index.js";
import { serve, type SandboxServer, type ServerOptions } from "../../../lib/sandbox/server.js";

const MIB = 1024 * 1024;
const keys = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI",
  account: "111122223333",
};

let sandbox: Sandbox;
let server: SandboxServer;
let port: number;
let sockets: Socket[];
let read: number;
const errors = vi.fn();

beforeEach(() => {
  sockets = [];
  read = 0;
  errors.mockReset();
  vi.spyOn(console, "error").mockImplementation(errors);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
  expect(errors).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

async function open(
  patience: ServerOptions["patience"] = {},
  auth: "off" | "sigv4" = "sigv4",
): Promise<void> {
  sandbox = createSandbox({
    clock: systemClock,
    quotas: "off",
    auth: auth === "off" ? "off" : { credentials: [keys] },
  });
  server = await serve({
    handle: (request, readBody) =>
      sandbox.handle(request, async (most) => {
        const body = await readBody(most);
        read += body.byteLength;
        return body;
      }),
    control: createControl({ sandbox, identity: {}, secret: "s3cr3t" }),
    port: 0,
    patience,
  });
  port = Number(new URL(server.url).port);
}

const hosted = () => `127.0.0.1:${port}`;

/** The head of a request whose signature is good, but for the body of others than S3. */
function head(
  service: string,
  target: string,
  headers: Record<string, string>,
  options: { secret?: string; isSigned?: boolean } = {},
): string {
  const [method = "", path = "", query = ""] = target.split(/[ ?]/);
  const amzDate = amzDateOf(new Date());
  const scope = { date: amzDate.slice(0, 8), region: "us-east-1", service };
  const given: Record<string, string> = {
    host: hosted(),
    "x-amz-date": amzDate,
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
  };
  const signedHeaders = Object.keys(given).sort();
  const payloadHash = "UNSIGNED-PAYLOAD";
  const canonical = canonicalRequest(
    { method, path, query, headers: given },
    { service, signedHeaders, payloadHash },
  );
  const key = signingKey(options.secret ?? keys.secretAccessKey, scope);
  const signature = sign(key, stringToSign(amzDate, scope, canonical));
  const credential = `${keys.accessKeyId}/${scope.date}/us-east-1/${service}/aws4_request`;
  if (options.isSigned !== false) {
    given["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  }
  const lines = Object.entries({ ...given, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`${method} ${path}${query && `?${query}`} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

async function plainly(text: string | Buffer): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  let heard = "";
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
  await once(socket, "connect");
  socket.write(text);
  return { socket, heard: () => heard };
}
const answered = ({ heard }: { heard: () => string }, status: number) =>
  vi.waitFor(
    () => expect(heard()).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\n\r\n.`)),
    10_000,
  );

const LIMITS = [
  ["iot", "POST /things/a", MIB, 413, "RequestEntityTooLargeException"],
  ["iotdata", "POST /things/a/shadow", 128 * 1024, 413, "RequestEntityTooLargeException"],
  ["iot-jobs-data", "POST /things/a/jobs/b", 128 * 1024, 413, "RequestEntityTooLargeException"],
  ["iam", "POST /", MIB, 413, "RequestEntityTooLarge"],
  ["sts", "POST /", MIB, 413, "RequestEntityTooLarge"],
  ["s3", "POST /aaa?delete", 5 * MIB, 400, "MaxMessageLengthExceeded"],
  ["s3", "PUT /aaa?tagging", 5 * MIB, 400, "MaxMessageLengthExceeded"],
  ["s3", "PUT /aaa/key?tagging", 5 * MIB, 400, "MaxMessageLengthExceeded"],
  ["s3", "PUT /aaa/key", 66 * MIB, 400, "EntityTooLarge"],
  ["s3", "PUT /aaa/key?partNumber=1&uploadId=a", 66 * MIB, 400, "EntityTooLarge"],
] as const;

describe("a body that is longer than its service takes", () => {
  it.each(LIMITS)(
    "of %s, %s, is refused by its announced length, before a byte of it is sent",
    async (service, target, most, status, code) => {
      await open();
      const one = await plainly(head(service, target, { "content-length": `${most + 1}` }));

      await answered(one, status);
      expect(one.heard()).toContain(code);
      expect(one.heard()).toMatch(/connection: close/i);
      expect(read).toBe(0);
    },
  );

  it.each(LIMITS.filter(([, , most]) => most < 10 * MIB))(
    "of %s, %s, is refused when its chunks have become too many",
    async (service, target, most, status, code) => {
      await open();
      const one = await plainly(head(service, target, { "transfer-encoding": "chunked" }));
      const chunk = Buffer.concat([
        Buffer.from("10000\r\n"),
        Buffer.alloc(65_536, 0x5b),
        Buffer.from("\r\n"),
      ]);
      for (let sent = 0; sent <= most; sent += 65_536) one.socket.write(chunk);

      await answered(one, status);
      expect(one.heard()).toContain(code);
      expect(read).toBe(0);
    },
  );

  it("is thrown away until its sender has done, who then hears why", async () => {
    await open();
    const one = await plainly(head("iot", "POST /things/a", { "content-length": `${20 * MIB}` }));
    for (let i = 0; i < 20; i++) one.socket.write(Buffer.alloc(MIB));

    await once(one.socket, "close");

    expect(one.heard()).toMatch(/^HTTP\/1.1 413 [^]*at most 1048576 bytes/);
  });

  it("ends the connection of a sender who does not stop", async () => {
    await open({ lingerMs: 300 });
    const one = await plainly(head("iot", "POST /things/a", { "content-length": `${20 * MIB}` }));
    await answered(one, 413);

    await once(one.socket, "close");
  });
});

describe("a body of a caller who may not come in", () => {
  const unsigned = { isSigned: false };
  const wrong = { secret: "another" };
  it.each([
    ["iot", "POST /things/a", unsigned, "MissingAuthenticationToken"],
    ["s3", "PUT /aaa/key", unsigned, "AccessDenied"],
    ["s3", "PUT /aaa/key", wrong, "SignatureDoesNotMatch"],
    ["dynamodb", "POST /", {}, "UnknownServiceException"],
  ] as const)("of %s, %s with %j, is not read", async (service, target, options, code) => {
    await open();
    const headers = { "content-length": `${60 * MIB}`, "content-type": "application/json" };
    const one = await plainly(head(service, target, headers, options));

    await vi.waitFor(() => expect(one.heard()).toContain(code), 10_000);
    expect(read).toBe(0);
  });

  it("is not read of an unsigned form", async () => {
    await open();
    const headers = {
      "content-length": `${MIB}`,
      "content-type": "application/x-www-form-urlencoded",
    };
    const one = await plainly(head("sts", "POST /", headers, unsigned));

    await answered(one, 403);
    expect(one.heard()).toContain("<Code>MissingAuthenticationToken</Code>");
    expect(read).toBe(0);
  });

  it("is not asked for, when it waits to be", async () => {
    await open();
    const headers = { "content-length": "100", expect: "100-continue" };
    const one = await plainly(head("s3", "PUT /aaa/key", headers, wrong));

    await once(one.socket, "close");

    expect(one.heard()).toMatch(/^HTTP\/1.1 403 /);
  });

  it("costs nobody the connection when it is short", async () => {
    await open();
    const request = `${head("iot", "POST /things/a", { "content-length": "2" }, unsigned)}{}`;
    const one = await plainly(request + request);

    await vi.waitFor(() => expect(one.heard().match(/HTTP\/1.1 403/g)).toHaveLength(2));
    expect(one.socket.closed).toBe(false);
  });
});

describe("a body that the sandbox wants", () => {
  it("is asked for, when it waits to be", async () => {
    await open();
    const headers = { "content-length": "2", expect: "100-continue" };
    const one = await plainly(head("s3", "PUT /aaa/key", headers));
    await vi.waitFor(() => expect(one.heard()).toBe("HTTP/1.1 100 Continue\r\n\r\n"));

    one.socket.write("{}");

    await vi.waitFor(() => expect(one.heard()).toContain("NoSuchBucket"));
    expect(read).toBe(2);
  });

  it("may come in chunks without a length", async () => {
    await open();
    const headers = { "transfer-encoding": "chunked" };
    const one = await plainly(
      `${head("s3", "PUT /aaa/key", headers)}2\r\n{}\r\n3\r\nabc\r\n0\r\n\r\n`,
    );

    await vi.waitFor(() => expect(one.heard()).toContain("NoSuchBucket"));
    expect(read).toBe(5);
  });

  it.each([
    ["stops in the middle", { "content-length": "100" }, "half", 0],
    ["trickles", { "content-length": `${MIB}` }, "half", 50],
    ["stops in a chunk", { "transfer-encoding": "chunked" }, "ff\r\nhalf", 0],
  ])("and that %s is given up, and its connection with it", async (_, headers, start, everyMs) => {
    await open({ quietMs: 500, lingerMs: 100 });
    for (const [service, target, status] of [
      ["iot", "POST /things/a", 408],
      ["s3", "PUT /aaa/key", 400],
    ] as const) {
      const one = await plainly(head(service, target, headers) + start);
      const drip = everyMs > 0 ? setInterval(() => one.socket.write("x"), everyMs) : undefined;
      await answered(one, status);
      clearInterval(drip);

      expect(one.heard()).toContain("RequestTimeout");
      if (!one.socket.closed) await once(one.socket, "close");
    }
  });

  it("and whose sender goes away is forgotten", async () => {
    await open();
    const one = await plainly(`${head("iot", "POST /things/a", { "content-length": "100" })}half`);
    await delay(50);
    one.socket.destroy();
    await delay(50);

    const next = await plainly(head("s3", "PUT /aaa/key", { "content-length": "0" }));
    await answered(next, 404);
  });
});

describe("many long bodies at once", () => {
  it("wait in line, all of them are answered, and little of them is held", async () => {
    await open({}, "off");
    const size = 60 * MIB;
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);

    const piece = Buffer.alloc(MIB);
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        plainly(head("s3", `PUT /aaa?tagging&n=${i}`, { "content-length": `${size}` })),
      ),
    );
    const uploads = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        plainly(head("s3", `PUT /bbb/${i}`, { "content-length": `${size}` })),
      ),
    );
    const send = async ({ socket }: { socket: Socket }) => {
      for (let sent = 0; sent < size && !socket.destroyed; sent += MIB) {
        await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
      }
    };
    for (const one of [...all, ...uploads]) void send(one);
    for (const one of all) await answered(one, 400);
    for (const one of uploads) {
      await vi.waitFor(() => expect(one.heard()).toContain("NoSuchBucket"), 60_000);
    }
    clearInterval(watch);

    // Twenty times 60 MiB are 1,200.
    expect((most - before) / MIB).toBeLessThan(450);
  }, 120_000);
});

describe("a body that is nested without end", () => {
  it.each([
    ["opened only", "[".repeat(MIB - 10)],
    ["closed again", "[".repeat(400_000) + "]".repeat(400_000)],
    ["of objects", '{"a":'.repeat(150_000) + "1" + "}".repeat(150_000)],
    ["under a member", `{"tags":${"[".repeat(1000)}${"]".repeat(1000)}}`],
  ])("%s, is refused", async (_, text) => {
    await open({}, "off");
    const headers = { "content-length": `${text.length}`, "content-type": "application/json" };
    const one = await plainly(head("iot", "POST /things/a", headers) + text);

    await answered(one, 400);
    expect(one.heard()).toContain("nested too deep");
  });

  it("is a text like any other where it stands in quotes", async () => {
    await open({}, "off");
    const document = JSON.stringify({ attributePayload: { attributes: { a: "[{".repeat(300) } } });
    const headers = { "content-length": `${document.length}`, "content-type": "application/json" };
    const one = await plainly(head("iot", "POST /things/a", headers) + document);

    await answered(one, 400);
    expect(one.heard()).not.toContain("nested");
  });
});

describe("the sandbox's own path", () => {
  it("takes a few bytes only", async () => {
    await open();
    const headers = { "content-length": "5000", authorization: "Bearer s3cr3t" };
    const one = await plainly(head("iot", "POST /_fleetlab/clock", headers, { isSigned: false }));

    await answered(one, 413);
  });
});
