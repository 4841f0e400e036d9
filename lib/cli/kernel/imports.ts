import type * as Ts from "@tslab/typescript-for-tslab";

/**
 * Have TypeScript see the same imports in every cell.
 *
 * It makes its program of 1,600 files anew, three quarters of a cell's time, whenever a file imports
 * something that its former text did not. Cells always do: tslab replaces one file's text by the next
 * cell's, and moves the former cell's imports to the file of the declarations. So both files are said
 * to import all that any cell has imported so far. Nothing but the making of the program asks for that
 * list: what a cell may use, and what is wrong with it, TypeScript reads from its statements.
 *
 * @param host whose source files are looked at as they are handed over
 * @param cells the files whose text changes
 * @param known what cells will import, for sure enough not to wait until they do
 */
export function steadyImports(
  ts: typeof Ts,
  host: Ts.CompilerHost,
  cells: ReadonlySet<string>,
  known: readonly string[],
): void {
  const imported = new Map<string, Ts.StringLiteralLike>();
  for (const literal of literalsOf(ts, known)) imported.set(literal.text, literal);
  const seen = new WeakSet<Ts.SourceFile>();

  const steady = (file: Ts.SourceFile): void => {
    if (seen.has(file)) return;
    seen.add(file);
    let all: readonly Ts.StringLiteralLike[] | undefined;
    // Set by TypeScript once, when it has collected what the file's own statements name.
    Object.defineProperty(file, "imports", {
      get: () => all,
      set: (own: readonly Ts.StringLiteralLike[]) => {
        for (const literal of own) {
          if (!imported.has(literal.text)) imported.set(literal.text, literal);
        }
        all = [...imported.values()];
      },
    });
    // Whether there may be an `import()`, in a type too, is compared as well.
    Object.assign(file, { flags: file.flags | POSSIBLY_DYNAMIC });
  };
  const steadied =
    <Args extends unknown[]>(get: (name: string, ...rest: Args) => Ts.SourceFile | undefined) =>
    (name: string, ...rest: Args): Ts.SourceFile | undefined => {
      const file = get.call(host, name, ...rest);
      if (file && cells.has(name)) steady(file);
      return file;
    };
  host.getSourceFile = steadied(host.getSourceFile);
  if (host.getSourceFileByPath) host.getSourceFileByPath = steadied(host.getSourceFileByPath);
}

/** NodeFlags.PossiblyContainsDynamicImport, which TypeScript does not declare. */
const POSSIBLY_DYNAMIC = 2097152;

function literalsOf(ts: typeof Ts, names: readonly string[]): Ts.StringLiteral[] {
  const text = names.map((name) => `import ${JSON.stringify(name)};\n`).join("");
  const file = ts.createSourceFile("imports.ts", text, ts.ScriptTarget.Latest, true);
  return file.statements.filter(ts.isImportDeclaration).map(
    // An import's module is a literal wherever there is no error of syntax.
    ({ moduleSpecifier }) => moduleSpecifier as Ts.StringLiteral,
  );
}

/** Imports of declarations: they do not change under a running kernel. */
const DECLARATIONS = /(?<!__prev__)\.d\.ts$/;

/**
 * Resolve imports without an eye on every place where a better match might appear one day. What a
 * package's declarations name is looked up once, what a cell names each time: the learner may have
 * written the file meanwhile.
 */
export function resolveImports(
  ts: typeof Ts,
  host: Ts.ModuleResolutionHost & { getCurrentDirectory(): string },
): NonNullable<Ts.CompilerHost["resolveModuleNameLiterals"]> {
  const cache = ts.createModuleResolutionCache(host.getCurrentDirectory(), (name) => name);
  return (literals, from, _redirected, options) =>
    literals.map(({ text }) =>
      ts.resolveModuleName(text, from, options, host, DECLARATIONS.test(from) ? cache : undefined),
    );
}
