import type { Jupyter } from "../../lib/cli/jupyter/jupyter.js";
import { inKernel } from "./kernel.js";

export interface CellResult {
  readonly status: string;
  readonly text: string;
  readonly shown: readonly string[];
  readonly secondsAfterInterrupt: number | null;
}

/** A cell, and when it is interrupted: after so many seconds, or once it has shown something. */
export interface Cell {
  readonly code: string;
  readonly interruptAfter?: number;
  /** A pattern. */
  readonly interruptAt?: string;
}

/** Run cells in one real kernel on an empty sandbox. */
export function runCells(jupyter: Jupyter, cells: readonly Cell[]): Promise<CellResult[]> {
  return inKernel(jupyter, "interrupt_cell.py", cells);
}
