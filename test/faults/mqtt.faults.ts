import { expect, it } from "vitest";
import { sendMutants } from "../sandbox/mqtt/mutants.js";

it("20,000 broken packets in both versions of MQTT disturb nobody and cost no memory", async () => {
  await sendMutants(2_000, 1);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let seed = 2; seed <= 10; seed++) await sendMutants(2_000, seed);
  globalThis.gc?.();
  const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024;
  console.log(`20,000 broken packets: the heap grew by ${grown.toFixed(1)} MiB`);

  expect(grown).toBeLessThan(64);
});
