import { createRequire } from "node:module";
import type * as converter from "tslab/dist/converter.js";
import type * as executor from "tslab/dist/executor.js";
import type * as jupyter from "tslab/dist/jupyter.js";
import type * as main from "tslab/dist/main.js";
import type * as metadata from "tslab/dist/metadata.js";

/** The version that this room was written for. Others run as they are; see docs/kernel.md. */
export const MENDED_TSLAB = "1.0.22";

const own = createRequire(import.meta.url);
/** Loads what tslab depends on, as tslab would. */
export const tslabRequire = createRequire(own.resolve("tslab/package.json"));

export function installedTslab(): string {
  return (tslabRequire("./package.json") as { version: string }).version;
}

export const COMPILER = "@tslab/typescript-for-tslab";

/**
 * Keep this thread from loading TypeScript (45 MB, a third of a second) until somebody uses it. All
 * of tslab's parts ask for it; the checker's thread is where it works.
 */
export function postponeCompiler(): void {
  const id = tslabRequire.resolve(COMPILER);
  let compiler: Record<string | symbol, unknown> | undefined;
  const load = () => {
    delete tslabRequire.cache[id];
    return tslabRequire(COMPILER) as NonNullable<typeof compiler>;
  };
  const early: Record<string | symbol, unknown> = {
    __esModule: true,
    // tslab sets a property of it. Nobody else asks here.
    sys: {},
    version: (tslabRequire(`${COMPILER}/package.json`) as { version: string }).version,
  };
  const get = (_target: object, key: string | symbol) => early[key] ?? (compiler ??= load())[key];
  tslabRequire.cache[id] = { exports: new Proxy({}, { get }) } as NodeJS.Module;

  // The executor reads this of every cell, by a scanner of the compiler's; hardly a cell has any.
  const part: { -readonly [Name in keyof Parts["metadata"]]: Parts["metadata"][Name] } =
    tslabPart("metadata");
  const read = part.getCodeMetadata;
  part.getCodeMetadata = (code) => (/@(module|jsx|node|browser)\b/.test(code) ? read(code) : {});
}

interface Parts {
  readonly converter: typeof converter;
  readonly executor: typeof executor;
  readonly jupyter: typeof jupyter;
  readonly main: typeof main;
  readonly metadata: typeof metadata;
}

/**
 * One of tslab's files: it has no `exports` map, so each can be had by its path. Late, so that
 * `compiler.ts` can stand between tslab and its TypeScript before the first is loaded.
 */
export function tslabPart<Name extends keyof Parts>(name: Name): Parts[Name] {
  return tslabRequire(`./dist/${name}.js`) as Parts[Name];
}

export type { Converter, ConvertResult, Diagnostic } from "tslab/dist/converter.js";
export type { Executor } from "tslab/dist/executor.js";
