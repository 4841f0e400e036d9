// One notebook of thirty: calls as fast as its limits let it, from a moment on, for some seconds.
// node budget_worker.mjs SECONDS NAME; begins at the moment that a line of its input says, and says
// at the end what it has done, as JSON.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { CreateThingCommand } from "@aws-sdk/client-iot";
import { connect, isInterrupted, memoryOutput } from "fleetlab";

const [seconds, name] = [Number(process.argv[2]), process.argv[3]];
const fleet = await connect({ output: memoryOutput() });
// The first call loads what the client needs, and is not of the measurement.
await fleet.iot.send(new CreateThingCommand({ thingName: `${name}-first` }));
process.stdout.write("ready\n");
const beginMs = Number(String(await once(process.stdin, "data")));
await delay(Math.max(0, beginMs - Date.now()));

const endMs = beginMs + seconds * 1000;
let made = 0;
const call = async () => {
  while (Date.now() < endMs) {
    try {
      await fleet.iot.send(new CreateThingCommand({ thingName: `${name}-${made++}` }));
    } catch (error) {
      if (!isInterrupted(error)) throw error;
    }
  }
};
// As many() does: some under way at once.
await Promise.all(Array.from({ length: 20 }, call));
process.stdout.write(JSON.stringify({ ...fleet.counts, endedAt: Date.now() }) + "\n");
process.exit();
