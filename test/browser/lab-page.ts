// A learner's JupyterLab, as tests drive it: the one that `npm start` opens, on copies of its own.
// What is handed to `evaluate` runs in the page, so this file knows the names of pages. (lib is
// compiled without them.)
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { projectRoot } from "../../lib/cli/project.js";
import { npmStart, type Started } from "../cli/npm-start.js";
import { openBrowser } from "./chromium.js";
import { faintWords, type Faint } from "./contrast.js";

const SCREENSHOTS = join(projectRoot, "build", "screenshots");
/** Even a first cell on a busy machine; nothing waits so long but for work. */
const PATIENCE_MS = 300_000;
/** Looking anew with every frame would take a core. */
const LOOK = { polling: 250 };
/** The width at which nothing may be wider than its cell. */
const WIDTH = 1280;

export interface PageOptions {
  /** In pixels; 900 unless told. */
  readonly height?: number;
  /** Whether notebooks get kernels; true unless told. */
  readonly hasKernels?: boolean;
}

/** What `npm start` has opened, a sandbox of its own below it, and a browser. */
export interface BrowserLab {
  /** Absolute path of the copies. */
  readonly copies: string;
  open(options?: PageOptions): Promise<LabPage>;
  /** End all of it, and take the copies away. */
  close(): Promise<void>;
}

/** Start it. `name` tells apart folders of tests that run side by side. */
export async function startBrowserLab(name: string): Promise<BrowserLab> {
  const home = mkdtempSync(join(tmpdir(), `fleetlab-${name}-`));
  const folder = `my-notebooks-test-${name}-${process.pid}`;
  let lab: Started | undefined;
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    lab?.kill("SIGINT");
    await lab?.exited;
    for (const one of [home, join(projectRoot, folder)])
      rmSync(one, { recursive: true, force: true });
  };
  try {
    lab = await npmStart(["--folder", folder], {
      FLEETLAB_HOME: join(home, "sandbox"),
      WORKSHOP_TARGET: undefined,
      AWS_REGION: undefined,
    });
    browser = await openBrowser();
  } catch (error) {
    await close();
    throw error;
  }
  const [started, chromium] = [lab, browser];
  return {
    copies: join(projectRoot, folder),
    open: (options = {}) => openPage(chromium, started, options),
    close,
  };
}

async function openPage(browser: Browser, lab: Started, options: PageOptions): Promise<LabPage> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: options.height ?? 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  await keepSettings(page);
  if (options.hasKernels === false) {
    // A request that nobody answers: the notebook waits for its kernel, and nothing complains.
    await page.route("**/api/sessions*", (route) =>
      route.request().method() === "POST" ? undefined : route.continue(),
    );
  }
  return new LabPage(page, lab);
}

/**
 * Nothing that a test does in the browser shall change the settings of whoever works here: the page
 * reads again what it has written, and nobody else does.
 */
async function keepSettings(page: Page): Promise<void> {
  const written = new Map<string, string>();
  await page.route(/\/lab\/api\/(settings|workspaces)/, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (route.request().method() !== "GET") {
      const { raw } = (route.request().postDataJSON() ?? {}) as { readonly raw?: string };
      if (raw !== undefined) written.set(pathname, raw);
      return route.fulfill({ status: 204 });
    }
    const raw = written.get(pathname);
    if (raw === undefined) return route.continue();
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...((await response.json()) as object), raw } });
  });
}

/** Something that reaches beyond the right edge of its cell, or has to be scrolled sideways. */
export interface TooWide {
  /** Counts from 1. */
  readonly cell: number;
  readonly what: string;
  readonly pixels: number;
}

/** One tab of a browser on JupyterLab. */
export class LabPage {
  /** What the page complained of, in its console. */
  readonly complaints: string[] = [];

  readonly page: Page;
  readonly #lab: Pick<Started, "url">;

  /** @param lab where the JupyterLab is, with the token if there is one */
  constructor(page: Page, lab: Pick<Started, "url">) {
    this.page = page;
    this.#lab = lab;
    page.on("pageerror", (error) => this.complaints.push(error.message));
  }

  /** Open a notebook of the copies, in place of the one that is open, and wait for all its cells. */
  async openNotebook(name: string): Promise<void> {
    const url = new URL(this.#lab.url);
    const way = url.pathname.replace(/[^/]+\.ipynb$/, `${name}.ipynb`);
    const isOpen = this.page.url().startsWith(url.origin);
    if (isOpen) {
      await this.page
        .locator(".lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current .lm-TabBar-tabCloseIcon")
        .click();
      await this.page.waitForSelector(".jp-Notebook", { state: "detached" });
      await this.page.locator(".jp-DirListing-itemText", { hasText: `${name}.ipynb` }).dblclick();
    } else {
      url.pathname = way.replace(/^\/lab\//, `/lab/workspaces/test-${Date.now()}/`);
      await this.page.goto(url.href);
    }
    const file = decodeURIComponent(way.replace(/^.*?\/tree\//, ""));
    const cells = cellsIn(join(projectRoot, file));
    await this.page.waitForFunction(
      (count) =>
        document.querySelectorAll(".jp-Notebook .jp-Cell").length === count &&
        document.querySelectorAll(".jp-Notebook .jp-Cell-Placeholder").length === 0,
      cells,
      LOOK,
    );
    await this.page.waitForFunction(
      () =>
        [...document.querySelectorAll<HTMLImageElement>(".jp-Notebook img")].every(
          (image) => image.complete,
        ),
      undefined,
      LOOK,
    );
  }

  /** Wait until the kernel says that it has nothing to do. */
  async kernelIsIdle(): Promise<void> {
    await this.page.waitForSelector(".jp-Notebook-ExecutionIndicator[data-status='idle']");
  }

  /** Put the cursor into a cell; `cell` counts code cells from 0. */
  async enter(cell: number): Promise<void> {
    await this.code(cell).locator(".cm-content").click();
  }

  /** A cell of code, from 0. */
  code(cell: number) {
    return this.page.locator(".jp-Notebook .jp-CodeCell").nth(cell);
  }

  /** Run a cell as a learner does, without waiting for it. */
  async run(cell: number): Promise<void> {
    await this.enter(cell);
    await this.page.keyboard.press("Shift+Enter");
  }

  /** Wait until the cell has a number instead of `[*]`, and return what it shows. */
  async done(cell: number): Promise<string> {
    await this.page.waitForFunction(
      (i) =>
        /\d/.test(
          document
            .querySelectorAll(".jp-Notebook .jp-CodeCell")
            [i]?.querySelector(".jp-InputPrompt")?.textContent ?? "",
        ),
      cell,
      LOOK,
    );
    return this.shown(cell);
  }

  /** What stands below a cell of code. */
  async shown(cell: number): Promise<string> {
    // The text of what is scrolled out of sight too, so not innerText.
    return (await this.code(cell).locator(".jp-OutputArea-output").allTextContents()).join("\n");
  }

  /** What stands below all cells of code. */
  async shownByAll(): Promise<string> {
    return (await this.page.locator(".jp-OutputArea-output").allTextContents()).join("\n");
  }

  /** `[3]:`, `[*]:` or `[ ]:`, at the left of a cell. */
  async prompt(cell: number): Promise<string> {
    return (await this.code(cell).locator(".jp-InputPrompt").textContent()) ?? "";
  }

  /** Restart the kernel with the button, and wait until it is there again. */
  async restart(): Promise<void> {
    await this.page.locator("[data-jp-item-name='restart']").click();
    await this.page.locator(".jp-Dialog .jp-mod-accept").click();
    await this.page.waitForSelector(".jp-Notebook-ExecutionIndicator:not([data-status='idle'])");
    await this.kernelIsIdle();
  }

  /** A command of a menu, by the names one reads. */
  async choose(menu: string, command: string): Promise<void> {
    await this.page.locator(".lm-MenuBar-itemLabel", { hasText: new RegExp(`^${menu}$`) }).click();
    await this.page.locator(`.lm-Menu-item[data-command='${command}']`).first().click();
  }

  /** JupyterLab's theme, by the menu, as a learner changes it. */
  async changeTheme(theme: "Light" | "Dark"): Promise<void> {
    await this.page.locator(".lm-MenuBar-itemLabel", { hasText: /^Settings$/ }).click();
    await this.page.locator(".lm-Menu-item", { hasText: /^Theme$/ }).click();
    await this.page
      .locator(".lm-Menu-item[data-command='apputils:change-theme']", {
        hasText: new RegExp(`^JupyterLab ${theme}$`),
      })
      .click();
    await this.page.waitForSelector(`body[data-jp-theme-light='${theme === "Light"}']`, {
      state: "attached",
    });
    // Until then nothing has a width.
    await this.page.waitForSelector("#jupyterlab-splash", { state: "detached" });
  }

  /**
   * Run all cells, or those above one of code, and wait until the last of them has a number.
   *
   * @param above counts cells of code from 0; all of them unless told
   * @returns the numbers of cells of code, from 1, that are without one all the same
   */
  async runAll(above?: number): Promise<number[]> {
    if (above !== undefined) await this.enter(above);
    const count = above ?? (await this.page.locator(".jp-Notebook .jp-CodeCell").count());
    const last = await this.prompt(count - 1);
    await this.choose("Run", above === undefined ? "runmenu:run-all" : "notebook:run-all-above");
    // A number alone may be that of the time before.
    await this.page.waitForFunction(
      ([i, before]) => {
        const cell = document.querySelectorAll(".jp-Notebook .jp-CodeCell")[i as number];
        const prompt = cell?.querySelector(".jp-InputPrompt")?.textContent ?? "";
        return /\d/.test(prompt) && prompt !== before;
      },
      [count - 1, last] as const,
      LOOK,
    );
    await this.kernelIsIdle();
    const numbers = (await this.numbers()).slice(0, count);
    return numbers.flatMap((number, i) => (number === undefined ? [i + 1] : []));
  }

  /** The numbers at the left of the cells of code; undefined where there is none. */
  async numbers(): Promise<(number | undefined)[]> {
    const prompts = await this.page.locator(".jp-CodeCell .jp-InputPrompt").allTextContents();
    return prompts.map((prompt) => {
      const number = /\d+/.exec(prompt)?.[0];
      return number === undefined ? undefined : Number(number);
    });
  }

  /** What is not as wide as it may be. */
  async tooWide(): Promise<TooWide[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".jp-Notebook .jp-Cell")].flatMap((cell, i) => {
        const { right } = cell.getBoundingClientRect();
        return [...cell.querySelectorAll("*")].flatMap((part) => {
          // Code scrolls in its editor, and the toolbar of the chosen cell floats.
          if (part.closest(".cm-scroller, .jp-Toolbar, .jp-cell-toolbar")) return [];
          const box = part.getBoundingClientRect();
          const scrolls = /auto|scroll/.test(getComputedStyle(part).overflowX);
          const over = box.width > 0 ? box.right - right : 0;
          const pixels = Math.max(over, scrolls ? part.scrollWidth - part.clientWidth : 0);
          const what = `${part.tagName} ${part.className.toString()}`;
          return pixels > 1 ? [{ cell: i + 1, what, pixels: Math.round(pixels) }] : [];
        });
      }),
    );
  }

  /** Cells of code, from 1, whose code has to be scrolled sideways. */
  async wideCode(): Promise<number[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".jp-Notebook .jp-CodeCell")].flatMap((cell, i) => {
        const editor = cell.querySelector(".cm-scroller");
        return editor && editor.scrollWidth > editor.clientWidth + 1 ? [i + 1] : [];
      }),
    );
  }

  /** Pictures with their words; `width` is what they are drawn with, 0 if they did not load. */
  async pictures(): Promise<{ alt: string; width: number }[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLImageElement>(".jp-Notebook img")].map((image) => ({
        alt: image.alt,
        width: image.naturalWidth > 0 ? image.getBoundingClientRect().width : 0,
      })),
    );
  }

  /** Words that can hardly be read on what is behind them, in the theme that the page has. */
  async faint(): Promise<Faint[]> {
    return faintWords(this.page);
  }

  /** For whoever looks: `build/screenshots/<name>.png`. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  /** The notebook alone, from top to bottom, in pictures that can be read; needs a tall page. */
  async screenshots(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const area = await this.page.evaluate(() => {
      const { left, top, width } = document.querySelector(".jp-Notebook")!.getBoundingClientRect();
      const cells = [...document.querySelectorAll(".jp-Notebook .jp-Cell")];
      return { left, top, width, bottom: cells.at(-1)!.getBoundingClientRect().bottom };
    });
    const height = 1_500;
    for (let n = 0; area.top + n * height < area.bottom; n++) {
      const y = area.top + n * height;
      const clip = {
        x: area.left,
        y,
        width: area.width,
        height: Math.min(height, area.bottom - y),
      };
      await this.page.screenshot({ path: join(SCREENSHOTS, `${name}-${n + 1}.png`), clip });
    }
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Close it, and end its kernel as well. */
  async shutDown(): Promise<void> {
    const ask = (path: string, method = "GET"): Promise<Response> =>
      fetch(new URL(path, this.#lab.url), {
        method,
        headers: { authorization: `token ${this.#lab.url.searchParams.get("token")}` },
      });
    await this.page.close();
    const sessions = (await (await ask("/api/sessions")).json()) as { id: string }[];
    for (const { id } of sessions) await ask(`/api/sessions/${id}`, "DELETE");
  }
}

function cellsIn(file: string): number {
  return (JSON.parse(readFileSync(file, "utf8")) as { cells: unknown[] }).cells.length;
}
