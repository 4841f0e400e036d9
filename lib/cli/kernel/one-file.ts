import { dirname, join } from "node:path";
import type * as Ts from "@tslab/typescript-for-tslab";

/**
 * The declarations of a package, some hundred files of them, as the text of its index: every kernel
 * reads them, and the number of files is most of what that costs.
 *
 * All names stay as they are, in the package's one scope, as its index exports them. That is possible
 * where they are unique, which generated clients take care of; where they are not, this says so.
 *
 * @param index path of the package's first file of declarations
 * @param edit takes what it likes from a comment that documents a statement or a member
 * @throws NotOneFileError that names the file and what stands in the way
 */
export function asOneFile(
  ts: typeof Ts,
  index: string,
  edit: (documentation: string) => string,
): string {
  const parts = new Map<string, Part>();
  readAll(ts, index, parts);
  const { exported, open } = exportedFrom(index, parts);

  const owners = new Map<string, Part>();
  const imports = new Map<string, Import>();
  const kept = new Set<string>();
  const texts: string[] = [];
  for (const part of parts.values()) {
    for (const name of part.declared) {
      if (owners.has(name))
        throw inTheWay(part.path, `${name} is in ${owners.get(name)?.path} too`);
      owners.set(name, part);
    }
    for (const [name, one] of part.imports) {
      const other = imports.get(name) ?? one;
      // What the SDK's foundations call alike is the same: some hand on what others declare.
      if (other.original !== one.original) throw inTheWay(part.path, `two ${name}`);
      imports.set(name, other);
    }
    if (open.has(part.path)) for (const statement of part.kept) kept.add(statement);
    for (const { text, names } of part.statements) {
      texts.push(names.every((name) => exported.has(name)) ? text : text.replace(/^export /m, ""));
    }
  }
  for (const name of imports.keys()) {
    if (owners.has(name)) throw inTheWay(owners.get(name)!.path, `${name} is imported elsewhere`);
  }
  const documentation = /^[ \t]*\/\*\*[^]*?\*\/[ \t]*\n/gm;
  const statements = [...imports.values()].map((one) => one.statement);
  const text = [...statements, ...kept, ...texts].join("\n").replace(documentation, edit);
  // Without it, declarations export everything.
  return `${text}\nexport {};\n`;
}

interface Import {
  readonly original: string;
  readonly statement: string;
}

interface Part {
  readonly path: string;
  readonly declared: ReadonlySet<string>;
  readonly statements: readonly { readonly text: string; readonly names: readonly string[] }[];
  /** Of other packages, by the local name. */
  readonly imports: ReadonlyMap<string, Import>;
  /** What is handed on from elsewhere, as it stands. */
  readonly kept: readonly string[];
  /** Files whose exports are all exported from here. */
  readonly all: readonly string[];
  /** Names exported from here that other files of the package declare. */
  readonly some: readonly string[];
}

/** A package whose files use one name for two things, or a kind of statement that is not known here. */
export class NotOneFileError extends Error {}

function inTheWay(path: string, what: string): NotOneFileError {
  return new NotOneFileError(`${path} cannot be put into one file with others: ${what}.`);
}

function readAll(ts: typeof Ts, path: string, parts: Map<string, Part>): void {
  if (parts.has(path)) return;
  const text = ts.sys.readFile(path);
  if (text === undefined) throw inTheWay(path, "it is not there");
  // Documentation, most of the text, is taken over without being parsed.
  const bare = text.replace(/\/\*\*[^]*?\*\//g, (words) => words.replace(/[^\n]/g, " "));
  const file = ts.createSourceFile(path, bare, ts.ScriptTarget.Latest);
  const declared = new Set<string>();
  const statements: Part["statements"][number][] = [];
  const imports = new Map<string, Import>();
  const renamed = new Map<string, string>();
  const kept: string[] = [];
  const all: string[] = [];
  const some: string[] = [];
  const behind = new Set<string>();
  const within = (specifier: string): string | undefined => {
    if (!specifier.startsWith(".")) return undefined;
    const base = join(dirname(path), specifier);
    const found = [`${base}.d.ts`, join(base, "index.d.ts")].find((one) => ts.sys.fileExists(one));
    if (!found) throw inTheWay(path, `${specifier} is not there`);
    behind.add(found);
    return found;
  };

  for (const statement of file.statements) {
    const source = statement.getText(file);
    if (ts.isImportDeclaration(statement)) {
      const specifier = (statement.moduleSpecifier as Ts.StringLiteral).text;
      const target = within(specifier);
      const clause = statement.importClause;
      const bindings = clause?.namedBindings;
      if (!clause || clause.name || !bindings || !ts.isNamedImports(bindings)) {
        throw inTheWay(path, source);
      }
      for (const { name, propertyName } of bindings.elements) {
        const [local, original] = [name.text, (propertyName ?? name).text];
        // A value may be imported as a type by one file, and as a value by another.
        if (target === undefined) {
          const names = local === original ? local : `${original} as ${local}`;
          const statement = `import { ${names} } from ${JSON.stringify(specifier)};`;
          imports.set(local, { original, statement });
        } else if (local !== original) renamed.set(local, original);
      }
    } else if (ts.isExportDeclaration(statement)) {
      const specifier = (statement.moduleSpecifier as Ts.StringLiteral | undefined)?.text;
      const target = specifier === undefined ? undefined : within(specifier);
      const clause = statement.exportClause;
      if (target === undefined) kept.push(source);
      else if (!clause) all.push(target);
      else if (ts.isNamedExports(clause) && clause.elements.every((one) => !one.propertyName)) {
        some.push(...clause.elements.map(({ name }) => name.text));
      } else throw inTheWay(path, source);
    } else {
      const names = namesOf(ts, statement);
      if (names.length === 0) throw inTheWay(path, source);
      for (const name of names) declared.add(name);
      const changes = changesIn(ts, file, statement, renamed, within);
      statements.push({ text: changed(text, statement, changes), names });
    }
  }
  parts.set(path, { path, declared, statements, imports, kept, all, some });
  for (const next of behind) readAll(ts, next, parts);
}

function namesOf(ts: typeof Ts, statement: Ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : [],
    );
  }
  const isNamed =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement);
  return isNamed && statement.name && ts.isIdentifier(statement.name) ? [statement.name.text] : [];
}

type Change = readonly [from: number, to: number, instead: string];

/** `import("./other").Name` becomes `Name`, and a name that the file gave to another's its own. */
function changesIn(
  ts: typeof Ts,
  file: Ts.SourceFile,
  statement: Ts.Statement,
  renamed: ReadonlyMap<string, string>,
  within: (specifier: string) => string | undefined,
): Change[] {
  const changes: Change[] = [];
  const visit = (node: Ts.Node): void => {
    if (ts.isIdentifier(node) && renamed.has(node.text)) {
      changes.push([node.getStart(file), node.end, renamed.get(node.text)!]);
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const specifier = (node.argument.literal as Ts.StringLiteral).text;
      if (within(specifier) !== undefined) {
        if (!node.qualifier || node.isTypeOf) throw inTheWay(file.fileName, node.getText(file));
        changes.push([node.getStart(file), node.qualifier.getStart(file), ""]);
      }
    }
    ts.forEachChild(node, visit);
  };
  const hasImports = file.text.slice(statement.pos, statement.end).includes('import("');
  if (hasImports || renamed.size > 0) visit(statement);
  return changes;
}

/** A statement and its documentation. */
function changed(text: string, { pos, end }: Ts.Statement, changes: readonly Change[]): string {
  let [done, at] = ["", pos];
  for (const [from, to, instead] of changes) {
    done += text.slice(at, from) + instead;
    at = to;
  }
  return (done + text.slice(at, end)).trimStart();
}

/** The names that the index exports, and the files whose exports all are. */
function exportedFrom(index: string, parts: ReadonlyMap<string, Part>) {
  const exported = new Set<string>();
  const open = new Set<string>();
  const visit = (path: string): void => {
    const part = parts.get(path);
    if (!part || open.has(path)) return;
    open.add(path);
    for (const { text, names } of part.statements) {
      if (/^export /m.test(text)) for (const name of names) exported.add(name);
    }
    for (const name of part.some) exported.add(name);
    for (const next of part.all) visit(next);
  };
  visit(index);
  return { exported, open };
}
