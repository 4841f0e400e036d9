import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeWhole } from "#bootstrap/files";
import { run } from "#bootstrap/processes";
import which from "which";
import { projectRoot } from "../project.js";
import { makeVenv, notStarted, venvIsCurrent, venvPython } from "./python.js";

/** A Python that has JupyterLab, nbclient and nbconvert. Programs are run as `python -m …`. */
export interface Jupyter {
  readonly source: "conda" | "PATH" | ".venv";
  /** Absolute path of the interpreter. */
  readonly python: string;
}

/** Older ones have other settings and another notebook format. */
const OLDEST_LAB = 4;

/**
 * A JupyterLab to use: the active conda environment's, the PATH's, or the project's own `.venv`,
 * which is made when there is no other. Quick when it has been found or made before.
 *
 * @param root the project's folder
 * @param env CONDA_PREFIX and PATH are looked at
 * @throws Failure when none is there and none can be made
 */
export async function provideJupyter(root: string, env = process.env): Promise<Jupyter> {
  const found = await findJupyter(root, env);
  if (found) return found;
  await makeVenv(root, env);
  return { source: ".venv", python: venvPython(root) };
}

/**
 * As {@link provideJupyter}, but makes nothing.
 *
 * @returns nothing when there is no JupyterLab that works
 */
export async function findJupyter(root: string, env = process.env): Promise<Jupyter | undefined> {
  return (
    (await fromConda(root, env)) ??
    (await fromPath(root, env)) ??
    (venvIsCurrent(root) ? { source: ".venv", python: venvPython(root) } : undefined)
  );
}

async function fromConda(root: string, env: NodeJS.ProcessEnv): Promise<Jupyter | undefined> {
  const prefix = env["CONDA_PREFIX"];
  if (!prefix) return undefined;
  const [lab, python] =
    process.platform === "win32"
      ? [join(prefix, "Scripts", "jupyter-lab.exe"), join(prefix, "python.exe")]
      : [join(prefix, "bin", "jupyter-lab"), join(prefix, "bin", "python")];
  if (!existsSync(lab)) return undefined;
  return remembered(root, lab, env, async () =>
    (await hasLab(python, env)) ? { source: "conda", python } : undefined,
  );
}

async function fromPath(root: string, env: NodeJS.ProcessEnv): Promise<Jupyter | undefined> {
  const path = env["PATH"] ?? env["Path"] ?? "";
  for (const script of (await which("jupyter", { all: true, nothrow: true, path })) ?? []) {
    // The project's own environment may be activated; it has its own rules (see venvIsCurrent).
    if (script.startsWith(join(root, ".venv"))) continue;
    const jupyter = await remembered(root, script, env, async () => {
      const python = await interpreterOf(script, env);
      return python && (await hasLab(python, env)) ? { source: "PATH", python } : undefined;
    });
    if (jupyter) return jupyter;
  }
  return undefined;
}

/** Which Python a `jupyter` belongs to. A shim that leads nowhere belongs to none. */
async function interpreterOf(script: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  // Its first line need not name it (a pyenv shim, an .exe); Jupyter's own report does.
  const answer = await run(script, ["troubleshoot"], { env }).catch(notStarted);
  if (answer?.code !== 0) return undefined;
  return /^sys\.executable:\s*\n\s*(.+)$/m.exec(answer.output)?.[1]?.trim();
}

const PROBE_LAB =
  "import jupyterlab, nbclient, nbconvert; print('lab', jupyterlab.__version__.split('.')[0])";

async function hasLab(python: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const answer = await run(python, ["-c", PROBE_LAB], { env }).catch(notStarted);
  const major = answer?.code === 0 ? /^lab (\d+)/m.exec(answer.output)?.[1] : undefined;
  return Number(major ?? 0) >= OLDEST_LAB;
}

/**
 * What `look` found for a program, or what it found last time if the program and the folder it is
 * in have not changed since: asking a Python for its packages takes a second.
 */
async function remembered(
  root: string,
  program: string,
  env: NodeJS.ProcessEnv,
  look: () => Promise<Jupyter | undefined>,
): Promise<Jupyter | undefined> {
  const note = join(jupyterFolder(root), "found.json");
  // PYENV_VERSION changes what a shim stands for without changing the shim.
  const key = [program, modified(program), modified(dirname(program)), env["PYENV_VERSION"]].join(
    " ",
  );
  const last = readNote(note);
  if (last?.key === key && existsSync(last.jupyter?.python ?? "")) return last.jupyter;
  const jupyter = await look();
  if (jupyter) writeWhole(note, JSON.stringify({ key, jupyter }, null, 2) + "\n");
  return jupyter;
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function readNote(file: string): { key?: string; jupyter?: Jupyter } | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { key?: string; jupyter?: Jupyter };
  } catch {
    // Not ours, or damaged: look again.
    return undefined;
  }
}

/** Everything Jupyter writes goes below this folder. */
export function jupyterFolder(root: string): string {
  return join(root, ".fleetlab", "jupyter");
}

/**
 * The environment in which Jupyter finds our kernel before any other and keeps its hands off the
 * user's home: data, configuration, workspaces, runtime files and IPython's history are all ours.
 *
 * @param env what it is added to; the user's own Jupyter variables are replaced
 */
export function jupyterEnvironment(root: string, env = process.env): NodeJS.ProcessEnv {
  const folder = jupyterFolder(root);
  return {
    ...env,
    // Data (trust marks, the file-id database) and, below it, `kernels/`.
    JUPYTER_DATA_DIR: folder,
    // Searched first, even where a conda environment or a .venv is preferred to the data folder.
    JUPYTER_PATH: folder,
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    JUPYTER_CONFIG_PATH: join(folder, "config"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: join(folder, "config", "lab", "user-settings"),
    JUPYTERLAB_WORKSPACES_DIR: join(folder, "config", "lab", "workspaces"),
    IPYTHONDIR: join(folder, "ipython"),
    // Read by parent_watch.py: Jupyter ends with us even when we are killed.
    FLEETLAB_PARENT_PID: String(process.pid),
    // Python's caches of our two scripts do not belong into lib/.
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** What Jupyter must know to start the TypeScript kernel. */
function kernelSpec(): object {
  return {
    argv: [process.execPath, kernelProgram, "{connection_file}"],
    display_name: "TypeScript (tslab)",
    language: "typescript",
    interrupt_mode: "signal",
    // On Node 20 the SDK would print its notice about coming versions into a learner's cell.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    metadata: { debugger: false },
  };
}

/** Ours starts tslab with its traps mended: docs/kernel.md. */
const kernelProgram = join(projectRoot, "lib", "dist", "cli", "kernel", "start.js");

/**
 * Register the kernel `tslab` below a folder of Jupyter's. Writes only when something changed.
 *
 * @param dataFolder the project's own unless told
 */
export function registerKernel(dataFolder: string): void {
  const file = join(dataFolder, "kernels", "tslab", "kernel.json");
  const text = JSON.stringify(kernelSpec(), null, 2) + "\n";
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  writeWhole(file, text);
}

/**
 * Keep JupyterLab from asking the network for news and for extensions: the workshop works without
 * one, and a learner's first screen should not be a question about newsletters. And have it end a
 * notebook's kernel with its tab: nine of them would keep three gigabytes.
 */
export function quietLab(root: string): void {
  const lab = join(jupyterFolder(root), "config");
  writeOnce(join(lab, "labconfig", "page_config.json"), {
    disabledExtensions: {
      "@jupyterlab/apputils-extension:announcements": true,
      "@jupyterlab/extensionmanager-extension:plugin": true,
    },
  });
  const notebooks = join("lab", "user-settings", "@jupyterlab", "notebook-extension");
  writeOnce(join(lab, notebooks, "tracker.jupyterlab-settings"), { kernelShutdown: true });
}

function writeOnce(file: string, settings: object): void {
  // The learner may have changed it; what a crash has emptied, JupyterLab could not read.
  if (existsSync(file) && !/^[\0\s]*$/.test(readFileSync(file, "utf8"))) return;
  writeWhole(file, JSON.stringify(settings, null, 2) + "\n");
}
