import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { round, type Scenario } from "./scenario.js";

/** Seconds of each notebook through the real kernel, from an empty sandbox. */
export const notebooks: Scenario = {
  name: "notebooks",
  about: "seconds per notebook, through the real kernel",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "fleetlab-bench-"));
    const file = join(folder, "notebooks.json");
    const program = fileURLToPath(new URL("../notebooks.js", import.meta.url));
    const child = spawn(process.execPath, [program, "--json", file], { stdio: "inherit" });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error("a notebook failed; see above");
    const rows = JSON.parse(readFileSync(file, "utf8")) as {
      notebook: string;
      seconds: number;
      cells: number;
    }[];
    rmSync(folder, { recursive: true });
    return rows.map(({ notebook, cells, seconds }) => ({
      notebook,
      cells,
      "seconds (s)": round(seconds),
    }));
  },
};
