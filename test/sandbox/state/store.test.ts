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
import { open } from "lmdb";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

  it("collects at the next opening the bytes of operations that were not kept", async () => {
    const store = openStore(folder);
    const kept = store.putBlob(new Uint8Array([1, 2]));
    const undone = store.putBlob(new Uint8Array([3]));
    await store.commit([{ table: BLOBS, key: kept, record: true }]);
    const before = store.getBlob(undone);
    await store.close();

    const again = openStore(folder);
    const found = [kept, undone].map((id) => again.getBlob(id)?.byteLength);
    await again.close();

    expect(before).toEqual(Buffer.from([3]));
    expect(found).toEqual([2, undefined]);
  });

  it("is empty after clear", async () => {
    const store = openStore(folder);
    const id = store.putBlob(new Uint8Array([1]));
    await store.commit([{ table: "a", key: "1", record: { id } }]);

    await store.clear();

    expect([...store.load()]).toEqual([]);
    expect(store.getBlob(id)).toBeUndefined();
    await store.close();
  });

  it("refuses a store of another version with the way out, and leaves it as it is", async () => {
    await openStore(folder).close();
    const raw = open({ path: `${folder}/records.lmdb` });
    raw.openDB({ name: "meta" }).putSync("version", STORE_VERSION + 1);
    await raw.close();

    expect(() => openStore(folder)).toThrow(
      `has version ${STORE_VERSION + 1}, this sandbox reads version ${STORE_VERSION}`,
    );
    expect(() => openStore(folder)).toThrow("npm run sandbox -- --reset");
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
