// What TypeScript may use of lock.mjs. Written by hand because lib is compiled without allowJs;
// test/cli/bootstrap/types.test.ts keeps the two alike.

export interface LockOptions {
  onWait?: () => void;
  signal?: AbortSignal;
  heartbeatMs?: number;
  deadAfterMs?: number;
  pollMs?: number;
}
export declare function withLock<T>(
  folder: string,
  work: () => Promise<T>,
  options?: LockOptions,
): Promise<T>;
export declare function isAlive(pid: number): boolean;
