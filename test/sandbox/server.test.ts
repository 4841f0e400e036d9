import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createControl } from "../../lib/sandbox/control.js";
import { serve, type SandboxServer } from "../../lib/sandbox/server.js";
import { ACCOUNT, openSandbox, REGION } from "./clients.js";

const SECRET = "s3cr3t";
const authorization = (service = "iot") =>
  `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=00`;

interface Times {
  readonly now: number;
}

describe("the sandbox behind a port", () => {
  let server: SandboxServer;
  let port: number;
  let sockets: Socket[];
  const errors = vi.fn();

  beforeEach(async () => {
    errors.mockReset();
    vi.spyOn(console, "error").mockImplementation(errors);
    sockets = [];
    const { sandbox } = openSandbox();
    server = await serve({
      handle: sandbox.handle,
      control: createControl({ sandbox, identity: { name: "fleetlab" }, secret: SECRET }),
      port: 0,
    });
    port = Number(new URL(server.url).port);
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
    vi.restoreAllMocks();
  });

  /** Status, headers and body of one request. */
  function ask(
    options: { method?: string; path?: string; headers?: Record<string, string> },
    body: readonly Buffer[] = [],
  ) {
    return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
      (resolve, reject) => {
        const headers = { authorization: authorization(), ...options.headers };
        const request = httpRequest(
          { host: "127.0.0.1", port, path: "/things", ...options, headers },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("end", () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: Buffer.concat(chunks).toString("utf8"),
              }),
            );
          },
        );
        request.on("error", reject);
        for (const chunk of body) request.write(chunk);
        request.end();
      },
    );
  }

  /** Write bytes to the port, and read whatever comes until the server hangs up or `enough` is there. */
  async function talk(text: string, enough = /^$/): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    let heard = "";
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      if (enough.test(heard)) socket.destroy();
    });
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write(text, "latin1");
    if (!socket.destroyed) await once(socket, "close");
    return heard;
  }

  const statuses = (heard: string) =>
    [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  const get = (path: string, more = "") =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization()}\r\n${more}\r\n`;

  it.each([
    "127.0.0.1",
    "127.0.0.1:4567",
    "localhost",
    "LOCALHOST:80",
    "[::1]:4567",
    "a-bucket.localhost:4567",
    "a.bucket.s3.localhost",
  ])("answers to the name %s", async (host) => {
    expect((await ask({ headers: { host } })).status).not.toBe(403);
  });

  it.each([
    "example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "127.0.0.1.nip.io:4567",
    "examplelocalhost",
    "127.0.0.1@example.com",
    "example.com:80:127.0.0.1",
    "0.0.0.0",
    "127.0.0.2",
    "[::ffff:1.2.3.4]",
  ])("refuses the name %j, which DNS may have pointed here", async (host) => {
    const answer = await ask({ headers: { host } });

    expect(answer.status).toBe(403);
    expect(answer.body).toContain("only to this machine");
  });

  it("refuses the empty name", async () => {
    const heard = await talk(get("/things", "Connection: close\r\n").replace("localhost", ""));

    expect(statuses(heard)).toEqual([403]);
  });

  it.each(["https://example.com", "null", "http://localhost:8888", ""])(
    "refuses a page from %j",
    async (origin) => {
      const path = "/_fleetlab";
      expect((await ask({ path, headers: { origin } })).status).toBe(403);
      expect((await ask({ path, method: "OPTIONS", headers: { origin } })).status).toBe(403);
    },
  );

  it.each(["cross-site", "same-site", "anything", ""])(
    "refuses what a browser asks for a page, without Origin and with Sec-Fetch-Site %j",
    async (site) => {
      const headers = { "sec-fetch-site": site };
      expect((await ask({ headers })).status).toBe(403);
      expect((await ask({ path: "/_fleetlab", headers })).status).toBe(403);
    },
  );

  it.each(["none", "same-origin"])("answers what people type into a browser (%s)", async (site) => {
    expect((await ask({ headers: { "sec-fetch-site": site } })).status).toBe(200);
  });

  it.each([
    ["of a proxy", "GET http://example.com/things HTTP/1.1"],
    ["that is a star", "OPTIONS * HTTP/1.1"],
  ])("refuses a target %s", async (_, line) => {
    const heard = await talk(`${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

    expect(statuses(heard)).toEqual([400]);
  });

  it("hangs up on who asks for a tunnel", async () => {
    const heard = await talk("CONNECT example.com:443 HTTP/1.1\r\nHost: localhost\r\n\r\n");

    expect(heard).not.toContain(" 200 ");
  });

  it("answers HEAD without a body, and goes on on the same connection", async () => {
    const heard = await talk(
      get("/_fleetlab").replace("GET", "HEAD") + get("/_fleetlab", "Connection: close\r\n"),
    );

    expect(statuses(heard)).toEqual([200, 200]);
    expect(heard.match(/\{"name":"fleetlab","now":\d+\}/g)).toHaveLength(1);
  });

  it.each(["GET", "HEAD"])("sends headers that are no ASCII to %s", async (method) => {
    const headers = { "cache-control": "\u00fc", "content-disposition": 'filename="\u00fc"' };
    const other = await serve({
      handle: () => Promise.resolve({ status: 200, headers, body: method === "GET" ? "abc" : "" }),
      control: createControl({ sandbox: openSandbox().sandbox, identity: {} }),
      port: 0,
    });
    try {
      port = Number(new URL(other.url).port);
      expect(await ask({ method })).toMatchObject({ status: 200, headers });
    } finally {
      await other.close();
    }
  });

  it("hangs up where an answer cannot be sent", async () => {
    const other = await serve({
      handle: () => Promise.resolve({ status: 200, headers: { "x-a": "a\nb" }, body: "abc" }),
      control: createControl({ sandbox: openSandbox().sandbox, identity: {} }),
      port: 0,
    });
    try {
      port = Number(new URL(other.url).port);
      await expect(ask({})).rejects.toThrow("socket hang up");
      expect(errors).toHaveBeenCalledOnce();
    } finally {
      await other.close();
    }
  });

  it("lets time pass for who has its keys, and for nobody else", async () => {
    const path = "/_fleetlab/clock";
    const body = [Buffer.from('{"advanceMs":300000}')];
    const now = async () => (JSON.parse((await ask({ path: "/_fleetlab" })).body) as Times).now;
    const before = await now();

    const guessed = await ask(
      { method: "POST", path, headers: { authorization: "Bearer guess" } },
      body,
    );
    const page = { authorization: `Bearer ${SECRET}`, origin: "http://localhost:8888" };
    const fromPage = await ask({ method: "POST", path, headers: page }, body);
    expect([guessed.status, fromPage.status, await now()]).toEqual([403, 403, before]);

    const told = await ask(
      { method: "POST", path, headers: { authorization: `Bearer ${SECRET}` } },
      body,
    );
    expect(told).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
    expect(JSON.parse(told.body)).toEqual({ now: before + 300_000 });
    expect(await now()).toBe(before + 300_000);
  });

  it("answers pipelined requests in order", async () => {
    const heard = await talk(get("/things") + get("/things/nope", "Connection: close\r\n"));

    expect(statuses(heard)).toEqual([200, 404]);
  });

  it("hangs up on garbage behind a request, and answers others", async () => {
    const heard = await talk(`${get("/things")}\u0000\u0001 garbage\r\n\r\n`);

    expect(statuses(heard).at(-1)).toBe(400);
    expect(heard).not.toMatch(/\n\s+at /);
    expect((await ask({})).status).toBe(200);
  });

  it.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["another protocol", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001"],
    ["an unknown method", "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["two lengths", get("/things", "Content-Length: 1\r\nContent-Length: 2\r\n")],
    [
      "a length and chunks",
      get("/things", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
    ],
    ["a control character in the path", get("/things\u0001")],
    ["a folded header", get("/things", "X-A: b\r\n c\r\n: d\r\n")],
  ])("refuses %s with 400", async (_, text) => {
    const heard = await talk(text);

    expect(statuses(heard)).toEqual([400]);
    expect(errors).not.toHaveBeenCalled();
  });

  it.each([
    ["one long header", `X-A: ${"a".repeat(20_000)}\r\n`],
    ["many headers", Array.from({ length: 5000 }, (_, i) => `X-${i}: a\r\n`).join("")],
  ])("refuses %s with 431", async (_, headers) => {
    expect(statuses(await talk(get("/things", headers)))).toEqual([431]);
  });

  it("refuses a path without end with 431", async () => {
    expect(statuses(await talk(get(`/${"a".repeat(20_000)}`)))).toEqual([431]);
  });

  const post = (more: string) =>
    get("/things/car-1", `Content-Type: application/json\r\n${more}`).replace("GET", "POST");

  it.each([
    ["a size that is none", "zz\r\n{}\r\n0\r\n\r\n"],
    ["a chunk longer than its size", "1\r\n{}{}{}\r\n0\r\n\r\n"],
    ["a size beyond all numbers", "ffffffffffffffffffff\r\n{}\r\n0\r\n\r\n"],
  ])("refuses chunks with %s with 400, and says nothing in the log", async (_, chunks) => {
    const heard = await talk(post("Transfer-Encoding: chunked\r\n") + chunks);

    expect(statuses(heard)).toEqual([400]);
    expect(errors).not.toHaveBeenCalled();
  });

  it("forgets who goes away in the middle of a body", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.end(`${post("Content-Length: 100\r\n")}{"thing`);
    await once(socket.resume(), "close");

    expect((await ask({ path: "/things/car-1" })).status).toBe(404);
    expect(errors).not.toHaveBeenCalled();
  });

  it(
    "refuses a body of more than 66 MiB as S3 does, and then answers on",
    { timeout: 60_000 },
    async () => {
      const megabyte = Buffer.alloc(1024 * 1024);
      const headers = { authorization: authorization("s3") };

      const answer = await ask(
        { method: "PUT", path: "/aaa/a", headers },
        Array.from({ length: 67 }, () => megabyte),
      );

      expect(answer.status).toBe(400);
      expect(answer.body).toContain("<Code>EntityTooLarge</Code>");
      expect((await ask({})).status).toBe(200);
    },
  );

  it("waits for a body that was announced with Expect: 100-continue", async () => {
    const heard = await talk(
      `${post("Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n")}{}`,
    );

    expect(statuses(heard)).toEqual([100, 200]);
  });

  it("does not speak WebSocket", async () => {
    const heard = await talk(
      get("/things", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
      /\}$/,
    );

    expect(statuses(heard)).toEqual([200]);
  });
});
