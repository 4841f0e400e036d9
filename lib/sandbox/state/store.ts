import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBlobFiles, type BlobSeal } from "./blob-files.js";
import { migrateFormerStore } from "./former-store.js";
import { createRecords, type Line, type Records } from "./kept-records.js";
import { createLog, openLog } from "./log.js";
import { asStoreError, StoreDamagedError } from "./store-errors.js";
import type { Change } from "./tables.js";
import { fromText, toText } from "./values.js";

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
   * whose record does not come with the next commit are forgotten.
   */
  putBlob(bytes: Uint8Array): string;
  getBlob(id: string): Uint8Array | undefined;
  close(): Promise<void>;
}

/** The table with one record for each blob. */
export const BLOBS = "blobs";

/** Bump when records change shape, and teach `openStore` to migrate from the version before. */
export const STORE_VERSION = 2;

/** A store that lives as long as the process. */
export function memoryStore(): Store {
  const blobs = new Map<string, Uint8Array>();
  return {
    load: () => [],
    async commit(changes) {
      for (const { table, key, record } of changes) {
        if (table === BLOBS && record === undefined) blobs.delete(key);
      }
    },
    putBlob: (bytes) => {
      const id = randomUUID();
      blobs.set(id, bytes);
      return id;
    },
    getBlob: (id) => blobs.get(id),
    close: async () => {},
  };
}

export interface StoreOptions {
  /** Told in one line what is worth knowing. Default: standard error. */
  readonly tell?: (line: string) => void;
  /** When the machine was started, in seconds since the epoch. Default: as the system tells. */
  readonly bootedAt?: number;
  /** The log is rewritten without what is out of date when it is so many bytes long. Default: 64 MiB. */
  readonly rewriteBytes?: number;
}

/** The disk has what was acknowledged so long ago, in milliseconds. */
const SYNC_MS = 100;
/**
 * Open or make the store in the folder `path`: the records in a log (`records.log`), blobs in files
 * beside it, and a note for whoever looks.
 *
 * A killed process loses nothing. A power cut may lose the last tenths of a second, and the next opening
 * tells so. Anything else that is not as it was written is refused; every byte is checked.
 *
 * A store of version 1, which an older Fleetlab has written, becomes one of version 2.
 *
 * @throws StoreVersionError when a store of another version is there
 * @throws StoreDamagedError when something of it is missing or changed
 * @throws StoreAccessError when the system does not let us read and write it
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  try {
    return openFolder(path, options);
  } catch (error) {
    throw asStoreError(path, error);
  }
}

function openFolder(path: string, options: StoreOptions): Store {
  const { tell = console.error, rewriteBytes = 64 * 1024 * 1024 } = options;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  prepare(path);
  const records = createRecords();
  const blobs = openBlobFiles(join(path, "blobs"));
  const log = openLog({
    path: join(path, LOG),
    version: STORE_VERSION,
    onLine: (text) => records.apply(fromText(text) as Line),
    onRead() {
      for (const [id, seal] of sealsOf(records)) blobs.read(id, seal);
    },
    ...(options.bootedAt !== undefined && { bootedAt: options.bootedAt }),
  });
  // Of an operation that a crash cut off before its record was kept, or of one that has deleted them.
  for (const id of blobs.ids()) if (!sealsOf(records).has(id)) blobs.remove(id);
  if (log.lostBytes > 0) {
    tell(
      `The machine went down before the disk had everything: the last ${log.lostBytes} bytes of ` +
        `changes to ${path}, those of some tenths of a second, are lost. All before them is there.`,
    );
  }

  /** Bytes that belong to the next commit. */
  let fresh = new Map<string, Uint8Array>();
  /** Blobs that go once the disk knows that nobody needs them. */
  let leaving: string[] = [];
  let failure: unknown;
  let rewriting: Promise<void> | undefined;
  // By then about two thirds of it are out of date.
  const sizeOfLive = (log.size * records.count()) / Math.max(1, records.changes());
  let rewriteAt = Math.max(rewriteBytes, 3 * sizeOfLive);

  const syncs = createSlowTask(SYNC_MS, async () => {
    const unneeded = leaving;
    leaving = [];
    try {
      await blobs.sync();
      await log.sync();
    } catch (error) {
      failure = asStoreError(path, error);
      return;
    }
    for (const id of unneeded) blobs.remove(id);
  });

  const rewrite = async (): Promise<void> => {
    try {
      await log.rewrite(textsOf(records));
      rewriteAt = Math.max(rewriteBytes, 3 * log.size);
    } catch {
      // No room for a second log beside the first, for one. The first is whole: another try later.
      rewriteAt = 2 * log.size;
    } finally {
      rewriting = undefined;
    }
  };

  return {
    *load() {
      for (const change of records.all()) {
        yield change.table === BLOBS ? { ...change, record: true } : change;
      }
    },
    async commit(changes) {
      if (failure !== undefined) throw failure as Error;
      const bytes = fresh;
      fresh = new Map();
      if (changes.length === 0) return;
      try {
        const line: Line = changes.map(({ table, key, record }) => {
          if (record === undefined) return [table, key];
          if (table !== BLOBS) return [table, key, record];
          const blob = bytes.get(key);
          if (!blob) throw new Error(`nobody has put the bytes of blob ${key}`);
          return [table, key, blobs.write(key, blob)];
        });
        log.append(toText(line));
        records.apply(line);
      } catch (error) {
        failure = asStoreError(path, error);
        throw failure as Error;
      }
      for (const { table, key, record } of changes) {
        if (table === BLOBS && record === undefined) leaving.push(key);
      }
      syncs.soon();
      if (log.size > rewriteAt) rewriting ??= rewrite();
    },
    putBlob(bytes) {
      const id = randomUUID();
      fresh.set(id, bytes);
      return id;
    },
    getBlob(id) {
      const seal = sealsOf(records).get(id);
      return seal ? blobs.read(id, seal) : fresh.get(id);
    },
    async close() {
      await rewriting;
      await syncs.end();
      log.close();
    },
  };
}

const LOG = "records.log";
const NOTE = "README.txt";

/** See to it that the folder holds a store of this version. */
function prepare(path: string): void {
  const log = join(path, LOG);
  const note = join(path, NOTE);
  const isNew = !existsSync(log) && !existsSync(note) && !existsSync(join(path, "blobs"));
  migrateFormerStore({ path, log, version: STORE_VERSION, blobTable: BLOBS });
  if (isNew && !existsSync(log)) createLog(log, STORE_VERSION);
  if (!existsSync(log)) throw new StoreDamagedError(path, `${log} is missing`);
  if (existsSync(note)) return;
  writeFileSync(
    note,
    "The data of Fleetlab's sandbox, a local AWS: records in records.log, contents of S3 objects in\n" +
      "blobs. Both are checked at each start, so change nothing here; to copy it, copy the whole folder.\n" +
      "To empty it: npm run sandbox -- --reset\n",
    { mode: 0o600 },
  );
}

/** Of every blob. */
function sealsOf(records: Records): ReadonlyMap<string, BlobSeal> {
  return records.table(BLOBS) as ReadonlyMap<string, BlobSeal>;
}

async function* textsOf(records: Records): AsyncIterable<string> {
  for (const line of records.lines()) {
    yield toText(line);
    // Requests are answered in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Work that is asked for often, done once for all who asked in the last `ms`, one at a time. */
function createSlowTask(ms: number, work: () => Promise<void>) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isWanted = false;
  const run = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      await work();
    }
    running = timer = undefined;
  };
  return {
    soon(): void {
      isWanted = true;
      timer ??= setTimeout(() => void (running = run()), ms).unref();
    },
    /** Do now what is wanted, and wait for it. */
    async end(): Promise<void> {
      clearTimeout(timer);
      await (running ?? run());
    },
  };
}
