import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "#bootstrap/failures";
import { declared } from "../../sandbox/services.js";
import { contentsOf } from "../../sandbox/state/contents.js";
import { StoreError } from "../../sandbox/state/store-errors.js";
import { openStore } from "../../sandbox/state/store.js";
import { takeLock } from "./lock.js";

/** `--reset`: show what the sandbox of this home holds, and empty it when that is sure. */
export async function reset(home: string, isSure: boolean): Promise<void> {
  if (!takeLock(home)) {
    throw new Failure("The sandbox is running.", "Stop it first: npm run sandbox -- --stop");
  }
  const data = join(home, "data");
  if (isSure) {
    // Not opened first: what is damaged, or of another version, must go like everything else.
    rmSync(data, { recursive: true, force: true });
    return console.log("Emptied.");
  }
  const held = await describeData(data);
  if (held.length === 0) return console.log("The sandbox is empty.");
  for (const line of held) console.log(line);
  console.log("\nNothing was deleted. To empty it: npm run sandbox -- --reset --yes");
}

/** Line by line what is kept, also for a store that cannot be used; nothing when it is empty. */
async function describeData(data: string): Promise<string[]> {
  if (!existsSync(data)) return [];
  try {
    const store = openStore(data);
    const records = [...store.load()];
    await store.close();
    const lines = contentsOf(records, declared).map(({ what, count, region }) => {
      const where = region === undefined ? "" : ` in ${region}`;
      return `${String(count).padStart(8)}  ${what}${where}`;
    });
    // Such as the clock, when it was moved ahead.
    const isMore = lines.length === 0 && records.length > 0;
    return isMore ? ["Nothing but records of the sandbox itself."] : lines;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [error.told];
  }
}
