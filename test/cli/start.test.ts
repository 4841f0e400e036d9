import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

const jupyter = await jupyterForTests();

let home: string;
beforeAll(() => (home = mkdtempSync(join(tmpdir(), "fleetlab-home-"))));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** `npm start -- --no-browser …`, once it has said where it is. */
async function start(...args: string[]) {
  const run = join(projectRoot, "lib", "cli", "bootstrap", "run.mjs");
  const child = spawn(process.execPath, [run, "start", "--no-browser", ...args], {
    env: { ...process.env, HOME: home, FLEETLAB_HOME: join(home, "no-sandbox") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let output = "";
  const url = await new Promise<URL>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        output += bytes.toString();
        const address = /http:\/\/\S+token=\S+/.exec(output)?.[0];
        if (address) resolve(new URL(address));
      });
    }
    void exited.then(() => reject(new Error(output)));
  });
  return { child, exited, url };
}

function ask(url: URL, path: string, method = "GET"): Promise<Response> {
  const headers = { authorization: `token ${url.searchParams.get("token")}` };
  const body = method === "POST" ? JSON.stringify({ name: "tslab" }) : null;
  return fetch(new URL(path, url), { method, headers, body });
}

describe.skipIf(!jupyter)(
  "npm start",
  () => {
    it("serves the notebooks with our kernel, writes nothing to the home, and stops on Ctrl-C", async () => {
      const { child, exited, url } = await start();

      const { kernelspecs } = (await (await ask(url, "/api/kernelspecs")).json()) as {
        kernelspecs: Record<string, { spec: { argv: string[] } }>;
      };
      expect(kernelspecs["tslab"]?.spec.argv[1]).toContain(projectRoot);
      expect((await ask(url, "/api/kernels", "POST")).status).toBe(201);
      expect((await fetch(new URL("/api/kernels", url))).status).toBe(403);
      expect(url.hostname).toBe("127.0.0.1");

      child.kill("SIGINT");
      expect(await exited).toBe(0);
      await expect(ask(url, "/api/status")).rejects.toThrow();
      expect(readdirSync(home)).toEqual([]);
    });

    it("stops as well when JupyterLab is shut down in the browser", async () => {
      const { exited, url } = await start();

      expect((await ask(url, "/api/shutdown", "POST")).ok).toBe(true);
      expect(await exited).toBe(0);
    });

    it("takes different ports when two are started side by side", async () => {
      const labs = await Promise.all([start(), start()]);

      expect(labs[0].url.port).not.toBe(labs[1].url.port);
      for (const { child } of labs) child.kill("SIGTERM");
      expect(await Promise.all(labs.map(({ exited }) => exited))).toEqual([0, 0]);
    });

    it("refuses an option that it does not know, with what it does know", async () => {
      await expect(start("--prot", "9000")).rejects.toThrow(/--prot[^]*npm start \[-- /);
    });
  },
  120_000,
);
