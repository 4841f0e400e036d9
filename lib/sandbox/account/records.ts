import type { GetCommandResponse } from "@aws-sdk/client-iot";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

export interface CommandRecord extends GetCommandResponse {
  readonly commandId: string;
  readonly commandArn: string;
  /** Since when it is deprecated, in milliseconds since the epoch. */
  readonly deprecatedAt?: number;
  /** When one that is pending deletion goes, in milliseconds since the epoch. */
  readonly goneAt?: number;
}
