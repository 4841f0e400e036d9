import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Page } from "playwright-core";
import { COLOURS, PAPER, picture } from "../../lib/show/picture.js";
import { timeline } from "../../lib/show/timeline.js";
import { hasBrowser, openBrowser } from "./chromium.js";
import { faintWords } from "./contrast.js";

const canRun = hasBrowser();
let browser: Browser;
let page: Page;
beforeAll(async () => {
  if (!canRun) return;
  browser = await openBrowser();
  page = await browser.newPage();
}, 60_000);
afterAll(() => browser?.close(), 60_000);

/** What is faint when an output shows this, on paper of that colour. */
async function faintIn(html: string, paper = "white"): Promise<string[]> {
  await page.setContent(
    `<body class="jp-Notebook" style="background:${paper}"><div class="jp-OutputArea-output">${html}</div>`,
  );
  return faintWords(page);
}

function drawn(shapes: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60" font-size="12">${shapes}</svg>`;
  return picture(svg, { alt: "a picture", text: "" }).html;
}

describe.skipIf(!canRun)("words against what is behind them", () => {
  it("are measured as WCAG does, through what is half transparent, large ones by a lower measure", async () => {
    const words = (style: string) => `<p style="${style}">words</p>`;

    expect(await faintIn(words("color:#767676"))).toEqual([]); // 4.54
    expect(await faintIn(words("color:#777777"))).toEqual(["4.5: P words"]); // 4.48
    expect(await faintIn(words("color:#777777;font-size:24px"))).toEqual([]);
    expect(await faintIn(words("color:#999999;font-size:24px"))).toEqual(["2.8: P words"]);
    expect(await faintIn(words("color:#767676"), "#111111")).toHaveLength(1);
    expect(await faintIn(words("color:white;background:rgb(0 0 0 / 50%)"))).toHaveLength(1);
    expect(await faintIn(words("color:white;background:rgb(0 0 0 / 80%)"))).toEqual([]);
  });

  it("are looked at in pictures too, shape by shape, and where the page shines through", async () => {
    const box = (fill: string) => `<rect width="100" height="40" fill="${fill}"/>`;
    const words = (fill: string) => `<text x="10" y="20" fill="${fill}">words</text>`;

    expect(await faintIn(drawn(box("#2f6db3") + words("white")))).toEqual([]);
    expect(await faintIn(drawn(box("#c9700a") + words("white")))).toEqual(["3.6: text words"]);
    // Only its end stands on the bar.
    const end = `<rect x="30" width="100" height="40" fill="#414a54"/>`;
    expect(await faintIn(drawn(box(PAPER) + end + words("#414a54")))).toHaveLength(1);
    expect(await faintIn(drawn(words("#414a54")), "white")).toEqual([]);
    expect(await faintIn(drawn(words("#414a54")), "#111111")).toHaveLength(1);
  });

  it("can be read on each row of a timeline that goes on", async () => {
    const spans = COLOURS.map((_, i) => ({ name: `group ${i}`, from: 1 }));

    expect(await faintIn(timeline({ title: "Moves", spans, now: 10 }).html)).toEqual([]);
  });
});
