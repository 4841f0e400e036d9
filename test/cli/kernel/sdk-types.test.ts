import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type * as Ts from "@tslab/typescript-for-tslab";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asOneFile, NotOneFileError } from "../../../lib/cli/kernel/one-file.js";
import { sdkTypes } from "../../../lib/cli/kernel/sdk-types.js";
import { COMPILER, tslabRequire } from "../../../lib/cli/kernel/tslab.js";

const ts = tslabRequire(COMPILER) as typeof Ts;

describe("what kernels read of the SDK", () => {
  it("is a file for each client that cells use, as npm run build has written it", () => {
    const names = [...sdkTypes().keys()].map((path) => /client-[^/]+/.exec(path)?.[0]);

    expect(names.sort()).toEqual([
      "client-iam",
      "client-iot",
      "client-iot-data-plane",
      "client-iot-jobs-data-plane",
      "client-s3",
    ]);
  });

  it("exports what the packages export", () => {
    // What else they say is read in test/long.
    const [index, written] = [...sdkTypes()].find(([path]) => path.includes("iot-jobs-data"))!;
    const namesOf = (read: (path: string) => string | undefined) => {
      const options: Ts.CompilerOptions = { noLib: true, types: [] };
      const host = ts.createCompilerHost(options);
      host.readFile = (path) =>
        path.includes("/client-iot-jobs-data-plane/dist") ? read(path) : "";
      const program = ts.createProgram([index], options, host);
      const checker = program.getTypeChecker();
      const module = checker.getSymbolAtLocation(program.getSourceFile(index)!)!;
      return checker.getExportsOfModule(module).map(({ name }) => name);
    };

    const one = namesOf((path) => ts.sys.readFile(path === index ? written : path));
    const many = namesOf((path) => ts.sys.readFile(path));

    expect(many.length).toBeGreaterThan(50);
    expect(one.sort()).toEqual(many.sort());
  });
});

describe("declarations as one file", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-one-file-test-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function oneFile(files: Readonly<Record<string, string>>, edit = (text: string) => text): string {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return asOneFile(ts, join(folder, "index.d.ts"), edit);
  }

  it("keep names, documentation, and what the index keeps to itself", () => {
    const text = oneFile(
      {
        "index.d.ts": 'export * from "./commands";\nexport { Failed } from "./errors";\n',
        "commands/index.d.ts": `import { Failed as __Base, Hidden } from "../errors";
import type { Bag as $Bag } from "elsewhere";
/** Does it. */
export declare class Do extends __Base { hidden: import("../errors").Hidden; bag: $Bag; }
export type Both = import("..").Do | Hidden;
`,
        "errors.d.ts": "export declare class Failed {}\nexport interface Hidden {}\n",
      },
      (words) => words.replace("Does", "Has done"),
    );

    expect(text).toBe(`import { Bag as $Bag } from "elsewhere";
/** Has done it. */
export declare class Do extends Failed { hidden: Hidden; bag: $Bag; }
export type Both = Do | Hidden;
export declare class Failed {}
interface Hidden {}
export {};
`);
  });

  it.each([
    ["two things of one name", 'export * from "./a";\ninterface A {}', "export interface A {}"],
    ["a whole module by a name", 'import * as a from "./a";', "export interface A {}"],
    ["what is not named", 'export * from "./a";', "export default 1;"],
  ])("are refused with %s", (_what, index, a) => {
    expect(() => oneFile({ "index.d.ts": index, "a.d.ts": a })).toThrow(NotOneFileError);
  });
});
