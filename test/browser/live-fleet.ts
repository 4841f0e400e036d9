// A sandbox with sixty vehicles, its live page, and a browser that opens it.

import {
  AddThingToThingGroupCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
} from "@aws-sdk/client-iot";
import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { createControl } from "../../lib/sandbox/control.js";
import { createSandbox, type Sandbox } from "../../lib/sandbox/index.js";
import { createLive, type Live } from "../../lib/sandbox/live/live.js";
import { serve, type SandboxServer } from "../../lib/sandbox/server.js";
import { ACCOUNT, clientsOf, REGION } from "../sandbox/clients.js";
import { openBrowser } from "./chromium.js";

export const nameOf = (i: number): string => `Vehicle-VIN-${String(i).padStart(3, "0")}`;
export const typeOf = (i: number): string =>
  ["SedanVehicle", "SUVVehicle", "TruckVehicle"][i % 3] as string;
export const arnOf = (tail: string): string => `arn:aws:iot:${REGION}:${ACCOUNT}:${tail}`;

export interface LiveFleet {
  readonly sandbox: Sandbox;
  readonly server: SandboxServer;
  readonly clients: ReturnType<typeof clientsOf>;
  readonly browser: Browser;
  /** Report a state to the classic shadow of a thing, or to a named one. */
  report(thingName: string, reported: object, shadowName?: string): Promise<void>;
  /** Report a version of the firmware of a vehicle's type. */
  install(i: number, version: string): Promise<void>;
  /** A link as on the card of connect(), to the page at this address. */
  link(url?: string, isProxied?: boolean): string;
  /** Open the page in a browser of its own, and wait until it is live. */
  open(options?: BrowserContextOptions, url?: string): Promise<Page>;
  /** End the sandbox and its server, and leave the browser open. */
  stop(): Promise<void>;
  /** End all of it; what has ended before stays so. */
  close(): Promise<void>;
}

/**
 * Open all of it.
 *
 * @param wish.vehicles how many things there are; the first sixty have a version and a battery
 * @param wish.port of the server; any free one unless told
 */
export async function openLiveFleet(
  wish: { readonly vehicles?: number; readonly port?: number } = {},
): Promise<LiveFleet> {
  const sandbox = createSandbox({ quotas: "aws", seed: "live" });
  const live: Live = createLive(sandbox, "s3cr3t");
  const control = createControl({ sandbox, identity: { program: "test" }, live });
  const server = await serve({ handle: sandbox.handle, control, port: wish.port ?? 0 });
  const clients = clientsOf(sandbox);
  const browser = await openBrowser();

  const report: LiveFleet["report"] = async (thingName, reported, shadowName) => {
    const payload = Buffer.from(JSON.stringify({ state: { reported } }));
    await clients.iotData.send(
      new UpdateThingShadowCommand({ thingName, payload, ...(shadowName && { shadowName }) }),
    );
  };
  const install: LiveFleet["install"] = (i, version) =>
    report(nameOf(i), { [typeOf(i)]: { version, attributes: {} } }, "$package");
  const link: LiveFleet["link"] = (url = server.url, isProxied = false) =>
    `${url}/_fleetlab/#${live.open({ account: ACCOUNT, region: REGION, isProxied }) as string}`;

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    live.close();
    await server.close();
    await sandbox.close();
  };

  await fill(sandbox, clients, wish.vehicles ?? 60);
  for (let i = 1; i <= 60; i++) {
    await install(i, "1.0.0");
    await report(nameOf(i), { batteryStatus: (i * 37) % 100 });
  }

  return {
    sandbox,
    server,
    clients,
    browser,
    report,
    install,
    link,
    async open(options = {}, url = link()) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        reducedMotion: "reduce",
        ...options,
      });
      const page = await context.newPage();
      await page.goto(url);
      await page.locator("#status", { hasText: "live" }).waitFor();
      return page;
    },
    stop: () => (stopping ??= stop()),
    async close() {
      await browser.close();
      await (stopping ??= stop());
    },
  };
}

/** Vehicles in the state itself: what is shown is not how they are made. */
async function fill(
  sandbox: Sandbox,
  { iot }: ReturnType<typeof clientsOf>,
  vehicles: number,
): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await iot.send(new CreateThingTypeCommand({ thingTypeName: typeOf(i) }));
  }
  for (const country of ["DE", "FR", "IT"]) {
    await iot.send(new CreateThingGroupCommand({ thingGroupName: `fleet-${country}` }));
  }
  const state = sandbox.state(ACCOUNT, REGION);
  await sandbox.run(state, () => {
    for (let i = 1; i <= vehicles; i++) {
      const thingName = nameOf(i);
      state.things.set(thingName, {
        thingName,
        thingArn: arnOf(`thing/${thingName}`),
        thingId: thingName,
        thingTypeName: typeOf(i),
        attributes: { country: ["DE", "FR", "IT"][(i % 4) % 3] as string },
        version: 1,
      });
    }
  });
  for (let i = 1; i <= 12; i++) {
    const wish = { thingGroupName: "fleet-DE", thingName: nameOf(i) };
    await iot.send(new AddThingToThingGroupCommand(wish));
  }
}
