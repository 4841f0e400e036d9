// What TypeScript may use of failures.mjs. Written by hand because lib is compiled without allowJs;
// test/cli/bootstrap/types.test.ts keeps the two alike.

export declare class Failure extends Error {
  constructor(what: string, wayOut: string, options?: { cause?: unknown });
}
export declare class Interrupted extends Error {}
export declare function tail(output: string, lines?: number): string;
export declare function isDiskFull(trouble: unknown): boolean;
export declare function diskFull(where?: string): Failure;
export declare function pipFailure(output: string): Failure;
export declare function venvFailure(output: string): Failure;
export declare function noPython(): Failure;
export declare function pythonTooOld(path: string, version: string): Failure;
export declare function pythonWithoutVenv(path: string, version: string): Failure;
export declare function portTaken(port: number): Failure;
export declare function portForbidden(port: number): Failure;
export declare function labEnded(log: string): Failure;
export declare function explain(error: unknown): number;
