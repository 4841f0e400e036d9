import { join } from "node:path";
import { Failure, tail } from "#bootstrap/failures";
import { run } from "#bootstrap/processes";
import { jupyterEnvironment, jupyterFolder, registerKernel, type Jupyter } from "./jupyter.js";
import { nameOf } from "./notebook-files.js";

/** A notebook that was executed to its end. */
export interface Executed {
  /** Its name without `.ipynb`. */
  readonly notebook: string;
  /** From the kernel's start to its end. */
  readonly seconds: number;
  /** Code cells that were executed. */
  readonly cells: number;
}

/** A notebook, and what its kernel's environment is to say from then on. */
export interface Run {
  /** Absolute path. */
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ExecuteOptions {
  readonly jupyter: Jupyter;
  /** Absolute paths, executed in this order; the same one may come again. */
  readonly notebooks: readonly (string | Run)[];
  /**
   * A kernel for each notebook (default), or one that runs them all. That one forgets what a notebook
   * has declared when another begins; the same one again is a learner's second Run All.
   */
  readonly kernels?: "each" | "one";
  /** Where the executed copies and their HTML pages go. */
  readonly output: string;
  /** False for copies alone: a page takes half a second. */
  readonly hasPages?: boolean;
  /** The kernels' environment besides Jupyter's; ours unless told. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long one cell may take, in seconds; 600 unless told. */
  readonly secondsPerCell?: number;
  /** Called as each cell begins. */
  readonly onCell?: (notebook: string, cell: number, of: number) => void;
  /** Called when a notebook is done. */
  readonly onDone?: (executed: Executed) => void;
}

interface Event {
  readonly event: "start" | "cell" | "done" | "failed";
  readonly notebook: string;
  readonly number: number;
  readonly of: number;
  readonly cells: number;
  readonly seconds: number;
  readonly cell: number | null;
  readonly source: string;
  readonly message: string;
}

/**
 * Execute notebooks from the first to the last cell through the tslab kernel.
 *
 * @param root the project's folder
 * @returns what was executed, in order
 * @throws Failure at the first cell that fails, with notebook, cell, source and message
 */
export async function execute(root: string, options: ExecuteOptions): Promise<Executed[]> {
  const { jupyter, notebooks, kernels = "each", output, hasPages = true } = options;
  const { env = process.env, secondsPerCell = 600 } = options;
  registerKernel(jupyterFolder(root));
  const done: Executed[] = [];
  let failed: Event | undefined;
  const handle = (event: Event): void => {
    const notebook = nameOf(event.notebook);
    if (event.event === "cell") options.onCell?.(notebook, event.number, event.of);
    if (event.event === "failed") failed = event;
    if (event.event !== "done") return;
    const executed = { notebook, seconds: event.seconds, cells: event.cells };
    done.push(executed);
    options.onDone?.(executed);
  };
  const runs = notebooks.map((one) => (typeof one === "string" ? { path: one, env: {} } : one));
  const driver = join(root, "lib", "cli", "jupyter", "execute_notebooks.py");
  const { code, output: text } = await run(
    jupyter.python,
    [
      ...[driver, output, String(secondsPerCell), kernels, hasPages ? "pages" : "plain"],
      JSON.stringify(runs),
    ],
    { cwd: root, env: jupyterEnvironment(root, env), onLine: (line) => withEvent(line, handle) },
  );
  if (failed) throw cellFailed(failed);
  if (code !== 0) throw driverFailed(text);
  return done;
}

/** Jupyter's own libraries may write warnings between our lines. */
function withEvent(line: string, handle: (event: Event) => void): void {
  if (line.startsWith('{"event"')) handle(JSON.parse(line) as Event);
}

function cellFailed({ notebook, cell, source, message }: Event): Failure {
  const where = cell === null ? "before its first cell" : `in cell ${cell}`;
  const code = source.replace(/^/gm, "  | ");
  return new Failure(
    `${nameOf(notebook)} failed ${where}.`,
    `${code}\n\n${withoutKernel(message)}`,
  );
}

/** An error without the frames of the kernel and of Node, which are the same under every error. */
function withoutKernel(message: string): string {
  return message.replace(/\n +at [^\n]*(?:node_modules\/tslab\/|\(?node:)[^\n]*/g, "");
}

function driverFailed(text: string): Failure {
  return new Failure(
    "The notebooks could not be executed.",
    `${tail(text)}\nIf a Python package is broken: delete the folder .venv and try again.`,
  );
}
