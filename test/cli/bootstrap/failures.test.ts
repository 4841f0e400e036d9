import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  buildFailure,
  explain,
  Failure,
  Interrupted,
  labEnded,
  npmFailure,
  pipFailure,
} from "../../../lib/cli/bootstrap/failures.mjs";
import { startLab } from "../../../lib/cli/jupyter/lab.js";
import { ProjectCopy } from "../project-copy.js";

const RUN = fileURLToPath(new URL("../../../lib/cli/bootstrap/run.mjs", import.meta.url));

// As npm 11 and pip 25 print them.
const NPM_OFFLINE = `npm http fetch GET https://registry.example.org/which attempt 1 failed with ENOTFOUND
npm error code ENOTFOUND
npm error syscall getaddrinfo
npm error errno ENOTFOUND
npm error network request to https://registry.example.org/which failed, reason: getaddrinfo ENOTFOUND registry.example.org
npm error A complete log of this run can be found in: /home/someone/.npm/_logs/x-debug-0.log`;
const NPM_FULL = `npm error code ENOSPC
npm error syscall write
npm error errno -28
npm error nospc ENOSPC: no space left on device, write`;
const NPM_DISAGREES = `npm error code EUSAGE
npm error
npm error \`npm ci\` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.`;
const PIP_OFFLINE = `WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError(': Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/jupyterlab/
ERROR: Could not find a version that satisfies the requirement jupyterlab (from versions: none)
ERROR: No matching distribution found for jupyterlab`;
const PIP_FULL = `ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device`;
const PIP_MISSING = `ERROR: Could not find a version that satisfies the requirement jupyterlab<5,>=4.4 (from versions: 3.6.8)
ERROR: No matching distribution found for jupyterlab<5,>=4.4`;

describe("a failure's message", () => {
  it.each([
    [
      "npm without a network",
      npmFailure(NPM_OFFLINE),
      /npm cannot reach the npm registry: ENOTFOUND \(https:..registry\.example\.org[\s\S]*network connection/,
    ],
    [
      "npm behind a proxy with its own certificate",
      npmFailure("npm error code SELF_SIGNED_CERT_IN_CHAIN"),
      /SELF_SIGNED_CERT_IN_CHAIN[\s\S]*cafile/,
    ],
    [
      "npm on a full disk",
      npmFailure(NPM_FULL),
      /disk is full \(while writing node_modules\)[\s\S]*Free some space/,
    ],
    [
      "npm with a lock file that lags behind",
      npmFailure(NPM_DISAGREES),
      /do not agree[\s\S]*npm install/,
    ],
    [
      "npm without permission",
      npmFailure("npm error code EACCES"),
      /may not write[\s\S]*do not use sudo/,
    ],
    [
      "npm for another reason",
      npmFailure("npm error code EBADPLATFORM\nnpm error notsup x"),
      /EBADPLATFORM[\s\S]*npm ci by hand/,
    ],
    [
      "pip without a network",
      pipFailure(PIP_OFFLINE),
      /pip cannot reach the Python package index: its name cannot be resolved[\s\S]*PIP_INDEX_URL/,
    ],
    ["pip on a full disk", pipFailure(PIP_FULL), /disk is full \(while writing \.venv\)/],
    ["pip with a poor mirror", pipFailure(PIP_MISSING), /has no jupyterlab<5,>=4\.4[\s\S]*mirror/],
    [
      "the compiler on a full disk",
      buildFailure("error TS5033: Could not write file: ENOSPC: no space left on device"),
      /disk is full \(while writing lib\/dist\)/,
    ],
    [
      "a library that does not compile",
      buildFailure("lib/index.ts(1,1): error TS1005: ';' expected."),
      /does not compile\.[\s\S]*TS1005/,
    ],
    [
      "JupyterLab on a full disk",
      labEnded("OSError: [Errno 28] No space left on device"),
      /disk is full/,
    ],
    [
      "JupyterLab that is broken",
      labEnded("ImportError: no module named x"),
      /ended before it answered[\s\S]*ImportError[\s\S]*delete the folder \.venv/,
    ],
  ])("of %s says what happened and the way out", (_case, failure, message) => {
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toMatch(/^\s+at /m);
  });
});

describe("explain", () => {
  afterEach(() => void vi.restoreAllMocks());

  function explained(error: unknown): { code: number; text: string } {
    const shown = vi.spyOn(console, "error").mockImplementation(() => {});
    const code = explain(error);
    return { code, text: shown.mock.calls.flat().map(String).join("\n") };
  }

  it("shows a failure without a stack", () => {
    const { code, text } = explained(new Failure("It broke.", "Mend it."));

    expect(code).toBe(1);
    expect(text.trim()).toBe("It broke.\n\n  Mend it.");
  });

  it("recognises a full disk in any write of ours", () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      path: "/work/.fleetlab/x",
    });

    expect(explained(error).text).toMatch(/disk is full \(while writing \/work\/\.fleetlab\/x\)/);
  });

  it("has the exit code of an interrupted program after Ctrl-C", () => {
    expect(explained(new Interrupted()).code).toBe(130);
  });
});

describe("run.mjs", () => {
  it("refuses a Node that is too old, and names the way out", () => {
    const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } })`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--import", `data:text/javascript,${encodeURIComponent(old)}`, RUN, "start"],
      { encoding: "utf8" },
    );

    expect(status).toBe(1);
    expect(stderr).toMatch(
      /Node\.js 18\.20\.4 is too old: the workshop needs 20\.19 or newer\.[\s\S]*nodejs\.org/,
    );
  });

  it("lists what it can do when asked for something else", () => {
    const { status, stderr } = spawnSync(process.execPath, [RUN, "strat"], { encoding: "utf8" });

    expect(status).toBe(1);
    expect(stderr).toMatch(/"strat" is not something[\s\S]*npm start/);
  });

  it("shows npm's trouble as one message, without a stack", async () => {
    const project = new ProjectCopy();
    project.npm(`cat >&2 <<'END'\n${NPM_OFFLINE}\nEND\nexit 1`);

    const { code, output } = await project.run("start");
    project.remove();

    expect(code).toBe(1);
    expect(output).toMatch(/npm cannot reach the npm registry/);
    expect(output).not.toMatch(/^\s+at |debug-0\.log/m);
  });

  it("says that npm is missing", async () => {
    const project = new ProjectCopy();
    project.env = () => ({ PATH: project.root });

    const { code, output } = await project.run("build");
    project.remove();

    expect(code).toBe(1);
    expect(output).toMatch(/npm was not found/);
  });
});

describe("npm start --port", () => {
  it("names a port that is taken, and the way out", async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as { port: number };
    const jupyter = { source: "PATH", python: "/not/started" } as const;

    await expect(startLab("/nowhere", jupyter, { page: "lab", port })).rejects.toThrow(
      new RegExp(`Port ${port} is taken[^]*--port ${port + 1}[^]*Without --port`),
    );
    server.close();
  });
});
