import { statSync, utimesSync } from "node:fs";
import { watch as watchFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createChecker, type Checker } from "../../../lib/cli/kernel/checker.js";
import { projectRoot } from "../../../lib/cli/project.js";
import { installedTslab, MENDED_TSLAB } from "../../../lib/cli/kernel/tslab.js";

describe("the kernel's checker", () => {
  let checker: Checker;
  let before: string;

  // One for all: it reads the types of the SDK.
  beforeAll(() => {
    checker = createChecker();
    const source = `import { connect, findThing, planFleet } from "fleetlab";
const fleet = await connect();
const zeta = 5;`;
    before = checker.convert("", source).declOutput ?? "";
  }, 120_000);

  const messages = (cell: string) =>
    checker.convert(before, cell).diagnostics.map(({ messageText }) => messageText);

  it("was written for the tslab that is installed", () => {
    expect(installedTslab(), "a newer tslab: see docs/kernel.md").toBe(MENDED_TSLAB);
  });

  it("finds names of earlier cells, also in shorthand and inside functions", () => {
    const { output } = checker.convert(before, "const f = () => ({ zeta, planFleet });");

    expect(output).toContain("zeta: exports.zeta");
    expect(output).toContain("planFleet: exports.planFleet");
  });

  it("keeps what earlier cells declared", () => {
    const { declOutput } = checker.convert(before, "const eta = 6;");

    expect(declOutput).toContain("zeta");
    expect(declOutput).toContain("eta");
    expect(declOutput).toContain("findThing");
  });

  it("says where a result is not awaited, and what to write", () => {
    const { forgotten } = checker.convert(before, 'const a = 1;\nfindThing(fleet, "A");\na');

    expect(forgotten).toEqual([{ line: 2, write: 'await findThing(fleet, "A")' }]);
  });

  it.each([
    "void planFleet(fleet);",
    'void findThing(fleet, "A");',
    'findThing(fleet, "A").catch(() => {});',
    'let later: unknown;\nlater = findThing(fleet, "A");',
    'await findThing(fleet, "A");',
  ])("says nothing about %s", (cell) => {
    expect(checker.convert(before, cell).forgotten).toEqual([]);
  });

  it.each([
    ['const thing = findThing(fleet, "A");\nthing.thingName', "(await thing).thingName"],
    ['const thing: string = findThing(fleet, "A");', 'await findThing(fleet, "A")'],
    ['planFleet(fleet, { seed: findThing(fleet, "A") });', 'await findThing(fleet, "A")'],
  ])("explains %j", (cell, write) => {
    expect(messages(cell).join("\n")).toContain(`Write: ${write}`);
  });

  it("leaves other errors as they are", () => {
    expect(messages("zeta.foo")).toEqual(["Property 'foo' does not exist on type '5'."]);
  });

  it.each([
    ["behind the parenthesis", "planFleet(", 10],
    ["inside the options", "planFleet(fleet, {  })", 19],
    ["on the name", "planFleet(fleet)", 4],
  ])("shows a function's options %s", (_where, cell, position) => {
    const text = checker.inspect(before, cell, position);

    expect(text).toContain("planFleet(fleet: Fleet, wishes?: FleetWishes): FleetPlan");
    expect(text).toMatch(/^ {2}devices\?: number {2}\/\/ 1 to 1,000,000/m);
    expect(text).not.toContain("{@link");
  });

  it("goes on when the workshop is updated under it", async () => {
    const file = join(projectRoot, "lib", "package.json");
    const { atime, mtime } = statSync(file);
    const watch = new AbortController();
    // Whoever watched before is told before.
    const changes = watchFile(file, { signal: watch.signal })[Symbol.asyncIterator]();
    const told = changes.next();
    utimesSync(file, atime, mtime);
    await told;
    watch.abort();

    expect(messages("const eta = 6;")).toEqual([]);
  });

  it("shows what a member is", () => {
    expect(checker.inspect(before, "fleet.prefix", 9)).toContain("How names of devices begin.");
  });

  it("shows nothing where there is nothing", () => {
    expect(checker.inspect(before, "  // words", 6)).toBeUndefined();
  });

  it.each([
    ["before the module is named", "import { create", 15],
    ["with the bracket closed", "import { create }", 15],
    ["behind another name", "import { connect, create", 24],
    ["with the module named", 'import { create } from "fleetlab"', 15],
  ])("offers functions in an import list %s", (_where, cell, position) => {
    const { candidates, start, end } = checker.complete(before, cell, position);

    expect(candidates).toContain("createThing");
    expect(candidates).toContain("createThingTypes");
    expect(cell.slice(start, end)).toBe("create");
  });

  it("offers the members of a value", () => {
    expect(checker.complete(before, "fleet.", 6).candidates).toContain("prefix");
  });
});
