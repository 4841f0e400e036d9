import type { Route } from "../router.js";
import type { WireRequest, WireResponse } from "../wire.js";

/** How one service speaks on the wire. A protocol knows nothing of what operations do. */
export interface Protocol {
  /** Which operation a request asks for; undefined when it is none of the service's. */
  route(request: WireRequest): Route | undefined;
  /** The operation's input, as the SDK would have been given it. Throws a `MalformedRequest`. */
  read(route: Route, request: WireRequest): object;
  /** The answer to a request that went well. */
  write(route: Route, output: object, requestId: string): WireResponse;
  /** The answer to a request that did not. */
  fail(failure: Failure, requestId: string, request: WireRequest): WireResponse;
}

/** An error on its way out: what every protocol can put in its own shape. */
export interface Failure {
  /** The name on the wire, such as `ResourceNotFoundException` or `NoSuchKey`. */
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** Further members of the error's shape, such as `resourceArn`. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Headers that the refusal itself brings along. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request whose bytes do not say what the operation's shape asks for. */
export class MalformedRequest extends Error {
  override readonly name = "MalformedRequest";
  /** AWS's code, where a protocol has one of its own for the case (`MalformedXML`, `BadDigest`). */
  readonly code: string | undefined;
  readonly members: Readonly<Record<string, string | number>>;
  constructor(
    message: string,
    code?: string,
    members: Readonly<Record<string, string | number>> = {},
  ) {
    super(message);
    this.code = code;
    this.members = members;
  }
}
