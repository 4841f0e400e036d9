import { serve, type SandboxServer } from "../../lib/sandbox/server.js";
import { createSandbox, type Sandbox } from "../../lib/sandbox/index.js";
import { plain } from "../../lib/sandbox/http/wire.js";

/** A sandbox on a port of its own that `POST /_fleetlab/empty` replaces by an empty one. */
export async function serveSandbox(): Promise<SandboxServer> {
  let url = "";
  const fresh = (): Sandbox => createSandbox({ quotas: "off", endpoint: () => url, lags: {} });
  let sandbox = fresh();
  const server = await serve({
    port: 0,
    handle: (request, readBody) => sandbox.handle(request, readBody),
    control: async ({ method, path }) => {
      if (method !== "POST" || path !== "/_fleetlab/empty") return plain(404, "Only empty.");
      const former = sandbox;
      sandbox = fresh();
      await former.close();
      return plain(200, "");
    },
  });
  url = server.url;
  return server;
}
