import type { Role } from "@aws-sdk/client-iam";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

export interface RoleRecord {
  /** With its trust policy as it was put; answers carry it percent-encoded. */
  readonly role: Role;
  /** Inline policies, by name: the document as it was put. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** Names of the attached managed policies, by ARN. */
  readonly attachedPolicies: Readonly<Record<string, string>>;
}
