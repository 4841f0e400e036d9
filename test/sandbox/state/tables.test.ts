import { describe, expect, it } from "vitest";
import { createTables, type Change, type Tables } from "../../../lib/sandbox/state/tables.js";

interface Row {
  readonly n: number;
}

function open() {
  const tables = createTables();
  const table = tables.open<Row>("rows");
  const put = (...keys: string[]) =>
    tables.transact(() => keys.forEach((key, n) => table.set(key, { n })));
  const keys = (range?: { after?: string; prefix?: string }) =>
    [...table.entries(range)].map(([key]) => key);
  return { tables, table, put, keys };
}

/** Everything a set of tables holds, for comparison. */
function contents(tables: Tables, ...names: string[]) {
  return Object.fromEntries(names.map((name) => [name, [...tables.open(name).entries()]]));
}

describe("a table", () => {
  it("keeps its keys in order, whatever order they come in", () => {
    const { put, keys } = open();

    put("b", "d", "a", "c", "A", "é");

    expect(keys()).toEqual(["A", "a", "b", "c", "d", "é"]);
  });

  it("replaces and deletes", () => {
    const { tables, table, put, keys } = open();
    put("a", "b");

    tables.transact(() => {
      table.set("a", { n: 9 });
      table.delete("b");
      table.delete("nope");
    });

    expect(table.get("a")).toEqual({ n: 9 });
    expect(table.has("b")).toBe(false);
    expect(keys()).toEqual(["a"]);
    expect(table.size).toBe(1);
  });

  it.each([
    [{ after: "b" }, ["c/1", "c/2", "d"]],
    [{ after: "bb" }, ["c/1", "c/2", "d"]],
    [{ after: "z" }, []],
    [{ prefix: "c/" }, ["c/1", "c/2"]],
    [{ prefix: "c/", after: "c/1" }, ["c/2"]],
    [{ prefix: "c/", after: "a" }, ["c/1", "c/2"]],
    [{ prefix: "c/", after: "c/9" }, []],
    [{ prefix: "x" }, []],
  ])("gives the range %j", (range, expected) => {
    const { put, keys } = open();
    put("a", "b", "c/1", "c/2", "d");

    expect(keys(range)).toEqual(expected);
  });

  it("is the same by its name, and apart from others", () => {
    const { tables, put } = open();
    put("a");

    expect(tables.open("rows").has("a")).toBe(true);
    expect(tables.open("others").has("a")).toBe(false);
  });
});

describe("transact", () => {
  it("returns the result and each changed record once, as it is at the end", () => {
    const { tables, table, put } = open();
    put("old");

    const { result, changes } = tables.transact(() => {
      table.set("new", { n: 1 });
      table.set("new", { n: 2 });
      table.delete("old");
      return "done";
    });

    expect(result).toBe("done");
    expect(changes).toEqual<Change[]>([
      { table: "rows", key: "new", record: { n: 2 } },
      { table: "rows", key: "old", record: undefined },
    ]);
  });

  it("undoes everything when the work throws", () => {
    const { tables, table, put } = open();
    const other = tables.open<Row>("others");
    put("a", "b");
    const before = contents(tables, "rows", "others");

    expect(() =>
      tables.transact(() => {
        table.set("a", { n: 9 });
        table.set("a", { n: 10 });
        table.delete("b");
        table.set("c", { n: 1 });
        other.set("x", { n: 1 });
        throw new Error("refused");
      }),
    ).toThrow("refused");

    expect(contents(tables, "rows", "others")).toEqual(before);
  });

  it("can go on after a throw", () => {
    const { tables, put, keys } = open();
    expect(() =>
      tables.transact(() => {
        throw new Error("refused");
      }),
    ).toThrow();

    put("a");

    expect(keys()).toEqual(["a"]);
  });

  it("tells listeners of changes, and of their undoing", () => {
    const { tables, table } = open();
    const heard: [string, number | undefined][] = [];
    tables.onChange((_, key) => heard.push([key, table.get(key)?.n]));

    expect(() =>
      tables.transact(() => {
        table.set("a", { n: 1 });
        throw new Error("refused");
      }),
    ).toThrow();

    expect(heard).toEqual([
      ["a", 1],
      ["a", undefined],
    ]);
  });

  it("does not nest, and nothing changes outside it", () => {
    const { tables, table } = open();

    expect(() => tables.transact(() => tables.transact(() => 1))).toThrow("do not nest");
    expect(() => table.set("a", { n: 1 })).toThrow("outside a transaction");
    expect(table.size).toBe(0);
  });
});

describe("attempt", () => {
  it("undoes a part that throws, and nothing of the rest", () => {
    const { tables, table, put, keys } = open();
    put("a", "b");
    const heard: string[] = [];
    tables.onChange((_, key) => heard.push(key));

    const { changes } = tables.transact(() => {
      table.set("a", { n: 1 });
      const failing = () => {
        table.set("a", { n: 2 });
        table.delete("b");
        table.set("c", { n: 3 });
        throw new Error("no");
      };
      expect(() => tables.attempt(failing)).toThrow("no");
      expect([table.get("a"), table.get("b"), table.get("c")]).toEqual([
        { n: 1 },
        { n: 1 },
        undefined,
      ]);
      tables.attempt(() => table.set("d", { n: 4 }));
    });

    expect(changes.map(({ key }) => key)).toEqual(["a", "d"]);
    expect(keys()).toEqual(["a", "b", "d"]);
    expect(heard).toEqual(["a", "a", "b", "c", "a", "b", "c", "d"]);
  });

  it("is undone with the whole, when that throws later", () => {
    const { tables, table, put } = open();
    put("a");

    const work = () => {
      tables.attempt(() => table.set("a", { n: 7 }));
      throw new Error("late");
    };

    expect(() => tables.transact(work)).toThrow("late");
    expect(table.get("a")).toEqual({ n: 0 });
    expect(() => tables.attempt(() => 1)).toThrow("no transaction");
  });
});

describe("load", () => {
  it("puts records back without a transaction", () => {
    const { tables, keys } = open();

    tables.load({ table: "rows", key: "b", record: { n: 1 } });
    tables.load({ table: "rows", key: "a", record: { n: 2 } });

    expect(keys()).toEqual(["a", "b"]);
  });
});
