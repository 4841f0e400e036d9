import { describe, expect, it } from "vitest";
import { normalise, type Notebook } from "../../../lib/cli/jupyter/normalise.js";

const PLACE = {
  paths: [
    ["/home/ana/fleetlab", "."],
    ["/home/ana", "~"],
  ],
} as const;

type Output = NonNullable<Notebook["cells"][number]["outputs"]>[number];

function code(source: string, outputs: Output[] = []): Notebook["cells"][number] {
  return { cell_type: "code", id: "abc", metadata: {}, execution_count: 7, source, outputs };
}

function notebook(...cells: Notebook["cells"]): Notebook {
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

/** The outputs of a one-cell notebook after normalising. */
function saved(...outputs: Output[]): Output[] {
  const { text } = normalise(notebook(code("x")), notebook(code("x", outputs)), PLACE);
  return (JSON.parse(text) as Notebook).cells[0]?.outputs ?? [];
}

const stream = (name: string, text: string): Output => ({ output_type: "stream", name, text });
const shown = (data: Record<string, unknown>): Output => ({
  output_type: "display_data",
  metadata: {},
  data,
});

describe("normalise", () => {
  it("keeps prose, code and cell ids of the original, and takes the outputs of the executed copy", () => {
    const original = notebook(
      { cell_type: "markdown", id: "m1", metadata: {}, source: ["# Title\n", "text"] },
      code("1 + 1"),
    );
    const executed = notebook(
      { cell_type: "markdown", id: "other", metadata: {}, source: "# changed" },
      { ...code("1 + 1", [stream("stdout", "2\n")]), id: "other" },
    );

    const { text } = normalise(original, executed, PLACE);

    const { cells } = JSON.parse(text) as Notebook;
    expect(cells[0]).toEqual(original.cells[0]);
    expect(cells[1]).toMatchObject({ id: "abc", source: ["1 + 1"] });
    expect(cells[1]?.outputs).toEqual([{ ...stream("stdout", ""), text: ["2\n"] }]);
  });

  it("removes execution counts and timings", () => {
    const cell = { ...code("x"), metadata: { execution: { a: 1 }, tags: ["keep"] } };
    const { text } = normalise(notebook(cell), notebook(cell), PLACE);

    expect(JSON.parse(text)).toMatchObject({
      cells: [{ execution_count: null, metadata: { tags: ["keep"] } }],
    });
    expect(text).not.toContain('"execution"');
  });

  it("merges streams that follow each other, and only those", () => {
    const outputs = saved(
      stream("stdout", "a"),
      stream("stdout", "b\n"),
      stream("stderr", "c\n"),
      stream("stdout", "d\n"),
    );

    expect(outputs.map(({ name, text }) => [name, text])).toEqual([
      ["stdout", ["ab\n"]],
      ["stderr", ["c\n"]],
      ["stdout", ["d\n"]],
    ]);
  });

  it("leaves of a line that was overwritten what was last to be seen", () => {
    expect(saved(stream("stdout", "10 %\r50 %\r100 %\ndone\r\n"))[0]?.text).toEqual([
      "100 %\n",
      "done\n",
    ]);
  });

  it("replaces paths, the home folder and ports, in text, pictures and data", () => {
    const outputs = saved(
      stream("stdout", "at file:///home/ana/fleetlab/lib/x.js:1 and /home/ana/.aws\n"),
      shown({ "text/html": "<a href='http://127.0.0.1:43111/x'>/home/ana/fleetlab</a>" }),
      shown({ "application/json": { url: "http://localhost:8888", in: ["/home/ana/fleetlab/a"] } }),
    );

    expect(outputs[0]?.text).toEqual(["at ./lib/x.js:1 and ~/.aws\n"]);
    expect(outputs[1]?.data).toEqual({ "text/html": ["<a href='http://127.0.0.1:PORT/x'>.</a>"] });
    expect(outputs[2]?.data).toEqual({
      "application/json": { url: "http://localhost:PORT", in: ["./a"] },
    });
  });

  it("keeps neither a link to the live page nor the word that opens it", () => {
    const address = "http://127.0.0.1:4566/_fleetlab/#s3cret-word.1";
    const [output] = saved(
      shown({
        "text/html": `<td><a href="${address}" target="_blank" rel="noopener">open the live page</a></td>`,
        "text/plain": `The fleet, live  ${address}`,
      }),
    );

    expect(output?.data).toEqual({
      "text/html": ["<td>open the live page</td>"],
      "text/plain": ["The fleet, live  http://127.0.0.1:PORT/_fleetlab/#"],
    });
  });

  it("knows the folder of a run's sandbox by its name, whichever run it was", () => {
    const [output] = saved(
      shown({
        "text/plain": "/var/folders/x/fleetlab-notebooks-OuVR6T/tls/ca.pem",
        "text/html": "<td>/<wbr>tmp/<wbr>fleetlab-<wbr>notebooks-<wbr>OuVR6T/<wbr>tls</td>",
      }),
    );

    expect(output?.data).toEqual({
      "text/plain": [".fleetlab/sandbox/tls/ca.pem"],
      "text/html": ["<td>.fleetlab/sandbox/<wbr>tls</td>"],
    });
  });

  it("replaces a path in a table, where it may break between its words", () => {
    const [output] = saved(
      shown({ "text/html": "<td>/<wbr>home/<wbr>ana/<wbr>fleetlab/<wbr>lib</td>" }),
    );

    expect(output?.data?.["text/html"]).toEqual(["<td>./<wbr>lib</td>"]);
  });

  it("reports a path that it cannot replace, so that it is not saved", () => {
    const { problems } = normalise(
      notebook(code("x")),
      notebook(code("x", [stream("stdout", "/home/ana-2/x\n")])),
      PLACE,
    );

    // A longer name is not ours to shorten, and names a folder of this machine all the same.
    expect(problems).toEqual([{ cell: 1, why: "it still holds the path /home/ana" }]);
  });

  it("reports an error output with its cell, so that it is not saved", () => {
    const error = { output_type: "error", ename: "Error", evalue: "no", traceback: [] };
    const { problems } = normalise(
      notebook(code("a"), code("b")),
      notebook(code("a"), code("b", [error])),
      PLACE,
    );

    expect(problems).toEqual([{ cell: 2, why: "it holds an error" }]);
  });

  it("gives a cell without an id the same one every time", () => {
    const { id: _id, ...bare } = code("x");
    const once = normalise(notebook(bare), notebook(bare), PLACE).text;
    const twice = normalise(notebook(bare), notebook(bare), PLACE).text;

    expect(once).toBe(twice);
    expect((JSON.parse(once) as Notebook).cells[0]?.id).toMatch(/^[0-9a-f]{8}$/);
  });

  it("writes the kernel that the workshop registers, and the file as Jupyter does", () => {
    const { text } = normalise(notebook(), notebook(), PLACE);

    expect(text).toBe(
      `{
 "cells": [],
 "metadata": {
  "kernelspec": {
   "display_name": "TypeScript (tslab)",
   "language": "typescript",
   "name": "tslab"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
`,
    );
  });

  it("changes nothing in what it has written itself", () => {
    const first = normalise(
      notebook(code("x")),
      notebook(code("x", [stream("stdout", "a\nb"), shown({ "image/svg+xml": "<svg>\n</svg>" })])),
      PLACE,
    ).text;
    const again = JSON.parse(first) as Notebook;

    expect(normalise(again, again, PLACE).text).toBe(first);
  });
});
