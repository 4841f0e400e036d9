import { describe, expect, it } from "vitest";
import { createIdentities } from "../../lib/fleet/identity/identities.js";
import { createJob } from "../../lib/fleet/jobs/new-job.js";
import { countryGroupName } from "../../lib/fleet/registry/thing-groups.js";
import { cleanUp } from "../../lib/tasks/clean-up/clean-up.js";
import { planCleanUp } from "../../lib/tasks/clean-up/clean-up-plan.js";
import { planJob } from "../../lib/tasks/jobs/plan-job.js";
import { devicesOf, planFleet } from "../../lib/tasks/provisioning/plan.js";
import { provision } from "../../lib/tasks/provisioning/provision.js";
import { planSimulation } from "../../lib/tasks/simulation/plan-simulation.js";
import { simulate } from "../../lib/tasks/simulation/simulate.js";
import { runCells } from "../notebooks/interrupted-cells.js";
import { connectTo, inOwnSandbox } from "../notebooks/kernel.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

const jupyter = await jupyterForTests();

const VEHICLES = 200;

describe("two hundred connected vehicles", () => {
  it(
    "take a rollout over TLS, each as itself, and leave nothing behind",
    { timeout: 20 * 60_000 },
    async () => {
      await inOwnSandbox(async (home) => {
        const fleet = { ...(await connectTo(home)), keyFolder: `${home}/keys` };
        const planned = planFleet(fleet, { devices: VEHICLES });
        await provision(fleet, planned);
        const names = [...devicesOf(planned)].map(({ name }) => name);
        const certified = await createIdentities(fleet, names);
        const { jobId } = await createJob(
          fleet,
          await planJob(fleet, {
            kind: "custom",
            document: { do: "check" },
            groups: planned.countries.map((country) => countryGroupName(fleet, country)),
            rollout: { maximumPerMinute: 40 },
          }),
          { confirm: "YES" },
        );
        const before = { cpu: process.cpuUsage(), at: performance.now() };
        let most = 0;
        const looking = setInterval(() => void (most = Math.max(most, sockets())), 100);

        const result = await simulate(fleet, await planSimulation(fleet, { jobId, share: 90 }), {
          confirm: "YES",
          over: "mqtt",
        });

        clearInterval(looking);
        const { user, system } = process.cpuUsage(before.cpu);
        console.log(
          `${VEHICLES} vehicles, ${most} sockets at most: ${((performance.now() - before.at) / 1000).toFixed(1)} s, ` +
            `${((user + system) / 1e6).toFixed(1)} s of CPU on this side, ` +
            `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
        );
        expect(most).toBeGreaterThanOrEqual(VEHICLES);
        expect(certified).toMatchObject({ done: VEHICLES, failed: [] });
        expect(result).toMatchObject({ jobStatus: "COMPLETED", asPlanned: VEHICLES, failed: [] });
        await cleanUp(fleet, await planCleanUp(fleet), { confirm: "DELETE" });
        const left = (await planCleanUp(fleet)).steps.flatMap(({ names: all }) => all);
        expect(left).toEqual([]);
      });
    },
  );
});

/** Open connections of this process, of vehicles and of calls. */
function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCP")).length;
}

/** Fifty vehicles with certificates, and a job for them. */
const FLEET = `import { connect, connectVehicle, countryGroupName, createIdentities, createJob, devicesOf, many,
  planFleet, planJob, planSimulation, provision, simulate, type ConnectedVehicle } from "fleetlab";
import { GetConnectionCommand } from "@aws-sdk/client-iot-data-plane";
const fleet = await connect();
const plan = planFleet(fleet, { devices: 50 });
await provision(fleet, plan);
const names = [...devicesOf(plan)].map(({ name }) => name);
await createIdentities(fleet, names);
const groups = plan.countries.map((country) => countryGroupName(fleet, country));
const wishes = { kind: "custom", document: { do: "check" }, groups } as const;
const { jobId } = await createJob(fleet, await planJob(fleet, wishes), { confirm: "YES" });
const simulation = await planSimulation(fleet, { jobId, share: 100 });
const connected: ConnectedVehicle[] = [];
const isConnected = async (clientId: string) =>
  (await fleet.iotData.send(new GetConnectionCommand({ clientId })).catch(() => undefined))?.connected ?? false;
const countConnected = async () => (await Promise.all(names.map(isConnected))).filter(Boolean).length;`;
/** What ■ does, from inside the cell: a busy machine may take seconds to begin it. */
const INTERRUPT = 'process.kill(process.pid, "SIGINT")';
const CONNECT_ALL = `await many(fleet, { title: "Vehicles", items: names, total: names.length, name: String }, async (name) => {
  connected.push(await connectVehicle(fleet, name));
  if (connected.length === 10) ${INTERRUPT};
  return "done";
});`;
const COUNT = "[connected.filter(({ isOpen }) => isOpen).length, await countConnected()].join()";
const CLOSE = `await Promise.all(connected.map((vehicle) => vehicle.close()));
connected.length = 0;`;
const SIMULATE = `const { jobStatus, asPlanned } = await simulate(fleet, simulation, { confirm: "YES", over: "mqtt" });
[jobStatus, asPlanned].join()`;
const SIMULATE_INTERRUPTED = `setTimeout(() => ${INTERRUPT}, 500);
${SIMULATE}`;

describe.skipIf(!jupyter)("a cell that connects many", () => {
  it(
    "is interrupted: nobody is connected whom it did not hand over, and the kernel goes on",
    { timeout: 10 * 60_000 },
    async () => {
      const results = await runCells(jupyter!, [
        { code: FLEET },
        { code: CONNECT_ALL },
        { code: COUNT },
        { code: CLOSE },
        { code: COUNT },
        { code: SIMULATE_INTERRUPTED },
        { code: COUNT },
        { code: SIMULATE },
        { code: COUNT },
      ]);
      const [ready, connecting, some, closed, none, simulating, none2, again, none3] = results;

      expect([ready, closed, again].map((cell) => cell?.status)).toEqual(["ok", "ok", "ok"]);
      for (const cell of [connecting, simulating]) {
        expect(cell?.status).toBe("error");
        expect(cell?.text).toContain("Interrupted. Run the cell again");
        expect(cell?.text, "no insides of the kernel").not.toContain("node_modules");
      }
      const [handedOver, there] = (some?.text.trim() ?? "").split(",").map(Number);
      expect(handedOver).toBeGreaterThan(0);
      expect(handedOver).toBeLessThan(50);
      expect(there).toBe(handedOver);
      expect([none, none2, none3].map((cell) => cell?.text.trim())).toEqual(["0,0", "0,0", "0,0"]);
      expect(again?.text.trim()).toBe("COMPLETED,50");
    },
  );
});
