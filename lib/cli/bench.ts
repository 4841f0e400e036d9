import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { table } from "../show/table.js";
import { memory } from "./bench/memory.js";
import { mqtt } from "./bench/mqtt.js";
import { notebooks } from "./bench/notebooks.js";
import { pacing } from "./bench/pacing.js";
import { path } from "./bench/path.js";
import { sandbox } from "./bench/sandbox.js";
import type { Scenario } from "./bench/scenario.js";

/** What is measured, in the order of the report. Later parts add to it. */
const scenarios: readonly Scenario[] = [pacing, memory, notebooks, path, sandbox, mqtt];

const USAGE = `npm run bench [-- NAME...] [--json FILE]

${scenarios.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join("\n")}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, help: { type: "boolean", default: false } },
});
const unknown = positionals.find((name) => !scenarios.some((scenario) => scenario.name === name));
if (values.help || unknown !== undefined) {
  if (unknown !== undefined) console.error(`There is no measurement called "${unknown}".\n`);
  console.log(USAGE);
  process.exit(unknown === undefined ? 0 : 1);
}

const results: Record<string, readonly object[]> = {};
for (const { name, about, run } of scenarios) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\n${name}: ${about}`);
  const rows = await run((line) => console.log(`  ${line}`));
  results[name] = rows;
  const headers = Object.keys(rows[0] ?? {});
  const columns = headers.map((header) => ({
    header,
    value: (row: Readonly<Record<string, string | number>>) => row[header],
  }));
  console.log(table(rows, columns, rows.length).text);
}
if (values.json) {
  writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nWritten to ${values.json}`);
}
