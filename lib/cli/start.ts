// npm start: JupyterLab on the workshop's notebooks, until Ctrl-C.

import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { explain, Failure, labEnded } from "#bootstrap/failures";
import { interruption } from "#bootstrap/processes";
import { step } from "#bootstrap/steps";
import open from "open";
import { backgroundSandbox, stopBackgroundSandbox } from "./sandbox/background.js";
import { provideJupyter } from "./jupyter/jupyter.js";
import { demandPort, runningLabs, startLab } from "./jupyter/lab.js";
import { findNotebook, labPath } from "./jupyter/notebook-files.js";
import { projectRoot } from "./project.js";

const USAGE = "npm start [-- [--no-browser] [--port N] [NOTEBOOK]]";
const FIRST_NOTEBOOK = "notebooks/00-start-here.ipynb";

interface Options {
  readonly browser: boolean;
  readonly port: number | undefined;
  /** Path of the first page below the server's address. */
  readonly page: string;
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
  const first = existsSync(`${projectRoot}/${FIRST_NOTEBOOK}`) ? FIRST_NOTEBOOK : undefined;
  const file =
    wanted === undefined ? first : labPath(projectRoot, findNotebook(projectRoot, wanted));
  const browser = !values["no-browser"] && !eatenByNpm();
  return { browser, port, page: file === undefined ? "lab" : `lab/tree/${file}` };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { "no-browser": { type: "boolean" }, port: { type: "string" } },
    });
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), USAGE);
  }
}

/** `npm start --no-browser`, without the two dashes, is an option of npm's own; it means the same. */
function eatenByNpm(): boolean {
  return process.env["npm_config_browser"] === "";
}

async function main(): Promise<void> {
  const interrupted = interruption();
  const { browser, port, page } = readOptions(process.argv.slice(2));
  // Before anything long: a wrong port should not cost a newcomer the wait for JupyterLab.
  if (port !== undefined) await demandPort(port);
  const jupyter = await provideJupyter(projectRoot);
  const sandboxBefore = await backgroundSandbox();
  const isOthersSandbox = sandboxBefore !== undefined && runningLabs(projectRoot).length === 0;
  const lab = await step("Starting JupyterLab", () =>
    startLab(projectRoot, jupyter, port === undefined ? { page } : { page, port }),
  );
  const url = `${lab.url}${page}?token=${lab.token}`;
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
