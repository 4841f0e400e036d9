import { ConflictException } from "@aws-sdk/client-iot";
import { fault } from "./operation.js";

/*
 * What packages and package versions have in common: a write can be sent again.
 */

/** The request that made a record or changed it last, to know it when it comes again. */
export interface LastWrite {
  readonly clientToken: string;
  readonly request: string;
}

/**
 * Has this very request been carried out before?
 *
 * @throws ConflictException when the token belongs to another request
 */
export function isReplay(
  last: LastWrite | undefined,
  { clientToken, ...request }: { readonly clientToken?: string | undefined },
): boolean {
  if (!last || clientToken !== last.clientToken) return false;
  if (JSON.stringify(request) === last.request) return true;
  return fault(ConflictException, `clientToken ${clientToken} was used for another request`);
}

/** What to keep of a request for `isReplay`. Nothing without a token. */
export function lastWrite({
  clientToken,
  ...request
}: {
  readonly clientToken?: string | undefined;
}): LastWrite | undefined {
  return clientToken === undefined ? undefined : { clientToken, request: JSON.stringify(request) };
}
