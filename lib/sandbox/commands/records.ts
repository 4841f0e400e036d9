import type { GetCommandExecutionResponse, GetCommandResponse } from "@aws-sdk/client-iot";
import type { CommandExecutionStatus } from "@aws-sdk/client-iot";

/*
 * A record is what Get… returns, without the SDK's metadata: the schema drops whatever an operation does
 * not expose, so internal fields may stand beside AWS's own.
 */

export interface CommandRecord extends GetCommandResponse {
  readonly commandId: string;
  readonly commandArn: string;
  /** Since when it is deprecated, in milliseconds since the epoch. */
  readonly deprecatedAt?: number;
  /** When one that is pending deletion goes, in milliseconds since the epoch. */
  readonly goneAt?: number;
}

export interface CommandExecutionRecord extends GetCommandExecutionResponse {
  readonly executionId: string;
  readonly commandArn: string;
  readonly targetArn: string;
  readonly status: CommandExecutionStatus;
  readonly executionTimeoutSeconds: number;
  readonly createdAt: Date;
  readonly timeToLive: Date;
  /** The device has said how it ended: nothing is taken any more. A timeout of ours is not final. */
  readonly isFinal: boolean;
  /** What was asked for, to know the same request again. */
  readonly asked: string;
  readonly clientToken?: string;
}

export interface CommandTimer {
  readonly executionId: string;
  readonly kind: "timeout" | "end";
}
