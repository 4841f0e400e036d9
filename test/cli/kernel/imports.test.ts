import type * as Ts from "@tslab/typescript-for-tslab";
import { describe, expect, it } from "vitest";
import type { Compiler } from "../../../lib/cli/kernel/compiler.js";
import { resolveImports, steadyImports } from "../../../lib/cli/kernel/imports.js";
import { COMPILER, tslabRequire } from "../../../lib/cli/kernel/tslab.js";

const ts = tslabRequire(COMPILER) as Compiler;
const OPTIONS: Ts.CompilerOptions = {
  noLib: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Node10,
};
/** TypeScript's StructureIsReused: nothing of the program is made anew. */
const COMPLETELY = 2;

/** A cell whose text changes, beside two packages, and `known` as the kernel knows them. */
function notebook(known: readonly string[]) {
  const files = new Map([
    ["/cell.ts", ""],
    ["/node_modules/a/index.d.ts", "export declare const a: 1;"],
    ["/node_modules/b/index.d.ts", "export declare const b: 2;"],
  ]);
  const parsed = new Map<string, Ts.SourceFile>();
  const source = (name: string) => {
    const text = files.get(name);
    if (text === undefined) return undefined;
    const old = parsed.get(name);
    if (old?.text === text) return old;
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
    parsed.set(name, file);
    return file;
  };
  const host: Ts.CompilerHost = {
    getSourceFile: source,
    getDefaultLibFileName: () => "/lib.d.ts",
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => files.has(name),
    readFile: (name) => files.get(name),
    writeFile: () => {},
  };
  host.resolveModuleNameLiterals = resolveImports(ts, host);
  steadyImports(ts, host, new Set(["/cell.ts"]), known);
  let program: Ts.Program | undefined;
  return {
    write: (name: string, text: string) => files.set(name, text),
    run(text: string) {
      files.set("/cell.ts", text);
      program = ts.createProgram(
        ["/cell.ts", "/node_modules/a/index.d.ts"],
        OPTIONS,
        host,
        program,
      );
      const errors = program.getSemanticDiagnostics(source("/cell.ts"));
      return {
        reused: (program as { structureIsReused?: number }).structureIsReused,
        errors: errors.map(({ messageText }) => messageText),
      };
    },
  };
}

describe("the imports of cells", () => {
  it("make no program anew for what is known, nor for what an earlier cell has imported", () => {
    const { run } = notebook(["a"]);
    run("export {};");

    expect(run('import { a } from "a"; a;')).toEqual({ reused: COMPLETELY, errors: [] });
    expect(run("export const c = 3;").reused).toBe(COMPLETELY);
    expect(run('import { b } from "b"; b;').reused).not.toBe(COMPLETELY);
    expect(run("export const d = 4;").reused).toBe(COMPLETELY);
    expect(run('export const later = import("b");').reused).toBe(COMPLETELY);
  });

  it("give a cell nothing that it does not import itself", () => {
    const { run } = notebook(["a", "b", "gone"]);

    expect(run("export const c = a;").errors).toEqual(["Cannot find name 'a'."]);
    expect(run('import { gone } from "gone"; gone;').errors).toEqual([
      "Cannot find module 'gone' or its corresponding type declarations.",
    ]);
  });

  it("find a file that has been written since", () => {
    const { run, write } = notebook(["a"]);

    expect(run('import { mine } from "./mine"; mine;').errors).toHaveLength(1);
    write("/mine.ts", "export const mine = 1;");
    expect(run('import { mine } from "./mine"; mine + 1;').errors).toEqual([]);
  });
});
