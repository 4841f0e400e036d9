import type {
  CertificateDescription,
  CertificateStatus,
  DescribeBillingGroupResponse,
  DescribeThingGroupResponse,
  DescribeThingResponse,
  DescribeThingTypeResponse,
  GetCommandResponse,
  GetIndexingConfigurationResponse,
  GetPackageResponse,
  GetPackageVersionResponse,
  ThingGroupIndexingConfiguration,
  ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import type { Role } from "@aws-sdk/client-iam";
import type { LastWrite } from "./catalog/existing-packages.js";
import type { ChecksumAlgorithm } from "./http/checksums.js";
import type { PolicyVersionRecord } from "./identity/existing-policies.js";
import type { ShadowDocument } from "./shadows/shadow-documents.js";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

export interface ThingRecord extends DescribeThingResponse {
  readonly thingName: string;
  readonly thingArn: string;
  readonly attributes: Record<string, string>;
  readonly version: number;
}

export interface ThingTypeRecord extends DescribeThingTypeResponse {
  readonly thingTypeName: string;
  readonly thingTypeArn: string;
}

/** A group. One with a `queryString` is dynamic; its `status` is told by the clock, not kept. */
export interface ThingGroupRecord extends DescribeThingGroupResponse {
  readonly thingGroupName: string;
  readonly thingGroupArn: string;
  readonly version: number;
  /** Of a dynamic group: when it was last told to build its member list, in milliseconds since the epoch. */
  readonly buildStartedAt?: number;
  /** The query whose matches are the members until that build is done. */
  readonly previousQueryString?: string;
}

/** A device shadow. `sections` is undefined after a delete, which keeps the version counter. */
export type ShadowRecord = ShadowDocument;

export interface PackageRecord extends GetPackageResponse {
  readonly packageName: string;
  readonly packageArn: string;
  readonly createdBy?: LastWrite | undefined;
}

export interface PackageVersionRecord extends GetPackageVersionResponse {
  readonly packageVersionArn: string;
  readonly packageName: string;
  readonly versionName: string;
  readonly createdBy?: LastWrite | undefined;
  readonly updatedBy?: LastWrite | undefined;
}

export interface BillingGroupRecord extends DescribeBillingGroupResponse {
  readonly billingGroupName: string;
  readonly billingGroupArn: string;
  readonly version: number;
}

export interface CommandRecord extends GetCommandResponse {
  readonly commandId: string;
  readonly commandArn: string;
}

export interface CertificateRecord extends CertificateDescription {
  readonly certificateArn: string;
  readonly certificateId: string;
  readonly certificatePem: string;
  readonly status: CertificateStatus;
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

export interface IndexingRecord extends GetIndexingConfigurationResponse {
  /** The latest build of each index. One that never changed from OFF has none. */
  readonly builds: {
    readonly things?: IndexBuild<ThingIndexingConfiguration>;
    readonly thingGroups?: IndexBuild<ThingGroupIndexingConfiguration>;
  };
}

export interface IndexBuild<Configuration> {
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** What queries see until the build is done. Without it this is a first build, and they fail. */
  readonly previous?: Configuration;
}

export interface RoleRecord {
  /** With its trust policy as it was put; answers carry it percent-encoded. */
  readonly role: Role;
  /** Inline policies, by name: the document as it was put. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** Names of the attached managed policies, by ARN. */
  readonly attachedPolicies: Readonly<Record<string, string>>;
}

export interface BucketRecord {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly createdAt: Date;
  /** Never versioned until a client says so; there is no way back to undefined. */
  readonly versioning?: "Enabled" | "Suspended";
  /** Sub-resources as the client put them, by the name of the query parameter (`tagging`, `policy` …). */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface ObjectVersionRecord {
  readonly bucket: string;
  readonly key: string;
  /** `null` (the text) in a bucket without versioning. */
  readonly versionId: string;
  /** Counts up within the key: its newest version has the highest. */
  readonly sequence: number;
  readonly isDeleteMarker: boolean;
  readonly lastModified: Date;
  readonly blobId?: string;
  readonly size: number;
  readonly etag: string;
  /** Content-Type and the like, to give back as they came, by the SDK's name of the member. */
  readonly headers: Readonly<Record<string, string | Date>>;
  /** What the client keeps beside the object: `x-amz-meta-` headers. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the content, in base64; a delete marker has none. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  readonly tags?: Readonly<Record<string, string>>;
}
