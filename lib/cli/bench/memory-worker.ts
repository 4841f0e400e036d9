// Provisions a fleet of the size given as argument, and prints what it took as one line of JSON.
import { connect } from "../../aws/connect.js";
import { memoryOutput } from "../../aws/output.js";
import { planFleet } from "../../tasks/provisioning/plan.js";
import { provision } from "../../tasks/provisioning/provision.js";

const MiB = 1024 * 1024;

let heapMiB = 0;
const sampler = setInterval(() => {
  globalThis.gc?.();
  heapMiB = Math.max(heapMiB, Math.round(process.memoryUsage().heapUsed / MiB));
}, 500);

const fleet = await connect({ output: memoryOutput() });
const startedAt = performance.now();
const report = await provision(fleet, planFleet(fleet, { devices: Number(process.argv[2]) }));
clearInterval(sampler);
console.log(
  JSON.stringify({
    done: report.devices.done,
    failed: report.devices.failed.length,
    seconds: (performance.now() - startedAt) / 1000,
    throttles: fleet.counts.throttles,
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    heapMiB,
  }),
);
