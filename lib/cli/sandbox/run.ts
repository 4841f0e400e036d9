import { randomUUID } from "node:crypto";
import { appendFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { explain, Failure } from "#bootstrap/failures";
import { interruption } from "#bootstrap/processes";
import { fastClock, systemClock } from "../../aws/clock.js";
import { livePageUrl, openLiveSession } from "../../aws/live-page.js";
import {
  findSandbox,
  readSandboxFile,
  sandboxHome,
  type LocalSandbox,
  type SandboxFile,
} from "../../aws/local.js";
import type { CallRecord } from "../../sandbox/handler.js";
import { createControl } from "../../sandbox/control.js";
import { createSandbox } from "../../sandbox/index.js";
import { createLive } from "../../sandbox/live/live.js";
import { serve } from "../../sandbox/server.js";
import { memoryStore, openStore } from "../../sandbox/state/store.js";
import { describe, instructions } from "./announce.js";
import { authorityOf } from "./authority.js";
import { credentialsOf } from "./credentials.js";
import { listen, mqttPorts, STANDARD_PORTS } from "./listen.js";
import { takeLock, waitForLock, type Lock } from "./lock.js";
import type { Options } from "./options.js";
import { beFound } from "./presence.js";
import { troubleOf } from "./trouble.js";

/** A sandbox that nobody has called for so long ends itself, when it runs in the background. */
const IDLE_MS = 8 * 60 * 60 * 1000;

/** How long the holder of the place may neither answer nor leave: it may have much to load. */
const PATIENCE_MS = 30_000;

/** Serve until a signal, or until nobody has asked for long. */
export async function run(home: string, options: Options): Promise<void> {
  const lock = await lockOf(home);
  if (!lock) return pointToRunning(home, options);
  lock.sign();
  const giveUp = giveUpOnce(home);
  // What no caller waits for.
  process.on("uncaughtException", giveUp);

  const credentials = credentialsOf(home);
  const store = options.isEphemeral ? memoryStore() : openStore(join(home, "data"));
  let url = "";
  const sandbox = createSandbox({
    store,
    clock: options.speed === 1 ? systemClock : fastClock(options.speed),
    clientClock: systemClock,
    quotas: options.quotas,
    strict: options.isStrict,
    ...(options.indexLagMs !== undefined && { lags: { indexMs: options.indexLagMs } }),
    auth: options.auth === "off" ? "off" : { credentials: [credentials] },
    endpoint: () => url,
    ...(options.hasStandardPorts && { dataEndpoint: () => "localhost" }),
    ...(options.calls !== undefined && { onCall: noteIn(resolve(options.calls)) }),
    onDevice: (line) => console.error(`MQTT ${line}`),
    onStoreFailure: giveUp,
  });
  const instance = randomUUID();
  const live = createLive(sandbox, credentials.secretAccessKey);
  const control = createControl({
    sandbox,
    live,
    identity: { program: "fleetlab sandbox", instance },
    ...(options.auth !== "off" && { secret: credentials.secretAccessKey }),
  });
  const authority = authorityOf(home);
  let lastRequestAt = Date.now();
  const before = readSandboxFile(home);
  const server = await listen(options, before, (port) =>
    serve({
      handle: sandbox.handle,
      control,
      port,
      certificate: authority.serverCertificate,
      devices: {
        connect: sandbox.devices.connect,
        peerOf: sandbox.peerOf,
        ports: mqttPorts(options, before),
      },
      ...(options.hasStandardPorts && { securePorts: STANDARD_PORTS }),
      onRequest: () => (lastRequestAt = Date.now()),
    }),
  );
  url = server.url;
  const { mqttPort } = server;

  let isClosing = false;
  const close = async (code = 0): Promise<void> => {
    if (isClosing) return;
    isClosing = true;
    live.close();
    await sandbox.devices.close();
    await server.close();
    await sandbox.close();
    if (options.isEphemeral && home !== sandboxHome()) {
      rmSync(home, { recursive: true, force: true });
    }
    process.exit(code);
  };
  const file: SandboxFile = {
    url,
    pid: process.pid,
    instance,
    credentials,
    ...(mqttPort !== undefined && {
      mqtt: { host: "localhost", port: mqttPort, caFile: authority.caFile },
    }),
  };
  beFound(home, lock, file, (why) => {
    console.error(`The sandbox stops: ${why}`);
    void close(1);
  });
  if (options.isBackground) {
    process.on("SIGTERM", () => void close());
    process.on("SIGINT", () => void close());
    setInterval(() => {
      if (sandbox.devices.count > 0) lastRequestAt = Date.now();
      if (Date.now() - lastRequestAt > IDLE_MS) void close();
    }, 60_000).unref();
  } else {
    // Also when the npm that runs it is gone. In the background it outlives who started it.
    interruption().addEventListener("abort", () => void close());
  }
  console.log(`Sandbox ready at ${url} (${describe(options, home)}).`);
  if (!options.isBackground) {
    const page = await livePage(file);
    console.log(`${instructions(file, options, authority, page)}\n\nCtrl-C stops it.`);
  }
}

/** Adds calls to a file, a line of JSON each. What cannot be written is told once and for all at the start. */
function noteIn(file: string): (call: CallRecord) => void {
  try {
    appendFileSync(file, "");
  } catch (error) {
    const why = (error as Error).message;
    throw new Failure(
      `--calls ${file} cannot be written: ${why}.`,
      "Name a file in a folder of yours.",
    );
  }
  return (call) => appendFileSync(file, `${JSON.stringify(call)}\n`);
}

/**
 * The place at this home, also when its holder is about to leave it.
 *
 * @returns nothing when a sandbox answers from there
 */
async function lockOf(home: string): Promise<Lock | undefined> {
  const isTaken = async (): Promise<boolean> => (await findSandbox(home)) !== undefined;
  const lock = takeLock(home);
  if (lock || (await isTaken())) return lock;
  console.error("Another sandbox is starting or stopping here; waiting for it …");
  return waitForLock(home, PATIENCE_MS, isTaken);
}

/**
 * Say where the one is that runs already. Exit 0: whoever wanted a sandbox has one.
 *
 * @throws Failure when that is not what was wanted, or it does not answer
 */
async function pointToRunning(home: string, options: Options): Promise<void> {
  const found = await findSandbox(home);
  const wayOut = `Stop it with "npm run sandbox -- --stop", or start one of its own with --ephemeral.`;
  if (!found) throw new Failure("The sandbox of this project runs and does not answer.", wayOut);
  const told = `The sandbox of this project is running already at ${found.url}.`;
  const isAnother = options.port && new URL(found.url).port !== String(options.port);
  if (isAnother) {
    throw new Failure(`${told} It cannot listen on port ${options.port} too.`, wayOut);
  }
  console.log(`${told}\n${wayOut}`);
  if (options.isBackground) return;
  console.log(instructions(found, options, authorityOf(home), await livePage(found)));
}

/** The address of the live page, for whoever runs the sandbox without a notebook. */
async function livePage(sandbox: LocalSandbox): Promise<string | undefined> {
  const region = process.env["AWS_REGION"] ?? "us-east-1";
  const session = await openLiveSession(sandbox, { region });
  return session && livePageUrl(sandbox, session);
}

/** Explains the first error that it is given, and ends the process: memory is ahead of the disk. */
function giveUpOnce(home: string): (error: unknown) => void {
  let hasGivenUp = false;
  return (error) => {
    if (hasGivenUp) return;
    hasGivenUp = true;
    const code = explain(troubleOf(error, home));
    // A moment for the answers under way, which say the same.
    setTimeout(() => process.exit(code), 500);
  };
}
