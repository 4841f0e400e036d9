import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { sendMutants } from "../sandbox/mqtt/mutants.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Of what is reachable, in MiB, once the last connections are let go. */
async function heap(): Promise<number> {
  await delay(2_500);
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

it("20,000 broken packets in both versions of MQTT disturb nobody and cost no memory", async () => {
  await sendMutants(2_000, 1);
  const before = await heap();
  for (let seed = 2; seed <= 10; seed++) await sendMutants(2_000, seed);
  const grown = (await heap()) - before;
  console.log(`20,000 broken packets: the heap grew by ${grown.toFixed(1)} MiB`);

  expect(grown).toBeLessThan(16);
});
