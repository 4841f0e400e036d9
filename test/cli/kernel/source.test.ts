import ts from "@tslab/typescript-for-tslab";
import { describe, expect, it } from "vitest";
import { prepare } from "../../../lib/cli/kernel/source.js";
import type { Diagnostic } from "../../../lib/cli/kernel/tslab.js";

// The project's TypeScript has all that is asked of tslab's here, and is a second older.
const prepared = (source: string) => prepare(ts as never, source);

function diagnosticAt(text: string, part: string): Diagnostic {
  const offset = text.indexOf(part);
  const at = (offset: number) => ({ offset, line: 0, character: offset });
  return {
    messageText: part,
    category: 1,
    code: 1,
    start: at(offset),
    end: at(offset + part.length),
  };
}

describe("prepare", () => {
  it.each([
    ["({ zeta })", "({ zeta: zeta })"],
    ["f({ a, b: 1, c })", "f({ a: a, b: 1, c: c })"],
    ["const g = () => ({ ...rest, zeta });", "const g = () => ({ ...rest, zeta: zeta });"],
    ["({ a, b = 2 } = both);", "({ a: a, b: b = 2 } = both);"],
    ["`${f({ zeta })}`", "`${f({ zeta: zeta })}`"],
  ])("writes %s as %s", (source, text) => {
    expect(prepared(source).text).toBe(text);
  });

  it.each([
    ["a pattern of a declaration", "const { a, b } = both;"],
    ["an import", 'import { connect } from "fleetlab";'],
    ["text", 'const a = "{ zeta }"; // { zeta }'],
    ["a type", "type A = { zeta };"],
    ["a cell that is not finished", "f({ a: "],
  ])("leaves %s alone", (_what, source) => {
    expect(prepared(source).text).toBe(source);
  });

  it("places an error where it was written", () => {
    const source = "const one = 1;\nf({ one, two }, three);";
    const cell = prepared(source);

    const placed = cell.place(diagnosticAt(cell.text, "three"));

    expect(placed.start).toEqual({ offset: source.indexOf("three"), line: 1, character: 16 });
    expect(placed.end.offset).toBe(source.indexOf("three") + "three".length);
  });

  it("places an error about what it wrote itself at the name", () => {
    const cell = prepared("f({ two })");

    const placed = cell.place(diagnosticAt(cell.text, ": two"));

    expect([placed.start.offset, placed.end.offset]).toEqual([7, 7]);
  });
});
