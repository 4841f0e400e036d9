import type { Fleet } from "../../aws/connect.js";
import { FleetError } from "../../aws/errors.js";
import { readKeys } from "../../aws/mqtt/key-files.js";
import { many } from "../../aws/many.js";
import { connectVehicle, type ConnectedVehicle } from "../../fleet/connection/connected-vehicle.js";
import { callsOf, type DeviceSide } from "../../fleet/jobs/device-jobs.js";
import type { ExecutionSummary } from "../../fleet/jobs/job-executions.js";
import { count } from "../../show/progress.js";
import type { SimulationPlan } from "./plan-simulation.js";

/** An execution that is queued or in progress. */
export type Pending = Pick<ExecutionSummary, "thing" | "status">;

/** How the vehicles of a simulation speak with the services, and hear from them. */
export interface CrewLine {
  sideOf(name: string): Promise<DeviceSide>;
  /** What connected vehicles have been told is pending of the job; undefined where nobody is told anything. */
  readonly heard: (() => Promise<readonly Pending[]>) | undefined;
  close(): Promise<void>;
}

/** Calls made in the vehicles' names: nobody is connected, and nobody is told anything. */
export function httpsLine(fleet: Fleet): CrewLine {
  return {
    sideOf: (name) => Promise.resolve(callsOf(fleet, name)),
    heard: undefined,
    close: () => Promise.resolve(),
  };
}

/** The longest that AWS IoT grants, in seconds: two hundred vehicles need not speak up every minute. */
const KEEP_ALIVE_SECONDS = 1_200;

/** TLS handshakes under way at once: on both ends they are work, not waiting. */
const HANDSHAKES = 8;

/**
 * Connect all vehicles of a plan that have something to do. Each is told by AWS IoT what is pending
 * for it; one that is lost connects again when it is next needed.
 *
 * @throws FleetError when vehicles have no key on this machine
 */
export async function mqttLine(fleet: Fleet, plan: SimulationPlan): Promise<CrewLine> {
  const { jobId } = plan;
  const names = plan.vehicles.map(({ name }) => name);
  requireKeys(fleet, names);
  const vehicles = new Map<string, Promise<ConnectedVehicle>>();
  const pending = new Map<string, Pending["status"]>();

  const connect = async (name: string): Promise<ConnectedVehicle> => {
    const vehicle = await connectVehicle(fleet, name, { keepAliveSeconds: KEEP_ALIVE_SECONDS });
    const hear = (status: string | undefined) => {
      if (status === undefined) pending.delete(name);
      else pending.set(name, status as Pending["status"]);
    };
    try {
      // A job that comes is told by itself; what else is pending, and what is not any more, by the list.
      await vehicle.onJob((next) => {
        if (next?.jobId === jobId) hear(next.status);
      });
      await vehicle.onPending((jobs) => hear(jobs.get(jobId)));
    } catch (error) {
      // Deaf, or interrupted: nobody else knows of it, who could close it.
      await vehicle.close();
      throw error;
    }
    return vehicle;
  };
  /** The vehicle as it is connected, once more if it has been lost. */
  const vehicleOf = async (name: string): Promise<ConnectedVehicle> => {
    const known = await vehicles.get(name)?.catch(() => undefined);
    if (known?.isOpen) return known;
    const connecting = connect(name);
    vehicles.set(name, connecting);
    return connecting;
  };
  const open = async (): Promise<readonly ConnectedVehicle[]> => {
    const all = await Promise.allSettled(vehicles.values());
    return all.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  };
  const close = async (): Promise<void> => {
    await Promise.all((await open()).map((vehicle) => vehicle.close()));
  };

  try {
    // Whoever cannot connect now is tried again when it has something to do, and fails there by name.
    await many(
      fleet,
      {
        title: "Connecting",
        items: names,
        total: names.length,
        name: (name) => name,
        concurrency: HANDSHAKES,
      },
      async (name) => {
        await vehicleOf(name);
        return "done";
      },
    );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async sideOf(name) {
      const vehicle = await vehicleOf(name);
      return {
        ...vehicle,
        async startNext(statusDetails) {
          const begun = await vehicle.startNext(statusDetails);
          // Nobody tells a vehicle what it has just done itself.
          if (begun?.jobId === jobId) pending.set(name, begun.status);
          return begun;
        },
      };
    },
    async heard() {
      // What was sent before the answer to a ping has arrived before it.
      await Promise.all((await open()).map((vehicle) => vehicle.ping().catch(() => undefined)));
      return [...pending].map(([thing, status]) => ({ thing, status }));
    },
    close,
  };
}

/** Names of vehicles without a key that the error has room for. */
const SHOWN_NAMES = 3;

function requireKeys(fleet: Fleet, names: readonly string[]): void {
  const without = names.filter((name) => !readKeys(fleet, name));
  if (without.length === 0) return;
  const shown = without.slice(0, SHOWN_NAMES).join(", ");
  const more = without.length > SHOWN_NAMES ? ", …" : "";
  throw new FleetError(
    `${count(without.length)} of these ${count(names.length)} vehicles have no certificate on this machine, ` +
      `so they cannot connect: ${shown}${more}. createVehicles(fleet, plan, { identity: "certificate" }) or ` +
      `createIdentities(fleet, names) gives them one; { over: "https" } needs none.`,
  );
}
