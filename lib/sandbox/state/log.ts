import { randomUUID } from "node:crypto";
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { uptime } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { StoreDamagedError, StoreVersionError } from "./store-errors.js";

/*
 * A file that is only ever appended to, one line for one commit, and that knows how long it must be.
 *
 *   fleetlab sandbox store, version 2, <id>      <checksum>     128 bytes: what it is
 *   end 000000012345 safe 000000012000 boot …    <checksum>      64 bytes: how much was acknowledged
 *   end 000000012400 safe 000000012345 boot …    <checksum>      64 bytes: the same, written in turn
 *   <checksum> <text>                                            and so on
 *
 * Each line's checksum covers the line and, through the checksum before it, everything above it: what
 * was changed, left out or moved is noticed. What is missing at the end is noticed by `end`, which is
 * written behind each line and before anybody is told. A line behind `end` belongs to a commit that was
 * under way when the process died: it counts when it is whole, and is cut off when it is not.
 *
 * A process may die at any moment and nothing is lost, since the system has the line by then. The disk
 * has it some tenths of a second later: `safe`. Only a machine that went down in between may lack lines
 * between `safe` and `end`; `boot` tells whether it did.
 *
 * It is a file of our own because what we need is so little (append, and read all at start: the records
 * live in memory) and is what LMDB does not give: it maps its file, so damage ends the process, and it
 * has no checksums, so damage that does not is served as data.
 */

export interface Log {
  /** Its length in bytes. */
  readonly size: number;
  /** What was cut off at opening because the machine went down before the disk had it, in bytes. */
  readonly lostBytes: number;
  /** Write one line, which the system has when this returns. @param text without a line end */
  append(text: string): void;
  /** See to it that the disk has what the system has. */
  sync(): Promise<void>;
  /** Write `lines` instead of all that is there, and what `append` is called with meanwhile behind them. */
  rewrite(lines: AsyncIterable<string>): Promise<void>;
  close(): void;
}

export interface LogOptions {
  readonly path: string;
  /** The version that is written, and the only one that is read. */
  readonly version: number;
  /** Called for every line in order, while the log is opened. */
  readonly onLine: (text: string) => void;
  /** Called when all lines are good, before anything is written. A throw leaves the file as it is. */
  readonly onRead?: () => void;
  /** When the machine was started, in seconds since the epoch. Default: as the system tells. */
  readonly bootedAt?: number;
}

const TITLE_BYTES = 128;
const MARK_BYTES = 64;
const HEAD_BYTES = TITLE_BYTES + 2 * MARK_BYTES;
/** `<checksum> ` in front of a line. */
const CHECKSUM_BYTES = 9;
const READ_BYTES = 4 * 1024 * 1024;
/** Boot times that differ by less are the same: the clock is corrected now and then. In seconds. */
const BOOT_TOLERANCE = 60;
const LINE_END = 0x0a;

const syncToDisk = promisify(fdatasync);

/** Make an empty log, whole or not at all. */
export function createLog(path: string, version: number): void {
  const file = startFile(`${path}.new`, version);
  try {
    putMark(file, { end: HEAD_BYTES, safe: HEAD_BYTES, boot: bootTime() });
    fsyncSync(file.descriptor);
  } finally {
    closeSync(file.descriptor);
  }
  renameSync(`${path}.new`, path);
  syncFolder(path);
}

/**
 * Read a log and go on with it.
 *
 * @throws StoreVersionError when it has another version
 * @throws StoreDamagedError when an acknowledged line is not there as it was written
 * @throws what the file system gives
 */
export function openLog(options: LogOptions): Log {
  const { path, version, bootedAt = bootTime() } = options;
  let file = openFile(path);
  let lostBytes: number;
  try {
    lostBytes = read(file, { ...options, bootedAt });
  } catch (error) {
    closeSync(file.descriptor);
    throw error;
  }
  let isSyncing = false;
  /** Lines that came while the log is rewritten. */
  let meanwhile: string[] | undefined;

  const mark = (): void => putMark(file, { end: file.end, safe: file.safe, boot: bootedAt });

  const sync = async (): Promise<void> => {
    if (isSyncing || file.safe === file.end) return;
    isSyncing = true;
    try {
      const { end } = file;
      await syncToDisk(file.descriptor);
      file.safe = end;
      mark();
    } finally {
      isSyncing = false;
    }
  };

  return {
    get size() {
      return file.end;
    },
    lostBytes,
    append(text) {
      putLine(file, text);
      mark();
      meanwhile?.push(text);
    },
    sync,
    async rewrite(lines) {
      const draft = startFile(`${path}.new`, version);
      const late: string[] = (meanwhile = []);
      try {
        for await (const line of lines) putLine(draft, line);
        await syncToDisk(draft.descriptor);
        draft.safe = draft.end;
        while (isSyncing) await new Promise((resolve) => setImmediate(resolve));
        // From here on in one go: what is appended next goes to the new file.
        for (const line of late) putLine(draft, line);
        putMark(draft, { end: draft.end, safe: draft.safe, boot: bootedAt });
        fdatasyncSync(draft.descriptor);
        takePlace(file, path);
        file = draft;
        file.safe = file.end;
      } catch (error) {
        closeSync(draft.descriptor);
        rmSync(`${path}.new`, { force: true });
        throw error;
      } finally {
        meanwhile = undefined;
      }
    },
    close() {
      fdatasyncSync(file.descriptor);
      file.safe = file.end;
      mark();
      closeSync(file.descriptor);
    },
  };
}

/** An open file, how far it reaches, and the checksum of all its lines. */
interface OpenFile {
  descriptor: number;
  /** Where the next line begins, in bytes. */
  end: number;
  /** How far the disk has it. */
  safe: number;
  checksum: number;
  /** Which of the two marks is written next. */
  turn: number;
}

interface Mark {
  readonly end: number;
  readonly safe: number;
  readonly boot: number;
}

function startFile(path: string, version: number): OpenFile {
  const descriptor = openSync(path, "w+", 0o600);
  const title = sealed(`fleetlab sandbox store, version ${version}, ${randomUUID()}`, TITLE_BYTES);
  writeSync(descriptor, title.padEnd(HEAD_BYTES, "\n"), 0);
  return { descriptor, end: HEAD_BYTES, safe: HEAD_BYTES, checksum: crc32(title), turn: 0 };
}

function openFile(path: string): OpenFile {
  return { descriptor: openSync(path, "r+"), end: HEAD_BYTES, safe: 0, checksum: 0, turn: 0 };
}

function putLine(file: OpenFile, text: string): void {
  const line = Buffer.from(`00000000 ${text}\n`);
  const checksum = crc32(line.subarray(CHECKSUM_BYTES), file.checksum);
  line.write(hex(checksum), 0, "latin1");
  try {
    writeAll(file.descriptor, line, file.end);
  } catch (error) {
    // What was written of it is behind the end; it goes now, or at the next opening.
    ftruncateSync(file.descriptor, file.end);
    throw error;
  }
  file.end += line.byteLength;
  file.checksum = checksum;
}

/** The system may take a part at a time, a nearly full disk for one. */
function writeAll(descriptor: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.byteLength;) {
    done += writeSync(descriptor, bytes, done, bytes.byteLength - done, at + done);
  }
}

function putMark(file: OpenFile, { end, safe, boot }: Mark): void {
  const digits = (value: number, count: number) => String(value).padStart(count, "0");
  const text = `end ${digits(end, 13)} safe ${digits(safe, 13)} boot ${digits(boot, 10)}`;
  writeSync(file.descriptor, sealed(text, MARK_BYTES), TITLE_BYTES + file.turn * MARK_BYTES);
  file.turn = 1 - file.turn;
}

/** Put the draft where the old log was. Windows wants the old one closed before. */
function takePlace(old: OpenFile, path: string): void {
  closeSync(old.descriptor);
  try {
    renameSync(`${path}.new`, path);
  } catch (error) {
    old.descriptor = openSync(path, "r+");
    throw error;
  }
  syncFolder(path);
}

/** A text of fixed length with its checksum. */
function sealed(text: string, bytes: number): string {
  return `${text.padEnd(bytes - CHECKSUM_BYTES - 1)} ${hex(crc32(text))}\n`;
}

function unsealed(text: string): string | undefined {
  const [, said = "", checksum] = /^(.*?) *([0-9a-f]{8})\n$/s.exec(text) ?? [];
  return checksum === hex(crc32(said)) ? said : undefined;
}

/** Read all lines and cut off what counts no more. @returns how much of it was acknowledged, in bytes */
function read(
  file: OpenFile,
  { path, version, onLine, onRead, bootedAt: boot }: LogOptions & { readonly bootedAt: number },
): number {
  const damaged = (what: string, options?: ErrorOptions) =>
    new StoreDamagedError(dirname(path), what, options);
  const head = Buffer.alloc(HEAD_BYTES);
  const length = readSync(file.descriptor, head, 0, HEAD_BYTES, 0);
  const title = unsealed(head.toString("latin1", 0, TITLE_BYTES));
  const [, found] = /^fleetlab sandbox store, version (\d+), /.exec(title ?? "") ?? [];
  if (found === undefined) throw damaged(`${path} does not begin as it should`);
  if (Number(found) !== version) throw new StoreVersionError(dirname(path), found, version);
  const marks = [0, 1].map((turn) => markOf(head, turn));
  const [first, second] = marks;
  const isSecond = !first || (second && (second.end - first.end || second.safe - first.safe) > 0);
  const mark = isSecond ? second : first;
  if (length < HEAD_BYTES || !mark) throw damaged(`${path} does not say how long it must be`);

  file.checksum = crc32(head.subarray(0, TITLE_BYTES));
  for (const { noted, line, end } of linesOf(file.descriptor)) {
    const checksum = crc32(line, file.checksum);
    if (noted !== checksum) break;
    try {
      onLine(line.toString("utf8", 0, line.byteLength - 1));
    } catch (cause) {
      throw damaged(`the line that ends at byte ${end} of ${path} is not what it should be`, {
        cause,
      });
    }
    file.checksum = checksum;
    file.end = end;
  }

  const lost = Math.max(0, mark.end - file.end);
  const hasGoneDown = Math.abs(boot - mark.boot) > BOOT_TOLERANCE;
  if (lost > 0 && !(hasGoneDown && file.end >= mark.safe)) {
    throw damaged(`${path} is as it was written up to byte ${file.end}, and was ${mark.end} long`);
  }
  onRead?.();
  rmSync(`${path}.new`, { force: true });
  ftruncateSync(file.descriptor, file.end);
  file.safe = Math.min(mark.safe, file.end);
  // The mark that is not the newest goes first, so that one of them is good at any time.
  file.turn = mark === first ? 1 : 0;
  putMark(file, { end: file.end, safe: file.safe, boot });
  putMark(file, { end: file.end, safe: file.safe, boot });
  return lost;
}

function markOf(head: Buffer, turn: number): Mark | undefined {
  const from = TITLE_BYTES + turn * MARK_BYTES;
  const text = unsealed(head.toString("latin1", from, from + MARK_BYTES));
  const [, end, safe, boot] = /^end (\d+) safe (\d+) boot (\d+)$/.exec(text ?? "") ?? [];
  return end === undefined
    ? undefined
    : { end: Number(end), safe: Number(safe), boot: Number(boot) };
}

/**
 * Every line, with its line end and behind its checksum, and where it ends in the file. What follows the
 * last line end is left out.
 */
function* linesOf(descriptor: number): Iterable<{ noted: number; line: Buffer; end: number }> {
  let rest = Buffer.alloc(0);
  let at = HEAD_BYTES;
  for (;;) {
    // A buffer of its own each time: a line may be larger than one reading.
    const chunk = Buffer.allocUnsafe(Math.max(READ_BYTES, rest.byteLength));
    const count = readSync(descriptor, chunk, 0, chunk.byteLength, at + rest.byteLength);
    if (count === 0) return;
    const bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
    let from = 0;
    for (let to = bytes.indexOf(LINE_END); to >= 0; to = bytes.indexOf(LINE_END, from)) {
      const begin = Math.min(from + CHECKSUM_BYTES, to);
      const noted = Number.parseInt(bytes.toString("latin1", from, begin), 16);
      from = to + 1;
      yield { noted, line: bytes.subarray(begin, from), end: at + from };
    }
    at += from;
    rest = bytes.subarray(from);
  }
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}

function bootTime(): number {
  return Math.round(Date.now() / 1000 - uptime());
}

/** A new name is on the disk when its folder is. Windows has no such thing. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(dirname(path), "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
