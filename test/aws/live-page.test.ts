import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readRefusedCalls } from "../../lib/aws/refused-calls.js";
import { livePageUrl, openLiveSession } from "../../lib/aws/live-page.js";
import { createControl } from "../../lib/sandbox/control.js";
import { createLive } from "../../lib/sandbox/live/live.js";
import { openSandbox } from "../sandbox/clients.js";

const credentials = { accessKeyId: "AKIA", secretAccessKey: "s3cr3t", account: "111122223333" };

describe("what a sandbox tells beside AWS", () => {
  let server: Server;
  let url: string;
  let sandbox: ReturnType<typeof openSandbox>["sandbox"];

  beforeEach(async () => {
    ({ sandbox } = openSandbox());
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

  it("links to the live page on this machine", async () => {
    const session = await open();

    expect(session && livePageUrl({ url }, session)).toMatch(
      new RegExp(`^${url}/_fleetlab/#[\\w-]+\\.[\\w-]+$`),
    );
  });

  it("links to it through the notebook server on a hub", async () => {
    vi.stubEnv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/");

    const session = await open();

    expect(session?.isProxied).toBe(true);
    expect(session && livePageUrl({ url }, session)).toMatch(
      new RegExp(`^/user/ada/proxy/${new URL(url).port}/_fleetlab/#`),
    );
  });

  it("has no link where the sandbox opens no session", async () => {
    expect(await open("other")).toBeUndefined();
  });

  it("tells what it has refused, and to whom, and nothing else of a request", async () => {
    const request = (prefix: string) => ({
      method: "GET",
      path: "/things/nobody",
      query: "X-Amz-Signature=secret",
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${credentials.account}/20260101/us-east-1/iot/aws4_request, SignedHeaders=host, Signature=5e`,
        "user-agent": `aws-sdk-js/3 fleetlab/${prefix} m/E`,
      },
      body: new Uint8Array(),
    });
    await sandbox.handle(request("Ada-"));
    await sandbox.handle(request("Bob-"));
    const at = { url, credentials };

    const refused = await readRefusedCalls(at, "Ada-");

    expect(refused).toEqual([
      {
        at: sandbox.clock.now(),
        service: "iot",
        operation: "DescribeThing",
        error: "ResourceNotFoundException",
        message: expect.stringContaining("nobody") as string,
      },
    ]);
    expect(await readRefusedCalls(at, undefined)).toHaveLength(2);
    const stranger = { ...credentials, secretAccessKey: "other" };
    await expect(readRefusedCalls({ url, credentials: stranger }, "Ada-")).rejects.toThrow(
      /did not say what it has refused \(403/,
    );
  });
});
