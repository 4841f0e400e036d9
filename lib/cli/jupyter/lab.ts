import { randomBytes } from "node:crypto";
import type { ChildProcess } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { labEnded, portForbidden, portTaken } from "#bootstrap/failures";
import { isAlive } from "#bootstrap/lock";
import { descendants, interruption, start, stop, stopAll } from "#bootstrap/processes";
import {
  jupyterEnvironment,
  jupyterFolder,
  quietLab,
  registerKernel,
  type Jupyter,
} from "./jupyter.js";

/** A JupyterLab that answers. */
export interface Lab {
  /** `http://127.0.0.1:8888/`, ending in a slash. */
  readonly url: string;
  /** What a browser must show once. */
  readonly token: string;
  /** Settles with what it wrote to its log, when it ends by itself or was stopped. */
  readonly ended: Promise<string>;
  /**
   * End it, its kernels and whatever they started. Returns when all are gone; twice is once.
   *
   * @param spared process ids among those that go on: what another JupyterLab may use as well
   */
  stop(spared?: readonly number[]): Promise<void>;
}

export interface LabOptions {
  /** Path of the first page below the URL, such as `lab/tree/my-notebooks/00-start-here.ipynb`. */
  readonly page: string;
  /** 1 to 65535. Without it, the first free one from 8888. */
  readonly port?: number;
}

/** How often a start is tried again when somebody takes the port between the look and the use. */
const ATTEMPTS = 3;

/**
 * Start JupyterLab on the project's folder, on loopback and with a token, and wait until it answers.
 *
 * @throws Failure when the port is taken or forbidden, or JupyterLab ends before it answers
 */
export async function startLab(root: string, jupyter: Jupyter, options: LabOptions): Promise<Lab> {
  if (options.port !== undefined) await demandPort(options.port);
  registerKernel(jupyterFolder(root));
  quietLab(root);
  sweepRuntime(root);
  for (let attempt = 1; ; attempt++) {
    const lab = launch(root, jupyter, options);
    const state = await Promise.race([answers(root, lab), lab.ended.then(() => "ended" as const)]);
    if (state !== "ended") return { ...lab, url: state };
    const log = await lab.ended;
    if (!/already in use|is not available|Address already in use/.test(log)) throw labEnded(log);
    if (options.port !== undefined) throw portTaken(options.port);
    if (attempt === ATTEMPTS) throw labEnded(log);
  }
}

/**
 * Fail now, with a sentence, where Jupyter would fail later with a page of log.
 *
 * @throws Failure when the port is taken, or this user may not listen on it
 */
export async function demandPort(port: number): Promise<void> {
  const server = createServer();
  const code = await new Promise<string | undefined>((done) => {
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => done(undefined));
  });
  server.close();
  if (code === "EADDRINUSE") throw portTaken(port);
  if (code === "EACCES") throw portForbidden(port);
}

function launch(root: string, { python }: Jupyter, { page, port }: LabOptions): Omit<Lab, "url"> {
  const program = join(root, "lib", "cli", "jupyter", "jupyter_lab.py");
  const token = process.env["JUPYTER_TOKEN"] || randomBytes(24).toString("hex");
  const log = join(jupyterFolder(root), `lab-${process.pid}.log`);
  mkdirSync(jupyterFolder(root), { recursive: true });
  // A file, not a pipe: Jupyter can go on writing to it whatever happens to us.
  const out = openSync(log, "w", 0o600);
  const child = start(python, [program, ...labArguments(root, page, port)], {
    cwd: root,
    // In the environment rather than on the command line, which every user of the machine can read.
    env: { ...jupyterEnvironment(root), JUPYTER_TOKEN: token },
    stdio: ["ignore", out, out],
  });
  closeSync(out);
  const ended = endOf(child).then(() => {
    const text = existsSync(log) ? readFileSync(log, "utf8") : "";
    rmSync(log, { force: true });
    return text;
  });
  let stopping: Promise<void> | undefined;
  return { token, ended, stop: (spared = []) => (stopping ??= stopLab(child, spared)) };
}

function labArguments(root: string, page: string, port: number | undefined): string[] {
  return [
    "--no-browser", // ours opens it, once the server answers
    `--ServerApp.root_dir=${root}`,
    `--LabApp.default_url=/${page}`,
    "--ServerApp.ip=127.0.0.1",
    ...(port === undefined ? [] : [`--ServerApp.port=${port}`, "--ServerApp.port_retries=0"]),
    "--MultiKernelManager.default_kernel_name=tslab",
    "--LabApp.extension_manager=readonly", // the other kind asks PyPI
    // It would try out every language server's command on the PATH, whatever those do when called.
    "--LanguageServerManager.autodetect=False",
    // Closing a notebook ends its kernel; this is for closing the browser. One in a tab lives on.
    "--MappingKernelManager.cull_idle_timeout=3600",
    // tslab ends at once unless a cell is busy; then nobody should wait Jupyter's five seconds.
    "--KernelManager.shutdown_wait_time=2",
    // In a container one is often root. The server is on loopback and asks for a token all the same.
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
}

/** Polls until the server says where it is, then until that address answers. */
async function answers(root: string, lab: Omit<Lab, "url">): Promise<string> {
  const signal = interruption();
  let ended = false;
  void lab.ended.then(() => (ended = true));
  while (!ended) {
    if (signal.aborted) {
      await lab.stop();
      signal.throwIfAborted();
    }
    const url = runningLabs(root).find(({ token }) => token === lab.token)?.url;
    if (url !== undefined && (await responds(url, lab.token))) return url;
    await sleep(50);
  }
  return new Promise(() => {}); // The race is decided by the end.
}

async function responds(url: string, token: string): Promise<boolean> {
  try {
    const headers = { authorization: `token ${token}` };
    return (await fetch(new URL("api/status", url), { headers })).ok;
  } catch {
    // It has written down its address a moment before it listens there.
    return false;
  }
}

interface RunningLab {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** The JupyterLabs of this project that run now, as they write themselves down. */
export function runningLabs(root: string): RunningLab[] {
  const folder = join(jupyterFolder(root), "runtime");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^jpserver-.*\.json$/.test(name))
    .flatMap((name) => {
      try {
        const lab = JSON.parse(readFileSync(join(folder, name), "utf8")) as RunningLab;
        return isAlive(lab.pid) ? [lab] : [];
      } catch {
        // Being written, or just removed.
        return [];
      }
    });
}

/** Take away what servers that were killed have left: their addresses and their logs. */
function sweepRuntime(root: string): void {
  const folder = jupyterFolder(root);
  const runtime = join(folder, "runtime");
  const left = [
    ...(existsSync(runtime) ? readdirSync(runtime).map((name) => join(runtime, name)) : []),
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  for (const file of left) {
    const pid = /(?:jpserver|lab)-(\d+)(?:-open)?\.(?:json|html|log)$/.exec(file)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(file, { force: true });
  }
}

/** Milliseconds for Jupyter to end its kernels and itself, before it is made to. */
const STOP_GRACE_MS = 6_000;

async function stopLab(child: ChildProcess, spared: readonly number[]): Promise<void> {
  // Kernels run in groups of their own, and so does what they started (the sandbox): the family is
  // noted while its members still have each other.
  const family = child.pid === undefined ? [] : await descendants(child.pid);
  await stop(child, STOP_GRACE_MS);
  await stopAll(family.filter((pid) => !spared.includes(pid)));
}
