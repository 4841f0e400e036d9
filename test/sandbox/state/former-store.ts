import { open } from "lmdb";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { BLOBS, type Store } from "../../../lib/sandbox/state/store.js";

/*
 * The store of version 1 as Fleetlab 0.2 has written it, kept here word for word: what it wrote must be
 * readable for as long as somebody may have it.
 */
export function openFormerStore(path: string, version = 1): Store {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const root = open({ path: `${path}/records.lmdb` });
  const meta = root.openDB<unknown, string>({ name: "meta" });
  const records = root.openDB<unknown, [string, string]>({ name: "records" });
  const blobs = root.openDB<Uint8Array, string>({ name: "blobs", encoding: "binary" });
  if (meta.get("version") === undefined) meta.putSync("version", version);

  return {
    *load() {
      for (const { key, value } of records.getRange()) {
        const [table, ...parts]: readonly [string, ...string[]] = key;
        yield { table, key: parts.join("\0"), record: value };
      }
    },
    async commit(changes) {
      if (changes.length === 0) return;
      await records.batch(() => {
        for (const { table, key, record } of changes) {
          if (record === undefined) void records.remove([table, key]);
          else void records.put([table, key], record);
          if (table === BLOBS && record === undefined) void blobs.remove(key);
        }
      });
    },
    putBlob: (bytes) => {
      const id = randomUUID();
      void blobs.put(id, bytes);
      return id;
    },
    getBlob: (id) => blobs.get(id),
    close: () => root.close(),
  };
}
