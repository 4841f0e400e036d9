import type * as Ts from "@tslab/typescript-for-tslab";
import type { Diagnostic } from "./tslab.js";

/** A cell as tslab converts it without a mistake. */
export interface ReadyCell {
  readonly text: string;
  /** The same diagnostic, where the learner wrote it. */
  place(diagnostic: Diagnostic): Diagnostic;
}

/**
 * Write `{ name }` as `{ name: name }`, everywhere in a cell.
 *
 * tslab turns names of earlier cells into `exports.name`, but leaves shorthand properties alone, so
 * that they look for a variable that is not there. The long form means the same in every place where
 * the short one may stand, patterns on the left of `=` included.
 */
export function prepare(ts: typeof Ts, source: string): ReadyCell {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.Latest, true);
  const insertions: { readonly at: number; readonly text: string }[] = [];
  const visit = (node: Ts.Node): void => {
    if (ts.isShorthandPropertyAssignment(node)) {
      insertions.push({ at: node.name.end, text: `: ${node.name.text}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);

  const text = insertions.reduceRight(
    (done, { at, text }) => done.slice(0, at) + text + done.slice(at),
    source,
  );
  const offsetOf = (offset: number): number => {
    let before = 0;
    for (const { at, text } of insertions) {
      if (offset <= at + before) break;
      before += Math.min(text.length, offset - at - before);
    }
    return offset - before;
  };
  const placeOf = ({ offset }: Diagnostic["start"]): Diagnostic["start"] => {
    const was = offsetOf(offset);
    return { offset: was, ...file.getLineAndCharacterOfPosition(was) };
  };
  return {
    text,
    place: (diagnostic) =>
      // Another file's positions are its own.
      insertions.length === 0 || diagnostic.fileName !== undefined
        ? diagnostic
        : { ...diagnostic, start: placeOf(diagnostic.start), end: placeOf(diagnostic.end) },
  };
}
