import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { run } from "../sandbox/python.js";
import { serveSandbox } from "./serve.js";
import { MOTO, provideMoto } from "./suites.js";

/** Tests whose answers the sandbox does not give, and says so in COVERAGE.md. */
const KNOWN: readonly string[] = [
  // Bucket policies are kept and not evaluated.
  "test_deny_delete_policy",
];

interface Outcome {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped" | "refused";
  readonly error?: string;
}

it("answers as AWS did to the tests of moto that its authors ran there", async () => {
  const folder = join(projectRoot, "build", "peers");
  const { python, root } = await provideMoto(folder);
  const server = await serveSandbox();
  const results = join(folder, "results.jsonl");
  const pytest = ["-m", "pytest", "-p", "plugin", "-q", "-p", "no:cacheprovider"];
  const { output } = await run(
    "sh",
    ["-c", 'cd "$0" && exec "$@"', root, python, ...pytest, ...MOTO.folders],
    {
      PYTHONPATH: join(projectRoot, "test", "peers"),
      PEERS_ENDPOINT: server.url,
      PEERS_RESULTS: results,
    },
  );
  await server.close();

  const outcomes = readFileSync(results, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
  const named = (wanted: Outcome["outcome"]) =>
    outcomes.filter(({ outcome }) => outcome === wanted);
  const failed = named("failed").filter(({ name }) => !KNOWN.some((known) => name.endsWith(known)));
  console.log(
    `moto ${MOTO.version}: ${named("passed").length} passed, ${named("refused").length} refused by name, ` +
      `${named("skipped").length} skipped, ${named("failed").length} failed`,
  );
  expect(failed, output.slice(-4000)).toEqual([]);
  expect(named("passed").length).toBeGreaterThan(70);
});
