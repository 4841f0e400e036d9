import { openSandbox, round, runWorker, type Scenario } from "./scenario.js";

/** Fleet sizes, in vehicles. */
const SIZES = [1, 100, 1_000, 5_000];

/** What `path-worker.ts` prints. */
interface WorkerReport {
  readonly seconds: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly throttles: number;
  /** Resources of ours that the cleanup left. */
  readonly left: number;
  readonly peakMiB: number;
}

/** The whole path by fleet size, with AWS's quotas: provisioning, jobs, simulation, rollback, cleanup. */
export const path: Scenario = {
  name: "path",
  about: "the whole path, from provisioning to cleanup, by fleet size; AWS's quotas",
  async run(tell) {
    const rows = [];
    for (const vehicles of SIZES) {
      tell(`${vehicles} vehicles …`);
      const sandbox = await openSandbox();
      const report = await runWorker<WorkerReport>("path", sandbox.home, [vehicles]);
      const sandboxMiB = await sandbox.residentMiB();
      await sandbox.close();
      const seconds = Object.entries(report.seconds).map(([step, s]) => [`${step} (s)`, round(s)]);
      rows.push({
        vehicles,
        ...(Object.fromEntries(seconds) as Record<string, number>),
        calls: report.calls,
        throttles: report.throttles,
        "left behind": report.left,
        "client peak (MiB)": report.peakMiB,
        "sandbox (MiB)": sandboxMiB ?? "",
      });
    }
    return rows;
  },
};
