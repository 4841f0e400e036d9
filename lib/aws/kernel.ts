/** True in a cell of the tslab kernel. */
export function isNotebook(): boolean {
  return "__tslab__" in globalThis;
}
