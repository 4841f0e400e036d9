import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** What conda provides and pip cannot: everything else in `environment.yml` is a Python package. */
const NOT_FROM_PIP = new Set(["python", "nodejs", "pip"]);

/** What only a hub has a use for: a `.venv` is used on the machine whose browser it is. */
const FOR_HUBS = /^jupyter-server-proxy\b/;

/**
 * The Python packages that `environment.yml` names, as pip wants them written.
 *
 * One file says which versions the workshop runs on, for conda, Binder and the project's own `.venv`.
 *
 * @param text the content of `environment.yml`
 * @returns requirements such as `jupyterlab>=4.4,<5`, in the order of the file
 * @throws Error when a line is not a package, or there are none: a mistake in the file
 */
export function pipRequirements(text: string): string[] {
  const { dependencies } = parse(text) as { dependencies?: unknown };
  if (!Array.isArray(dependencies)) throw new Error("environment.yml has no dependencies.");
  const requirements = dependencies.flatMap((entry: unknown) => {
    if (typeof entry === "string") return fromConda(entry);
    const { pip } = entry as { pip?: unknown };
    if (Array.isArray(pip)) return pip.map(String);
    throw new Error(`environment.yml: cannot read ${JSON.stringify(entry)}.`);
  });
  if (requirements.length === 0) throw new Error("environment.yml names no Python package.");
  return requirements;
}

/** `jupyterlab >=4.4,<5` stays, `nbclient=0.10` (conda: any 0.10) becomes `nbclient==0.10.*`. */
function fromConda(spec: string): string[] {
  const match = /^(?:[\w-]+::)?([\w.-]+)\s*(.*)$/.exec(spec.trim());
  const [, name, range = ""] = match ?? [];
  if (name === undefined) throw new Error(`environment.yml: "${spec}" does not name a package.`);
  if (NOT_FROM_PIP.has(name)) return [];
  const version = range.replace(/\s/g, "");
  if (/^=[^=]/.test(version)) return [`${name}==${version.slice(1).replace(/\.?\*?$/, "")}.*`];
  return [name + version];
}

/** The requirements of this project's own `.venv`, and a hash that changes when they do. */
export function readRequirements(root: string): { packages: string[]; hash: string } {
  const all = pipRequirements(readFileSync(join(root, "environment.yml"), "utf8"));
  const packages = all.filter((one) => !FOR_HUBS.test(one));
  return { packages, hash: createHash("sha256").update(packages.join("\n")).digest("hex") };
}
