/** True in a cell of the tslab kernel. */
export function isNotebook(): boolean {
  return "__tslab__" in globalThis;
}

/**
 * Leave the kernel's own frames out of stack traces: a learner's mistake, or an interrupted cell,
 * then shows the cell's line and not thirty lines of tslab and Node.
 */
export function quietStackTraces(): void {
  const isInside = /node_modules[\\/](?:tslab|commander|@tslab)[\\/]|^node:/;
  Error.prepareStackTrace = (error, frames) =>
    [
      // tslab's own error of a stopped cell, in words that help.
      error.message === "Interrupted asynchronously"
        ? "Interrupted. Run the cell again: it does what is missing."
        : String(error),
      ...frames
        .filter((frame) => !isInside.test(frame.getFileName() ?? "node:"))
        .map((frame) => `    at ${String(frame)}`),
    ].join("\n");
}
