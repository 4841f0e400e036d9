// Reads a store of version 1, which was an LMDB database, and writes what it holds to a file: a process of
// its own, because LMDB maps its file and a damaged one ends whoever reads it.
//
//   node former-store.mjs <records.lmdb> <file to write>
//
// Prints {"count": …}, {"version": …} when that is not 1, or {"message": …, "code": …}.

import { open } from "lmdb";
import { closeSync, openSync, writeSync } from "node:fs";
import { serialize } from "node:v8";

const [, , from = "", to = ""] = process.argv;
const BLOBS = "blobs";
/** LMDB's key encoding escapes U+0000 to U+0004 only in texts that are shorter, in UTF-16 units. */
const ESCAPED_BELOW = 64;

try {
  console.log(JSON.stringify(write(read())));
} catch (error) {
  const { message, code, syscall } = /** @type {NodeJS.ErrnoException} */ (error);
  console.log(JSON.stringify({ message, code, syscall }));
}

/** @returns {Generator<[table: string, key: string, record: unknown]> | number} the version when it is not 1 */
function read() {
  const root = open({ path: from, readOnly: true });
  const version = root.openDB({ name: "meta" }).get("version");
  if (version !== 1) return version;
  const records = root.openDB({ name: "records", keyEncoding: "binary" });
  const blobs = root.openDB({ name: BLOBS, encoding: "binary" });
  return (function* () {
    for (const { key: bytes, value } of records.getRange()) {
      const [table, key] = partsOf(/** @type {Buffer} */ (bytes));
      yield [table, key, table === BLOBS ? bytesOf(blobs, key) : value];
    }
  })();
}

/**
 * @param {import("lmdb").Database} blobs
 * @param {string} id
 */
function bytesOf(blobs, id) {
  const bytes = blobs.get(id);
  if (!bytes) throw new Error(`the content ${id} is missing`);
  return new Uint8Array(/** @type {Uint8Array} */ (bytes));
}

/**
 * The table and the key that `[table, key]` was encoded from. LMDB's own reading takes an unescaped
 * control character in a long key for a border, or for the beginning of another type.
 *
 * @param {Buffer} bytes
 * @returns {[string, string]}
 */
function partsOf(bytes) {
  const border = bytes.indexOf(0);
  return [textOf(bytes.subarray(0, border)), textOf(bytes.subarray(border + 1))];
}

/** @param {Buffer} bytes */
function textOf(bytes) {
  // A text that begins with a control character has one more in front of it, and so has the empty one.
  const text = bytes.subarray(bytes[0] === 27 ? 1 : 0).toString("utf8");
  const unescaped = text.replace(/\x04([\0-\x04])/g, "$1");
  const isEscaped = !/[\0-\x04]/.test(text.replace(/\x04[\0-\x04]/g, ""));
  return isEscaped && unescaped.length < ESCAPED_BELOW ? unescaped : text;
}

/** @param {Iterable<unknown> | number} records */
function write(records) {
  if (typeof records === "number") return { version: records };
  const file = openSync(to, "w", 0o600);
  let count = 0;
  for (const record of records) {
    const bytes = serialize(record);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.byteLength);
    for (const part of [length, bytes]) {
      for (let done = 0; done < part.byteLength;) done += writeSync(file, part, done);
    }
    count++;
  }
  closeSync(file);
  return { count };
}
