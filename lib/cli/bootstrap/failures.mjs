// Every way in which the launcher gives up, in one place: what happened, and the way out.
// Plain JavaScript without dependencies, because most of these happen before there are any.

/**
 * A failure that the reader can do something about. Its message is all that is shown: one sentence
 * that says what happened, then indented lines with the way out.
 */
export class Failure extends Error {
  /** @override @type {string} */
  name = "Failure";

  /**
   * @param {string} what one sentence: what happened
   * @param {string} wayOut what to do next, one instruction a line
   * @param {{ cause?: unknown }} [options]
   */
  constructor(what, wayOut, options) {
    super(`${what}\n\n${indent(wayOut)}`, options);
  }
}

/** The learner pressed Ctrl-C (or something sent SIGTERM). Not an error: nothing is explained. */
export class Interrupted extends Error {
  /** @override @type {string} */
  name = "Interrupted";

  constructor() {
    super("Interrupted.");
  }
}

/** @param {string} text */
function indent(text) {
  return text.replace(/^(?=.)/gm, "  ");
}

/**
 * The last lines of a program's output that still say something.
 *
 * @param {string} output
 * @param {number} [lines] at most this many; 12 unless told
 */
export function tail(output, lines = 12) {
  return output
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-lines)
    .join("\n");
}

/** @param {string} [where] the folder or the program that was being written */
export function diskFull(where) {
  return new Failure(
    `The disk is full${where ? ` (while writing ${where})` : ""}.`,
    "The set-up needs 600 MB here (node_modules 300, .venv 250), and half of that in the caches.\n" +
      "Free some space and run the same command again: it goes on where it stopped.",
  );
}

/**
 * @param {"npm" | "pip"} tool
 * @param {string} detail the line of its output that says why
 */
export function registryUnreachable(tool, detail) {
  const registry = tool === "npm" ? "the npm registry" : "the Python package index";
  const setting =
    tool === "npm"
      ? "npm config get registry     the registry in use; npm config set proxy/cafile where a proxy is"
      : "python3 -m pip config list  the index in use; PIP_INDEX_URL, HTTPS_PROXY or PIP_CERT where a proxy is";
  return new Failure(
    `${tool} cannot reach ${registry}: ${detail}`,
    `Check the network connection, then run the same command again.\nBehind a company proxy or mirror:\n  ${setting}`,
  );
}

/** npm itself is missing: only possible when run.mjs is run without npm. */
export function noNpm() {
  return new Failure(
    "npm was not found on the PATH.",
    "Install Node.js together with npm from https://nodejs.org, then run the command again.",
  );
}

/**
 * What a failed `npm ci` means.
 *
 * @param {string} output stdout and stderr of npm
 */
export function npmFailure(output) {
  if (isDiskFull(output)) return diskFull("node_modules");
  const code = /npm (?:error|ERR!) code (\S+)/.exec(output)?.[1] ?? "";
  if (NETWORK_CODE.test(code)) return registryUnreachable("npm", code + reasonOf(output));
  if (code === "EUSAGE" && /package-lock\.json|lock file/.test(output)) {
    return new Failure(
      "package.json and package-lock.json do not agree, so npm ci refuses to install.",
      "If you changed the dependencies, run: npm install\nIf you did not, restore both files: git checkout package.json lib/package.json package-lock.json",
    );
  }
  if (code === "EACCES" || code === "EPERM") {
    return new Failure(
      `npm may not write where it has to (${code}).`,
      `${tail(errorLines(output), 4)}\nMake the project folder and the npm cache (npm config get cache) yours; do not use sudo.`,
    );
  }
  return new Failure(
    "npm could not install the packages.",
    `${tail(errorLines(output) || output)}\nRun npm ci by hand to see everything it says.`,
  );
}

const NETWORK_CODE =
  /^(E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|PROTO|429|5\d\d|40[137])|ERR_SOCKET_TIMEOUT|ERR_TLS\S*|FETCH_ERROR|IDLE_TIMEOUT|\S*(CERT|SELF_SIGNED)\S*)$/;

/** @param {string} output */
function errorLines(output) {
  return output
    .split(/\r?\n/)
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/A complete log of this run/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!) ?/, ""))
    .join("\n");
}

/**
 * The part of npm's output that names the host, when there is one.
 *
 * @param {string} output
 */
function reasonOf(output) {
  const reason = /request to (\S+) failed/.exec(errorLines(output))?.[1];
  return reason === undefined ? "" : ` (${reason})`;
}

/**
 * What a failed `pip install` means.
 *
 * @param {string} output stdout and stderr of pip
 */
export function pipFailure(output) {
  if (isDiskFull(output)) return diskFull(".venv");
  const reason = PIP_REASONS.find(([sign]) => output.includes(sign));
  if (reason) return registryUnreachable("pip", reason[1]);
  const missing = /No matching distribution found for (\S+)/.exec(output)?.[1];
  if (missing) {
    return new Failure(
      `The Python package index has no ${missing} for this Python.`,
      "If PIP_INDEX_URL or pip.conf names a mirror, it may not carry the package: ask for it, or use another index.\n" +
        "A very new Python may have no packages yet: install one from 3.10 to 3.13, or use conda with environment.yml.",
    );
  }
  return new Failure(
    "pip could not install JupyterLab.",
    `${tail(output)}\nRun the same command again; it makes .venv anew.`,
  );
}

/**
 * What pip prints when it cannot get through, and what that is in words; the more telling first.
 *
 * @type {readonly (readonly [sign: string, reason: string])[]}
 */
const PIP_REASONS = [
  ["CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted here (CERTIFICATE_VERIFY_FAILED)."],
  ["ProxyError", "the proxy refuses or does not answer (ProxyError)."],
  ["Temporary failure in name resolution", "its name cannot be resolved."],
  ["Name or service not known", "its name cannot be resolved."],
  ["nodename nor servname", "its name cannot be resolved."],
  ["getaddrinfo failed", "its name cannot be resolved."],
  ["Connection refused", "the connection is refused."],
  ["Network is unreachable", "there is no network."],
  ["No route to host", "there is no way to its network."],
  ["Connection reset", "the connection was cut."],
  ["SSLError", "no secure connection comes about (SSLError)."],
  ["timed out", "it does not answer in time."],
  ["Retry(total=", "every attempt to connect failed."],
  ["ConnectionError", "every attempt to connect failed."],
];

export function noPython() {
  return new Failure(
    "No Python was found on the PATH, and JupyterLab needs one (3.10 or newer).",
    "Install one, then run the same command again:\n" +
      "  Windows, macOS   https://www.python.org/downloads/\n" +
      "  Debian, Ubuntu   sudo apt install python3 python3-venv\n" +
      "  conda, mamba     conda env create -f environment.yml && conda activate fleetlab",
  );
}

/**
 * @param {string} path the newest Python that was found
 * @param {string} version its version
 */
export function pythonTooOld(path, version) {
  return new Failure(
    `Python ${version} (${path}) is too old: JupyterLab needs 3.10 or newer.`,
    "Install a newer one beside it (https://www.python.org/downloads/, or: conda env create -f environment.yml), then run the same command again.",
  );
}

/**
 * Debian and Ubuntu ship a python3 that cannot make environments until a second package is there.
 *
 * @param {string} path
 * @param {string} version
 */
export function pythonWithoutVenv(path, version) {
  const [major, minor] = version.split(".");
  return new Failure(
    `Python ${version} (${path}) cannot make virtual environments: its venv or ensurepip module is missing.`,
    `Debian, Ubuntu: sudo apt install python3-venv   (or python${major}.${minor}-venv)\n` +
      "Elsewhere, install Python from https://www.python.org/downloads/. Then run the same command again.",
  );
}

/** @param {string} output what `python -m venv` printed */
export function venvFailure(output) {
  if (isDiskFull(output)) return diskFull(".venv");
  return new Failure(
    "Python could not make the virtual environment .venv.",
    `${tail(output)}\nRun the same command again: it removes the half-made .venv first.`,
  );
}

/** @param {number} port */
export function portTaken(port) {
  return new Failure(
    `Port ${port} is taken by another program.`,
    `Stop that program, or choose another port: npm start -- --port ${port < 65535 ? port + 1 : 8888}\n` +
      "Without --port a free one is found.",
  );
}

/** @param {number} port */
export function portForbidden(port) {
  return new Failure(
    `This user may not listen on port ${port}.`,
    "Ports below 1024 are usually reserved. Choose a higher one: npm start -- --port 8888",
  );
}

/** @param {string} log what JupyterLab wrote before it ended */
export function labEnded(log) {
  if (isDiskFull(log)) return diskFull(".fleetlab/jupyter");
  return new Failure(
    "JupyterLab ended before it answered.",
    `${tail(log)}\nIf a package is broken: delete the folder .venv and run the same command again.`,
  );
}

/** @param {string} output what the compiler printed */
export function buildFailure(output) {
  if (isDiskFull(output)) return diskFull("lib/dist");
  return new Failure(
    "The library in lib/ does not compile.",
    `${output.trim().split(/\r?\n/).slice(0, 20).join("\n")}\n` +
      "If you changed lib/, correct these lines. If you did not: git status shows what differs.",
  );
}

/**
 * @param {unknown} trouble an error, or what a program printed
 * @returns {boolean} whether there was no room to write
 */
export function isDiskFull(trouble) {
  return /ENOSPC|No space left on device|There is not enough space on the disk|Errno 28\b/.test(
    trouble instanceof Error ? trouble.message : String(trouble),
  );
}

/**
 * Say on stderr why the program ends.
 *
 * A {@link Failure} shows its message alone, a full disk is recognised wherever it struck, an
 * interruption says one word. Anything else is a mistake of ours and keeps its stack.
 *
 * @param {unknown} error
 * @returns {number} the exit code: 130 when interrupted, else 1
 */
export function explain(error) {
  if (error instanceof Interrupted) {
    console.error("Interrupted. Run the same command again to go on.");
    return 130;
  }
  const isNoSpace = error instanceof Error && !(error instanceof Failure) && isDiskFull(error);
  const failure =
    isNoSpace && "path" in error ? diskFull(String(error.path)) : isNoSpace ? diskFull() : error;
  if (failure instanceof Failure) console.error(`\n${failure.message}\n`);
  else console.error(failure);
  return 1;
}
