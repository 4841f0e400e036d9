import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { hasBrowser } from "../browser/chromium.js";
import { startBrowserLab, type BrowserLab } from "../browser/lab-page.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

const jupyter = await jupyterForTests();
const canRun = hasBrowser() && jupyter !== undefined;
const saved = allNotebooks(projectRoot).map(nameOf);
/** Ten thousand vehicles of notebook 11 are in after-the-course.long.ts. */
const notebooks = saved.filter((name) => name < "11");

/** Higher than every notebook, so that all of one is drawn at once. */
const TALL = 14_000;
const RUN_ALLS = 100;

let lab: BrowserLab;
beforeAll(async () => {
  if (canRun) lab = await startBrowserLab("long");
}, 300_000);
afterAll(() => lab?.close(), 120_000);

describe.skipIf(!canRun)("all notebooks in JupyterLab", () => {
  it("look as they should before anybody has run them, in both themes", async () => {
    const page = await lab.open({ height: TALL, hasKernels: false });
    for (const theme of ["Light", "Dark"] as const) {
      for (const name of saved) {
        await page.openNotebook(name);
        if (name === saved[0]) await page.changeTheme(theme);
        const pictures = await page.pictures();
        const drawings = pictures.filter(({ alt, width }) => alt.length > 30 && width > 300);

        expect(drawings.length, name).toBeGreaterThan(0);
        expect(
          pictures.filter(({ alt, width }) => width === 0 || alt === ""),
          name,
        ).toEqual([]);
        expect(await page.tooWide(), name).toEqual([]);
        expect(await page.wideCode(), name).toEqual([]);
        expect(await page.faint(), `${name}, ${theme}`).toEqual([]);
        await page.screenshots(`${theme.toLowerCase()}-${name}`);
      }
    }
    expect(page.complaints).toEqual([]);
    await page.close();
  });

  it("run in order by Run All, on one account, with no cell lost and every checkpoint met", async () => {
    for (const name of notebooks) {
      const page = await lab.open({ height: TALL });
      await page.openNotebook(name);
      await page.kernelIsIdle();

      expect(await page.runAll(), name).toEqual([]);
      await page.screenshots(`run-${name}`);
      expect(await page.shownByAll(), name).not.toContain("✗");
      expect(await page.tooWide(), name).toEqual([]);
      expect(page.complaints, name).toEqual([]);
      await page.shutDown();
    }
  });

  it(`lose no cell in ${RUN_ALLS} Run Alls`, async () => {
    const name = "often";
    const cells = [
      'import { connect, showTable } from "fleetlab";\nconst fleet = await connect();',
      ...Array.from({ length: 6 }, (_, i) => `const step${i} = ${i};\n\`step \${step${i}}\``),
      "console.log(step0);\nconsole.error(step1);\nshowTable(fleet, [{ step5 }]);",
    ];
    const first = JSON.parse(
      readFileSync(join(lab.copies, `${notebooks[0]}.ipynb`), "utf8"),
    ) as Notebook;
    const code = cells.map((source, i) => ({
      cell_type: "code",
      id: `often-${i}`,
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    }));
    writeFileSync(join(lab.copies, `${name}.ipynb`), JSON.stringify({ ...first, cells: code }));
    const page = await lab.open();
    await page.openNotebook(name);
    await page.kernelIsIdle();

    for (let round = 1; round <= RUN_ALLS; round++) {
      expect(await page.runAll(), `round ${round}`).toEqual([]);
      const numbers = await page.numbers();
      // Each cell has run once more than the time before, and each has shown what it shows.
      expect(numbers, `round ${round}`).toEqual(
        code.map((_, i) => (round - 1) * code.length + i + 1),
      );
      expect(await page.shown(6), `round ${round}`).toContain("step 5");
    }
    await page.shutDown();
  });
});
