import { spawnSync } from "node:child_process";
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { deserialize } from "node:v8";
import { openBlobFiles } from "./blob-files.js";
import type { Line } from "./kept-records.js";
import { createLog, openLog, syncFolder } from "./log.js";
import {
  StoreAccessError,
  StoreDamagedError,
  StoreTwiceError,
  StoreVersionError,
} from "./store-errors.js";
import { toText } from "./values.js";

/** What `former-store.mjs` prints. */
type Report =
  | { readonly count: number }
  | { readonly version: unknown }
  | { readonly message: string; readonly code?: string; readonly syscall?: string };

/** Reading a store of a million records takes about half a minute; a damaged one may never end. In milliseconds. */
const LONGEST_MS = 300_000;
/** Records in one line of the new log. */
const LINE_RECORDS = 500;

export interface Migration {
  /** The folder of the store. */
  readonly path: string;
  /** Where its new log comes. */
  readonly log: string;
  readonly version: number;
  /** The table whose records are kept as files. */
  readonly blobTable: string;
}

/**
 * Turn a store of version 1, if one is there, into one of this version. The old one goes when all of it
 * is in the new one, and the disk has that; a process that dies in between begins again.
 *
 * @throws StoreVersionError, StoreDamagedError, StoreAccessError, StoreTwiceError
 */
export function migrateFormerStore({ path, log, version, blobTable }: Migration): void {
  const former = join(path, "records.lmdb");
  const draft = `${log}.migrated`;
  if (existsSync(former)) {
    if (existsSync(log)) throw new StoreTwiceError(path, log, former);
    const exported = join(path, "records.exported");
    readFormer(path, former, exported, version);
    rmSync(draft, { force: true });
    fill(path, draft, version, blobTable, exported);
    rmSync(exported);
    rmSync(former);
    rmSync(`${former}-lock`, { force: true });
  }
  if (!existsSync(draft)) return;
  renameSync(draft, log);
  syncFolder(log);
}

function readFormer(path: string, former: string, to: string, version: number): void {
  // Not compiled and not loaded here: it is a program, beside the source in both cases.
  const program = createRequire(import.meta.url).resolve("#sandbox/state/former-store");
  const { stdout, signal, status } = spawnSync(process.execPath, [program, former, to], {
    encoding: "utf8",
    timeout: LONGEST_MS,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const report = reportOf(stdout);
  if (report && "count" in report) return;
  if (report && "version" in report) throw new StoreVersionError(path, report.version, version);
  if (report?.code !== undefined && report.syscall !== undefined) {
    throw new StoreAccessError(path, Object.assign(new Error(report.message), report));
  }
  const why = report?.message ?? `reading it ends with ${signal ?? status}`;
  throw new StoreDamagedError(path, `${former}, of an older Fleetlab, cannot be read (${why})`);
}

function reportOf(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    // It did not come that far.
    return undefined;
  }
}

/** Write the new log and its blobs from what was exported, down to the disk. */
function fill(path: string, draft: string, version: number, blobTable: string, exported: string) {
  createLog(draft, version);
  const log = openLog({ path: draft, version, onLine: () => {} });
  const blobs = openBlobFiles(join(path, "blobs"));
  try {
    let line: [string, string, unknown][] = [];
    for (const [table, key, record] of exportedRecords(exported)) {
      const isBlob = table === blobTable;
      line.push([table, key, isBlob ? blobs.write(key, record as Uint8Array) : record]);
      if (isBlob) syncFile(join(path, "blobs", key));
      if (line.length < LINE_RECORDS) continue;
      log.append(toText(line satisfies Line));
      line = [];
    }
    if (line.length > 0) log.append(toText(line satisfies Line));
  } finally {
    log.close();
  }
}

function* exportedRecords(file: string): Iterable<[table: string, key: string, record: unknown]> {
  const descriptor = openSync(file, "r");
  try {
    const length = Buffer.alloc(4);
    while (readSync(descriptor, length) === 4) {
      const bytes = Buffer.alloc(length.readUInt32LE());
      for (let done = 0; done < bytes.byteLength;)
        done += readSync(descriptor, bytes, done, bytes.byteLength - done, null);
      yield deserialize(bytes) as [string, string, unknown];
    }
  } finally {
    closeSync(descriptor);
  }
}

function syncFile(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
