import { spawnSync } from "node:child_process";

/**
 * Whether a program runs on this machine; a loud line when it does not.
 *
 * @param how what it takes to get it
 * @throws Error in CI when it does not
 */
export function hasProgram(command: string, args: readonly string[], how: string): boolean {
  const { error, stderr } = spawnSync(command, args, { encoding: "utf8" });
  // Mosquitto's clients end with an error when they are asked for help: that they answer is enough.
  const why =
    error?.message ?? (/Cannot find module|MODULE_NOT_FOUND|\.node/.exec(stderr) && stderr);
  if (!why) return true;
  const missing = `${command} does not run here (${why.split("\n")[0]}). ${how}`;
  if (process.env["CI"]) throw new Error(missing);
  console.error(`\n!!! TESTS WITH ${command.toUpperCase()} ARE SKIPPED !!! ${missing}\n`);
  return false;
}
