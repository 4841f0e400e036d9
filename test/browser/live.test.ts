// The live page in a browser: what a learner sees of a fleet that changes, and what a device cannot do to it.

import { CreateJobCommand, CreateThingCommand } from "@aws-sdk/client-iot";
import { PublishCommand, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { UpdateJobExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { mkdirSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { hasBrowser } from "./chromium.js";
import { arnOf, nameOf, openLiveFleet, type LiveFleet } from "./live-fleet.js";

const SHOTS = join(projectRoot, "build", "screenshots");
const HOSTILE =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

describe.skipIf(!hasBrowser())("the live page", () => {
  let fleet: LiveFleet;
  let sandbox: LiveFleet["sandbox"];
  let server: LiveFleet["server"];
  let browser: LiveFleet["browser"];
  let clients: LiveFleet["clients"];

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    fleet = await openLiveFleet();
    ({ sandbox, server, browser, clients } = fleet);
  });
  afterAll(() => fleet?.close());

  const open: LiveFleet["open"] = (...args) => fleet.open(...args);
  const legend = async (page: Page, value: string) =>
    Number(await page.locator(`.legend li[data-value="${value}"] b`).textContent());

  it("opens by the card's link, which goes out of sight, and needs it", async () => {
    const page = await open();
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(`${server.url}/_fleetlab/`);

    await page.locator(".total", { hasText: "60 vehicles" }).waitFor();
    expect(page.url()).toBe(`${server.url}/_fleetlab/#/fleet`);
    expect(await page.content()).not.toContain("s3cr3t");
    await stranger.locator(".refusal", { hasText: "connect()" }).waitFor();
    await page.screenshot({ path: join(SHOTS, "live-fleet-light.png") });
    await page.context().close();
    await stranger.context().close();
  });

  it("shows dots change by version while a job rolls out, and the job", async () => {
    const page = await open();
    const targets = Array.from({ length: 12 }, (_, i) => arnOf(`thing/${nameOf(i + 1)}`));
    await clients.iot.send(new CreateJobCommand({ jobId: "ship-1-1-0", targets, document: "{}" }));
    await sandbox.advance(2_000);
    for (let i = 1; i <= 5; i++) {
      await fleet.install(i, "1.1.0");
      await clients.iotJobs.send(
        new UpdateJobExecutionCommand({
          jobId: "ship-1-1-0",
          thingName: nameOf(i),
          status: i === 5 ? "FAILED" : "SUCCEEDED",
        }),
      );
    }

    await page.locator('.legend li[data-value="1.1.0"]', { hasText: "5" }).waitFor();
    expect(await legend(page, "1.0.0")).toBe(55);
    await page.locator(".jobs").getByRole("link", { name: "ship-1-1-0" }).click();
    await page.locator('.legend li[data-value="SUCCEEDED"]', { hasText: "4" }).waitFor();
    expect(await legend(page, "QUEUED")).toBe(7);
    await page.screenshot({ path: join(SHOTS, "live-fleet-job-light.png") });
    await page.getByRole("link", { name: "Jobs" }).first().click();
    await page.getByRole("heading", { name: "ship-1-1-0" }).waitFor();
    await page.screenshot({ path: join(SHOTS, "live-jobs-light.png") });
    await page.context().close();
  });

  it("goes from dot to dot by keyboard, and opens a vehicle's page", async () => {
    const page = await open({ colorScheme: "dark" });
    await page.locator(".total", { hasText: "60 vehicles" }).waitFor();
    await clients.iotData.send(
      new UpdateThingShadowCommand({
        thingName: nameOf(3),
        payload: Buffer.from(
          JSON.stringify({
            state: { desired: { doors: "locked", horn: "on" }, reported: { doors: "open" } },
          }),
        ),
      }),
    );
    await page.locator(".field").focus();
    await page.keyboard.press("Home");
    await page.locator(".tip b", { hasText: "Vehicle-VIN-" }).waitFor();
    await page.screenshot({ path: join(SHOTS, "live-fleet-dark.png") });
    await page.keyboard.press("ArrowRight");
    const name = (await page.locator(".tip b").textContent()) ?? "";
    await page.keyboard.press("Enter");

    await page.getByRole("heading", { level: 1, name }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(nameOf(3));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: nameOf(3) }).waitFor();
    await page.locator(".shadow .differs").first().waitFor();
    expect(await page.locator(".shadow .differs").count()).toBe(2);
    await page.screenshot({ path: join(SHOTS, "live-vehicle-dark.png") });
    await page.context().close();
  });

  it("publishes a message, and shows those of a filter", async () => {
    const page = await open();
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByLabel("Topic filter").fill("fleet/+/horn");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.locator("#status", { hasText: "live" }).waitFor();
    await page.getByLabel("Topic", { exact: true }).fill("fleet/all/horn");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.locator(".outcome", { hasText: "Published to fleet/all/horn" }).waitFor();
    await page.locator(".messages .topic", { hasText: "fleet/all/horn" }).waitFor();
    await clients.iotData.send(new PublishCommand({ topic: "other", payload: Buffer.from("{}") }));
    await page.getByLabel("Topic", { exact: true }).fill("fleet/#");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.locator(".outcome.bad", { hasText: "InvalidRequestException" }).waitFor();

    expect(await page.locator(".messages .topic").allTextContents()).toEqual(["fleet/all/horn"]);
    await page.screenshot({ path: join(SHOTS, "live-messages-light.png") });
    await page.getByRole("link", { name: "API calls" }).click();
    await page.locator("tbody th", { hasText: "Publish" }).waitFor();
    await page.screenshot({ path: join(SHOTS, "live-calls-light.png") });
    await page.getByRole("link", { name: "Connections" }).click();
    await page.locator(".reasons li", { hasText: "never connected" }).waitFor();
    await page.screenshot({ path: join(SHOTS, "live-connections-light.png") });
    await page.context().close();
  });

  it("runs nothing that a device or a learner has written", async () => {
    await clients.iot.send(
      new CreateThingCommand({
        thingName: "hostile",
        attributePayload: { attributes: { country: "javascript:alert" } },
      }),
    );
    await fleet.report("hostile", { [HOSTILE]: HOSTILE, Sedan: { version: HOSTILE } });
    const page = await open();
    const errors: string[] = [];
    page.on("console", (message) => errors.push(message.text()));
    await page.goto(`${server.url}/_fleetlab/#/vehicle/hostile`);
    await page.locator(".shadow td", { hasText: "<img src=x" }).first().waitFor();
    await clients.iotData.send(
      new PublishCommand({
        topic: `hostile/${HOSTILE.slice(0, 40)}`,
        payload: Buffer.from(HOSTILE),
      }),
    );
    await page.locator(".messages summary", { hasText: "onerror" }).first().waitFor();

    expect(await page.title()).toBe("hostile · Fleetlab");
    expect(await page.locator("main img, main script").count()).toBe(0);
    const isRefused = await page.evaluate(
      'try { document.body.innerHTML = "<b>markup</b>"; false } catch { true }',
    );
    expect(isRefused).toBe(true);
    await page.context().close();
  });

  it("works behind a prefix of a proxy with another name, for sessions of such links alone", async () => {
    const { proxy, url } = await openProxy(
      "/user/ada/proxy/4566",
      Number(new URL(server.url).port),
    );
    const page = await open({}, fleet.link(url, true));
    await page.locator(".total", { hasText: "vehicles" }).waitFor();
    const other = await (await browser.newContext()).newPage();
    await other.goto(fleet.link(url));
    await other.locator(".refusal", { hasText: "answers only to this machine" }).waitFor();
    await page.context().close();
    await other.context().close();
    proxy.closeAllConnections();
    proxy.close();
  });
});

/** A proxy as a notebook server is one: under a prefix, with the browser's own Host. */
async function openProxy(prefix: string, port: number): Promise<{ proxy: Server; url: string }> {
  const proxy = createServer((asked, answer) => {
    const path = (asked.url ?? "").slice(prefix.length);
    const headers = { ...asked.headers, host: "hub.example.org" };
    if (headers.origin) headers.origin = "https://hub.example.org";
    const onward = request(
      { port, host: "127.0.0.1", path, method: asked.method, headers },
      (given) => {
        answer.writeHead(given.statusCode ?? 500, given.headers);
        given.pipe(answer);
      },
    );
    asked.pipe(onward);
    answer.on("close", () => onward.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return { proxy, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}` };
}
