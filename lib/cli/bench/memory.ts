import { openSandbox, round, runWorker, type Scenario } from "./scenario.js";

/** Fleet sizes, in vehicles. The largest takes about two minutes at the paced rate. */
const SIZES = [100, 1_000, 10_000];

/** What `memory-worker.ts` prints. */
interface WorkerReport {
  readonly done: number;
  readonly failed: number;
  readonly seconds: number;
  readonly throttles: number;
  /** Peak resident memory of the process, in MiB. */
  readonly peakMiB: number;
  /** Largest heap that was in use after a garbage collection, in MiB. */
  readonly heapMiB: number;
}

/** Peak memory of a whole provisioning by fleet size, each in a process of its own. */
export const memory: Scenario = {
  name: "memory",
  about: "peak memory of provisioning, by fleet size",
  async run(tell) {
    const rows = [];
    for (const devices of SIZES) {
      tell(`${devices} vehicles …`);
      const sandbox = await openSandbox();
      const report = await runWorker<WorkerReport>("memory", sandbox.home, [devices]);
      const sandboxMiB = await sandbox.residentMiB();
      await sandbox.close();
      rows.push({
        vehicles: devices,
        "created or failed": `${report.done} / ${report.failed}`,
        "seconds (s)": round(report.seconds),
        throttles: report.throttles,
        "client peak (MiB)": report.peakMiB,
        "client heap in use (MiB)": report.heapMiB,
        "sandbox (MiB)": sandboxMiB ?? "",
      });
    }
    return rows;
  },
};
