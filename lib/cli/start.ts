// npm start: JupyterLab on the learner's copies of the notebooks, until Ctrl-C.

import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { explain, Failure, labEnded } from "#bootstrap/failures";
import { interruption } from "#bootstrap/processes";
import { step } from "#bootstrap/steps";
import open from "open";
import { backgroundSandbox, stopBackgroundSandbox } from "./sandbox/background.js";
import { clearOutputs, COPIES, provideCopies, sayCopies } from "./jupyter/copies.js";
import { provideJupyter } from "./jupyter/jupyter.js";
import { demandPort, runningLabs, startLab } from "./jupyter/lab.js";
import { allNotebooks, findNotebook, labPath } from "./jupyter/notebook-files.js";
import { projectRoot } from "./project.js";

const USAGE = `npm start [-- [--fresh] [--clear] [--folder NAME] [--no-browser] [--port N] [NOTEBOOK]]

  NOTEBOOK       by number or name (default: the first); a path opens that file itself
  --fresh        a new copy of NOTEBOOK, or of all; what you had moves into a folder of its own
  --clear        your copy of NOTEBOOK, or all of them, without outputs: cells stay as they are
  --folder NAME  where your copies are (default: ${COPIES})
  --no-browser   print the address only
  --port N       1 to 65535`;

interface Options {
  readonly browser: boolean;
  readonly port: number | undefined;
  readonly folder: string;
  /** Absolute path of the notebook to open; undefined when there is none. */
  readonly notebook: string | undefined;
  /** Whether its copy is meant, and not the file itself. */
  readonly isCopy: boolean;
  /** Notebooks whose copies are to be new. Absolute paths. */
  readonly fresh: readonly string[];
  /** Notebooks whose copies are to open without outputs. Absolute paths. */
  readonly clear: readonly string[];
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new Failure(
      `"${values.port}" is not a port.`,
      `A port is a number from 1 to 65535.\n${USAGE}`,
    );
  }
  const [wanted] = positionals;
  const all = allNotebooks(projectRoot);
  const notebook = wanted === undefined ? all[0] : findNotebook(projectRoot, wanted);
  const isCopy = !/[\\/]/.test(wanted ?? "");
  const isMeant = (option: "fresh" | "clear") => values[option] || eatenByNpm(option, "true");
  const meant = wanted ? [notebook!] : all;
  if (isMeant("clear") && !isCopy) {
    throw new Failure(
      `--clear takes outputs out of your copies, and ${wanted} is a file of its own.`,
      `Name the notebook by its number or name.\n${USAGE}`,
    );
  }
  return {
    browser: !values["no-browser"] && !eatenByNpm("browser", ""),
    port,
    folder: values.folder,
    notebook,
    isCopy,
    fresh: isMeant("fresh") ? meant : [],
    clear: isMeant("clear") ? meant : [],
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        "no-browser": { type: "boolean" },
        port: { type: "string" },
        fresh: { type: "boolean", default: false },
        clear: { type: "boolean", default: false },
        folder: { type: "string", default: COPIES },
      },
    });
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), USAGE);
  }
}

/** `npm start --fresh`, without the two dashes, becomes a setting of npm's own; it means the same. */
function eatenByNpm(option: string, value: string): boolean {
  return process.env[`npm_config_${option}`] === value;
}

async function main(): Promise<void> {
  const interrupted = interruption();
  const { browser, port, folder, notebook, isCopy, fresh, clear } = readOptions(
    process.argv.slice(2),
  );
  // Before anything long: a wrong port should not cost a newcomer the wait for JupyterLab.
  if (port !== undefined) await demandPort(port);
  const jupyter = await provideJupyter(projectRoot);
  const copies = await provideCopies(projectRoot, { folder, fresh });
  const cleared = clearOutputs(
    copies.folder,
    clear.map((path) => basename(path)),
  );
  const file = notebook && isCopy ? join(copies.folder, basename(notebook)) : notebook;
  const page = file === undefined ? "lab" : `lab/tree/${labPath(projectRoot, file)}`;
  const sandboxBefore = await backgroundSandbox();
  const isOthersSandbox = sandboxBefore !== undefined && runningLabs(projectRoot).length === 0;
  const lab = await step("Starting JupyterLab", () =>
    startLab(projectRoot, jupyter, port === undefined ? { page } : { page, port }),
  );
  const url = `${lab.url}${page}?token=${lab.token}`;
  for (const line of sayCopies(projectRoot, copies)) console.log(line);
  if (cleared.length > 0) console.log(`Without outputs now: ${cleared.join(", ")}.`);
  console.log(`\nThe workshop is open at\n\n  ${url}\n\nCtrl-C here stops it. Your work stays.\n`);
  if (browser) await openBrowser(url);

  const log = await Promise.race([lab.ended, aborted(interrupted)]);
  if (typeof log === "string" && !interrupted.aborted && !wasShutDown(log)) throw labEnded(log);
  console.log("Stopping JupyterLab and its kernels …");
  const sandbox = await backgroundSandbox();
  await lab.stop(sandbox === undefined ? [] : [sandbox]);
  // The last JupyterLab of the project takes the local AWS with it, unless it was there before.
  if (runningLabs(projectRoot).length === 0 && !isOthersSandbox) await stopBackgroundSandbox();
  console.log("Stopped.");
}

/** Whether somebody chose File → Shut Down in the browser, which is as good as Ctrl-C. */
function wasShutDown(log: string): boolean {
  return log.includes("Shutting down on /api/shutdown request");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Without a screen (ssh, a container) there is none to open; the address is printed anyway. */
async function openBrowser(url: string): Promise<void> {
  try {
    const browser = await open(url);
    browser.on("error", () => {});
  } catch {
    // No program for addresses here: the same case.
  }
}

try {
  await main();
} catch (error) {
  process.exitCode = explain(error);
}
// A browser that was started, or a connection that is kept open, must not hold the terminal.
process.exit();
