import type { Fleet } from "../aws/connect.js";
import { table } from "../show/table.js";

/** One thing that a notebook should have left behind, and whether it is there. */
export interface Check {
  /** `Vehicles` */
  readonly what: string;
  readonly isMet: boolean;
  /** What the account holds. */
  readonly found: string;
  /** What to do when it is not met. */
  readonly wayOut: string;
}

/** Show what a checkpoint found, as a table: every row of it, and the way out of those not met. */
export function showChecks(fleet: Fleet, checks: readonly Check[]): void {
  fleet.output.show(
    table(
      checks,
      [
        { header: "", value: ({ isMet }) => (isMet ? "✓" : "✗") },
        { header: "What", value: ({ what }) => what },
        { header: "Found", value: ({ found }) => found },
        // With everything met there is nothing to do, and no empty column to say so.
        ...(checks.every(({ isMet }) => isMet)
          ? []
          : [{ header: "What to do", value: ({ isMet, wayOut }: Check) => (isMet ? "" : wayOut) }]),
      ],
      checks.length,
    ),
  );
}

/** One row for several names: met when each is `there`, else what is wrong with the others. */
export async function checkEach(
  what: string,
  section: string,
  names: readonly string[],
  look: (name: string) => Promise<string>,
): Promise<Check> {
  const wrong: string[] = [];
  for (const name of names) {
    const state = await look(name);
    if (state !== "there") wrong.push(`${name} ${state}`);
  }
  return {
    what,
    isMet: wrong.length === 0,
    found: wrong.length === 0 ? names.join(", ") : wrong.join(", "),
    wayOut: `Run the cells ${section} again.`,
  };
}
