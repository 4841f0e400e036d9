import type * as Ts from "@tslab/typescript-for-tslab";
import { resolveImports, steadyImports } from "./imports.js";
import { DOCUMENTED, sdkTypes } from "./sdk-types.js";
import { COMPILER, tslabPart, tslabRequire, type Converter } from "./tslab.js";

/** TypeScript as tslab brings it, with the parts of its language service that it does not declare. */
export type Compiler = typeof Ts & {
  readonly SignatureHelp: {
    getSignatureHelpItems(
      program: Ts.Program,
      file: Ts.SourceFile,
      position: number,
      reason: undefined,
      cancellation: Ts.CancellationToken,
    ): Ts.SignatureHelpItems | undefined;
  };
  bindSourceFile(file: Ts.SourceFile, options: Ts.CompilerOptions): void;
  findPrecedingToken(position: number, file: Ts.SourceFile): Ts.Node | undefined;
  getTokenAtPosition(file: Ts.SourceFile, position: number): Ts.Node;
};

/** A converter of tslab's, and what it keeps to itself. */
export interface OpenConverter {
  readonly ts: Compiler;
  readonly converter: Converter;
  /** The program of the last cell that was looked at. */
  program(): Ts.Program;
  /** How the last converted cell's JavaScript came about: TypeScript to ES module to CommonJS. */
  sourceMaps(): readonly string[];
}

const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/;

/**
 * tslab's converter on a TypeScript that
 * - does not work out, twice for every cell, which of 1,600 files refers to which (four fifths of a
 *   cell's time; only the cell's own imports are asked for),
 * - does not poll those files for changes: packages do not change under a running kernel,
 * - leaves the words about what no notebook calls unread: 40 MB a kernel,
 * - reads each client of the SDK as one file,
 * - makes its program anew for no import that it has seen, and once a cell in place of twice,
 * - keeps source maps, and knows the workshop's types before the first cell asks for them.
 *
 * @param warm files to have read from the start
 * @param known modules that cells will import
 */
export function openConverter(
  warm: readonly string[],
  known: readonly string[] = [],
): OpenConverter {
  const id = tslabRequire.resolve(COMPILER);
  const ts = tslabRequire(COMPILER) as Compiler;
  let watch: Ts.WatchOfConfigFile<Ts.BuilderProgram> | undefined;
  let maps: string[] = [];
  /** Whether all that tslab wants to know at first is which names a cell declares. */
  let isAboutNames = false;

  const createWatchCompilerHost = (
    roots: string[],
    options: Ts.CompilerOptions,
    system: Ts.System,
    _createProgram: unknown,
    ...reporters: [Ts.DiagnosticReporter, Ts.WatchStatusReporter]
  ) => {
    let isSteady = false;
    const host = ts.createWatchCompilerHost(
      [...roots, ...warm],
      { ...options, types: ["node"], inlineSourceMap: true },
      frugal(system),
      (...how: Parameters<typeof ts.createAbstractBuilder>) => {
        const [, , programHost, last] = how;
        if (isAboutNames && last) {
          isAboutNames = false;
          const named = withNamesOnly(ts, last, programHost as Ts.CompilerHost, roots, options);
          if (named) return named;
        }
        // The same one for every program.
        if (!isSteady) steadyImports(ts, programHost as Ts.CompilerHost, new Set(roots), known);
        isSteady = true;
        const builder = ts.createAbstractBuilder(...how);
        // tslab reads the names that a cell declares before it asks for anything else. Working out
        // the references had bound all files on the way.
        for (const name of builder.getProgram().getRootFileNames()) {
          const file = builder.getSourceFile(name);
          if (file) ts.bindSourceFile(file, options);
        }
        return Object.assign(builder, {
          getAllDependencies: (file: Ts.SourceFile) =>
            sourcesBehind(ts, builder.getProgram(), file),
        });
      },
      ...reporters,
    );
    return Object.assign(host, {
      resolveModuleNameLiterals: resolveImports(ts, host),
      hasInvalidatedResolutions: () => false,
    });
  };
  const createWatchProgram = (host: Ts.WatchCompilerHostOfConfigFile<Ts.BuilderProgram>) =>
    (watch = ts.createWatchProgram(host));
  const transpileModule = (text: string, how: Ts.TranspileOptions) => {
    const first = INLINE_MAP.exec(text)?.[1];
    const compilerOptions = { ...how.compilerOptions, sourceMap: true };
    const done = ts.transpileModule(text.replace(INLINE_MAP, "\n"), { ...how, compilerOptions });
    maps = [Buffer.from(first ?? "", "base64").toString(), done.sourceMapText ?? ""];
    return { ...done, outputText: done.outputText.replace(/\/\/# sourceMappingURL=\S+\s*$/, "") };
  };

  // TypeScript's exports cannot be assigned to; what tslab is given instead inherits all others.
  const module = tslabRequire.cache[id];
  if (!module) throw new Error(`${id} was not loaded as a module.`);
  module.exports = Object.create(ts, {
    // Says to tslab's import helper that it may use this object as it is.
    __esModule: { value: true },
    createWatchCompilerHost: { value: createWatchCompilerHost },
    createWatchProgram: { value: createWatchProgram },
    transpileModule: { value: transpileModule },
  });
  const { createConverter } = tslabPart("converter");
  const converter = createConverter({ isJS: false, isBrowser: false });
  const convert: Converter["convert"] = (before, cell) => {
    isAboutNames = true;
    try {
      return converter.convert(before, cell);
    } finally {
      isAboutNames = false;
    }
  };
  const program = () => {
    if (!watch) throw new Error("tslab made no program.");
    return watch.getProgram().getProgram();
  };
  return { ts, converter: { ...converter, convert }, program, sourceMaps: () => maps };
}

/**
 * What tslab asks for the names that a cell declares, to write `export { … }` below it and ask again.
 * They stand in its text: no program is made for them, which takes a third of a cell's time.
 *
 * @param last the program of the former cell, for all the rest
 * @returns undefined when the cell declares nothing: then tslab asks only once, for everything
 */
function withNamesOnly(
  ts: Compiler,
  last: Ts.BuilderProgram,
  host: Ts.CompilerHost,
  roots: readonly string[],
  options: Ts.CompilerOptions,
): Ts.BuilderProgram | undefined {
  const cell = roots.find((name) => !name.endsWith(".d.ts")) ?? "";
  const target = options.target ?? ts.ScriptTarget.Latest;
  const file = ts.createSourceFile(cell, host.readFile(cell) ?? "", target);
  ts.bindSourceFile(file, options);
  if (!file.locals?.size) return undefined;
  return Object.assign(Object.create(last) as Ts.BuilderProgram, {
    getSourceFile: (name: string) => (name === cell ? file : last.getSourceFile(name)),
  });
}

const DOCUMENTATION = /^[ \t]*\/\*\*[^]*?\*\/[ \t]*\n/gm;

/** The same system without an eye on packages; the learner's own .ts files are still watched. */
function frugal(system: Ts.System): Ts.System {
  const nothing = { close: () => {} };
  const watchFile: Ts.System["watchFile"] = (path, ...rest) =>
    // tslab has one timer, for changes of sources; one of a package.json would take it.
    /node_modules|package\.json$|\.d\.ts$/.test(path) && !path.endsWith("__prev__.d.ts")
      ? nothing
      : (system.watchFile?.(path, ...rest) ?? nothing);
  const written = sdkTypes();
  const readFile: Ts.System["readFile"] = (path, encoding) => {
    const text = system.readFile(written.get(path) ?? path, encoding);
    const isOthers = /node_modules.*\.d\.ts$/.test(path) && !DOCUMENTED.test(path);
    return isOthers ? text?.replace(DOCUMENTATION, "") : text;
  };
  return Object.assign(Object.create(system) as Ts.System, {
    readFile,
    watchFile,
    watchDirectory: () => nothing,
  });
}

/** The .ts and .js files that a cell imports, through others too; no declarations. */
function sourcesBehind(ts: Compiler, program: Ts.Program, from: Ts.SourceFile): string[] {
  const checker = program.getTypeChecker();
  const found = new Set([from]);
  for (const file of found) {
    for (const statement of file.statements) {
      const isFrom = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
      if (!isFrom || !statement.moduleSpecifier) continue;
      const symbol = checker.getSymbolAtLocation(statement.moduleSpecifier);
      const [declaration] = symbol?.declarations ?? [];
      const target = declaration?.getSourceFile();
      if (target && !target.isDeclarationFile) found.add(target);
    }
  }
  return [...found].map((file) => file.fileName);
}
