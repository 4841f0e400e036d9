import type { Core } from "../state/state.js";
import { createAdmissions } from "./connection/admissions.js";
import { openConnection, type Connection } from "./connection/connection.js";
import { exchangeOf } from "./exchange.js";
import { advancePresence, departed, isDue } from "./presence.js";
import type { Link, Runtime } from "./runtime.js";
import type { State } from "./tables.js";

/** The message broker of a sandbox, for every account and Region. */
export interface Devices {
  /** Speak MQTT with whoever is at the other end. */
  connect(link: Link): void;
  /** How many connections there are. */
  readonly count: number;
  /** Do what is due by the sandbox's clock. It happens by itself several times a second. */
  tick(): Promise<void>;
  /** End all connections, as AWS does when a server goes down: sessions and wills go on. */
  close(): Promise<void>;
}

/** How often it is looked for what is due, in milliseconds of real time. */
const TICK_MS = 100;

/** How often time goes on for those who only listen, in milliseconds of real time. */
const ADVANCE_MS = 1_000;

/** @param kept accounts and Regions in which somebody was connected, or has a session */
export function createDevices(runtime: Runtime, kept: readonly Core[]): Devices {
  const admissions = createAdmissions(runtime.excess);
  const connections = new Set<Connection>();
  const active = new Set<State>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let advancedAt = 0;

  const watch = (state: State): void => {
    active.add(state);
    if (isClosed) return;
    timer ??= setInterval(() => {
      const isTime = performance.now() - advancedAt >= ADVANCE_MS;
      void tick(isTime).catch(complain);
    }, TICK_MS).unref();
  };

  /** @param isTime whether it is time for the rest of the sandbox, too */
  const tick = async (isTime: boolean): Promise<void> => {
    for (const connection of connections) connection.tick();
    if (!isTime) return;
    advancedAt = performance.now();
    for (const state of active) {
      const now = runtime.now();
      const { connections: there } = exchangeOf(state);
      if (there.size > 0 || isDue(state, now)) {
        // Time goes on for those who only listen, too: a rollout has its minutes, an execution its end.
        await runtime.run(state, () => advancePresence(state));
      }
      if (state.mqttConnections.size + state.mqttSessions.size === 0) active.delete(state);
    }
    if (active.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  for (const core of kept) {
    const state = core as State;
    watch(state);
    // Whoever was connected when the sandbox ended is not any more.
    const left = [...state.mqttConnections.values()].filter(({ isConnected }) => isConnected);
    if (left.length === 0) continue;
    runtime
      .run(state, () => {
        const { sessions } = exchangeOf(state);
        for (const { clientId } of left) {
          const session = sessions.get(clientId) ?? endedSession(clientId);
          departed(state, session, "CONNECTION_LOST");
        }
      })
      .catch(complain);
  }

  return {
    connect(link) {
      if (isClosed) return void link.stream.destroy();
      const connection = openConnection(link, runtime, {
        admissions,
        onConnected: watch,
        onEnd: () => connections.delete(connection),
      });
      connections.add(connection);
    },
    get count() {
      return connections.size;
    },
    tick: () => tick(true),
    async close() {
      isClosed = true;
      clearInterval(timer);
      timer = undefined;
      await Promise.all([...connections].map((connection) => connection.shutDown()));
    },
  };
}

/** Of a connection whose session has ended with it. */
function endedSession(clientId: string) {
  return {
    clientId,
    sessionId: "",
    version: 4 as const,
    expirySeconds: 0,
    subscriptions: new Map(),
    stored: 0,
  };
}

function complain(error: unknown): void {
  console.error("sandbox: what was due for devices could not be done", error);
}
