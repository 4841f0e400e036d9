// node lib/dist/cli/kernel/start.js CONNECTION_FILE: the TypeScript kernel, as Jupyter starts it.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createCells } from "./cells.js";
import { nameCellsInStackTraces } from "./places.js";
import { startChecker } from "./remote-checker.js";
import { createServer } from "./server.js";
import { installedTslab, MENDED_TSLAB, postponeCompiler, tslabPart } from "./tslab.js";

async function startMended(connectionFile: string): Promise<void> {
  const checker = startChecker();
  postponeCompiler();
  const cells = createCells(process.cwd(), checker, () => server.clearOutput());
  const server = createServer(cells, connectionFile);
  nameCellsInStackTraces();
  process.on("SIGINT", () => cells.interrupt());
  // As in tslab: a cell's forgotten work must not end the kernel.
  process.on("uncaughtException", (error) => console.error("UncaughtException:", error));
  process.on("unhandledRejection", (reason) => console.error("UnhandledPromiseRejection:", reason));
  await server.init();
  preload();
}

/** Have the library and the SDK loaded before the first cell asks for them. */
function preload(): void {
  const load = createRequire(join(process.cwd(), "cell.js"));
  try {
    load("fleetlab");
  } catch {
    // A notebook elsewhere, or a library that does not build: the cell that needs it will say so.
  }
}

/** With a tslab that we do not know, better its traps than half of our mends. */
function startPlain(connectionFile: string): void {
  const { JupyterHandlerImpl } = tslabPart("jupyter");
  const prototype = JupyterHandlerImpl.prototype;
  const { handleExecute } = prototype;
  let isTold = false;
  prototype.handleExecute = function (request, writeStream, writeDisplayData) {
    if (!isTold) {
      writeStream(
        "stderr",
        `This is tslab ${installedTslab()}; what Fleetlab mends in the kernel was written for ` +
          `${MENDED_TSLAB} and is off. See docs/kernel.md.\n`,
      );
    }
    isTold = true;
    return handleExecute.call(this, request, writeStream, writeDisplayData);
  };
  nameCellsInStackTraces();
  const { startKernel } = tslabPart("main");
  startKernel({ configPath: connectionFile, enableFindLocal: false });
}

const [, , connectionFile = ""] = process.argv;
if (installedTslab() === MENDED_TSLAB) await startMended(connectionFile);
else startPlain(connectionFile);
