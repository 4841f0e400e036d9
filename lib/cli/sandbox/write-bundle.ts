// node lib/dist/cli/sandbox/write-bundle.js: a step of `npm run build`.
//
// The sandbox as one file, and a few more for what only some starts need. To find, read and compile
// its own 860 and the SDK's takes a second of processor, half of what a start takes.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { projectRoot } from "../project.js";

const dist = join(projectRoot, "lib", "dist");
const dir = join(dist, "bundle");

const bundle = await rolldown({
  input: join(dist, "cli", "sandbox", "main.js"),
  platform: "node",
  // Of packages that are written as modules, what nobody calls is left out.
  resolve: { mainFields: ["module", "main"] },
  // Native code is not text. The project's first steps must be the very modules that began: they
  // listen to signals once, and know a Failure by its class.
  external: ["lmdb", "fs-native-extensions", /^#/],
});
rmSync(dir, { recursive: true, force: true });
// Names stay: they stand in what a failure prints.
await bundle.write({ dir, format: "esm", minify: { compress: false, mangle: false } });
