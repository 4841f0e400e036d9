// The browser that tests drive: one that is installed. Nothing is downloaded for it.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, type Browser } from "playwright-core";

/** Names of Chromium, Chrome and Edge on the PATH, and where macOS and Windows keep them. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "microsoft-edge", "chrome"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** Nothing that it would do by itself; --no-sandbox lets root run it, as in a container. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The browser of this machine; FLEETLAB_BROWSER may name another. */
function findBrowser(): string | undefined {
  const named = process.env["FLEETLAB_BROWSER"];
  if (named) return named;
  const folders = process.env["PATH"]?.split(delimiter) ?? [];
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...PLACES].find((place) => existsSync(place));
}

export const browserPath = findBrowser();

const MISSING = `NO BROWSER IS INSTALLED: ALL TESTS THAT LOOK AT PAGES ARE SKIPPED.
  Install Chromium (Debian: apt-get install chromium), Chrome or Edge, or name one in FLEETLAB_BROWSER.`;

/** Whether tests of pages can run; false says so loudly. In CI a missing browser fails them instead. */
export function hasBrowser(): boolean {
  if (browserPath) return true;
  if (process.env["CI"]) throw new Error(MISSING);
  console.error(MISSING);
  return false;
}

/** Starts it, without a window. */
export function openBrowser(): Promise<Browser> {
  if (!browserPath) throw new Error(MISSING);
  return chromium.launch({ executablePath: browserPath, headless: true, args: ARGS });
}
