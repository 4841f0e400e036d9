import {
  CreateDynamicThingGroupCommand,
  CreateThingCommand,
  CreateThingTypeCommand,
  DescribeThingTypeCommand,
  ListThingsInThingGroupCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { GetThingShadowCommand, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import fc from "fast-check";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../../../lib/sandbox/state/log.js";
import { BLOBS, memoryStore, openStore, STORE_VERSION } from "../../../lib/sandbox/state/store.js";
import { openSandbox } from "../clients.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetlab-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("openStore", () => {
  it("gives back after a reopening what a client was told", async () => {
    const first = openSandbox({ store: openStore(folder) });
    await first.iot.send(new CreateThingTypeCommand({ thingTypeName: "Sedan" }));
    await first.iotData.send(
      new UpdateThingShadowCommand({
        thingName: "car-1",
        payload: JSON.stringify({ state: { reported: { a: [1, { b: "é" }], c: 1.5 } } }),
      }),
    );
    const before = await first.iot.send(new DescribeThingTypeCommand({ thingTypeName: "Sedan" }));
    await first.sandbox.close();

    const second = openSandbox({ store: openStore(folder) });
    const after = await second.iot.send(new DescribeThingTypeCommand({ thingTypeName: "Sedan" }));
    const { payload } = await second.iotData.send(
      new GetThingShadowCommand({ thingName: "car-1" }),
    );
    await second.sandbox.close();

    expect(after).toEqual({ ...before, $metadata: after.$metadata });
    expect(after.thingTypeMetadata?.creationDate).toBeInstanceOf(Date);
    expect(JSON.parse(Buffer.from(payload ?? []).toString("utf8"))).toMatchObject({
      state: { reported: { a: [1, { b: "é" }], c: 1.5 } },
    });
  });

  it("lets the fleet be searched and dynamic groups have their members after a reopening", async () => {
    const first = openSandbox({ store: openStore(folder) });
    await first.iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
      }),
    );
    await first.clock.advance(5_000);
    await first.iot.send(new CreateThingCommand({ thingName: "car-1" }));
    await first.iot.send(
      new CreateDynamicThingGroupCommand({ thingGroupName: "cars", queryString: "thingName:car*" }),
    );
    await first.sandbox.close();

    const { sandbox, iot, clock } = openSandbox({ store: openStore(folder) });
    await clock.advance(60_000);
    const { things } = await iot.send(
      new ListThingsInThingGroupCommand({ thingGroupName: "cars" }),
    );
    const found = await iot.send(new SearchIndexCommand({ queryString: "thingGroupNames:cars" }));
    await sandbox.close();

    expect(things).toEqual(["car-1"]);
    expect(found.things).toMatchObject([{ thingName: "car-1" }]);
  });

  it("hands records over in the order of their keys, table by table", async () => {
    const store = openStore(folder);
    await store.commit([
      { table: "b", key: "1", record: { n: 1 } },
      { table: "a", key: "2", record: { n: 2 } },
      { table: "a", key: "1", record: { n: 3 } },
    ]);

    const loaded = [...store.load()].map(({ table, key }) => `${table}/${key}`);
    await store.close();

    expect(loaded).toEqual(["a/1", "a/2", "b/1"]);
  });

  it.each([10, 52, 53, 63, 64, 65, 200, 1_000])(
    "gives back a key with NUL behind %i characters as it was, and deletes it",
    async (length) => {
      const store = openStore(folder);
      const key = `${"k".repeat(length)}\u00002176782334`;
      await store.commit([{ table: "objectVersions", key, record: { length } }]);
      await store.close();

      const again = openStore(folder);
      expect([...again.load()]).toEqual([{ table: "objectVersions", key, record: { length } }]);
      await again.commit([{ table: "objectVersions", key, record: undefined }]);
      expect([...again.load()]).toEqual([]);
      await again.close();
    },
  );

  it("forgets what was deleted", async () => {
    const store = openStore(folder);
    await store.commit([{ table: "a", key: "1", record: { n: 1 } }]);
    await store.commit([{ table: "a", key: "1", record: undefined }]);
    await store.close();

    const again = openStore(folder);
    const loaded = [...again.load()];
    await again.close();

    expect(loaded).toEqual([]);
  });

  it("keeps bytes by an id over a reopening, until their record goes", async () => {
    const store = openStore(folder);
    const id = store.putBlob(new Uint8Array([1, 2, 3]));
    const gone = store.putBlob(new Uint8Array([4]));
    await store.commit([id, gone].map((key) => ({ table: BLOBS, key, record: true })));
    await store.commit([{ table: BLOBS, key: gone, record: undefined }]);
    await store.close();

    const again = openStore(folder);
    const bytes = again.getBlob(id);
    const missing = again.getBlob(gone);
    await again.close();

    expect([...(bytes ?? [])]).toEqual([1, 2, 3]);
    expect(missing).toBeUndefined();
  });

  it("forgets bytes whose record does not come with the next commit", async () => {
    const store = openStore(folder);
    const kept = store.putBlob(new Uint8Array([1, 2]));
    const undone = store.putBlob(new Uint8Array([3]));
    const before = store.getBlob(undone);
    await store.commit([{ table: BLOBS, key: kept, record: true }]);
    const after = store.getBlob(undone);
    await store.close();

    expect(before).toEqual(new Uint8Array([3]));
    expect(after).toBeUndefined();
    expect(readdirSync(join(folder, "blobs"))).toEqual([kept]);
  });

  it("collects at the next opening the bytes that a crash has left", async () => {
    await openStore(folder).close();
    writeFileSync(join(folder, "blobs", "left"), "1");

    await openStore(folder).close();

    expect(readdirSync(join(folder, "blobs"))).toEqual([]);
  });

  it("gives back every key and table name as it was: all of Unicode, any length", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
        .map((units) => String.fromCharCode(...units)),
      // Around what limited the former store: 64 characters, S3's 1,024 bytes, LMDB's 1,978.
      fc
        .tuple(
          fc.constantFrom("a", "é", "€", "😀", "\ud800", "\uffff", "\0", "\u0001", "\u0004", "\n"),
          fc.constantFrom(
            1,
            2,
            52,
            53,
            62,
            63,
            64,
            65,
            254,
            255,
            256,
            1_023,
            1_024,
            1_025,
            1_977,
            1_979,
          ),
          fc.constantFrom(
            "",
            "\0",
            "\u0001b",
            "\u0002b",
            "\u0003",
            "\u0004",
            "\udfff",
            "__proto__",
          ),
        )
        .map(([unit, length, end]) => unit.repeat(length) + end),
      fc.constantFrom("", "__proto__", "constructor", "$"),
    );
    const records = fc.array(fc.record({ table: text, key: text, record: fc.nat() }), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(records, async (changes) => {
        rmSync(folder, { recursive: true });
        const store = openStore(folder);
        const put = changes.filter(({ table }) => table !== BLOBS);
        await store.commit(put);
        const wanted = new Map(
          put.map((change) => [JSON.stringify([change.table, change.key]), change]),
        );
        await store.close();

        const again = openStore(folder);
        const found = [...again.load()];
        expect(new Map(found.map((one) => [JSON.stringify([one.table, one.key]), one]))).toEqual(
          wanted,
        );
        await again.commit(found.map(({ table, key }) => ({ table, key, record: undefined })));
        await again.close();

        const empty = openStore(folder);
        expect([...empty.load()]).toEqual([]);
        await empty.close();
      }),
      { numRuns: 50 },
    );
  });

  it("does not grow for ever: what is out of date goes while it is written to", async () => {
    const store = openStore(folder, { rewriteBytes: 20_000 });
    const put = (n: number) => store.commit([{ table: "a", key: `key-${n % 7}`, record: { n } }]);
    for (let n = 0; n < 3_000; n++) await put(n);
    const sizes = [statSync(join(folder, "records.log")).size];
    // It is rewritten between requests: it shrinks, if not at once.
    for (let n = 3_000; (sizes.at(-1) ?? 0) >= (sizes[0] ?? 0); n += 7) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (let more = 0; more < 7; more++) await put(n + more);
      sizes.push(statSync(join(folder, "records.log")).size);
    }
    const before = [...store.load()];
    await store.close();

    const again = openStore(folder);
    const after = [...again.load()];
    await again.close();

    expect(after).toHaveLength(7);
    expect(after).toEqual(before);
  });

  it("refuses a store of another version with the way out, and leaves it as it is", async () => {
    await openStore(folder).close();
    rmSync(join(folder, "records.log"));
    createLog(join(folder, "records.log"), STORE_VERSION + 1);
    const before = readFileSync(join(folder, "records.log"));

    expect(() => openStore(folder)).toThrow(
      `has version ${STORE_VERSION + 1}, this sandbox reads version ${STORE_VERSION}`,
    );
    expect(() => openStore(folder)).toThrow("npm run sandbox -- --reset");
    expect(readFileSync(join(folder, "records.log"))).toEqual(before);
  });

  it("refuses something else in its place", () => {
    writeFileSync(join(folder, "file"), "");

    expect(() => openStore(join(folder, "file"))).toThrow(/data in .*file is damaged: EEXIST/);
  });
});

describe("memoryStore", () => {
  it("has nothing at first, and keeps bytes until their record goes", async () => {
    const store = memoryStore();
    const id = store.putBlob(new Uint8Array([1]));

    expect([...store.load()]).toEqual([]);
    expect(store.getBlob(id)).toEqual(new Uint8Array([1]));

    await store.commit([{ table: BLOBS, key: id, record: undefined }]);

    expect(store.getBlob(id)).toBeUndefined();
  });
});
