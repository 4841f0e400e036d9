import {
  closeSync,
  fdatasync,
  mkdirSync,
  open,
  close,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { syncFolder } from "./log.js";
import { StoreDamagedError } from "./store-errors.js";

/** What a blob must be, kept in the log: a file that is not so is damaged. */
export interface BlobSeal {
  readonly bytes: number;
  readonly crc32: number;
}

/** Bytes in a folder, a file each, named by their id. */
export interface BlobFiles {
  write(id: string, bytes: Uint8Array): BlobSeal;
  /** @throws StoreDamagedError when the file is not what it must be */
  read(id: string, seal: BlobSeal): Uint8Array;
  remove(id: string): void;
  /** See to it that the disk has what was written. */
  sync(): Promise<void>;
  /** Every id that has a file. */
  ids(): string[];
}

const openFile = promisify(open);
const syncToDisk = promisify(fdatasync);
const closeFile = promisify(close);

export function openBlobFiles(folder: string): BlobFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pathOf = (id: string): string => join(folder, id);
  let unsynced: string[] = [];

  return {
    write(id, bytes) {
      const descriptor = openSync(pathOf(id), "w", 0o600);
      try {
        for (let done = 0; done < bytes.byteLength;) done += writeSync(descriptor, bytes, done);
      } finally {
        closeSync(descriptor);
      }
      unsynced.push(id);
      return sealOf(bytes);
    },
    read(id, seal) {
      const bytes = readIfThere(pathOf(id));
      const found = bytes && sealOf(bytes);
      if (found?.bytes === seal.bytes && found.crc32 === seal.crc32) return bytes as Uint8Array;
      const what = bytes ? "is not as it was written" : "is missing";
      throw new StoreDamagedError(dirname(folder), `${pathOf(id)} ${what}`);
    },
    remove: (id) => rmSync(pathOf(id), { recursive: true, force: true }),
    async sync() {
      const ids = unsynced;
      unsynced = [];
      for (const id of ids) {
        const descriptor = await openFile(pathOf(id), "r+");
        try {
          await syncToDisk(descriptor);
        } finally {
          await closeFile(descriptor);
        }
      }
      if (ids.length > 0) syncFolder(pathOf("."));
    },
    ids: () => readdirSync(folder),
  };
}

function sealOf(bytes: Uint8Array): BlobSeal {
  return { bytes: bytes.byteLength, crc32: crc32(bytes) };
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
