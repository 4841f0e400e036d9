import { HttpResponse, type HttpRequest } from "@smithy/core/protocols";
import type { HttpHandlerOptions, StaticOperationSchema } from "@smithy/types";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { systemClock, type Clock } from "../aws/clock.js";
import type { Service } from "../aws/pacing/quotas.js";
import { createAuthenticator, OPEN_ACCOUNT } from "./door/auth.js";
import { authenticateGateway } from "./door/gateway.js";
import type { AuthOption } from "./door/credentials.js";
import { createCalls, failureOf } from "./calls.js";
import { createHandler, type CallRecord } from "./handler.js";
import { keyPairs, sharedKeyPool } from "./identity/issuing.js";
import { createDevices, type Devices } from "./mqtt/devices.js";
import { deviceOf } from "./mqtt/http-devices.js";
import { AWS_EXCESS, type Excess } from "./mqtt/limits.js";
import { brokerRuntime, type Peer, type Runtime } from "./mqtt/runtime.js";
import type { KeyPool } from "./pki/key-pool.js";
import { createKeeper, type Keeper } from "./state/keeper.js";
import { createKeptClock, type SandboxClock } from "./state/kept-clock.js";
import { ownKeysOf } from "./door/own-keys.js";
import { createThrottle, type Limit, type QuotaOption } from "./state/quotas.js";
import { advance, answers, declared, hearers, regionOfBucket, type World } from "./services.js";
import type { Core, Lags } from "./state/state.js";
import { memoryStore, type Store } from "./state/store.js";
import { answer } from "./state/port.js";
import { createTables, type Change } from "./state/tables.js";
import { createTransactions } from "./state/transactions.js";
import type { ReadBody } from "./http/bodies.js";
import type { Failure } from "./http/protocols/protocol.js";
import type { WireRequest, WireResponse } from "./http/wire.js";
import { createWorlds } from "./state/worlds.js";

export interface SandboxOptions {
  /** The time that the sandbox's goes with, and can be moved ahead of. Default: the machine's. */
  readonly clock?: Clock;
  /** The time that clients sign their requests in. Default: `clock`. */
  readonly clientClock?: Clock;
  /** Where records live. Default: in memory, gone with the sandbox. */
  readonly store?: Store;
  /** Default `aws`. */
  readonly quotas?: QuotaOption;
  /** Default `off`: any signature will do, and the access key is the account. */
  readonly auth?: AuthOption;
  /**
   * `dropped` for AWS's own limits, beyond which it throws messages away (100 a second on a connection,
   * 20,000 a second in and out for an account) or delays them (512 KiB a second on a connection), or own
   * numbers over AWS's. Default `kept`.
   */
  readonly excess?: "kept" | "dropped" | Partial<Excess>;
  /**
   * Treat devices as severely as AWS does at its worst: no connection without a server name (SNI), a 3.1.1
   * SUBSCRIBE that policies refuse ends it, and excess is dropped. Default false.
   */
  readonly strict?: boolean;
  /** How late indexes and roles are. */
  readonly lags?: Partial<Lags>;
  /** Where the keys of certificates come from. Default: found when one is asked for, ahead of the next. */
  readonly keyPairs?: KeyPool;
  /** For repeatable ids. Default: random ones. */
  readonly seed?: string;
  /** Where clients reach it: presigned URLs begin with it. A function, since a port may come later. */
  readonly endpoint?: () => string;
  /** What DescribeEndpoint answers. Default: host and port of `endpoint`. */
  readonly dataEndpoint?: () => string;
  readonly onCall?: (call: CallRecord) => void;
  /** Told in one line what is refused to a device, and why. Default: nobody is. */
  readonly onDevice?: (line: string) => void;
  /** Called once when a change could not be kept; every request after it is refused. */
  readonly onStoreFailure?: (error: unknown) => void;
}

export interface Sandbox {
  /** Answer one request; its body is read by `readBody`, or stands in it. */
  handle(request: WireRequest, readBody?: ReadBody): Promise<WireResponse>;
  /** What an SDK client takes as its `requestHandler`, to reach this sandbox without a network. */
  readonly requestHandler: {
    handle(request: HttpRequest, options?: HttpHandlerOptions): Promise<{ response: HttpResponse }>;
    updateHttpClientConfig(): void;
    httpHandlerConfigs(): object;
  };
  /** Where devices connect, whatever carries their bytes here. */
  readonly devices: Devices;
  /** Who has signed the handshake of a WebSocket. Throws AWS's own refusal. */
  peerOf(request: WireRequest): Peer;
  /** Its time: nothing in the sandbox sleeps, it reads this clock. */
  readonly clock: SandboxClock;
  /**
   * Let `ms` milliseconds pass at once: what was to happen in them has happened when the next request
   * is answered. The time of clients stays as it is. Kept like any other change.
   *
   * @param ms 0 or more
   */
  advance(ms: number): Promise<void>;
  /** The state of one account in one Region, for tests that must see behind the wire. */
  state(account: string, region: string): World;
  /** Every account and Region that something is in. */
  worlds(): World[];
  /** Do something as one transaction, on the present. */
  run<T>(state: World, work: () => T): Promise<T>;
  /**
   * Call an operation as a client would, its quota, checks and all.
   *
   * @returns what it refuses with; undefined when it was done
   */
  call(
    state: World,
    service: Service,
    operation: string,
    input: object,
  ): Promise<Failure | undefined>;
  /** How fast an operation may be called; undefined when nobody counts. */
  limitOf(service: Service, operation: string): Limit | undefined;
  /** Tell somebody what happens, until the function is called that comes back. */
  observe(observer: Observer): () => void;
  close(): Promise<void>;
}

/** Whoever looks on. It must be quick: calls wait for it. */
export interface Observer {
  /** Called once a transaction is kept. */
  readonly onKept?: (changes: readonly Change[]) => void;
  readonly onCall?: (call: CallRecord) => void;
  /** What is refused to a device, and why, in one line. */
  readonly onDevice?: (line: string, clientId: string | undefined) => void;
}

/** How far behind the sandbox is by default, in milliseconds: enough to be seen, not to be waited for. */
const defaultLags: Lags = {
  indexMs: 1_500,
  indexBuildMs: 5_000,
  roleMs: 4_000,
  jobsMs: 1_000,
  policyMs: 0,
};

/** A local AWS: every call makes a world of its own over its own store. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const { store = memoryStore(), quotas = "aws", auth = "off", strict = false } = options;
  const { clock: base = systemClock, clientClock = base } = options;
  const tables = createTables();
  for (const record of store.load()) tables.load(record);
  const clock = createKeptClock(tables, base);
  const { check, keep } = createKeeper(store, options.onStoreFailure);
  // The time goes with every change: what was kept must not lie in the future after a restart.
  const observers = new Set<Observer>();
  const keeper: Keeper = {
    check,
    async keep(changes) {
      await keep([...changes, ...clock.note(changes.length > 0)]);
      if (changes.length > 0) for (const { onKept } of observers) onKept?.(changes);
    },
  };
  const transactions = createTransactions(tables, keeper, advance);
  const throttle = createThrottle(quotas, clock);
  const calls = createCalls({ keeper, transactions, throttle });
  const called = (call: CallRecord): void => {
    options.onCall?.(call);
    for (const { onCall } of observers) onCall?.(call);
  };
  /** Call an operation that HTTP has not carried here. @throws what it refuses with */
  const perform = async (
    over: NonNullable<CallRecord["over"]>,
    state: Core,
    service: Service,
    operation: string,
    read: (schema: StaticOperationSchema) => object,
    conclude?: (output: object) => void,
  ): Promise<void> => {
    const { account, region } = state;
    const record = { service, operation, account, region, over };
    try {
      const written = calls.admit({ state, service, operation });
      await calls.carryOut(state, service, written, read(written.schema), conclude);
      called({ ...record, status: 200, at: clock.now() });
    } catch (error) {
      const { status, code } = failureOf(error, service, operation);
      called({ ...record, status, error: code, at: clock.now() });
      throw error;
    }
  };
  const runtime: Runtime = {
    run: (state, work) => transactions.run(state, work),
    call: (state, plane, operation, read, conclude) =>
      perform("MQTT", state, plane, operation, read, conclude),
    refusalOf: failureOf,
    holdersOf: (certificateId) =>
      (worlds.holding("certificates") as World[]).filter(({ certificates }) =>
        certificates.has(certificateId),
      ),
    now: () => clock.now(),
    log(line, clientId) {
      options.onDevice?.(line);
      for (const { onDevice } of observers) onDevice?.(line, clientId);
    },
    limitsConnects: quotas !== "off",
    isStrict: strict,
    excess: excessOf(options.excess ?? (strict ? "dropped" : "kept")),
  };
  const { endpoint = () => "http://sandbox.localhost" } = options;
  const worlds = createWorlds({
    tables,
    declared,
    answers: [
      ...answers,
      answer(brokerRuntime, runtime),
      answer(keyPairs, options.keyPairs ?? sharedKeyPool),
    ],
    hearers,
    later: transactions,
    store,
    clock,
    lags: { ...defaultLags, ...options.lags },
    endpoint,
    dataEndpoint: options.dataEndpoint ?? (() => new URL(endpoint()).host),
    seed: options.seed,
    signingKeys: ownKeysOf(auth),
  });
  const devices = createDevices(runtime, [
    ...new Set([...worlds.holding("mqttConnections"), ...worlds.holding("mqttSessions")]),
  ]);

  const authenticator = createAuthenticator(auth, clock, clientClock, (name) =>
    regionOfBucket(worlds.of(OPEN_ACCOUNT, "us-east-1") as World, name),
  );
  const handle = createHandler({
    calls,
    worlds,
    clock,
    clientClock,
    ...authenticator,
    deviceOf: (certificate, sourceIp) => deviceOf(runtime, certificate, sourceIp),
    onCall: called,
  });

  return {
    handle,
    devices,
    peerOf(request) {
      const { accessKeyId, account, region } = authenticateGateway(
        authenticator.authenticate,
        request,
      );
      return { kind: "signature", accessKeyId, state: worlds.of(account, region) };
    },
    requestHandler: {
      async handle(request) {
        const { status, headers, body } = await handle(await wireRequest(request));
        return {
          response: new HttpResponse({
            statusCode: status,
            headers: { ...headers },
            body: Readable.from([Buffer.from(body)]),
          }),
        };
      },
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
    },
    clock,
    async advance(ms) {
      await keeper.keep(clock.advance(ms));
      await devices.tick();
    },
    // `declared` opened the tables of all rooms, which is what a world is.
    state: (account, region) => worlds.of(account, region) as World,
    worlds: () => worlds.all() as World[],
    run: (state, work) => transactions.run(state, work),
    async call(state, service, operation, input) {
      try {
        await perform("page", state, service, operation, () => input);
        return undefined;
      } catch (error) {
        return failureOf(error, service, operation);
      }
    },
    limitOf: (service, operation) => throttle.limitOf(service, operation),
    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    async close() {
      await devices.close();
      await store.close();
    },
  };
}

/** An SDK request as the wire would have carried it. */
async function wireRequest(request: HttpRequest): Promise<WireRequest> {
  const query = Object.entries(request.query)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) =>
        one === null ? encode(name) : `${encode(name)}=${encode(one)}`,
      ),
    )
    .join("&");
  return {
    method: request.method,
    path: request.path,
    query,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: await bytesOf(request.body),
  };
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === "string") return Buffer.from(body);
  // A view of our own: the SDK's body may be a subclass that mimics a string and warns about it.
  if (body instanceof Uint8Array) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  if (body instanceof Readable) return buffer(body);
  throw new TypeError(`a request body of type ${typeof body} is not supported`);
}

function excessOf(option: "kept" | "dropped" | Partial<Excess>): Excess | undefined {
  if (option === "kept") return undefined;
  return { ...AWS_EXCESS, ...(option !== "dropped" && option) };
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
