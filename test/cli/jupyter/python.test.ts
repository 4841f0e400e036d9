import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  findPython,
  makeVenv,
  venvIsCurrent,
  venvPython,
} from "../../../lib/cli/jupyter/python.js";

let root: string;
let bin: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fleetlab-python-"));
  bin = join(root, "bin");
  mkdirSync(bin);
  writeFileSync(join(root, "environment.yml"), "dependencies: [jupyterlab>=4, nbclient]");
  // The pretended programs need a shell and nothing else.
  env = { PATH: bin };
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

interface Pretended {
  readonly version?: string;
  readonly canMakeVenv?: boolean;
  /** Shell commands that stand for `python -m venv FOLDER`, `python -m pip …` and so on. */
  readonly venv?: string;
  readonly pip?: string;
  readonly uv?: string;
  readonly ensurepip?: string;
}

/** A python that answers the probe, copies itself into a new environment, and installs nothing. */
function python(name: string, pretended: Pretended = {}): void {
  const { version = "3.12.4", canMakeVenv = true, venv = "" } = pretended;
  const { pip = "exit 0", uv = "exit 0", ensurepip = "exit 0" } = pretended;
  const path = join(bin, name);
  const answer = JSON.stringify({ path, version, canMakeVenv });
  const script = `#!/bin/sh
echo "$*" >> "${root}/calls"
case "$2" in
  venv) ${venv || `/bin/mkdir -p "$4/bin" && /bin/cp "$0" "$4/bin/python"`} ;;
  pip) ${pip} ;;
  ensurepip) ${ensurepip} ;;
  uv) echo "index: $UV_DEFAULT_INDEX" >> "${root}/calls"; ${uv} ;;
  *) echo '${answer}' ;;
esac
`;
  writeFileSync(path, script, { mode: 0o755 });
}

function calls(): string[] {
  if (!existsSync(join(root, "calls"))) return [];
  const modules = /^-m (venv --without-pip|ensurepip|pip (?:--python \S+ )?install.*|uv pip.*)/;
  return readFileSync(join(root, "calls"), "utf8")
    .split("\n")
    .flatMap((line) => modules.exec(line)?.[1] ?? []);
}

const INSTALL = "install --disable-pip-version-check --no-input --progress-bar off";
const OWN = `pip ${INSTALL}`;
const pip = () => `pip --python ${venvPython(root)} ${INSTALL}`;
const uv = () => `uv pip install --python ${venvPython(root)} --upgrade pip`;

describe("findPython", () => {
  it("takes the first that is new enough", async () => {
    python("python3", { version: "3.9.2" });
    python("python3.11", { version: "3.11.7" });

    expect(await findPython(env)).toMatchObject({ version: "3.11.7" });
  });

  it("passes over a shim that leads nowhere", async () => {
    writeFileSync(
      join(bin, "python3"),
      "#!/bin/sh\necho 'pyenv: python3: not found' >&2; exit 127",
      {
        mode: 0o755,
      },
    );
    python("python");

    expect(await findPython(env)).toMatchObject({ path: join(bin, "python") });
  });

  it("says that there is none, and how to get one", async () => {
    await expect(findPython(env)).rejects.toThrow(/No Python was found[^]*python\.org[^]*conda/);
  });

  it("says that the newest there is too old", async () => {
    python("python3", { version: "3.6.15" });
    python("python", { version: "2.7.18" });

    await expect(findPython(env)).rejects.toThrow(/Python 3\.6\.15 .* is too old[^]*3\.10/);
  });

  it("says which Debian package brings the missing venv module", async () => {
    python("python3", { version: "3.11.2", canMakeVenv: false });

    await expect(findPython(env)).rejects.toThrow(
      /Python 3\.11\.2 .* cannot make[^]*python3\.11-venv/,
    );
  });
});

describe("makeVenv", () => {
  it("fills .venv with what environment.yml names", async () => {
    python("python3");
    await makeVenv(root, env);

    expect(calls()).toEqual([
      "venv --without-pip",
      `${pip()} uv`,
      `${uv()} jupyterlab>=4 nbclient`,
    ]);
    expect(venvIsCurrent(root)).toBe(true);
  });

  it("has pip do it where uv cannot be had, or cannot do it", async () => {
    const noUv =
      'case "$*" in *" uv") echo "ERROR: No matching distribution found for uv"; exit 1;; esac';
    const byPip = `${pip()} --upgrade pip jupyterlab>=4 nbclient`;
    python("python3", { pip: noUv });
    await makeVenv(root, env);
    expect(calls()).toEqual(["venv --without-pip", `${pip()} uv`, byPip]);

    rmSync(join(root, "calls"));
    rmSync(join(root, ".venv"), { recursive: true });
    python("python3", { uv: "exit 2" });
    await makeVenv(root, env);
    expect(calls()).toEqual([
      "venv --without-pip",
      `${pip()} uv`,
      `${uv()} jupyterlab>=4 nbclient`,
      byPip,
    ]);
  });

  it("has uv ask the index that pip would ask", async () => {
    const config =
      'if [ "$5" = config ]; then echo "global.index-url=\'https://mirror.example/simple\'"; fi';
    python("python3", { pip: config });
    await makeVenv(root, env);

    expect(readFileSync(join(root, "calls"), "utf8")).toContain(
      "index: https://mirror.example/simple\n",
    );
  });

  it("does nothing when that is done", async () => {
    python("python3");
    await makeVenv(root, env);
    await makeVenv(root, env);

    expect(calls()).toHaveLength(3);
  });

  it("removes a half-made one and makes it again", async () => {
    python("python3");
    mkdirSync(join(root, ".venv", "lib"), { recursive: true });
    writeFileSync(join(root, ".venv", "lib", "half"), "");
    await makeVenv(root, env);

    expect(existsSync(join(root, ".venv", "lib"))).toBe(false);
    expect(venvIsCurrent(root)).toBe(true);
  });

  it("repairs what a failed installation has left", async () => {
    python("python3", { pip: "echo 'Retry(total=0' >&2; exit 1" });
    await expect(makeVenv(root, env)).rejects.toThrow(/pip cannot reach the Python package index/);
    expect(venvIsCurrent(root)).toBe(false);

    python("python3");
    await makeVenv(root, env);

    expect(venvIsCurrent(root)).toBe(true);
  });

  it("says that the disk is full", async () => {
    python("python3", { pip: "echo '[Errno 28] No space left on device' >&2; exit 1" });

    await expect(makeVenv(root, env)).rejects.toThrow(/disk is full \(while writing \.venv\)/);
  });

  it("unpacks a pip where that of the Python that makes it is too old to reach into it", async () => {
    const old = `case "$3" in --python) exit 2;; --version) test -f "${root}/own" || exit 1;; esac`;
    python("python3", { pip: old, ensurepip: `echo > "${root}/own"` });
    await makeVenv(root, env);

    const wanted = `${uv()} jupyterlab>=4 nbclient`;
    expect(calls()).toEqual(["venv --without-pip", "ensurepip", `${OWN} uv`, wanted]);
  });

  it("names the Debian package when the module is there and its wheels are not", async () => {
    const ensurepip =
      "echo 'ensurepip is disabled in Debian/Ubuntu for the system python.'; exit 1";
    python("python3", { pip: "exit 1", ensurepip });

    await expect(makeVenv(root, env)).rejects.toThrow(/sudo apt install python3-venv/);
  });

  it("upgrades one that was filled from another environment.yml", async () => {
    python("python3");
    await makeVenv(root, env);
    writeFileSync(join(root, "environment.yml"), "dependencies: [jupyterlab>=5]");
    await makeVenv(root, env);

    expect(calls()).toEqual([
      ...["venv --without-pip", `${pip()} uv`, `${uv()} jupyterlab>=4 nbclient`],
      ...[`${OWN} uv`, `${uv()} jupyterlab>=5`],
    ]);
  });

  it("makes it again when its Python was uninstalled", async () => {
    python("python3");
    await makeVenv(root, env);
    rmSync(venvPython(root));
    await makeVenv(root, env);

    expect(calls().filter((call) => call.startsWith("venv"))).toHaveLength(2);
  });

  it("is done once when two begin side by side", async () => {
    python("python3");
    await Promise.all([makeVenv(root, env), makeVenv(root, env)]);

    expect(calls()).toHaveLength(3);
  });
});
