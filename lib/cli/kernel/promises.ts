import type * as Ts from "@tslab/typescript-for-tslab";

/** A promise that a cell lets go. */
export interface ForgottenAwait {
  /** The line in the cell, from 1. */
  readonly line: number;
  /** `await createThing(fleet, …)` */
  readonly write: string;
}

/**
 * The statements of a cell whose value is a promise that nobody waits for. `void call()` and
 * `call().then(…)` say that this is meant.
 *
 * @param skip how many characters stand before the learner's
 */
export function forgottenAwaits(
  ts: typeof Ts,
  checker: Ts.TypeChecker,
  file: Ts.SourceFile,
  skip: number,
): ForgottenAwait[] {
  const lines = (at: number) => file.getLineAndCharacterOfPosition(at).line;
  return file.statements.flatMap((statement) => {
    if (!ts.isExpressionStatement(statement)) return [];
    const { expression } = statement;
    if (isHandled(ts, expression) || !isPromise(checker, expression)) return [];
    const line = lines(expression.getStart(file)) - lines(skip) + 1;
    return [{ line, write: `await ${short(expression.getText(file))}` }];
  });
}

function isHandled(ts: typeof Ts, node: Ts.Expression): boolean {
  if (ts.isBinaryExpression(node)) return true; // an assignment: the promise has a name
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  return /^(then|catch|finally)$/.test(node.expression.name.text);
}

function isPromise(checker: Ts.TypeChecker, node: Ts.Node): boolean {
  return checker.getTypeAtLocation(node).symbol?.name === "Promise";
}

/**
 * What to write where an error is about a promise that should have been its value.
 *
 * @param start of the error in the file
 * @returns nothing when no promise is meant there
 */
export function awaitInstead(
  ts: typeof Ts,
  checker: Ts.TypeChecker,
  file: Ts.SourceFile,
  start: number,
  end: number,
): string | undefined {
  for (let node: Ts.Node | undefined = nodeAt(ts, file, start, end); node; node = node.parent) {
    if (ts.isPropertyAccessExpression(node) && node.name.getStart(file) === start) {
      const { expression, name } = node;
      if (!isPromise(checker, expression)) return undefined;
      return `(await ${short(expression.getText(file))}).${name.text}`;
    }
    if (node.getStart(file) !== start || ts.isStatement(node)) return undefined;
    // An error about a name may mean the value that it is given.
    const { parent } = node;
    const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
    const value = isNamed && parent.name === node ? parent.initializer : node;
    if (value && ts.isExpression(value) && isPromise(checker, value)) {
      return `await ${short(value.getText(file))}`;
    }
  }
  return undefined;
}

/** The innermost node of exactly these characters. */
function nodeAt(ts: typeof Ts, file: Ts.SourceFile, start: number, end: number) {
  let found: Ts.Node | undefined;
  const visit = (node: Ts.Node): void => {
    if (node.end < end || node.getStart(file) > start) return;
    if (node.end === end && node.getStart(file) === start) found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const SHORT = 60;

function short(code: string): string {
  // `{ name: name }` may be what source.ts made of `{ name }`.
  const line = code.replace(/\s+/g, " ").replace(/([{,] ?)(\w+): \2\b/g, "$1$2");
  return line.length <= SHORT ? line : `${line.slice(0, SHORT)}…`;
}
