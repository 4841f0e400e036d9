import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { livePageUrl, openLiveSession } from "../../lib/aws/live-page.js";
import { createControl } from "../../lib/sandbox/control.js";
import { createLive } from "../../lib/sandbox/live/live.js";
import { openSandbox } from "../sandbox/clients.js";

const credentials = { accessKeyId: "AKIA", secretAccessKey: "s3cr3t", account: "111122223333" };

describe("the link to the live page", () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    const { sandbox } = openSandbox();
    const live = createLive(sandbox, "s3cr3t");
    const control = createControl({ sandbox, identity: {}, secret: "s3cr3t", live });
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const headers = { authorization: request.headers.authorization ?? "" };
        const path = request.url ?? "";
        void control({ method: "POST", path, query: "", headers, body: Buffer.concat(parts) }).then(
          (answer) => response.writeHead(answer.status).end(answer.body),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    server.close();
  });

  const open = (secretAccessKey = "s3cr3t") =>
    openLiveSession(
      { url, credentials: { ...credentials, secretAccessKey } },
      { region: "us-east-1" },
    );

  it("leads to this machine", async () => {
    const session = await open();

    expect(session && livePageUrl({ url }, session)).toMatch(
      new RegExp(`^${url}/_fleetlab/#[\\w-]+\\.[\\w-]+$`),
    );
  });

  it("leads through the notebook server on a hub", async () => {
    vi.stubEnv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/");

    const session = await open();

    expect(session?.isProxied).toBe(true);
    expect(session && livePageUrl({ url }, session)).toMatch(
      new RegExp(`^/user/ada/proxy/${new URL(url).port}/_fleetlab/#`),
    );
  });

  it("is left out where the sandbox opens none", async () => {
    expect(await open("other")).toBeUndefined();
  });
});
