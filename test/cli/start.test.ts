import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";
import { npmStart, type Started } from "./npm-start.js";

const jupyter = await jupyterForTests();

let home: string;
beforeAll(() => (home = mkdtempSync(join(tmpdir(), "fleetlab-home-"))));
afterAll(() => rmSync(home, { recursive: true, force: true }));

// Ignored by git, and not the folder in which somebody may be at work.
const copies = `my-notebooks-test-start-${process.pid}`;
afterAll(() => rmSync(join(projectRoot, copies), { recursive: true, force: true }));

function start(...args: string[]): Promise<Started> {
  const env = { HOME: home, FLEETLAB_HOME: join(home, "no-sandbox") };
  return npmStart(["--folder", copies, ...args], env);
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
      const { kill, output, exited, url } = await start();

      const { kernelspecs } = (await (await ask(url, "/api/kernelspecs")).json()) as {
        kernelspecs: Record<string, { spec: { argv: string[] } }>;
      };
      expect(kernelspecs["tslab"]?.spec.argv[1]).toContain(projectRoot);
      expect((await ask(url, "/api/kernels", "POST")).status).toBe(201);
      expect((await fetch(new URL("/api/kernels", url))).status).toBe(403);
      expect(url.hostname).toBe("127.0.0.1");

      const page = new URL(`/api/contents${url.pathname.replace("/lab/tree", "")}`, url);
      expect(page.pathname).toContain(`/${copies}/00-start-here.ipynb`);
      expect((await ask(url, page.pathname)).status).toBe(200);
      expect(output()).toContain(`You work on copies of the notebooks, in ${copies}`);

      kill("SIGINT");
      expect(await exited).toBe(0);
      await expect(ask(url, "/api/status")).rejects.toThrow();
      expect(readdirSync(home)).toEqual([]);
    });

    it("takes different ports when two are started side by side, each on what was named, and stops as well when it is shut down in the browser", async () => {
      const labs = await Promise.all([start("02"), start("notebooks/02-dynamic-groups.ipynb")]);

      expect(labs[0].url.port).not.toBe(labs[1].url.port);
      // A number means the copy, a path the file itself.
      expect(labs.map(({ url }) => url.pathname)).toEqual([
        `/lab/tree/${copies}/02-dynamic-groups.ipynb`,
        "/lab/tree/notebooks/02-dynamic-groups.ipynb",
      ]);
      expect((await ask(labs[0].url, "/api/shutdown", "POST")).ok).toBe(true);
      labs[1].kill("SIGTERM");
      expect(await Promise.all(labs.map(({ exited }) => exited))).toEqual([0, 0]);
    });

    it("refuses an option that it does not know, with what it does know", async () => {
      await expect(start("--prot", "9000")).rejects.toThrow(/--prot[^]*npm start \[-- /);
    });
  },
  120_000,
);
