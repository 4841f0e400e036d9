import type { MetadataBearer, StaticOperationSchema } from "@smithy/types";
import type { Core } from "./state.js";

/** One operation of one service: the SDK's schema, and what it does to the state. */
export interface Operation {
  readonly name: string;
  readonly schema: StaticOperationSchema;
  readonly run: (state: Core, input: object, prepared: unknown) => object;
  /** What takes long, done before `run`; `run` gets what came of it. It must not change the state. */
  readonly prepare?: (state: Core, input: object) => Promise<unknown>;
}

/** An SDK command class: the schema at run time, the input and output types at compile time. */
export type CommandClass<I extends object, O extends MetadataBearer> = new (input: I) => {
  readonly input: I;
  readonly schema?: unknown;
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: O }>;
};

/** The input once `validate.ts` has seen it: required members have lost their `undefined`. */
export type Checked<I> = {
  [K in keyof I]: object extends Pick<I, K> ? I[K] : Exclude<I[K], undefined>;
};

/** What an operation returns: the SDK's output without what only the client adds. */
export type Result<O> = Omit<O, "$metadata">;

/**
 * Write one operation. `run` is synchronous and either returns or throws a `fault`; what it changed
 * before a throw is undone. What would make everybody wait goes into `prepare`, which runs beside
 * other operations: the state may be another one by the time of `run`.
 */
export type WriteOperation<S extends Core> = <
  I extends object,
  O extends MetadataBearer,
  P = undefined,
>(
  Sdk: CommandClass<I, O>,
  run: (state: S, input: Checked<I>, prepared: P) => Result<O>,
  prepare?: (state: S, input: Checked<I>) => Promise<P>,
) => Operation;

/** How a room writes its operations: on the state as that room sees it. */
export function operationIn<S extends Core>(): WriteOperation<S> {
  return (Sdk, run, prepare) => {
    const schema = new Sdk({} as never).schema as StaticOperationSchema;
    // Input and state are known by the caller, not by the table it goes into: the one cast of this seam.
    return {
      name: schema[2],
      schema,
      run: run as unknown as Operation["run"],
      ...(prepare && { prepare: prepare as unknown as NonNullable<Operation["prepare"]> }),
    };
  };
}

/** The SDK's own class of a modelled error. */
// The SDK declares each class with its own options type; all take a message and the members.
export type ErrorClass = new (options: never) => Error;

/** Refuse with the SDK's own exception, so that the caller's `instanceof` holds across the wire. */
export function fault(
  Sdk: ErrorClass,
  message: string,
  members: Readonly<Record<string, unknown>> = {},
): never {
  throw new Sdk({ message, $metadata: {}, ...members } as never);
}

export interface Page {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

/**
 * One page of `entries`, which come in key order and begin behind the token's key.
 *
 * A token names the last key given and the question it belongs to, so a foreign or stale one is
 * refused by `badToken` instead of silently answering something else.
 */
export function paged<R>(options: {
  readonly page: Page;
  /** What was asked, without the page: the operation and its filters. */
  readonly question: unknown;
  readonly entries: (after: string | undefined) => Iterable<[string, R]>;
  readonly largest: number;
  readonly badToken: () => never;
}): { items: R[]; nextToken?: string } {
  const { page, question, entries, largest, badToken } = options;
  const size = Math.min(page.maxResults ?? largest, largest);
  const asked = JSON.stringify(question);
  const items: R[] = [];
  let last: string | undefined;
  for (const [key, record] of entries(afterOf(page.nextToken, asked, badToken))) {
    if (items.length === size) return { items, nextToken: tokenOf(last as string, asked) };
    items.push(record);
    last = key;
  }
  return { items };
}

function tokenOf(after: string, asked: string): string {
  return Buffer.from(JSON.stringify([after, asked])).toString("base64url");
}

function afterOf(
  token: string | undefined,
  asked: string,
  badToken: () => never,
): string | undefined {
  if (token === undefined || token === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(parsed) && parsed[1] === asked) return String(parsed[0]);
  } catch {
    // Not one of ours: refused below like any other.
  }
  return badToken();
}
