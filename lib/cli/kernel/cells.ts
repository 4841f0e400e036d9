import type { CheckedCell } from "./checker.js";
import { rememberCell } from "./places.js";
import type { RemoteChecker } from "./remote-checker.js";
import { tslabPart, type Diagnostic, type Executor } from "./tslab.js";

/** How long a first cell may be silent. */
const PATIENCE_MS = 300;

/** tslab's executor with a checker that answers later. */
export interface Cells extends Omit<Executor, "inspect" | "complete"> {
  inspect(code: string, position: number): ReturnType<RemoteChecker["inspect"]>;
  complete(code: string, position: number): ReturnType<RemoteChecker["complete"]>;
}

/**
 * Runs cells in this process: each is checked in the other thread, then handed to tslab's executor
 * together with the answer.
 *
 * @param folder imports are resolved from here
 * @param clearOutput takes back what the cell has said so far
 */
export function createCells(
  folder: string,
  checker: RemoteChecker,
  clearOutput: () => void,
): Cells {
  const { createExecutor } = tslabPart("executor");
  const metadata = tslabPart("metadata");

  /** What the executor is told when it asks about the cell that is on. */
  let checked: CheckedCell | undefined;
  let moduleDiagnostics: Diagnostic[] = [];
  const never = (): never => {
    throw new Error("The checker is asked before tslab's executor is.");
  };
  const converter = {
    convert: () => checked ?? never(),
    addModule: () => moduleDiagnostics,
    inspect: never,
    complete: never,
    close: () => checker.close(),
  };
  const executor = createExecutor(
    folder,
    { node: converter, browser: converter, close: converter.close },
    console,
  );

  let declared = "";
  let count = 0;
  let interrupted = interruption();

  async function execute(code: string): Promise<boolean> {
    count++;
    const meta = metadata.getCodeMetadata(code);
    if (meta.module) {
      moduleDiagnostics = await checker.addModule(meta.module, code, meta);
      return executor.execute(code);
    }
    const answer = await Promise.race([check(code), interrupted.promise]);
    if (!answer) {
      console.error("Interrupted before it began. Run the cell again.");
      return false;
    }
    const { lastExpressionVar, output, ...rest } = answer;
    checked = rest;
    if (output !== undefined) checked.output = rememberCell(count, code, output, rest);
    const isDone = await executor.execute(code);
    if (!isDone) return false;
    declared = answer.declOutput ?? "";
    showLast(answer);
    return true;
  }

  let isWarm = false;

  /** The first check waits until TypeScript has read the SDK's types: some words meanwhile. */
  async function check(code: string): Promise<CheckedCell> {
    let isSaid = false;
    const timer = setTimeout(() => {
      isSaid = true;
      console.log("The kernel is starting: it reads the types of the AWS SDK …");
    }, PATIENCE_MS);
    if (isWarm) clearTimeout(timer);
    const answer = await checker.convert(declared, code);
    clearTimeout(timer);
    if (isSaid) clearOutput();
    isWarm = true;
    return answer;
  }

  /** What tslab does with the value of a last expression, but for promises. */
  function showLast({ lastExpressionVar: name, forgotten }: CheckedCell): void {
    const value = name === undefined ? undefined : executor.locals[name];
    if (name !== undefined) delete executor.locals[name];
    if (value != null && !(value instanceof Promise)) console.log(value);
    for (const { line, write } of forgotten) {
      console.error(`Line ${line} does not wait for its result. Write: ${write}`);
    }
    if (value instanceof Promise && forgotten.length === 0) {
      console.error("This is a promise: its result is not here yet. Write await before it.");
    }
  }

  return {
    ...executor,
    execute,
    inspect: (code, position) => checker.inspect(declared, code, position),
    complete: (code, position) => checker.complete(declared, code, position),
    interrupt() {
      interrupted.settle();
      interrupted = interruption();
      executor.interrupt();
    },
    reset() {
      declared = "";
      executor.reset();
    },
  };
}

function interruption(): { readonly promise: Promise<undefined>; settle(): void } {
  let settle = (): void => {};
  const promise = new Promise<undefined>((resolve) => (settle = () => resolve(undefined)));
  return { promise, settle };
}
