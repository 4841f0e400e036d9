/** How many runs: the usual number, times what the environment variable FAULTS says. */
export function runs(usual: number): number {
  return Math.max(1, Math.round(usual * Number(process.env["FAULTS"] ?? 1)));
}

/** The first seed; FAULTS_SEED goes on where an earlier run ended. */
export const firstSeed = Number(process.env["FAULTS_SEED"] ?? 1);

/** Print what a suite came to, in one line that can be compared with the last one's. */
export function tell(suite: string, figures: Readonly<Record<string, number>>): void {
  const parts = Object.entries(figures).map(([what, n]) => `${n.toLocaleString("en")} ${what}`);
  // Not console.log: vitest would put a heading over each.
  process.stdout.write(`faults · ${suite}: ${parts.join(", ")}\n`);
}

export function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 100) / 10;
}
