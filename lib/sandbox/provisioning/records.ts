import type {
  DescribeProvisioningTemplateResponse,
  DescribeThingRegistrationTaskResponse,
  Status,
} from "@aws-sdk/client-iot";

/*
 * A record is what Describe… returns, without the SDK's metadata: the schema drops whatever an operation
 * does not expose, so internal fields may stand beside AWS's own.
 */

export interface TemplateVersionRecord {
  readonly versionId: number;
  readonly creationDate: Date;
  readonly templateBody: string;
}

export interface TemplateRecord extends Omit<DescribeProvisioningTemplateResponse, "templateBody"> {
  readonly templateName: string;
  readonly templateArn: string;
  readonly creationDate: Date;
  readonly defaultVersionId: number;
  readonly enabled: boolean;
  readonly provisioningRoleArn: string;
  /** Oldest first; there are five at most. */
  readonly versions: readonly TemplateVersionRecord[];
  /** Counts on when versions are deleted. */
  readonly lastVersion: number;
}

/** Who shows it may register a thing with the certificate. */
export interface OwnershipRecord {
  readonly certificateId: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

export interface TaskRecord extends DescribeThingRegistrationTaskResponse {
  readonly taskId: string;
  readonly creationDate: Date;
  readonly templateBody: string;
  readonly inputFileBucket: string;
  readonly inputFileKey: string;
  readonly status: Status;
  readonly successCount: number;
  readonly failureCount: number;
  /** Lines that are done with. */
  readonly done: number;
}

/** One line of a report. */
export interface TaskLineRecord {
  readonly lineNumber: number;
  /** Undefined when it failed. */
  readonly response?: object;
  readonly errorMessage?: string;
}

export interface ProvisioningTimer {
  readonly kind: "token" | "claim" | "task" | "task end";
  /** A token, a certificate id or a task id. */
  readonly of: string;
}
