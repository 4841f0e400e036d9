// From a clone to something that runs: npm packages from the lock file, then lib compiled to
// lib/dist. Both are skipped when what is there was made from what is there now, which is known
// from a stamp that is written last and lies inside what it vouches for.

import { join } from "node:path";
import { build, buildIsCurrent } from "./build.mjs";
import { withLock } from "./lock.mjs";
import { installPackages, packagesAreCurrent } from "./packages.mjs";
import { interruption } from "./processes.mjs";

/**
 * Bring node_modules and lib/dist up to date. Costs some milliseconds when they are.
 *
 * One process at a time does the work; a second one waits and then finds it done. Interrupted or
 * failed work leaves no stamp behind, so the next call does it again.
 *
 * @param {string} root the project's folder
 * @throws Failure when npm or the compiler fails; Interrupted on Ctrl-C
 */
export async function setUp(root) {
  if (packagesAreCurrent(root) && buildIsCurrent(root)) return;
  await withLock(
    join(root, ".fleetlab", "locks", "setup"),
    async () => {
      if (!packagesAreCurrent(root)) await installPackages(root);
      if (!buildIsCurrent(root)) await build(root);
    },
    {
      signal: interruption(),
      onWait: () => console.error("Another command is setting this project up; waiting for it …"),
    },
  );
}
