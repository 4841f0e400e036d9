// What TypeScript may use of files.mjs. Written by hand because lib is compiled without allowJs;
// test/cli/bootstrap/types.test.ts keeps the two alike.

export declare function writeWhole(file: string, text: string, mode?: number): void;
