import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explain } from "#bootstrap/failures";
import { sandboxHome } from "../../aws/local.js";
import { readOptions, USAGE, type Wish } from "./options.js";
import { stop } from "./stop.js";
import { troubleOf } from "./trouble.js";

/** Do what the command line says. Sets or ends with the process's exit code; never throws. */
export async function main(): Promise<void> {
  try {
    await obey();
  } catch (error) {
    // Also ends what has begun to serve or holds the store open.
    process.exit(explain(error));
  }
}

async function obey(): Promise<void> {
  const wish = readOptions(process.argv.slice(2));
  if (wish.verb === "help") return console.log(USAGE);
  const home = homeOf(wish.options.isEphemeral);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    await grant(wish, home);
  } catch (error) {
    throw troubleOf(error, home);
  }
}

async function grant({ verb, isSure, options }: Wish, home: string): Promise<void> {
  if (verb === "stop") return stop(home);
  // Loaded when they are wanted: the sandbox itself, with the SDK's schemas, takes a second.
  if (verb === "reset") return (await import("./reset.js")).reset(home, isSure);
  return (await import("./run.js")).run(home, options);
}

/**
 * One that keeps nothing is nobody's but its caller's: without a home of its own it would take the
 * project's place, and the next notebook would find an empty account.
 */
function homeOf(isEphemeral: boolean): string {
  const isOwn = process.env["FLEETLAB_HOME"] !== undefined;
  return isEphemeral && !isOwn ? mkdtempSync(join(tmpdir(), "fleetlab-sandbox-")) : sandboxHome();
}
