import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { projectRoot } from "../../../lib/cli/project.js";
import { OLDEST_PYTHON } from "../../../lib/cli/jupyter/python.js";
import { pipRequirements, readRequirements } from "../../../lib/cli/jupyter/requirements.js";

describe("pipRequirements", () => {
  it.each([
    ["jupyterlab>=4.4,<5", "jupyterlab>=4.4,<5"],
    ["jupyterlab >=4.4, <5", "jupyterlab>=4.4,<5"],
    ["nbclient=0.10", "nbclient==0.10.*"],
    ["nbclient=0.10.*", "nbclient==0.10.*"],
    ["nbclient==0.10.2", "nbclient==0.10.2"],
    ["conda-forge::nbconvert", "nbconvert"],
  ])("turns conda's %s into pip's %s", (conda, pip) => {
    expect(pipRequirements(`dependencies: ["${conda}"]`)).toEqual([pip]);
  });

  it("leaves out what only conda can provide", () => {
    const text = "dependencies: [python=3.12, nodejs=24, pip, jupyterlab]";

    expect(pipRequirements(text)).toEqual(["jupyterlab"]);
  });

  it("takes a pip section as it is written", () => {
    const text = "dependencies:\n  - jupyterlab\n  - pip:\n      - some-package~=1.0";

    expect(pipRequirements(text)).toEqual(["jupyterlab", "some-package~=1.0"]);
  });

  it("refuses a file without packages", () => {
    expect(() => pipRequirements("name: x")).toThrow("no dependencies");
    expect(() => pipRequirements("dependencies: [python]")).toThrow("names no Python package");
  });
});

describe("environment.yml", () => {
  const text = readFileSync(join(projectRoot, "environment.yml"), "utf8");

  it("names JupyterLab, what executes and converts notebooks, boto3, and what a hub needs, each bounded", () => {
    const requirements = pipRequirements(text);

    expect(requirements.map((one) => /^[\w-]+/.exec(one)?.[0])).toEqual([
      "jupyterlab",
      "nbclient",
      "nbconvert",
      "boto3",
      "jupyter-server-proxy",
    ]);
    for (const one of requirements) expect(one).toMatch(/>=\d.*,<\d/);
  });

  it("leaves what only hubs need out of the .venv of one machine", () => {
    const { packages } = readRequirements(projectRoot);

    expect(packages).toEqual(pipRequirements(text).slice(0, -1));
  });

  it("says on each line why it is there", () => {
    const entries = text.split("\n").filter((line) => /^\s+- /.test(line));

    expect(entries.length).toBeGreaterThan(5);
    for (const entry of entries) expect(entry).toMatch(/ # \w+ \w+/);
  });

  it("asks for a Python that npm start would take, in the form that repo2docker reads", () => {
    const { dependencies } = parse(text) as { dependencies: string[] };
    const [, major, minor] = /^python=(\d+)\.(\d+)$/.exec(dependencies[0] ?? "") ?? [];

    expect(Number(major)).toBe(OLDEST_PYTHON.major);
    expect(Number(minor)).toBeGreaterThanOrEqual(OLDEST_PYTHON.minor);
  });
});
