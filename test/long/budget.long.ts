import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { collect } from "../../lib/aws/collect.js";
import { createLimits } from "../../lib/aws/pacing/limits.js";
import { listThings } from "../../lib/fleet/registry/things.js";
import { connectTo, inOwnSandbox } from "../notebooks/kernel.js";

const NOTEBOOKS = 30;
const SECONDS = 20;
/** So many of them are killed at half-time, in the middle of whatever they do. */
const KILLED = 5;

interface Ended {
  readonly attempts: number;
  readonly throttles: number;
  /** When its last call was answered: what waited for its turn at the end still had it. */
  readonly endedAt: number;
}

/** Start a notebook's process; it says what it has done, unless it is killed. */
function notebook(home: string, name: string) {
  const worker = join(import.meta.dirname, "budget_worker.mjs");
  const child = spawn(process.execPath, [worker, String(SECONDS), name], {
    env: { ...process.env, FLEETLAB_HOME: home, WORKSHOP_TARGET: "sandbox" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.startsWith("ready")) resolve();
    });
  });
  const ended = new Promise<Ended | undefined>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const [, last] = text.split("\n");
      if (code === 0 && last) resolve(JSON.parse(last) as Ended);
      else if (code === null) resolve(undefined);
      else reject(new Error(`${name} ended with ${code}: ${text}`));
    });
  });
  return { child, ready: Promise.race([ready, ended]), ended };
}

describe("thirty processes on one account", () => {
  it("reach the allowed rate together, without a throttle, whoever is killed meanwhile", async () => {
    await inOwnSandbox(async (home) => {
      const fleet = await connectTo(home);
      const all = Array.from({ length: NOTEBOOKS }, (_, i) => notebook(home, `n${i}`));
      try {
        await Promise.all(all.map((one) => one.ready));
        const beginMs = Date.now() + 1_000;
        for (const { child } of all) child.stdin.write(`${beginMs}\n`);
        await delay(beginMs - Date.now() + (SECONDS / 2) * 1000);
        for (const { child } of all.slice(0, KILLED)) child.kill("SIGKILL");
        const ended = await Promise.all(all.map((one) => one.ended));

        const things = await collect(listThings(fleet));
        const made = things.filter(({ thingName }) => !thingName?.endsWith("-first")).length;
        const { perSecond } = createLimits().of("iot", "CreateThing");
        const seconds = (Math.max(...ended.map((one) => one?.endedAt ?? 0)) - beginMs) / 1000;
        const share = made / (perSecond * seconds);
        console.log(
          `${NOTEBOOKS} processes, ${KILLED} killed: ${(made / seconds).toFixed(1)} calls a second of ` +
            `${perSecond} allowed (${share.toFixed(3)})`,
        );
        expect(existsSync(join(home, "budget"))).toBe(true);
        expect(ended.filter((one) => one !== undefined)).toHaveLength(NOTEBOOKS - KILLED);
        expect(ended.map((one) => one?.throttles ?? 0)).toEqual(ended.map(() => 0));
        // How near it comes to 1 is this machine's affair, and above it the sandbox would have throttled.
        expect(share).toBeGreaterThan(0.5);
        expect(share).toBeLessThanOrEqual(1.02);
      } finally {
        for (const { child } of all) child.kill("SIGKILL");
      }
    });
  });
});
