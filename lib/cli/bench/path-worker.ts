// Walks the whole path with a fleet of the size given as argument, from provisioning to cleanup, and
// prints what it took as one line of JSON.
import { connect } from "../../aws/connect.js";
import { memoryOutput } from "../../aws/output.js";
import { catchUp } from "../../tasks/catch-up/catch-up.js";
import { cleanUp } from "../../tasks/clean-up/clean-up.js";
import { planCleanUp } from "../../tasks/clean-up/clean-up-plan.js";
import { planFleet } from "../../tasks/provisioning/plan.js";
import { planRollBack, recordVersion } from "../../tasks/rollback/roll-back.js";

const fleet = await connect({ output: memoryOutput() });
const plan = planFleet(fleet, { devices: Number(process.argv[2]) });

/** Real seconds that a piece of work takes; the sandbox's clock is ahead of them. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

const seconds = {
  provisioning: await timed(() => catchUp(fleet, { to: "02-dynamic-groups", plan })),
  "groups and jobs": await timed(() => catchUp(fleet, { to: "05-simulation" })),
  simulation: await timed(() => catchUp(fleet, { to: "06-exploration" })),
  "record rollback": await timed(async () => {
    const { typeA, firstVersion } = await catchUp(fleet, { to: "07-rollback" });
    const back = await planRollBack(fleet, { packageName: typeA, versionName: firstVersion });
    await recordVersion(fleet, back, { confirm: "REVERT" });
  }),
  cleanup: await timed(async () => {
    const { isComplete } = await cleanUp(fleet, await planCleanUp(fleet), { confirm: "DELETE" });
    if (!isComplete) throw new Error("the cleanup left something behind");
  }),
};
const left = (await planCleanUp(fleet)).steps.reduce((sum, { names }) => sum + names.length, 0);
console.log(
  JSON.stringify({
    seconds,
    calls: fleet.counts.attempts,
    throttles: fleet.counts.throttles,
    left,
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
