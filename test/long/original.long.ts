import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { startPrinted, type PrintedSandbox } from "../sandbox/printed-exports.js";
import { pythonWithBoto3 } from "../sandbox/python.js";
import { newHome, removeHome } from "../sandbox/server.js";

const python = await pythonWithBoto3();

let home: string;
let sandbox: PrintedSandbox;
beforeAll(async () => {
  home = newHome();
  sandbox = await startPrinted(home);
});
afterAll(async () => {
  await sandbox.stop();
  removeHome(home);
});

describe.skipIf(!python || process.platform === "win32")("with the printed exports", () => {
  it.each([
    ["first", 26, []],
    ["newer", 41, []],
  ])("the %s Python workshop's menu items work, %i of them", async (release, items, missing) => {
    const script = join(projectRoot, "test", "long", "original_walk.py");

    const said = await sandbox.inShell(`'${python}' '${script}' ${release}`);

    const lines = said.trim().split("\n");
    const after = (start: string) =>
      lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
    expect(after("not here: ")).toEqual(missing);
    expect(after("ok: ")).toHaveLength(items);
    expect(lines).toHaveLength(items + missing.length);
  });
});
