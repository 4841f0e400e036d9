import { randomBytes, randomUUID } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import fsNative from "fs-native-extensions";
import { fastClock, systemClock } from "../aws/clock.js";
import {
  findSandbox,
  readSandboxFile,
  sandboxHome,
  type LocalSandbox,
  type SandboxFile,
} from "../aws/local.js";
import type { Credentials } from "../sandbox/door/credentials.js";
import { declared } from "../sandbox/services.js";
import { contentsOf } from "../sandbox/state/contents.js";
import { createControl } from "../sandbox/control.js";
import { createSandbox } from "../sandbox/index.js";
import { serve, type SandboxServer } from "../sandbox/server.js";
import { memoryStore, openStore, StoreVersionError, type Store } from "../sandbox/state/store.js";

const USAGE = `npm run sandbox -- [options]     a local AWS on this machine's loopback address

  --port N             listen there (default: any free port, the same one again next time)
  --ephemeral          keep nothing: an empty AWS that is gone when it stops
  --quotas aws|off     AWS's own request quotas (default), or none
  --auth sigv4|off     check signatures (default), or let any keys in
  --speed N            let its time run N times as fast (1 to 10,000); needs --ephemeral
  --stop               stop the sandbox of this project that runs in the background
  --reset              show what it holds and empty it (with --yes: without asking)
  --help`;

/** The account of every sandbox: AWS's documentation uses this number for examples. */
const ACCOUNT = "111122223333";

/** A sandbox that nobody has called for so long ends itself, when it runs in the background. */
const IDLE_MS = 8 * 60 * 60 * 1000;

interface Options {
  readonly port: number | undefined;
  readonly isEphemeral: boolean;
  readonly isBackground: boolean;
  readonly quotas: "aws" | "off";
  readonly auth: "sigv4" | "off";
  readonly speed: number;
}

await main();

async function main(): Promise<void> {
  const { values } = parseArguments();
  if (values.help) return console.log(USAGE);
  const home = homeOf(values.ephemeral);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (values.stop) return stop(home);
  if (values.reset) return reset(home, values.yes);
  await run(home, {
    port: values.port === undefined ? undefined : portOf(values.port),
    isEphemeral: values.ephemeral,
    isBackground: values.background,
    quotas: oneOf("--quotas", values.quotas, ["aws", "off"]),
    auth: oneOf("--auth", values.auth, ["sigv4", "off"]),
    speed: speedOf(values.speed, values.ephemeral),
  });
}

function parseArguments() {
  try {
    return parseArgs({
      options: {
        port: { type: "string" },
        ephemeral: { type: "boolean", default: false },
        quotas: { type: "string", default: "aws" },
        auth: { type: "string", default: "sigv4" },
        speed: { type: "string", default: "1" },
        background: { type: "boolean", default: false },
        stop: { type: "boolean", default: false },
        reset: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/**
 * One that keeps nothing is nobody's but its caller's: without a home of its own it would take the
 * project's place, and the next notebook would find an empty account.
 */
function homeOf(isEphemeral: boolean): string {
  const isOwn = process.env["FLEETLAB_HOME"] !== undefined;
  return isEphemeral && !isOwn ? mkdtempSync(join(tmpdir(), "fleetlab-sandbox-")) : sandboxHome();
}

/** Serve until a signal, or until nobody has asked for long. */
async function run(home: string, options: Options): Promise<void> {
  if (!takeLock(home)) {
    const found = await findSandbox(home);
    const where = found ? ` at ${found.url}` : "";
    const told = `The sandbox of this project is running already${where}.`;
    const wayOut = `Stop it with "npm run sandbox -- --stop", or start one of its own with --ephemeral.`;
    const isAnother = found && options.port && new URL(found.url).port !== String(options.port);
    if (isAnother) fail(`${told} It cannot listen on port ${options.port} too.\n${wayOut}`);
    console.log(`${told}\n${wayOut}`);
    if (found && !options.isBackground) console.log(instructions(found, options));
    // Exit 0: whoever wanted a sandbox has one.
    return;
  }

  const credentials = credentialsOf(home);
  const store = options.isEphemeral ? memoryStore() : openOrExplain(home);
  let url = "";
  const sandbox = createSandbox({
    store,
    clock: options.speed === 1 ? systemClock : fastClock(options.speed),
    clientClock: systemClock,
    quotas: options.quotas,
    auth: options.auth === "off" ? "off" : { credentials: [credentials] },
    endpoint: () => url,
    onStoreFailure: (error) => {
      console.error(`The sandbox stops: it could not write to ${join(home, "data")}.`, error);
      // A moment for the answers under way, which say the same.
      setTimeout(() => process.exit(1), 500);
    },
  });
  const instance = randomUUID();
  const control = createControl({
    sandbox,
    identity: { program: "fleetlab sandbox", instance },
    ...(options.auth !== "off" && { secret: credentials.secretAccessKey }),
  });
  let lastRequestAt = Date.now();
  const server = await listen(options.port, readSandboxFile(home), (port) =>
    serve({
      handle: sandbox.handle,
      control,
      port,
      onRequest: () => (lastRequestAt = Date.now()),
    }),
  );
  url = server.url;

  const file: SandboxFile = { url, pid: process.pid, instance, credentials };
  writePrivate(join(home, "sandbox.json"), JSON.stringify(file, null, 2));
  console.log(`Sandbox ready at ${url} (${describe(options, home)}).`);
  if (!options.isBackground) console.log(`${instructions(file, options)}\n\nCtrl-C stops it.`);

  let isClosing = false;
  const close = async (): Promise<void> => {
    if (isClosing) return;
    isClosing = true;
    await server.close();
    await sandbox.close();
    if (options.isEphemeral && home !== sandboxHome())
      rmSync(home, { recursive: true, force: true });
    process.exit(0);
  };
  process.on("SIGTERM", () => void close());
  process.on("SIGINT", () => void close());
  if (options.isBackground) {
    setInterval(() => {
      if (Date.now() - lastRequestAt > IDLE_MS) void close();
    }, 60_000).unref();
  }
}

/** Listen on the wanted port, else on the last one, so that clients of before find us again. */
async function listen(
  wanted: number | undefined,
  last: SandboxFile | undefined,
  open: (port: number) => Promise<SandboxServer>,
): Promise<SandboxServer> {
  const lastPort = last ? Number(new URL(last.url).port) : 0;
  try {
    return await open(wanted ?? lastPort);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (wanted === undefined && code === "EADDRINUSE") return open(0);
    if (code === "EADDRINUSE") {
      return fail(
        `Port ${wanted} is taken. Choose another with --port, or leave it out for any free one.`,
      );
    }
    if (code === "EACCES")
      return fail(`Port ${wanted} may not be used by this user. Choose one above 1023.`);
    throw error;
  }
}

/**
 * Take the one place at this home. The operating system holds the lock for the process and lets go
 * when it ends, however it ends: no stale lock files, no guessing by process number.
 */
function takeLock(home: string): boolean {
  const descriptor = openSync(join(home, "lock"), "a+", 0o600);
  // Kept open for the life of the process.
  return fsNative.tryLock(descriptor);
}

function openOrExplain(home: string): Store {
  try {
    return openStore(join(home, "data"));
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** The project's keys, made once. */
function credentialsOf(home: string): Credentials {
  const path = join(home, "credentials.json");
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Credentials;
    chmodSync(path, 0o600);
    return found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made: Credentials = {
    accessKeyId: `AKIASANDBOX${randomBytes(8).toString("hex").toUpperCase().slice(0, 9)}`,
    secretAccessKey: randomBytes(30).toString("base64url"),
    account: ACCOUNT,
  };
  writePrivate(path, JSON.stringify(made, null, 2));
  return made;
}

/** Write whole or not at all, readable by the user alone. */
function writePrivate(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

function describe(options: Options, home: string): string {
  return [
    options.isEphemeral ? "keeps nothing" : `data in ${home}`,
    options.quotas === "aws" ? "AWS's quotas" : "no quotas",
    options.auth === "sigv4" ? "signatures checked" : "any keys",
    options.speed === 1 ? "real time" : `time ${options.speed} times as fast`,
  ].join(", ");
}

function instructions({ url, credentials }: LocalSandbox, options: Options): string {
  const secret = options.auth === "off" ? "anything" : credentials.secretAccessKey;
  return `
To call it with the AWS CLI, boto3 or any SDK, in another terminal:

  export AWS_ENDPOINT_URL=${url} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${secret}`;
}

async function stop(home: string): Promise<void> {
  const file = readSandboxFile(home);
  if (!file || !(await findSandbox(home)))
    return console.log("No sandbox of this project is running.");
  process.kill(file.pid, "SIGTERM");
  const deadline = performance.now() + 10_000;
  while (await findSandbox(home)) {
    if (performance.now() > deadline)
      fail(`It did not end in ten seconds: kill process ${file.pid}.`);
    await delay(50);
  }
  console.log(
    `Stopped the sandbox at ${file.url}. Its data stays; the next connect() starts it again.`,
  );
}

async function reset(home: string, isSure: boolean): Promise<void> {
  if (!takeLock(home)) {
    fail(`The sandbox is running. Stop it first with "npm run sandbox -- --stop".`);
  }
  const data = join(home, "data");
  const held = await describeData(data);
  if (held.length === 0) return console.log("The sandbox is empty.");
  for (const line of held) console.log(line);
  if (!isSure) {
    console.log("\nNothing was deleted. To empty it: npm run sandbox -- --reset --yes");
    return;
  }
  // The folder, not its records: this also ends a store that this version cannot read.
  rmSync(data, { recursive: true, force: true });
  console.log("\nEmptied.");
}

/** Line by line what is kept, also for a store that this version cannot read; nothing when it is empty. */
async function describeData(data: string): Promise<string[]> {
  try {
    const store = openStore(data);
    const records = [...store.load()];
    await store.close();
    const lines = contentsOf(records, declared).map(({ what, count, region }) => {
      const where = region === undefined ? "" : ` in ${region}`;
      return `${String(count).padStart(8)}  ${what}${where}`;
    });
    // Such as the clock, when it was moved ahead.
    const isMore = lines.length === 0 && records.length > 0;
    return isMore ? ["Nothing but records of the sandbox itself."] : lines;
  } catch (error) {
    if (!(error instanceof StoreVersionError)) throw error;
    return ["A store of another version of Fleetlab."];
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  return fail(`--port takes a number from 0 to 65535, got "${text}".`);
}

function speedOf(text: string, isEphemeral: boolean): number {
  const speed = Number(text);
  if (!(speed >= 1 && speed <= 10_000)) {
    return fail(`--speed takes a number from 1 to 10,000, got "${text}".`);
  }
  if (speed !== 1 && !isEphemeral) {
    return fail(
      "--speed needs --ephemeral: data that is kept would be from the future at the next start.",
    );
  }
  return speed;
}

function oneOf<T extends string>(option: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === given);
  return found ?? fail(`${option} takes ${allowed.join(" or ")}, got "${given}".`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
