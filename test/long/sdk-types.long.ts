import type * as Ts from "@tslab/typescript-for-tslab";
import { describe, expect, it } from "vitest";
import { sdkTypes } from "../../lib/cli/kernel/sdk-types.js";
import { COMPILER, tslabRequire } from "../../lib/cli/kernel/tslab.js";

const ts = tslabRequire(COMPILER) as typeof Ts;
const OPTIONS: Ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  target: ts.ScriptTarget.ES2022,
  types: ["node"],
  strict: true,
};

/** A program of all packages that `npm run build` writes as one file, read by `path`. */
function programOf(path: (index: string) => string) {
  const host = ts.createCompilerHost(OPTIONS);
  host.readFile = (index) => ts.sys.readFile(path(index));
  const program = ts.createProgram([...sdkTypes().keys()], OPTIONS, host);
  const checker = program.getTypeChecker();
  const fileOf = (index: string) => program.getSourceFile(index)!;
  return {
    namesOf: (index: string) =>
      checker
        .getExportsOfModule(checker.getSymbolAtLocation(fileOf(index))!)
        .map(({ name }) => name)
        .sort(),
    errorsOf: (index: string) =>
      program
        .getSemanticDiagnostics(fileOf(index))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
  };
}

describe("the SDK's declarations as one file each", () => {
  it("say what they say as many, and have no mistake", () => {
    const written = sdkTypes();
    const one = programOf((index) => written.get(index) ?? index);
    const many = programOf((index) => index);

    expect(written.size).toBe(5);
    for (const index of written.keys()) {
      expect(one.errorsOf(index), index).toEqual([]);
      expect(one.namesOf(index), index).toEqual(many.namesOf(index));
    }
  });
});
