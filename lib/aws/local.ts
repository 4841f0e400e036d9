import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statfsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { FleetError } from "./errors.js";

/** A running sandbox, as its files in the home folder describe it. */
export interface LocalSandbox {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Keys that this sandbox accepts, and the account they belong to. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly account: string;
  };
  /** Where devices connect by MQTT over TLS; undefined when they cannot. */
  readonly mqtt?: MqttEndpoint;
}

/** Where a device's MQTT client connects to. */
export interface MqttEndpoint {
  readonly host: string;
  readonly port: number;
  /** The certificate of the authority that the client has to trust, in PEM. */
  readonly caFile: string;
}

/** What the sandbox writes to `sandbox.json` once it answers, readable by the user alone. */
export interface SandboxFile extends LocalSandbox {
  readonly pid: number;
  /** Says the same as `GET /_fleetlab`, or the port belongs to somebody else by now. */
  readonly instance: string;
}

/** The sandbox did not come up. */
export class SandboxStartError extends FleetError {
  override readonly name = "SandboxStartError";
}

/** How long a sandbox may take to answer, in milliseconds: it may have 100,000 things to load. */
const START_TIMEOUT_MS = 30_000;

/**
 * The folder of this project's sandbox: its data, keys, log and where it listens.
 *
 * `FLEETLAB_HOME` names another one; a run that must not touch the learner's fleet uses its own.
 */
export function sandboxHome(): string {
  const own = process.env["FLEETLAB_HOME"];
  if (own) return resolve(own);
  // From lib/aws, lib/dist/aws or lib/dist/bundle up to the folder that holds the workspace.
  const here = dirname(fileURLToPath(import.meta.url));
  const root = here.replace(/[\\/]lib([\\/]dist)?[\\/](aws|bundle)$/, "");
  return join(root, ".fleetlab", "sandbox");
}

/**
 * The folder of vehicles' private keys, beside the sandbox's and not in it: emptying the sandbox must
 * not take the keys of vehicles on AWS. With a home of its own, in there.
 */
export function vehiclesHome(): string {
  const home = sandboxHome();
  return process.env["FLEETLAB_HOME"] ? join(home, "vehicles") : join(dirname(home), "vehicles");
}

/** True for a name of this machine in a URL. */
export function isLoopback(hostname: string): boolean {
  return /^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(hostname);
}

/**
 * The sandbox of another copy of the project, when one is up and answers.
 *
 * @param project the folder of that copy
 * @throws FleetError when what it says about itself is not this user's to read
 */
export async function sandboxOfCopy(project: string): Promise<LocalSandbox | undefined> {
  try {
    return await findSandbox(join(resolve(project), ".fleetlab", "sandbox"));
  } catch (error) {
    if (!/^E(ACCES|PERM)$/.test((error as NodeJS.ErrnoException).code ?? "")) throw error;
    throw new FleetError(
      `The sandbox of ${project} cannot be looked into: its keys can be read by its own user alone, and ` +
        "that is another one. Ask them to show their checkpoint, or run this as a user who may read it.",
      { cause: error },
    );
  }
}

/** The sandbox of `home`, when one is up and answers. */
export async function findSandbox(home = sandboxHome()): Promise<LocalSandbox | undefined> {
  const file = readSandboxFile(home);
  if (!file) return undefined;
  try {
    const response = await fetch(`${file.url}/_fleetlab`, { signal: AbortSignal.timeout(2_000) });
    const identity = (await response.json()) as { instance?: string };
    const isIt = file.instance !== undefined && identity.instance === file.instance;
    return isIt ? file : undefined;
  } catch {
    // Nobody there, or somebody who does not speak like us: in both cases not our sandbox.
    return undefined;
  }
}

/** What the last sandbox of `home` wrote about itself, if it is whole; it may be gone by now. */
export function readSandboxFile(home: string): SandboxFile | undefined {
  let text: string;
  try {
    text = readFileSync(join(home, "sandbox.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return asSandboxFile(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asSandboxFile(said: unknown): SandboxFile | undefined {
  const { url, pid, instance, credentials, mqtt } = (said ?? {}) as Partial<
    Record<string, unknown>
  >;
  const isOurs = typeof url === "string" && /^http:\/\/127\.0\.0\.1:\d+$/.test(url);
  if (!isOurs || !Number.isSafeInteger(pid) || typeof instance !== "string") return undefined;
  const keys = asCredentials(credentials);
  const devices = asMqttEndpoint(mqtt);
  return (
    keys && {
      url,
      pid: Number(pid),
      instance,
      credentials: keys,
      ...(devices && { mqtt: devices }),
    }
  );
}

function asMqttEndpoint(said: unknown): MqttEndpoint | undefined {
  const { host, port, caFile } = (said ?? {}) as Partial<Record<string, unknown>>;
  const isPort = Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
  if (typeof host !== "string" || !isPort || typeof caFile !== "string") return undefined;
  return { host, port: Number(port), caFile };
}

/** What was read from a file, if it is the keys of a sandbox. */
export function asCredentials(said: unknown): LocalSandbox["credentials"] | undefined {
  const { accessKeyId, secretAccessKey, account } = (said ?? {}) as Partial<
    Record<string, unknown>
  >;
  const isKey = (part: unknown): part is string => typeof part === "string" && part !== "";
  if (!isKey(accessKeyId) || !isKey(secretAccessKey) || !isKey(account)) return undefined;
  return { accessKeyId, secretAccessKey, account };
}

/**
 * The sandbox of `home`, started in the background when it is not up.
 *
 * Several kernels may do this at once: each starts a server, the servers agree through a lock on
 * the home folder, and all but one leave again. Everybody finds the one that stays.
 *
 * @throws SandboxStartError with the end of the sandbox's log when it does not answer in 30 seconds
 */
export async function startSandbox(home = sandboxHome()): Promise<LocalSandbox> {
  const running = await findSandbox(home);
  if (running) return running;

  const logPath = join(home, "sandbox.log");
  const log = openLog(logPath);
  const program = fileURLToPath(new URL("../cli/sandbox.js", import.meta.url));
  const child = spawn(process.execPath, [program, "--background"], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, FLEETLAB_HOME: home },
  });
  closeSync(log);
  child.unref();
  let hasFailed = false;
  child.once("error", () => (hasFailed = true));
  // Exit 0 says that another one is starting: go on looking for it.
  child.once("exit", (code) => (hasFailed = code !== 0));

  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    await delay(50);
    const found = await findSandbox(home);
    if (found) return found;
    if (hasFailed) break;
  }
  // On a full disk the log ends with the words of an earlier sandbox.
  if (!hasRoom(home)) throw noRoom(home);
  throw new SandboxStartError(
    `The sandbox did not start. Its log, ${logPath}, ends with:\n${lastLines(logPath, 5)}\n` +
      `Try "npm run sandbox" in a terminal to see it fail, or "npm run sandbox -- --reset" to begin with an empty one.`,
  );
}

function openLog(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? noRoom(dirname(path)) : error;
  }
}

function noRoom(home: string): SandboxStartError {
  return new SandboxStartError(
    `The sandbox did not start: the disk is full, and nothing can be written to ${home}.\n` +
      `What it acknowledged before is safe. Free some space and run this again.`,
  );
}

/** Whether there is room for more than a few pages of the sandbox's store. */
function hasRoom(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= 64 * 1024;
}

/** The last lines that say something: stack frames are for whoever opens the log. */
function lastLines(path: string, count: number): string {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines
    .filter((line) => !/^\s+at |^\s*$/.test(line))
    .slice(-count)
    .join("\n");
}
