import { CreateThingCommand, DescribeThingCommand } from "@aws-sdk/client-iot";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../lib/sandbox/state/store.js";
import type { Change } from "../../../lib/sandbox/state/tables.js";
import { openSandbox } from "../clients.js";
import { openFormerStore } from "./former-store.js";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-store-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Keys of objects that the former store's own reading took for something else, and plain ones. */
const KEYS = [
  "a",
  "é".repeat(300),
  ...[1, 2, 3, 4].flatMap((unit) => {
    const control = String.fromCharCode(unit);
    return [`x${control}b`, `${"a".repeat(60)}${control}b`, `${control}${"a".repeat(90)}`];
  }),
];

describe("a store of version 1", () => {
  it("goes on with everything in it, objects with control characters in their keys as well", async () => {
    const first = openSandbox({ store: openFormerStore(folder) });
    await first.iot.send(new CreateThingCommand({ thingName: "car" }));
    await first.s3.send(new CreateBucketCommand({ Bucket: "abc" }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await first.s3.send(new PutBucketVersioningCommand({ Bucket: "abc", VersioningConfiguration }));
    for (const Key of KEYS) {
      await first.s3.send(new PutObjectCommand({ Bucket: "abc", Key, Body: `the ${Key}` }));
    }
    const before = await first.iot.send(new DescribeThingCommand({ thingName: "car" }));
    await first.sandbox.close();

    for (const opening of ["the first", "the second"]) {
      const { iot, s3, sandbox } = openSandbox({ store: openStore(folder) });
      const after = await iot.send(new DescribeThingCommand({ thingName: "car" }));
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: "abc" }));
      for (const Key of KEYS) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: "abc", Key }));
        expect(await Body?.transformToString(), opening).toBe(`the ${Key}`);
      }
      await sandbox.close();

      expect(after).toEqual({ ...before, $metadata: after.$metadata });
      expect(Contents).toHaveLength(KEYS.length);
    }
    expect(readdirSync(folder).sort()).toEqual(["README.txt", "blobs", "records.log"]);
  });

  it("gives each record back under the key it was written with, around every length", async () => {
    const controls = ["", "\0", "\u0001", "\u0002", "\u0003", "\u0004", "\u001b"];
    const changes: Change[] = controls.flatMap((control) =>
      [0, 1, 30, 61, 62, 63, 64, 65, 200, 900].flatMap((length) =>
        [`${control}${"a".repeat(length)}`, `${"é".repeat(length)}${control}b`].map((key) => ({
          table: "111122223333/eu-west-1/things",
          key,
          record: { key },
        })),
      ),
    );
    const store = openFormerStore(folder);
    await store.commit(changes);
    await store.close();

    const again = openStore(folder);
    const found = new Map([...again.load()].map(({ key, record }) => [key, record]));
    await again.close();

    expect(found).toEqual(new Map(changes.map(({ key, record }) => [key, record])));
  });

  it("is begun with again when a migration was cut off", async () => {
    await openFormerStore(folder).close();
    for (const name of ["records.log.migrated", "records.exported"]) {
      writeFileSync(join(folder, name), "half a line");
    }

    await openStore(folder).close();

    expect(readdirSync(folder).sort()).toEqual(["README.txt", "blobs", "records.log"]);
  });

  it("is refused, and left as it is, when it is damaged", async () => {
    const store = openFormerStore(folder);
    await store.commit([{ table: "a", key: "b".repeat(500), record: "c".repeat(100_000) }]);
    await store.close();
    truncateSync(join(folder, "records.lmdb"), 20_000);

    expect(() => openStore(folder)).toThrow(/is damaged: .*records\.lmdb, of an older Fleetlab/);
    expect(() => openStore(folder)).toThrow("npm run sandbox -- --reset --yes");
    expect(existsSync(join(folder, "records.log"))).toBe(false);
  });

  it("is refused beside one of this version, with both ways out", async () => {
    await openStore(folder).close();
    await openFormerStore(folder).close();

    expect(() => openStore(folder)).toThrow(/Two stores are in .*Delete .*records\.lmdb to go on/);
  });

  it("is refused when it is of yet another version", async () => {
    await openFormerStore(folder, 7).close();

    expect(() => openStore(folder)).toThrow("has version 7, this sandbox reads version 2");
  });
});
