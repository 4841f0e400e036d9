import type { Later } from "./later.js";
import type { News } from "./news.js";
import type { Port } from "./port.js";
import type { Table } from "./tables.js";

/** How the sandbox lags behind, in milliseconds of its own clock. */
export interface Lags {
  /** From a change in the registry or a shadow until a search sees it. */
  readonly indexMs: number;
  /** From switching indexing on until the index is ACTIVE. */
  readonly indexBuildMs: number;
  /** From a role's creation until other services can assume it. */
  readonly roleMs: number;
  /**
   * From CreateJob until its first executions, from CancelJob and DeleteJob until they are done, and
   * from a success until the `$package` shadow tells of it.
   */
  readonly jobsMs: number;
  /** From a change of policies, certificates or what they are attached to until open connections feel it. */
  readonly policyMs: number;
}

/** What the sandbox itself signs with in an account's name: the presigned URLs it hands out. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * One account in one Region, as every operation sees it. A room adds its own tables and those of the
 * rooms below it: the type `State` in its `tables.ts`.
 */
export interface Core extends Later {
  readonly account: string;
  readonly region: string;
  /** Where clients reach the sandbox, without a slash at the end. */
  readonly endpoint: string;
  /** Where DescribeEndpoint sends devices and programs: a host, and its port unless all of AWS's are served. */
  readonly dataEndpoint: string;
  readonly lags: Lags;
  now(): Date;
  /**
   * Do something as of a moment that has passed, in milliseconds since the epoch: `now()` tells that
   * moment meanwhile. For what time has done while nobody asked.
   */
  at<T>(moment: number, work: () => T): T;
  /** A fresh UUID; the same row of them for the same seed. */
  newId(): string;
  /** `arn:aws:iot:<region>:<account>:<tail>` */
  arn(tail: string): string;
  readonly signingKeys: SigningKeys;
  /** Bytes too big for a record. What is put or deleted here is undone with the operation. */
  readonly blobs: {
    putBlob(bytes: Uint8Array): string;
    getBlob(id: string): Uint8Array | undefined;
    deleteBlob(id: string): void;
  };
  /** What a room above answers to a question that a room below has declared. */
  ask<A>(port: Port<A>): A;
  /** Tell whoever hears of it, at once. */
  tell<E>(news: News<E>, event: E): void;
  /** Something derived from the state and kept beside it, made when it is first asked for. */
  derived<T>(name: string, make: (state: this) => T): T;
  /** Hear of every change to this account and Region's table of that name, by key. */
  onChange(table: string, listener: (key: string) => void): void;
}

/** A table as a room declares it; `R` is what its records are. */
export interface Declared<R> {
  /** What a user calls its records, in the plural; undefined for what only we know of. */
  readonly holds?: string | undefined;
  /** Whose table it is. Default: one account's in one Region. */
  readonly sharedBy?: "account" | "everybody" | undefined;
  /** Only a type: nothing is here at run time. */
  readonly records?: R;
}

export type Declarations = Readonly<Record<string, Declared<unknown>>>;

/** Declare a table, named as the member that it becomes. */
export function table<R>(options: Omit<Declared<R>, "records"> = {}): Declared<R> {
  return options;
}

/** The tables that declarations become. */
export type Kept<D extends Declarations> = {
  readonly [Name in keyof D]: D[Name] extends Declared<infer R> ? Table<R> : never;
};
