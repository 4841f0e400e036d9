import { CreateThingCommand, DeleteThingCommand, UpdateThingCommand } from "@aws-sdk/client-iot";
import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { StoreError } from "../../../lib/sandbox/state/store-errors.js";
import { BLOBS, openStore, type Store } from "../../../lib/sandbox/state/store.js";
import type { Change } from "../../../lib/sandbox/state/tables.js";
import { openSandbox } from "../clients.js";

/*
 * What can happen to the files of a store while nobody has it open, by seed.
 */

/** A random number from 0 to less than 1, the same row of them for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fill a store as clients do: records and blobs that came, changed and went. */
async function fillStore(store: Store, things = 40): Promise<void> {
  const { iot, iotData, s3 } = openSandbox({ store });
  await s3.send(new CreateBucketCommand({ Bucket: "abc" }));
  for (let n = 0; n < things; n++) {
    const thingName = `car-${n}`;
    await iot.send(new CreateThingCommand({ thingName }));
    const attributePayload = { attributes: { n: String(n) } };
    await iot.send(new UpdateThingCommand({ thingName, attributePayload }));
    const payload = JSON.stringify({ state: { reported: { text: "x".repeat(n * 10) } } });
    await iotData.send(new UpdateThingShadowCommand({ thingName, payload }));
    if (n % 5 === 0) await iot.send(new DeleteThingCommand({ thingName }));
    if (n % 8 > 0) continue;
    const object = { Bucket: "abc", Key: `firmware-${n}` };
    await s3.send(new PutObjectCommand({ ...object, Body: Buffer.alloc(n * 1_000, n) }));
    if (n % 16 === 0) await s3.send(new DeleteObjectCommand(object));
  }
}

/** Everything that is in a store. */
function contentsOf(store: Store): { records: Change[]; blobs: [string, Buffer][] } {
  const records = [...store.load()];
  const blobs = records
    .filter(({ table }) => table === BLOBS)
    .map(({ key }): [string, Buffer] => [key, Buffer.from(store.getBlob(key) ?? "")]);
  return { records, blobs };
}

/** Every file below a folder, by its path, with its bytes. */
function bytesIn(folder: string): Map<string, string> {
  return new Map(filesIn(folder).map((file) => [file, readFileSync(file, "latin1")]));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

type Random = () => number;

const below = (random: Random, n: number): number => Math.floor(random() * n);
const oneOf = <T>(random: Random, items: readonly T[]): T =>
  items[below(random, items.length)] as T;

/** Overwrite some bytes of a file. */
function overwrite(file: string, at: number, change: (byte: number) => number, length: number) {
  const bytes = readFileSync(file);
  for (let i = at; i < Math.min(at + length, bytes.byteLength); i++) {
    bytes[i] = change(bytes[i] as number);
  }
  writeFileSync(file, bytes);
}

/** By name: what is done to one of the files. */
const damages: Readonly<Record<string, (file: string, random: Random, all: string[]) => void>> = {
  "cut short": (file, random) => truncateSync(file, below(random, statSync(file).size + 1)),
  "made longer": (file, random) => {
    const more = Buffer.from(
      Array.from({ length: 1 + below(random, 5_000) }, () => below(random, 256)),
    );
    writeFileSync(file, Buffer.concat([readFileSync(file), more]));
  },
  "a page of zeros": (file, random) => {
    const page = below(random, Math.ceil((statSync(file).size + 1) / 4096));
    overwrite(file, page * 4096, () => 0, 4096);
  },
  "a bit flipped": (file, random) => {
    const bit = 1 << below(random, 8);
    overwrite(file, below(random, statSync(file).size), (byte) => byte ^ bit, 1);
  },
  "512 bytes flipped": (file, random) => {
    overwrite(file, below(random, statSync(file).size), (byte) => byte ^ 0xff, 512);
  },
  "noise in many places": (file, random) => {
    for (let i = 0; i < 50; i++) {
      overwrite(file, below(random, statSync(file).size), () => below(random, 256), 8);
    }
  },
  "a part twice": (file, random) => {
    const bytes = readFileSync(file);
    const [from, to] = [below(random, bytes.byteLength), below(random, bytes.byteLength)];
    bytes.copy(bytes, to, from, from + 1_000);
    writeFileSync(file, bytes);
  },
  "a part left out": (file, random) => {
    const bytes = readFileSync(file);
    const from = below(random, bytes.byteLength);
    const rest = bytes.subarray(from + 1 + below(random, 2_000));
    writeFileSync(file, Buffer.concat([bytes.subarray(0, from), rest]));
  },
  missing: (file) => rmSync(file),
  empty: (file) => truncateSync(file, 0),
  "another in its place": (file, random, all) => {
    const other = oneOf(random, all);
    if (other === file) return;
    renameSync(file, `${file}.swap`);
    renameSync(other, file);
    renameSync(`${file}.swap`, other);
  },
  "a folder in its place": (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  "only to be read": (file) => chmodSync(file, 0o444),
  "not even to be read": (file) => chmodSync(file, 0o000),
};

export const damageNames: readonly string[] = Object.keys(damages);

/** Damage one file of a store. @returns what was done to which */
function damageStore(folder: string, seed: number): string {
  const random = randomOf(seed);
  const files = filesIn(folder);
  const log = files.find((file) => file.endsWith("records.log")) as string;
  // Every kind in turn, half of the time in the file that holds nearly everything.
  const name = damageNames[seed % damageNames.length] as string;
  const file = random() < 0.5 ? log : oneOf(random, files);
  damages[name]?.(file, random, files);
  return `${name}: ${file.slice(folder.length + 1)}`;
}

/** The number of a user who owns nothing, on most systems. */
const NOBODY = 65_534;

/** Do something as a user that is not root, to whom permissions mean something. */
function asNobody<T>(folder: string, work: () => T): T {
  if (process.getuid?.() !== 0) return work();
  for (const path of [folder, ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
    chownSync(path === folder ? folder : join(folder, path), NOBODY, NOBODY);
  }
  process.seteuid?.(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Two copies of one store below `folder`, as a killed process leaves it and as a closed one does; and what is in it. */
export async function makeStores(folder: string) {
  // `asNobody` has to come through.
  chmodSync(folder, 0o755);
  const [closed, killed] = [join(folder, "closed"), join(folder, "killed")];
  const store = openStore(closed);
  await fillStore(store);
  const wanted = contentsOf(store);
  cpSync(closed, killed, { recursive: true });
  await store.close();
  return { stores: [closed, killed] as const, wanted };
}

export type Stores = Awaited<ReturnType<typeof makeStores>>;

/**
 * Damage a copy of the store, and open it.
 *
 * @returns what was done, and what came of it: `whole`, `refused`, or what is wrong about it
 */
export async function tryDamage({ stores, wanted }: Stores, seed: number) {
  const copy = `${stores[0]}-${seed}`;
  cpSync(stores[seed % 2] as string, copy, { recursive: true });
  const damage = damageStore(copy, seed);
  const before = bytesIn(copy);
  const store = asNobody(copy, () => {
    try {
      return openStore(copy, { tell: () => {} });
    } catch (error) {
      return error as Error;
    }
  });
  try {
    if (store instanceof Error) {
      const isLeft = isDeepStrictEqual(bytesIn(copy), before);
      const isClear =
        store instanceof StoreError &&
        /^[^\n]+(--reset --yes|start it again[^\n]+)$/.test(store.message);
      const outcome = !isClear
        ? `unclear: ${String(store.stack)}`
        : isLeft
          ? "refused"
          : "refused and changed";
      return { damage, outcome };
    }
    const isWhole = isDeepStrictEqual(contentsOf(store), wanted);
    await store.close();
    return { damage, outcome: isWhole ? "whole" : "something is lost, and nothing is said" };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
