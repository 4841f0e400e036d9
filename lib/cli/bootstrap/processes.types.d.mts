// What TypeScript may use of processes.mjs. Written by hand because lib is compiled without
// allowJs; test/cli/bootstrap/types.test.ts keeps the two alike.

import type { ChildProcess, SpawnOptions } from "node:child_process";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  onLine?: (line: string) => void;
  inherit?: boolean;
  signal?: AbortSignal;
}
export declare function start(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess;
export declare function run(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<{ code: number; output: string }>;
export declare function stop(child: ChildProcess, graceMs?: number): Promise<void>;
export declare function descendants(pid: number): Promise<number[]>;
export declare function stopAll(pids: readonly number[], graceMs?: number): Promise<void>;
export declare function interruption(): AbortSignal;
export declare function stopListening(): void;
