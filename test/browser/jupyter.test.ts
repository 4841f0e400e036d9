import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";
import { hasBrowser } from "./chromium.js";
import { startBrowserLab, type BrowserLab } from "./lab-page.js";

const jupyter = await jupyterForTests();
const canRun = hasBrowser() && jupyter !== undefined;
const notebooks = allNotebooks(projectRoot).map(nameOf);
/** A quarter of them. All are in test/long/browser.long.ts, in both themes. */
const looked = notebooks.filter((_, i) => i % 4 === 1);

/** What a learner might write below the last cell. */
const SCRATCH = [
  `import { many, planFleet } from "fleetlab";

const nap = (ms: number) => new Promise<"done">((wake) => setTimeout(() => wake("done"), ms));
const naps = Array.from({ length: 60 }, (_, i) => i);
const wish = { items: naps, total: 60, name: String };
const slept = await many(fleet, { title: "Naps", ...wish, concurrency: 4 }, () => nap(100));`,
  `const endless = { items: Array(1_000_000).fill(0), total: 1_000_000, name: String };
const rest = await many(fleet, { title: "Endless", ...endless }, () => nap(50));`,
  "`after it: ${naps.length}`",
  "import { create",
  "planFleet(",
];

/** A learner's copy of a notebook with these cells below its last one. */
function withScratch(file: string): { text: string; cells: number } {
  const notebook = JSON.parse(readFileSync(file, "utf8")) as Notebook;
  const cells = SCRATCH.map((source, i) => ({
    cell_type: "code",
    id: `scratch-${i}`,
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  }));
  const text = JSON.stringify({ ...notebook, cells: [...notebook.cells, ...cells] });
  return { text, cells: notebook.cells.filter((cell) => cell.cell_type === "code").length };
}

let lab: BrowserLab;
beforeAll(async () => {
  if (canRun) lab = await startBrowserLab("look");
}, 300_000);
afterAll(() => lab?.close(), 120_000);

describe.skipIf(!canRun)(
  "the notebooks in JupyterLab",
  () => {
    it("open as they are saved, never run: with every picture, nothing wider than its cell, and words that can be read, each in one of the two themes", async () => {
      const page = await lab.open({ hasKernels: false });
      const themes = ["Light", "Dark"] as const;
      const seen = [];
      for (const [i, name] of looked.entries()) {
        if (i > 0) await page.changeTheme(themes[i % 2]!);
        await page.openNotebook(name);
        const pictures = await page.pictures();
        seen.push({
          name,
          drawing: pictures.filter(({ alt, width }) => alt.length > 30 && width > 300).length > 0,
          blank: pictures.filter(({ width }) => width === 0),
          silent: pictures.filter(({ alt }) => alt === "").length,
          tooWide: await page.tooWide(),
          wideCode: await page.wideCode(),
          faint: await page.faint(),
        });
      }
      const { complaints } = page;
      await page.close();

      const right = { drawing: true, blank: [], silent: 0, tooWide: [], wideCode: [], faint: [] };
      expect(seen).toEqual(looked.map((name) => ({ name, ...right })));
      expect(complaints).toEqual([]);
    });

    it("are worked in: Run All, progress in place, interrupt, completion, help, restart", async () => {
      const name = notebooks[0]!;
      const original = join(projectRoot, "notebooks", `${name}.ipynb`);
      const before = readFileSync(original, "utf8");
      const copy = withScratch(join(lab.copies, `${name}.ipynb`));
      writeFileSync(join(lab.copies, `${name}.ipynb`), copy.text);
      const page = await lab.open();
      await page.openNotebook(name);
      await page.kernelIsIdle();

      // As notebook 00 tells it: Run All Above Selected Cell.
      expect(await page.runAll(copy.cells)).toEqual([]);
      const shown = await page.shownByAll();
      expect(shown).toMatch(/a local AWS on this machine[^]*nothing was refused[^]*is gone/);
      expect(shown).not.toMatch(/✗/);
      expect(await page.tooWide()).toEqual([]);
      await page.screenshot("run-all");

      // One line that moves, not sixty.
      const [naps, endless, after, complete, help] = SCRATCH.map((_, i) => copy.cells + i);
      const counts = new Set<string>();
      await page.run(naps!);
      for (let isDone = false; !isDone;) {
        isDone = /\d/.test(await page.prompt(naps!));
        const lines = await page.code(naps!).locator(".jp-OutputArea-output").allTextContents();
        expect(lines.length).toBeLessThanOrEqual(1);
        counts.add(/\d+\/60/.exec(lines.join())?.[0] ?? "");
      }
      expect(await page.shown(naps!)).toContain("60/60");
      expect(counts.size).toBeGreaterThan(3);

      // As notebook 00 tells it: Esc, then I twice.
      await page.run(endless!);
      await page.code(endless!).locator("text=/Endless .*[1-9]/").waitFor();
      await page.screenshot("at-work");
      await page.enter(endless!);
      for (const key of ["Escape", "i", "i"]) await page.page.keyboard.press(key);
      expect(await page.done(endless!)).toMatch(/1,000,000[^]*interrupted/);
      await page.run(after!);
      expect(await page.done(after!)).toContain("after it: 60");

      await page.enter(complete!);
      await page.page.keyboard.press("Control+End");
      await page.page.keyboard.press("Tab");
      const offered = page.page.locator(".jp-Completer-item");
      await offered.first().waitFor();
      await page.screenshot("completion");
      expect((await offered.allTextContents()).join()).toContain("createThing");
      await page.page.keyboard.press("Escape");

      await page.enter(help!);
      await page.page.keyboard.press("Control+End");
      await page.page.keyboard.press("Shift+Tab");
      const tooltip = page.page.locator(".jp-Tooltip");
      await tooltip.waitFor();
      await page.screenshot("help");
      expect(await tooltip.textContent()).toMatch(/thingTypes[^]*devices/);
      await page.page.keyboard.press("Escape");

      await page.restart();
      await page.run(after!);
      // The variables are gone.
      expect(await page.done(after!)).toMatch(/naps/);
      expect(await page.shown(after!)).not.toContain("after it: 60");

      await page.choose("File", "docmanager:save");
      await page.page.waitForSelector(".jp-mod-dirty", { state: "detached" });
      expect(readFileSync(join(lab.copies, `${name}.ipynb`), "utf8")).not.toBe(copy.text);
      expect(readFileSync(original, "utf8")).toBe(before);
      expect(page.complaints).toEqual([]);
      await page.close();
    });
  },
  900_000,
);
