import {
  CreateThingCommand,
  ListThingsCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { createTables } from "../../../lib/sandbox/state/tables.js";
import { clientsOf, openSandbox, REGION } from "../clients.js";

/** Accounts are what a caller may name as many as it likes of, in an open sandbox. */
const accounts = (count: number) =>
  Array.from({ length: count }, (_, n) => String(100_000_000_000 + n));

describe("worlds", () => {
  it("are one object from the first write on, however many others are looked at", async () => {
    const { sandbox, iot } = openSandbox();
    const [mine] = accounts(1) as [string];
    await clientsOf(sandbox, mine).iot.send(new CreateThingCommand({ thingName: "car" }));
    const before = sandbox.state(mine, REGION);

    for (const account of accounts(300).slice(1)) sandbox.state(account, REGION);
    await iot.send(new ListThingsCommand({}));

    expect(sandbox.state(mine, REGION)).toBe(before);
  });

  it("cost nothing that lasts for those who only read", () => {
    const { sandbox } = openSandbox();
    const look = (from: number, to: number) => {
      for (const account of accounts(to).slice(from)) {
        expect(sandbox.state(account, REGION).things.get("car")).toBeUndefined();
      }
    };
    look(0, 200);
    const first = sandbox.state(accounts(1)[0] as string, REGION);
    look(200, 5_000);

    // It was forgotten: what is kept does not grow with what is asked for.
    expect(sandbox.state(accounts(1)[0] as string, REGION)).not.toBe(first);
  });

  it("have their index when they are written to after having been forgotten", async () => {
    const { sandbox, clock } = openSandbox();
    const { iot } = clientsOf(sandbox, accounts(1)[0] as string);
    const search = () => iot.send(new SearchIndexCommand({ queryString: "thingName:car" }));
    await expect(search()).rejects.toThrow();
    for (const account of accounts(300).slice(1)) sandbox.state(account, REGION);

    const thingIndexingConfiguration = { thingIndexingMode: "REGISTRY" } as const;
    await iot.send(new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration }));
    await clock.advance(60_000);
    await iot.send(new CreateThingCommand({ thingName: "car" }));
    await clock.advance(60_000);

    expect((await search()).things).toHaveLength(1);
  });
});

describe("tables", () => {
  it("take no room before something is put into them, nor when all is deleted or undone", () => {
    const tables = createTables();
    const table = tables.open<number>("a/b");
    const held = () => tables.holds("a/");

    expect([table.size, table.has("x"), [...table.values()], held()]).toEqual([
      0,
      false,
      [],
      false,
    ]);
    expect(() =>
      tables.transact(() => {
        table.set("x", 1);
        expect(held()).toBe(true);
        throw new Error("refused");
      }),
    ).toThrow("refused");
    expect(held()).toBe(false);
    tables.transact(() => table.set("x", 1));
    expect([held(), tables.holds("a/c"), table.get("x")]).toEqual([true, false, 1]);
    tables.transact(() => table.delete("x"));
    expect(held()).toBe(false);
    tables.load({ table: "a/b", key: "y", record: 2 });
    expect([...table.entries()]).toEqual([["y", 2]]);
  });
});
