import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  findJupyter,
  jupyterEnvironment,
  jupyterFolder,
  quietLab,
  registerKernel,
} from "../../../lib/cli/jupyter/jupyter.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fleetlab-jupyter-"));
  writeFileSync(join(root, "environment.yml"), "dependencies: [jupyterlab>=4]");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An environment as conda or venv makes it, whose Python has a JupyterLab of this version. */
function environment(name: string, lab: string | undefined): string {
  const bin = join(root, name, "bin");
  mkdirSync(bin, { recursive: true });
  const python = join(bin, "python");
  const answer = lab === undefined ? "exit 1" : `echo "lab ${lab}"`;
  program(python, `echo asked >> "${root}/asked"; ${answer}`);
  program(join(bin, "jupyter"), `printf 'sys.executable:\\n\\t${python}\\n\\nsys.version:\\n'`);
  program(join(bin, "jupyter-lab"), "exit 0");
  return join(root, name);
}

function program(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function timesAsked(): number {
  return readFileSync(join(root, "asked"), "utf8").trim().split("\n").length;
}

describe("findJupyter", () => {
  it("uses the active conda environment first", async () => {
    const conda = environment("conda", "4");
    const other = environment("other", "4");
    const env = { CONDA_PREFIX: conda, PATH: join(other, "bin") };

    expect(await findJupyter(root, env)).toEqual({
      source: "conda",
      python: join(conda, "bin", "python"),
    });
  });

  it("uses the PATH when the conda environment has no JupyterLab", async () => {
    mkdirSync(join(root, "empty"));
    const other = environment("other", "4");
    const env = { CONDA_PREFIX: join(root, "empty"), PATH: join(other, "bin") };

    expect(await findJupyter(root, env)).toMatchObject({ source: "PATH" });
  });

  it("passes over a shim that fails, a Jupyter without Lab and a Lab that is too old", async () => {
    const shim = join(root, "shims");
    mkdirSync(shim);
    program(join(shim, "jupyter"), "echo 'pyenv: jupyter: command not found' >&2; exit 127");
    const folders = [
      environment("bare", undefined),
      environment("old", "3"),
      environment("good", "4"),
    ];
    const path = [shim, ...folders.map((folder) => join(folder, "bin"))].join(":");

    expect(await findJupyter(root, { PATH: path })).toEqual({
      source: "PATH",
      python: join(root, "good", "bin", "python"),
    });
  });

  it("finds none where there is none", async () => {
    expect(await findJupyter(root, { PATH: root })).toBeUndefined();
  });

  it("asks a Jupyter once, and again when its folder has changed", async () => {
    const env = { PATH: join(environment("env", "4"), "bin") };
    await findJupyter(root, env);
    await findJupyter(root, env);
    expect(timesAsked()).toBe(1);

    program(join(root, "env", "bin", "jupyter-new"), "exit 0");
    await findJupyter(root, env);

    expect(timesAsked()).toBe(2);
  });

  it.each(["", "{", "null", "{}", '{"key":"?","jupyter":5}', "\0\0"])(
    "looks again when what it has noted is damaged to %j",
    async (text) => {
      const env = { PATH: join(environment("env", "4"), "bin") };
      const found = await findJupyter(root, env);
      const note = join(jupyterFolder(root), "found.json");
      const { key } = JSON.parse(readFileSync(note, "utf8")) as { key: string };
      writeFileSync(note, text.replace("?", key));

      expect(await findJupyter(root, env)).toEqual(found);
    },
  );

  it("does not take a half-made .venv, even when it is activated", async () => {
    const venv = environment(".venv", "4");

    expect(await findJupyter(root, { PATH: join(venv, "bin") })).toBeUndefined();
  });
});

describe("jupyterEnvironment", () => {
  it("keeps every folder of Jupyter's inside the project, whatever the user has set", () => {
    const env = jupyterEnvironment(root, { JUPYTER_PATH: "/home/x", HOME: "/home/x" });

    const folders = Object.entries(env).filter(([name]) => /^(JUPYTER.*|IPYTHONDIR)$/.test(name));
    expect(folders.length).toBeGreaterThan(6);
    for (const [, folder] of folders) expect(folder).toContain(jupyterFolder(root));
  });
});

describe("registerKernel", () => {
  it("names this Node, our start of tslab and the switch that keeps outputs clean", () => {
    registerKernel(root);

    const file = join(root, "kernels", "tslab", "kernel.json");
    const spec = JSON.parse(readFileSync(file, "utf8")) as { argv: string[]; env: object };
    expect(spec).toMatchObject({ display_name: "TypeScript (tslab)", language: "typescript" });
    expect(spec.argv[0]).toBe(process.execPath);
    expect(statSync(spec.argv[1] ?? "").isFile()).toBe(true);
    expect(spec.argv.slice(2)).toEqual(["{connection_file}"]);
    expect(spec.env).toEqual({ AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" });
  });

  it("writes nothing when nothing changed", () => {
    registerKernel(root);
    const file = join(root, "kernels", "tslab", "kernel.json");
    const before = statSync(file).ino;
    registerKernel(root);

    expect(statSync(file).ino).toBe(before);
  });
});

describe("quietLab", () => {
  const file = () => join(jupyterFolder(root), "config", "labconfig", "page_config.json");

  it("leaves alone what the learner has written", () => {
    quietLab(root);
    writeFileSync(file(), "{ /* mine */ }");
    quietLab(root);

    expect(readFileSync(file(), "utf8")).toBe("{ /* mine */ }");
  });

  it.each(["", "\0\0\0"])("replaces what a crash has left as %j: no page would open", (text) => {
    quietLab(root);
    writeFileSync(file(), text);
    quietLab(root);

    expect(readFileSync(file(), "utf8")).toContain("disabledExtensions");
  });

  const settings = () =>
    join(
      jupyterFolder(root),
      "config/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings",
    );

  it("has a notebook's kernel end with its tab", () => {
    quietLab(root);

    expect(JSON.parse(readFileSync(settings(), "utf8"))).toEqual({ kernelShutdown: true });
  });

  it("leaves what the learner has chosen", () => {
    quietLab(root);
    writeFileSync(settings(), "{}");
    quietLab(root);

    expect(readFileSync(settings(), "utf8")).toBe("{}");
  });
});
