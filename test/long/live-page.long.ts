// The live page at the size it is made for, in both colour schemes, and over a restart of the sandbox.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { CreateJobCommand } from "@aws-sdk/client-iot";
import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import { UpdateJobExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { hasBrowser } from "../browser/chromium.js";
import { arnOf, nameOf, openLiveFleet, type LiveFleet } from "../browser/live-fleet.js";

const SHOTS = join(projectRoot, "build", "screenshots");
const VIEWS = ["fleet", "jobs", "messages", "connections", "calls", `vehicle/${nameOf(3)}`];
const SCHEMES = ["light", "dark"] as const;
/** Web Content Accessibility Guidelines, 1.4.3: of text, and of text that is large. */
const CONTRAST = { text: 4.5, large: 3 };

describe.skipIf(!hasBrowser())("the live page", () => {
  let fleet: LiveFleet;
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    fleet = await openLiveFleet();
    await rollOut(fleet);
  });
  afterAll(() => fleet?.close());

  const goTo = async (page: Page, view: string): Promise<void> => {
    await page.evaluate((hash) => (location.hash = hash), `#/${view}`);
    await page.locator("main h1").first().waitFor();
  };

  for (const colorScheme of SCHEMES) {
    it(`can be read in every view, ${colorScheme}`, async () => {
      const page = await fleet.open({ colorScheme });
      for (const view of VIEWS) {
        await goTo(page, view);
        await fleet.clients.iotData.send(
          new PublishCommand({
            topic: `fleet/DE/${nameOf(3)}/horn`,
            payload: Buffer.from('{"seconds":2}'),
          }),
        );
        const name = view.replace(/\/.*/, "");
        if (name === "jobs") {
          await page
            .locator("main", { hasText: `${nameOf(5)} and 7 more · 12 vehicles` })
            .waitFor();
        }
        if (name === "messages") await page.locator(".messages .topic").first().waitFor();
        await page.screenshot({ path: join(SHOTS, `live-${name}-${colorScheme}.png`) });

        expect(await tooFaint(page), `${view}, ${colorScheme}`).toEqual([]);
      }
      await goTo(page, "fleet");
      for (const colour of ["Connection", "Battery"]) {
        await page.locator(".choice").getByRole("link", { name: colour }).click();
        await page.screenshot({
          path: join(SHOTS, `live-fleet-${colour.toLowerCase()}-${colorScheme}.png`),
        });
        expect(await tooFaint(page), colour).toEqual([]);
      }
      await page.locator(".jobs").getByRole("link", { name: "ship-1-1-0" }).click();
      await page.locator('.legend li[data-value="SUCCEEDED"]').waitFor();
      await page.screenshot({ path: join(SHOTS, `live-fleet-job-${colorScheme}.png`) });
      expect(await tooFaint(page), "job").toEqual([]);
      await page.context().close();
    });
  }

  it("is gone through by Tab, and shows where one is", async () => {
    const page = await fleet.open();
    for (const view of VIEWS) {
      await goTo(page, view);
      await page.locator("#skip").focus();
      const seen: string[] = [];
      for (let i = 0; i < 12; i++) {
        await page.keyboard.press("Tab");
        seen.push(
          await page.evaluate(() => {
            const at = document.activeElement as HTMLElement;
            const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
            const isShown =
              (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
            return isShown || at === document.body
              ? (at.textContent ?? "").trim() || at.id || at.className
              : `${at.tagName} ${at.id} ${at.className} is not to be seen`;
          }),
        );
      }
      expect(seen, view).toEqual(expect.arrayContaining(["Jobs", "Messages", "API calls", "find"]));
      expect(seen.filter((one) => one.endsWith("not to be seen"))).toEqual([]);
    }
    await page.context().close();
  });

  it("has everything within reach in a narrow window", async () => {
    const page = await fleet.open({ viewport: { width: 400, height: 800 } });
    const widths = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const field = document.querySelector(".field") as HTMLElement;
      const labels = [...field.querySelectorAll(".column")].map(
        (label) => (label as HTMLElement).offsetLeft + (label as HTMLElement).offsetWidth,
      );
      return { page: scrollWidth - clientWidth, field: field.scrollWidth - Math.max(...labels) };
    });

    expect(widths.page).toBeLessThanOrEqual(0);
    expect(widths.field).toBeGreaterThanOrEqual(0);
    await page.context().close();
  });

  it("comes back by itself when the sandbox is started again", async () => {
    const first = await openLiveFleet();
    const page = await first.open();
    await page.locator(".total", { hasText: "60 vehicles" }).waitFor();
    const port = Number(new URL(first.server.url).port);
    const context = page.context();
    await first.stop();
    await page.locator("#status", { hasText: "connecting" }).waitFor();

    const second = await openLiveFleet({ vehicles: 75, port });
    await page.locator("#status", { hasText: "live" }).waitFor();
    await page.locator(".total", { hasText: "75 vehicles" }).waitFor();
    await context.close();
    await second.close();
    await first.close();
  });

  it("shows ten thousand vehicles, and moves nothing while they change", async () => {
    const many = await openLiveFleet({ vehicles: 10_000 });
    const context = await many.browser.newContext({ viewport: { width: 1280, height: 800 } });
    // Before anything of the page: what the browser itself notes of its pictures.
    await context.addInitScript(() => {
      const noted = { shifts: [] as number[], paints: {} as Record<string, number> };
      Object.assign(window, { noted });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          noted.shifts.push((entry as PerformanceEntry & { value: number }).value);
        }
      }).observe({ type: "layout-shift", buffered: true });
      new PerformanceObserver((list) => {
        for (const { name, startTime } of list.getEntries()) noted.paints[name] = startTime;
      }).observe({ type: "paint", buffered: true });
    });
    const page = await context.newPage();
    await page.goto(many.link());
    await page.locator(".total", { hasText: "10,000 vehicles" }).waitFor();
    await page.locator('.legend li[data-value="1.0.0"] b', { hasText: "60" }).waitFor();
    const liveAfterMs = await page.evaluate(() => performance.now());
    for (let i = 1; i <= 60; i++) await many.install(i, "1.1.0");
    await page.locator('.legend li[data-value="1.1.0"] b', { hasText: "60" }).waitFor();
    // Nobody has the old version any more; the new one keeps its colour and shape all the same.
    expect(await page.locator(".legend li").allTextContents()).toEqual([
      "1.0.00",
      "1.1.060",
      "unknown9,940",
    ]);
    await page.screenshot({ path: join(SHOTS, "live-10000-light.png") });
    const { shifts, paints } = await page.evaluate(
      () =>
        (window as unknown as { noted: { shifts: number[]; paints: Record<string, number> } })
          .noted,
    );

    console.log(`10,000 vehicles: ${JSON.stringify({ paints, liveAfterMs, shifts })}`);
    expect(Object.keys(paints)).toContain("first-contentful-paint");
    expect(shifts.reduce((sum, one) => sum + one, 0)).toBeLessThan(0.01);
    await context.close();
    await many.close();
  });
});

async function rollOut({ clients, sandbox, install }: LiveFleet): Promise<void> {
  const targets = Array.from({ length: 12 }, (_, i) => arnOf(`thing/${nameOf(i + 1)}`));
  await clients.iot.send(new CreateJobCommand({ jobId: "ship-1-1-0", targets, document: "{}" }));
  await sandbox.advance(2_000);
  for (let i = 1; i <= 5; i++) {
    await install(i, "1.1.0");
    await clients.iotJobs.send(
      new UpdateJobExecutionCommand({
        jobId: "ship-1-1-0",
        thingName: nameOf(i),
        status: i === 5 ? "FAILED" : "SUCCEEDED",
      }),
    );
  }
}

/** Texts that stand out from what is behind them less than they should. */
async function tooFaint(page: Page): Promise<string[]> {
  return page.evaluate(({ text, large }) => {
    type Colour = readonly [number, number, number, number];
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    // Whatever way a colour is written in, a pixel of it has four numbers.
    const read = (css: string): Colour => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = css;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top: Colour, below: Colour): Colour =>
      [0, 1, 2, 3].map((i) =>
        i === 3 ? 1 : (top[i] as number) * top[3] + (below[i] as number) * (1 - top[3]),
      ) as unknown as Colour;
    const behind = (element: Element | null): Colour => {
      if (!element) return [255, 255, 255, 1];
      const own = read(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, behind(element.parentElement));
    };
    const light = (colour: Colour): number => {
      const [r, g, b] = colour.slice(0, 3).map((part) => {
        const x = part / 255;
        return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
      }) as [number, number, number];
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faint: string[] = [];
    for (const element of document.querySelectorAll("body *")) {
      const own = [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.textContent?.trim() ?? "")
        .join(" ")
        .trim();
      const input = element instanceof HTMLInputElement ? element.value : "";
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const isHidden =
        box.width <= 1 || box.height <= 1 || box.right < 0 || style.visibility === "hidden";
      const isOff = element.closest(":disabled, noscript, datalist, option") !== null;
      if ((own === "" && input === "") || isHidden || isOff) continue;
      const back = behind(element);
      let opacity = 1;
      for (let at: Element | null = element; at; at = at.parentElement) {
        opacity *= Number(getComputedStyle(at).opacity);
      }
      const colour = read(
        style.fill !== "" && element instanceof SVGElement ? style.fill : style.color,
      );
      const ink = over([colour[0], colour[1], colour[2], colour[3] * opacity], back);
      const [a, b] = [light(ink), light(back)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const px = Number.parseFloat(style.fontSize);
      const isLarge = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (isLarge ? large : text)) {
        faint.push(
          `${element.tagName}.${element.getAttribute("class") ?? ""} "${(own || input).slice(0, 40)}" ${ratio.toFixed(2)}`,
        );
      }
    }
    return faint;
  }, CONTRAST);
}
