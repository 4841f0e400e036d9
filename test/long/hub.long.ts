// A hub as a class has one: two users, two sandboxes, their live pages through the hub, and one board.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { readSandboxFile } from "../../lib/aws/local.js";
import { showHubBoard } from "../../lib/tasks/class/board.js";
import { hasBrowser, openBrowser } from "../browser/chromium.js";
import { LabPage } from "../browser/lab-page.js";
import { openTestFleet } from "../fleet.js";
import { hubEnvironment, startHub, type Hub, type User } from "./hub/hub.js";

const SHOTS = join(projectRoot, "build", "screenshots");

/** What a learner does, down to a fleet of so many vehicles and the page in a cell. */
const cells = (vehicles: number) => [
  'import { connect } from "fleetlab";\nconst fleet = await connect();',
  `import { planFleet, provision } from "fleetlab";\nconst plan = planFleet(fleet, { devices: ${vehicles} });\nawait provision(fleet, plan);`,
  'import { showLive } from "fleetlab";\nshowLive(fleet);',
];

describe.skipIf(!hasBrowser())("a JupyterHub with two users", () => {
  let bin: string;
  let hub: Hub;
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    bin = await hubEnvironment();
    hub = await startHub(bin);
    browser = await openBrowser();
  }, 900_000);
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  }, 120_000);

  /** A browser that has logged in, and whose server runs. */
  async function logIn(user: User): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(150_000);
    const page = await context.newPage();
    await page.goto(`${hub.url}/hub/login?next=${encodeURIComponent(`/hub/spawn/${user}`)}`);
    await page.locator("#username_input").fill(user);
    await page.locator("#password_input").fill(hub.password);
    await page.locator("#login_submit").click();
    await page.waitForURL((url) => url.pathname.startsWith(`/user/${user}/lab`));
    await page.close();
    return context;
  }

  /** The learner's notebook in their JupyterLab, run from top to bottom. */
  async function work(context: BrowserContext, user: User, vehicles: number): Promise<LabPage> {
    const codes = cells(vehicles).map((source, i) => ({
      cell_type: "code",
      id: `hub-${i}`,
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    }));
    const kernelspec = {
      name: "tslab",
      display_name: "TypeScript (tslab)",
      language: "typescript",
    };
    const notebook = { cells: codes, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
    writeFileSync(join(hub.copyOf(user), "my-notebooks", "hub.ipynb"), JSON.stringify(notebook));
    const url = new URL(
      `${hub.url}/user/${user}/lab/workspaces/test/tree/fleetlab/my-notebooks/hub.ipynb`,
    );
    const lab = new LabPage(await context.newPage(), { url });
    await lab.page.goto(url.href);
    await lab.code(codes.length - 1).waitFor();
    await lab.kernelIsIdle();
    expect(await lab.runAll()).toEqual([]);
    return lab;
  }

  const total = (page: Page | FrameLocator, vehicles: number) =>
    page.locator(".total", { hasText: `${vehicles} vehicles` }).waitFor();

  /** The page behind the link on the card of connect(). */
  async function openCard(lab: LabPage, vehicles: number): Promise<Page> {
    const opened = lab.page.context().waitForEvent("page");
    await lab.code(0).getByRole("link", { name: "open the live page" }).click();
    const live = await opened;
    await live.locator("#status", { hasText: "live" }).waitFor();
    await total(live, vehicles);
    return live;
  }

  it("gives each a sandbox, a live page through the hub, and a row on one board", async () => {
    const [ada, bob] = [await logIn("ada"), await logIn("bob")];
    const adas = await work(ada, "ada", 12);
    const bobs = await work(bob, "bob", 7);

    // Two sandboxes, each with one fleet.
    const [ofAda, ofBob] = (["ada", "bob"] as const).map((user) =>
      readSandboxFile(join(hub.copyOf(user), ".fleetlab", "sandbox")),
    );
    expect(ofAda?.url).not.toBe(ofBob?.url);
    expect(ofAda?.credentials.secretAccessKey).not.toBe(ofBob?.credentials.secretAccessKey);

    // The card's link leads through the hub, and shows that user's vehicles alone.
    const adasPage = await openCard(adas, 12);
    const bobsPage = await openCard(bobs, 7);
    expect(adasPage.url()).toMatch(`${hub.url}/user/ada/proxy/${portOf(ofAda?.url)}/_fleetlab/`);
    expect(bobsPage.url()).toMatch(`${hub.url}/user/bob/proxy/${portOf(ofBob?.url)}/_fleetlab/`);
    await adasPage.screenshot({ path: join(SHOTS, "hub-live-ada.png") });
    await bobsPage.screenshot({ path: join(SHOTS, "hub-live-bob.png") });

    // It is told of what happens, and publishes.
    await adasPage.getByRole("link", { name: "Messages" }).click();
    await adasPage.getByLabel("Topic", { exact: true }).fill("hub/hello");
    await adasPage.getByRole("button", { name: "Publish" }).click();
    await adasPage.locator(".messages .topic", { hasText: "hub/hello" }).waitFor();

    // The same page in a cell.
    await total(bobs.page.frameLocator('iframe[title="The fleet, live"]'), 7);
    await bobs.page.locator('iframe[title="The fleet, live"]').scrollIntoViewIfNeeded();
    await bobs.screenshot("hub-lab-bob");

    // Nobody opens another one's page: not with the link, and not with another's server.
    const stranger = await bob.newPage();
    const answer = await stranger.goto(adasPage.url());
    expect(answer?.status()).toBe(403);
    const throughOwn = adasPage.url().replace("/user/ada/", "/user/bob/");
    await stranger.goto(throughOwn.replace(/#.*/, ""));
    await stranger.locator(".refusal", { hasText: "connect()" }).waitFor();

    // One board over both, and over somebody who has not come.
    const { fleet, lines } = openTestFleet({ region: "us-east-1" });
    const rows = await showHubBoard(fleet, {
      copies: {
        Ada: hub.copyOf("ada"),
        Bob: hub.copyOf("bob"),
        Cleo: join(hub.copyOf("bob"), "x"),
      },
    });
    expect(rows.map(({ learner, vehicles, next }) => [learner, vehicles, next])).toEqual([
      ["Ada", 12, "02: 0 of 2 dynamic groups"],
      ["Bob", 7, "02: 0 of 2 dynamic groups"],
      ["Cleo", 0, "their sandbox is not running"],
    ]);
    expect(lines.join("\n")).toMatch(/Ada +12 of 12 +✓ +·/);
    await Promise.all([ada.close(), bob.close()]);
  });

  it("has its image described: repo2docker takes the project for conda's, and says how to build it", () => {
    const repo2docker = join(bin, "jupyter-repo2docker");
    const { stdout, stderr, status } = spawnSync(
      repo2docker,
      ["--no-build", "--debug", projectRoot],
      { encoding: "utf8" },
    );

    expect(status, stderr).toBe(0);
    expect(stderr).toContain("Building conda environment for python=3.12");
    expect(stdout).toMatch(/^FROM /m);
    expect(stdout).toContain('--file "environment.yml"');
    expect(stdout).toMatch(/^RUN \.\/postBuild/m);
  });
});

const portOf = (url: string | undefined): string => new URL(url ?? "").port;
