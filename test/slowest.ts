import type { Reporter, TestModule } from "vitest/node";

/** How many files are named. */
const MOST = 12;

/** Says at the end of a run which files took longest, so that the next slow one is seen. */
export class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    // A few files by name are somebody at work on them; who asks for all wants to know.
    if (modules.length <= MOST) return;
    const files = modules.map((file) => {
      const { collectDuration, setupDuration, duration } = file.diagnostic();
      return { name: file.relativeModuleId, ms: collectDuration + setupDuration + duration };
    });
    const total = files.reduce((sum, { ms }) => sum + ms, 0);
    const slowest = files.sort((a, b) => b.ms - a.ms).slice(0, MOST);
    console.log(`\n The slowest of ${files.length} files, which took ${shown(total)} together:`);
    for (const { name, ms } of slowest) console.log(` ${shown(ms).padStart(9)}  ${name}`);
  }
}

function shown(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
