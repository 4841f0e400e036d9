import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  noPython,
  pipFailure,
  pythonTooOld,
  pythonWithoutVenv,
  venvFailure,
} from "#bootstrap/failures";
import { withLock } from "#bootstrap/lock";
import { interruption, run } from "#bootstrap/processes";
import { step } from "#bootstrap/steps";
import which from "which";
import { readRequirements } from "./requirements.js";

/** The oldest Python that a current JupyterLab runs on. */
export const OLDEST_PYTHON = { major: 3, minor: 10 };

/** Newest first after the plain names, which are what the user means by "python". */
const NAMES = ["python3", "python", "python3.13", "python3.12", "python3.11", "python3.10"];

interface Python {
  readonly path: string;
  readonly version: string;
  readonly canMakeVenv: boolean;
}

const PROBE = [
  "import importlib.util as u, json, sys",
  "ok = all(u.find_spec(m) for m in ('venv', 'ensurepip'))",
  "print(json.dumps({'path': sys.executable, 'version': '.'.join(map(str, sys.version_info[:3])), 'canMakeVenv': ok}))",
].join("\n");

/**
 * Find a Python that can make virtual environments.
 *
 * @param env where to look: its PATH
 * @throws Failure when there is none, saying whether one is missing, too old, or lacks `venv`
 */
export async function findPython(env: NodeJS.ProcessEnv): Promise<Python> {
  const seen: Python[] = [];
  for await (const python of pythons(env)) {
    if (isNewEnough(python) && python.canMakeVenv) return python;
    seen.push(python);
  }
  const unable = seen.find(isNewEnough);
  if (unable) throw pythonWithoutVenv(unable.path, unable.version);
  const [old] = seen.sort((a, b) => minorOf(b) - minorOf(a));
  if (old) throw pythonTooOld(old.path, old.version);
  throw noPython();
}

/** Each Python on the PATH that starts, those shadowed by others of the same name included. */
async function* pythons(env: NodeJS.ProcessEnv): AsyncGenerator<Python> {
  const path = env["PATH"] ?? env["Path"] ?? "";
  for (const name of NAMES) {
    for (const command of (await which(name, { all: true, nothrow: true, path })) ?? []) {
      const python = await probe(command, [], env);
      if (python) yield python;
    }
  }
  const launcher = await which("py", { nothrow: true, path });
  const python = launcher && (await probe(launcher, ["-3"], env));
  if (python) yield python;
}

async function probe(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<Python | undefined> {
  // A shim of pyenv, or the placeholder that Windows puts in the Store's place, may be there and
  // fail; Python 2 may print what is not JSON. All of these are "not this one".
  const answer = await run(command, [...args, "-c", PROBE], { env }).catch(notStarted);
  if (answer?.code !== 0) return undefined;
  try {
    return JSON.parse(answer.output.trim().split("\n").at(-1) ?? "") as Python;
  } catch {
    return undefined;
  }
}

/** For a file that is on the PATH and is no program. Anything else is not ours to swallow. */
export function notStarted(error: unknown): undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (["ENOENT", "EACCES", "ENOEXEC", "UNKNOWN"].includes(String(code))) return undefined;
  throw error;
}

function isNewEnough({ version }: Python): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === OLDEST_PYTHON.major && minor >= OLDEST_PYTHON.minor;
}

function minorOf({ version }: Python): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 1_000 + minor;
}

/** The interpreter inside the project's own environment, whether it exists or not. */
export function venvPython(root: string): string {
  return process.platform === "win32"
    ? join(root, ".venv", "Scripts", "python.exe")
    : join(root, ".venv", "bin", "python");
}

/** What a finished `.venv` says of itself, written last. */
interface VenvStamp {
  /** Hash of the requirements it was filled with. */
  readonly requirements: string;
  /** Where it was made: its scripts name that folder, so a moved one does not work. */
  readonly home: string;
}

function stampFile(root: string): string {
  return join(root, ".venv", "fleetlab.json");
}

function readStamp(root: string): VenvStamp | undefined {
  if (!existsSync(stampFile(root))) return undefined;
  try {
    return JSON.parse(readFileSync(stampFile(root), "utf8")) as VenvStamp;
  } catch {
    // Cut short by a crash: as good as none.
    return undefined;
  }
}

/** Whether the interpreter (a link to one that may have been uninstalled) and the stamp are there. */
function isMade(root: string, stamp: VenvStamp | undefined): boolean {
  return stamp?.home === join(root, ".venv") && existsSync(venvPython(root));
}

/** Whether `.venv` is finished and holds what `environment.yml` names now. Two small reads. */
export function venvIsCurrent(root: string): boolean {
  const stamp = readStamp(root);
  return isMade(root, stamp) && stamp?.requirements === readRequirements(root).hash;
}

/**
 * Make the project's `.venv`, or bring it up to date.
 *
 * A half-made one (no stamp), one that was moved, and one whose Python is gone are removed and made
 * again; one filled from another `environment.yml` is upgraded in place. Does nothing when it is
 * current. One process at a time; a second waits and finds it done.
 *
 * @param root the project's folder
 * @param env its PATH is searched for a Python
 * @throws Failure when there is no usable Python, pip cannot reach its index, or the disk is full
 */
export async function makeVenv(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  await withLock(
    join(root, ".fleetlab", "locks", "venv"),
    async () => {
      if (venvIsCurrent(root)) return;
      const python = isMade(root, readStamp(root)) ? undefined : await findPython(env);
      rmSync(stampFile(root), { force: true });
      if (python) await createVenv(root, python, env);
      await fillVenv(root, env, python);
    },
    {
      signal: interruption(),
      onWait: () => console.error("Another command is making .venv; waiting for it …"),
    },
  );
}

async function createVenv(root: string, python: Python, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = join(root, ".venv");
  await step(`Making .venv with Python ${python.version}`, async () => {
    rmSync(folder, { recursive: true, force: true });
    // Its own way to a pip takes ten seconds; one comes with all the rest.
    const args = ["-m", "venv", "--without-pip", folder];
    const { code, output } = await run(python.path, args, { env });
    if (code !== 0) throw venvFailure(output);
  });
}

/** @param maker the Python that has made it just now */
async function fillVenv(root: string, env: NodeJS.ProcessEnv, maker?: Python): Promise<void> {
  const { packages, hash } = readRequirements(root);
  await step("Installing JupyterLab into .venv", async (detail) => {
    const pip = await pipOf(root, env, maker);
    const onLine = (line: string): void => showProgress(line, detail);
    const { code, output } = await pip([...PIP_INSTALL, "uv"], onLine);
    // An index without it may have all the rest.
    if (code !== 0 && !/No matching distribution/.test(output)) throw pipFailure(output);
    const wanted = ["--upgrade", "pip", ...packages];
    if (code === 0 && (await installByUv(root, env, pip, wanted))) return;
    const again = await pip([...PIP_INSTALL, ...wanted], onLine);
    if (again.code !== 0) throw pipFailure(again.output);
  });
  const stamp: VenvStamp = { requirements: hash, home: join(root, ".venv") };
  mkdirSync(join(root, ".venv"), { recursive: true });
  writeFileSync(stampFile(root), JSON.stringify(stamp, null, 2) + "\n");
}

type Pip = (args: readonly string[], onLine?: (line: string) => void) => ReturnType<typeof run>;

/**
 * A pip that installs into `.venv`: that of the Python that has made it, where it has one and knows how
 * (22.3), else its own.
 *
 * @throws Failure when there is none, and none can be unpacked
 */
async function pipOf(root: string, env: NodeJS.ProcessEnv, maker?: Python): Promise<Pip> {
  const venv = venvPython(root);
  const pip =
    (python: string, ...before: string[]): Pip =>
    (args, onLine) =>
      run(python, ["-m", "pip", ...before, ...args], { env, ...(onLine && { onLine }) });
  const works = async (one: Pip): Promise<boolean> => (await one(["--version"])).code === 0;

  const others = maker && pip(maker.path, "--python", venv);
  if (others && (await works(others))) return others;
  const own = pip(venv);
  if (await works(own)) return own;
  const { code, output } = await run(venv, ["-m", "ensurepip"], { env });
  if (code === 0) return own;
  // Debian's ensurepip is there without its wheels, and says so only now.
  if (maker && /ensurepip/.test(output)) throw pythonWithoutVenv(maker.path, maker.version);
  throw venvFailure(output);
}

const PIP_INSTALL = [
  ...["install", "--disable-pip-version-check", "--no-input"],
  ...["--progress-bar", "off"],
];

/**
 * uv installs a hundred packages in five seconds where pip takes fifty. It has settings of its own, so
 * it is told pip's index and certificates; where that is not enough, pip does the work and says what is
 * wrong.
 *
 * @returns whether they are installed
 */
async function installByUv(
  root: string,
  env: NodeJS.ProcessEnv,
  pip: Pip,
  wanted: readonly string[],
): Promise<boolean> {
  const python = venvPython(root);
  const { output } = await pip(["config", "list"]);
  const index = /^(?:global|install|:env:)\.index-url='(.+)'$/m.exec(output)?.[1];
  const certificates = env["SSL_CERT_FILE"] ?? env["PIP_CERT"];
  const { code } = await run(
    python,
    ["-m", "uv", "pip", "install", "--python", python, ...wanted],
    {
      env: {
        UV_HTTP_TIMEOUT: "15",
        ...(index !== undefined && { UV_DEFAULT_INDEX: index }),
        ...(certificates !== undefined && { SSL_CERT_FILE: certificates }),
        ...env,
      },
    },
  );
  return code === 0;
}

/**
 * Install more into `.venv`, as fast as its other packages were.
 *
 * @param wanted what pip's `install` takes
 * @throws Failure when the index cannot be reached or has not got them
 */
export async function installInVenv(
  root: string,
  env: NodeJS.ProcessEnv,
  wanted: readonly string[],
): Promise<void> {
  const pip = await pipOf(root, env);
  if (await installByUv(root, env, pip, wanted)) return;
  const { code, output } = await pip([...PIP_INSTALL, ...wanted]);
  if (code !== 0) throw pipFailure(output);
}

/** The part of pip's lines that fits beside a spinner; most of them say nothing new. */
function showProgress(line: string, detail: (text: string) => void): void {
  const name = /^\s*(?:Collecting|Downloading|Using cached) (\w+(?:[.-][a-z]\w*)*)/i.exec(
    line,
  )?.[1];
  if (name !== undefined) detail(name);
  if (line.startsWith("Installing collected packages")) detail("unpacking");
}
