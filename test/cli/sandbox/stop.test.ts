import { once } from "node:events";
import { truncateSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newHome, removeHome, startServer } from "../../sandbox/server.js";
import { sandbox } from "./program.js";

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

/** A client that sends this much of a request and then nothing. */
async function halfRequest(url: string, text: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {}); // It is cut off: that is the point.
  await once(socket, "connect");
  await new Promise((sent) => socket.write(text, sent));
  return socket;
}

describe("npm run sandbox -- --stop", () => {
  it.each([
    ["head", "POST / HTTP/1.1\r\nHost: loc"],
    ["body", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"],
  ])("ends it although a client holds half a %s", async (_part, text) => {
    const server = await startServer(home);
    const socket = await halfRequest(server.url, text);

    const stopped = await sandbox(home, "--stop");
    // Its place is free at once, not some time later.
    const reset = await sandbox(home, "--reset", "--yes");

    expect(stopped).toMatchObject({ code: 0, output: expect.stringContaining("Stopped") });
    expect(reset).toMatchObject({ code: 0, output: expect.stringContaining("Emptied") });
    socket.destroy();
    await server.stop();
  });

  it.each(["lock", "sandbox.json"])("finds it although %s was emptied", async (file) => {
    const server = await startServer(home);
    truncateSync(join(home, file));

    const { code, output } = await sandbox(home, "--stop");

    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("Stopped") });
    expect(server.process.exitCode).toBe(0);
  });

  it("says so when none runs, whatever one that was killed has left", async () => {
    const server = await startServer(home);
    await server.kill();

    const { code, output } = await sandbox(home, "--stop");

    expect({ code, output }).toEqual({
      code: 0,
      output: "No sandbox of this project is running.\n",
    });
  });
});

describe("a sandbox that is started while another one stops", () => {
  it("waits for its place and takes it", async () => {
    const first = await startServer(home);
    // Until its clients are cut off, the first one neither answers nor lets go.
    const socket = await halfRequest(first.url, "POST / HTTP/1.1\r\nHost: loc");
    const ended = first.stop();
    const second = await startServer(home);

    await ended;
    expect(second.process.exitCode).toBe(null);
    expect((await fetch(`${second.url}/_fleetlab`)).ok).toBe(true);
    socket.destroy();
    await second.stop();
  });
});
