import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  openAuthority,
  type ProjectAuthority,
} from "../../../lib/sandbox/pki/project-authority.js";
import { serve, type SandboxServer, type ServerOptions } from "../../../lib/sandbox/server.js";

let folder: string;
let authority: ProjectAuthority;
let ca: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetlab-listener-"));
  authority = openAuthority({ folder });
  ca = readFileSync(authority.caFile, "utf8");
});
afterAll(() => rmSync(folder, { recursive: true }));

let server: SandboxServer;
let port: number;
let sockets: Socket[];
const errors = vi.fn();
beforeEach(() => {
  sockets = [];
  errors.mockReset();
  vi.spyOn(console, "error").mockImplementation(errors);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
  vi.restoreAllMocks();
});

/** What answers tells how it was asked. */
async function open(options: Partial<ServerOptions> = {}): Promise<void> {
  server = await serve({
    handle: async ({ method, path }, readBody) => {
      const { byteLength } = await readBody(10_000_000);
      return { status: 200, headers: {}, body: `${method} ${path} ${byteLength}` };
    },
    control: () => Promise.resolve({ status: 200, headers: {}, body: "control" }),
    port: 0,
    certificate: authority.serverCertificate,
    ...options,
  });
  port = Number(new URL(server.url).port);
}

/** A connection whose errors are nobody's business, and what it has heard. */
async function plainly(bytes?: string | Buffer): Promise<{ socket: Socket; heard: () => string }> {
  return listening(connect(port, "127.0.0.1"), "connect", bytes);
}
async function securely(bytes?: string): Promise<{ socket: TLSSocket; heard: () => string }> {
  return listening(connectTls({ port, host: "127.0.0.1", ca }), "secureConnect", bytes);
}
async function listening<S extends Socket>(socket: S, ready: string, bytes?: string | Buffer) {
  sockets.push(socket);
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  await once(socket, ready);
  if (bytes !== undefined) socket.write(bytes);
  return { socket, heard: () => text };
}
async function closed(...all: readonly { readonly socket: Socket }[]): Promise<void> {
  for (const { socket } of all) if (!socket.closed) await once(socket, "close");
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const last = "Connection: close\r\n";
const post = (length: number, more = "") =>
  get("/", `Content-Length: ${length}\r\n${more}`).replace("GET", "POST");
/** Five bytes of a handshake, and no more. */
const HALF_HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]);

/** Status and body of one HTTPS request. */
function ask(path: string, headers: Record<string, string> = {}, options: object = {}) {
  return new Promise<[number | undefined, string]>((resolve, reject) => {
    const at = { host: "127.0.0.1", port, path, ca, headers, agent: false, ...options };
    const request = httpsRequest(at, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve([response.statusCode, text]));
    });
    request.on("error", reject);
    request.end();
  });
}

describe("one port for HTTP and HTTPS", () => {
  beforeEach(() => open());

  it.each([
    ["HTTP", plainly],
    ["HTTPS", securely],
  ])("answers %s, several requests on one connection", async (_, connection) => {
    const one = await connection(get("/a") + get("/b", last));
    await closed(one);

    expect(one.heard()).toMatch(/GET \/a 0[^]*GET \/b 0$/);
  });

  it.each([
    ["HTTP", plainly],
    ["HTTPS", securely],
  ])("takes a body of megabytes over %s", async (_, connection) => {
    const size = 5_000_000;
    const one = await connection(post(size, last) + "x".repeat(size));
    await closed(one);

    expect(one.heard()).toContain(`POST / ${size}`);
  });

  it.each([
    ["HTTP", plainly],
    ["HTTPS", securely],
  ])("takes a request that comes byte by byte over %s", async (_, connection) => {
    const one = await connection();
    one.socket.setNoDelay(true);
    for (const byte of get("/slow", last)) {
      one.socket.write(byte);
      await delay(1);
    }
    await closed(one);

    expect(one.heard()).toContain("GET /slow 0");
  });

  it("is trusted under each name of this machine, and under no other", async () => {
    expect(await ask("/")).toEqual([200, "GET / 0"]);
    expect(await ask("/", {}, { servername: "localhost" })).toEqual([200, "GET / 0"]);
    await expect(ask("/", {}, { servername: "example.com" })).rejects.toThrow(/altnames/);
    await expect(ask("/", {}, { ca: undefined })).rejects.toThrow(/certificate/);
  });

  it.each([
    [{ host: "example.com" }],
    [{ host: "127.0.0.1.nip.io:443" }],
    [{ origin: "https://example.com" }],
    [{ origin: "https://127.0.0.1" }],
    [{ "sec-fetch-site": "cross-site" }],
  ])("refuses over HTTPS what it refuses over HTTP: %j", async (headers) => {
    const servername = { servername: "localhost" };
    expect((await ask("/", headers, servername))[0]).toBe(403);
    expect((await ask("/_fleetlab", headers, servername))[0]).toBe(403);
  });

  it.each([
    ["first", "Host: localhost\r\nHost: example.com\r\n"],
    ["second", "Host: example.com\r\nHost: localhost\r\n"],
  ])("turns away who names another host %s", async (_, hosts) => {
    const one = await plainly(`GET / HTTP/1.1\r\n${hosts}${last}\r\n`);
    await closed(one);

    expect(one.heard()).toMatch(/^HTTP\/1.1 (400|403) /);
  });

  it.each(["//_fleetlab", "/%5Ffleetlab", "/_fleetlab%2Fclock", "/_FLEETLAB", "/a/../_fleetlab"])(
    "takes %s for AWS's, not for its own path",
    async (path) => {
      expect((await ask(path))[1]).toMatch(/^GET /);
    },
  );

  it.each([
    ["a handshake of nonsense", Buffer.concat([HALF_HELLO, Buffer.alloc(600, 7)])],
    ["an alert", Buffer.from([0x15, 0x03, 0x01, 0, 2, 2, 40])],
    ["an old SSL hello", Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10])],
    ["zeros", Buffer.alloc(100)],
    ["a SOCKS greeting", Buffer.from([5, 1, 0])],
    ["HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ])("hangs up on %s, and answers others", async (_, bytes) => {
    const one = await plainly(bytes);
    await closed(one);

    expect(await ask("/")).toEqual([200, "GET / 0"]);
    expect(errors).not.toHaveBeenCalled();
  });

  it("hangs up on who offers nothing but another protocol by ALPN", async () => {
    const only = { ALPNProtocols: ["h2"] };

    await expect(ask("/", {}, only)).rejects.toThrow(/no application protocol/);
  });

  it.each(["TLSv1.2", "TLSv1.3"])("speaks %s", async (version) => {
    const only = { minVersion: version, maxVersion: version };

    expect(await ask("/", {}, only)).toEqual([200, "GET / 0"]);
  });

  it("answers while hundreds have begun a handshake or nothing at all", async () => {
    const idle = await Promise.all(
      Array.from({ length: 400 }, (_, i) => plainly(i % 2 === 0 ? HALF_HELLO : undefined)),
    );
    expect(await ask("/")).toEqual([200, "GET / 0"]);
    expect(idle.filter(({ socket }) => socket.closed)).toEqual([]);
  });
});

describe("without a certificate", () => {
  it("a handshake is a bad request", async () => {
    server = await serve({
      handle: () => Promise.reject(new Error("nobody asks")),
      control: () => Promise.reject(new Error("nobody asks")),
      port: 0,
    });
    port = Number(new URL(server.url).port);

    const one = await plainly(HALF_HELLO);
    await closed(one);

    expect(one.heard()).toContain("400 Bad Request");
  });
});

describe("a client that keeps it waiting", () => {
  it.each([
    ["says nothing", undefined],
    ["stops in a handshake", HALF_HELLO],
    ["stops in a head", "GET / HTTP/1.1\r\nHost: local"],
  ])("that %s is hung up on", async (_, bytes) => {
    await open({ patience: { silenceMs: 200, headMs: 200 } });
    const one = await plainly(bytes);
    await closed(one);

    expect(errors).not.toHaveBeenCalled();
  });

  it("may think for minutes between two requests", async () => {
    await open();
    const one = await plainly(get("/a"));
    await vi.waitFor(() => expect(one.heard()).toMatch(/Keep-Alive: timeout=75\r\n[^]*GET/));
  });
});

describe("closing", () => {
  it("ends what will not end by itself, whatever state it is in", async () => {
    await open({ patience: { graceMs: 300 } });
    const all = [
      await plainly(),
      await plainly(HALF_HELLO),
      await plainly("GET / HTTP/1.1\r\nHost: local"),
      await plainly(`${post(100)}half a body`),
      await plainly(get("/kept-alive")),
      await securely(),
      await securely("GET / HTTP/1.1\r\nHost: local"),
      await securely(`${post(100)}half a body`),
      await securely(get("/kept-alive")),
    ];
    await vi.waitFor(() => expect(all[4]?.heard() && all[8]?.heard()).toContain("kept-alive"));
    await server.close();

    await closed(...all);
    await expect(plainly()).rejects.toThrow("ECONNREFUSED");
    await open();
  });

  it("does not wait for who has hung up in a handshake, distrusting it say", async () => {
    await open({ patience: { graceMs: 60_000 } });
    await expect(ask("/", {}, { servername: "example.com" })).rejects.toThrow(/altnames/);
    const one = await plainly(HALF_HELLO);
    one.socket.end();
    await closed(one);

    await server.close();

    await open();
  });

  it("does not wait for who has said nothing, or has its answer", async () => {
    await open({ patience: { graceMs: 60_000 } });
    const all = [await plainly(), await plainly(get("/a")), await securely(get("/b"))];
    await vi.waitFor(() => expect(all[1]?.heard() && all[2]?.heard()).toContain("GET"));

    await server.close();

    await closed(...all);
    await open();
  });

  it("lets requests under way finish, and keeps their connections no longer", async () => {
    let finish = (): void => {};
    const done = new Promise<void>((resolve) => (finish = resolve));
    const handle: ServerOptions["handle"] = () =>
      done.then(() => ({ status: 200, headers: {}, body: "done" }));
    await open({ handle, patience: { graceMs: 60_000 } });
    const all = [await plainly(get("/a")), await securely(get("/b"))];
    await delay(100);

    const closing = server.close();
    finish();
    await closing;

    await closed(...all);
    for (const { heard } of all) expect(heard()).toMatch(/done$/);
    await open();
  });
});

describe("a certificate that is renewed", () => {
  it("is used for the next connections, and those before go on", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const other = openAuthority({ folder: join(folder, "other") });
    let current = authority;
    await open({ certificate: () => current.serverCertificate() });
    const one = await securely(get("/a"));
    current = other;

    vi.advanceTimersByTime(3600 * 1000);
    vi.useRealTimers();
    one.socket.write(get("/b", last));
    await closed(one);

    expect(one.heard()).toMatch(/GET \/b 0$/);
    await expect(ask("/")).rejects.toThrow(/certificate|signature/);
    const newCa = readFileSync(other.caFile, "utf8");
    expect(await ask("/", {}, { ca: newCa })).toEqual([200, "GET / 0"]);
  });

  it("stays in use when there is no new one", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    let isBroken = false;
    const certificate = () => {
      if (isBroken) throw new Error("the disk is full");
      return authority.serverCertificate();
    };
    await open({ certificate });
    isBroken = true;

    vi.advanceTimersByTime(3600 * 1000);
    vi.useRealTimers();

    expect(await ask("/")).toEqual([200, "GET / 0"]);
    expect(errors).toHaveBeenCalledWith(expect.stringContaining("renewed"), expect.any(Error));
  });
});
