import type { CertificateDescription, CertificateStatus } from "@aws-sdk/client-iot";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

/** One version of a policy as the sandbox keeps it. */
export interface PolicyVersionRecord {
  readonly versionId: string;
  readonly policyDocument: string;
  readonly createDate: Date;
}

export interface CertificateRecord extends CertificateDescription {
  readonly certificateArn: string;
  readonly certificateId: string;
  readonly certificatePem: string;
  readonly status: CertificateStatus;
  /** What a provisioning claim may do: a policy that AWS gives it, and that nobody sees. */
  readonly claimPolicy?: string;
}

export interface PolicyRecord {
  readonly policyName: string;
  readonly policyArn: string;
  readonly defaultVersionId: string;
  readonly creationDate: Date;
  readonly lastModifiedDate: Date;
  readonly generationId: string;
  /** Oldest first; there are five at most. */
  readonly versions: readonly PolicyVersionRecord[];
  /** Counts on when versions are deleted. */
  readonly lastVersion: number;
}
