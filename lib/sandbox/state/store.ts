import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { open, type Database, type RootDatabase } from "lmdb";
import type { Change } from "./tables.js";

/**
 * Where the sandbox keeps what it acknowledged. A request is answered only after `commit` resolved,
 * so whatever a client was told survives the death of the process.
 */
export interface Store {
  /** Every record, in key order within its table. */
  load(): Iterable<Change>;
  /** Write one operation's changes as one transaction. */
  commit(changes: readonly Change[]): Promise<void>;
  /**
   * Keep bytes that are too big for a record, such as an S3 object. They are read by the id, and go
   * when the record of that id in the table `BLOBS` is deleted: with that commit, not before it. Bytes
   * whose record was never kept are gone at the next opening.
   */
  putBlob(bytes: Uint8Array): string;
  getBlob(id: string): Uint8Array | undefined;
  /** Forget everything. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The table with one record for each blob. */
export const BLOBS = "blobs";

/** Bump when records change shape, and teach `openStore` to migrate from the version before. */
export const STORE_VERSION = 1;

/** The store on disk does not fit this version of the sandbox. */
export class StoreVersionError extends Error {
  override readonly name = "StoreVersionError";
  constructor(path: string, found: unknown) {
    super(
      `The sandbox's data in ${path} has version ${String(found)}, this sandbox reads version ` +
        `${STORE_VERSION}. Empty it with "npm run sandbox -- --reset", or use the Fleetlab that wrote it.`,
    );
  }
}

/** A store that lives as long as the process. */
export function memoryStore(): Store {
  const blobs = new Map<string, Uint8Array>();
  return {
    load: () => [],
    async commit(changes) {
      for (const id of deletedBlobs(changes)) blobs.delete(id);
    },
    putBlob: (bytes) => {
      const id = randomUUID();
      blobs.set(id, bytes);
      return id;
    },
    getBlob: (id) => blobs.get(id),
    clear: async () => blobs.clear(),
    close: async () => {},
  };
}

/**
 * Open or make the store in the folder `path`.
 *
 * LMDB commits are atomic and visible to the operating system before `commit` resolves, so a killed
 * process loses nothing; a power cut may lose the last moments, never the file.
 *
 * @throws StoreVersionError when a store of another version is there
 */
export function openStore(path: string): Store {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const root: RootDatabase<unknown, [string, string]> = open({ path: `${path}/records.lmdb` });
  const meta = root.openDB<unknown, string>({ name: "meta" });
  const records = root.openDB<unknown, [string, string]>({ name: "records" });
  const blobs: Database<Uint8Array, string> = root.openDB({ name: "blobs", encoding: "binary" });

  const version = meta.get("version");
  if (version === undefined) meta.putSync("version", STORE_VERSION);
  else if (version !== STORE_VERSION) {
    void root.close();
    throw new StoreVersionError(path, version);
  }

  // Bytes of an operation that was undone, or of one that a crash cut off before its record was kept.
  const orphans = [...blobs.getKeys()].filter((id) => !records.doesExist([BLOBS, id]));
  for (const id of orphans) blobs.removeSync(id);

  return {
    *load() {
      for (const { key, value } of records.getRange()) {
        // LMDB's key encoding escapes NUL in short texts only: in one of 64 characters or more, such as
        // that of an object version, it comes back as the border between two parts.
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
        }
        for (const id of deletedBlobs(changes)) void blobs.remove(id);
      });
    },
    putBlob: (bytes) => {
      const id = randomUUID();
      // Not awaited: the batch of the record that names this blob is queued behind it.
      void blobs.put(id, bytes);
      return id;
    },
    getBlob: (id) => blobs.get(id),
    async clear() {
      await Promise.all([records.clearAsync(), blobs.clearAsync()]);
    },
    close: () => root.close(),
  };
}

function deletedBlobs(changes: readonly Change[]): string[] {
  return changes
    .filter(({ table, record }) => table === BLOBS && record === undefined)
    .map(({ key }) => key);
}
