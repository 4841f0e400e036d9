// npm run sandbox: the local AWS by itself, and what is done with the one of this project.

import { existsSync } from "node:fs";

// The same program as one file, which `npm run build` writes: to find and read its 860 takes as long
// again as all else that a start does.
const bundle = new URL("../bundle/main.js", import.meta.url);

const { main }: { main: () => Promise<void> } = existsSync(bundle)
  ? await import(bundle.href)
  : await import("./sandbox/main.js");
await main();
