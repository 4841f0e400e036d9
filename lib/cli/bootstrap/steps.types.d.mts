// What TypeScript may use of steps.mjs. Written by hand because lib is compiled without allowJs;
// test/cli/bootstrap/types.test.ts keeps the two alike.

import type { WriteStream } from "node:tty";

export declare function step<T>(
  title: string,
  work: (detail: (text: string) => void, say: (line: string) => void) => Promise<T>,
  out?: WriteStream,
): Promise<T>;
