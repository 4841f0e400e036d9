// A JupyterHub with two users, each with a copy of the project, as docs/instructor.md tells to set one up.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../lib/cli/bench/free-port.js";
import { descendants, stopAll } from "../../../lib/cli/bootstrap/processes.mjs";
import { findPython } from "../../../lib/cli/jupyter/python.js";
import { pipRequirements } from "../../../lib/cli/jupyter/requirements.js";
import { projectRoot } from "../../../lib/cli/project.js";

/** What a hub has beside the packages of environment.yml. */
const OF_HUB = ["jupyterhub>=5.3,<7", "jupyter-repo2docker"];

/** The hub's proxy, from npm: thirty packages that nobody else should have to install. */
const PROXY = "configurable-http-proxy@5.2.0";

const USERS = ["ada", "bob"] as const;
export type User = (typeof USERS)[number];

export interface Hub {
  /** `http://127.0.0.1:<port>`, where the users' browsers go. */
  readonly url: string;
  readonly password: string;
  /** A user's copy of the project. */
  copyOf(user: User): string;
  stop(): Promise<void>;
}

/**
 * A Python environment with JupyterHub and all that environment.yml names. It is kept in build/ and made anew
 * when its packages change.
 *
 * @returns the folder of its programs
 */
export async function hubEnvironment(): Promise<string> {
  const folder = join(projectRoot, "build", "hub-venv");
  const yml = readFileSync(join(projectRoot, "environment.yml"), "utf8");
  const packages = [...pipRequirements(yml), ...OF_HUB];
  const hash = createHash("sha256")
    .update([...packages, PROXY].join("\n"))
    .digest("hex");
  const mark = join(folder, "packages.txt");
  const bin = join(folder, "bin");
  if (existsSync(mark) && readFileSync(mark, "utf8") === hash) return bin;
  rmSync(folder, { recursive: true, force: true });
  const { path } = await findPython(process.env);
  execFileSync(path, ["-m", "venv", folder]);
  execFileSync(join(bin, "python"), ["-m", "pip", "install", "--quiet", ...packages], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  execFileSync("npm", ["install", "--silent", "--global", "--prefix", folder, PROXY], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  writeFileSync(mark, hash);
  return bin;
}

/** Start a hub whose users have copies, kernels and notebooks, and wait until it answers. */
export async function startHub(bin: string): Promise<Hub> {
  const home = mkdtempSync(join(projectRoot, "build", "hub-"));
  const env: NodeJS.ProcessEnv = {
    ...cleanEnvironment(),
    PATH: [bin, dirname(process.execPath), process.env["PATH"]].join(delimiter),
  };
  const copyOf = (user: string) => join(home, user, "fleetlab");
  for (const user of USERS) {
    copyProject(copyOf(user));
    for (const verb of [["kernel", "--user"], ["copies"]]) {
      execFileSync(process.execPath, ["lib/cli/bootstrap/run.mjs", ...verb], {
        cwd: copyOf(user),
        env: { ...env, HOME: join(home, user) },
      });
    }
  }
  const [port, api, proxyApi] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const password = randomBytes(12).toString("hex");
  const log = join(home, "hub.log");
  const out = openSync(log, "w");
  const config = join(projectRoot, "test", "long", "hub", "jupyterhub_config.py");
  const hub = spawn(join(bin, "jupyterhub"), ["-f", config], {
    cwd: home,
    env: {
      ...env,
      HUB_HOME: home,
      HUB_URL: url,
      HUB_API_URL: `http://127.0.0.1:${api}`,
      HUB_PROXY_API_URL: `http://127.0.0.1:${proxyApi}`,
      HUB_PASSWORD: password,
      HUB_NODE: process.execPath,
      HUB_PROXY: join(bin, "configurable-http-proxy"),
    },
    stdio: ["ignore", out, out],
  });
  const stop = async (): Promise<void> => {
    await end(hub);
    await endSandboxes(USERS.map(copyOf));
    renameSync(log, join(projectRoot, "build", "hub.log"));
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await answers(hub, `${url}/hub/health`, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, password, copyOf, stop };
}

/** What this process was started with, but for what would lead a learner elsewhere. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const {
    FLEETLAB_HOME: _home,
    WORKSHOP_TARGET: _target,
    AWS_REGION: _region,
    NODE_OPTIONS: _options,
    ...env
  } = process.env;
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(JUPYTER|VITEST)/.test(name)),
  );
}

/** What `git clone` and `npm ci` would leave, with the packages' files shared: there are 360 MB of them. */
function copyProject(to: string): void {
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: projectRoot, encoding: "utf8" });
  for (const file of files.split("\0").filter((name) => name !== "")) {
    const source = join(projectRoot, file);
    if (!existsSync(source)) continue;
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(source, join(to, file));
  }
  cpSync(join(projectRoot, "lib", "dist"), join(to, "lib", "dist"), {
    recursive: true,
    preserveTimestamps: true,
  });
  for (const packages of ["node_modules", join("lib", "node_modules")]) {
    linkTree(join(projectRoot, packages), join(to, packages));
  }
}

function linkTree(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const found = lstatSync(source);
    if (found.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (found.isDirectory()) linkTree(source, target);
    else linkSync(source, target);
  }
}

async function answers(hub: ChildProcess, url: string, log: string): Promise<void> {
  while (hub.exitCode === null) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await sleep(200);
  }
  throw new Error(`JupyterHub did not start:\n${readFileSync(log, "utf8")}`);
}

/** The hub, its proxy, its users' servers and kernels: a spawner leaves them alone when the hub ends. */
async function end(hub: ChildProcess): Promise<void> {
  const family = hub.pid === undefined ? [] : [hub.pid, ...(await descendants(hub.pid))];
  await stopAll(family);
}

/** Sandboxes are no family of a notebook server's: they live on without it. */
async function endSandboxes(copies: readonly string[]): Promise<void> {
  for (const copy of copies) {
    if (!existsSync(join(copy, ".fleetlab", "sandbox", "sandbox.json"))) continue;
    execFileSync(process.execPath, ["lib/dist/cli/sandbox.js", "--stop"], {
      cwd: copy,
      env: cleanEnvironment(),
    });
  }
}
