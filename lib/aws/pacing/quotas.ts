/**
 * What AWS allows: requests per second, per account and Region, by operation. Facts only.
 *
 * `limits.ts` derives from it how fast we go; the sandbox enforces it as it stands. A row with a
 * `note` is not in today's published tables; the note says where the number comes from.
 */
export interface Quota {
  /** The signing name of the service: `iot`, `iotdata`, `iot-jobs-data`, `s3`, `iam` or `sts`. */
  readonly service: Service;
  /** The operations the number holds for. */
  readonly operations: readonly string[];
  /** Requests per second that the service accepts. */
  readonly perSecond: number;
  /** True when the operations draw on one common number instead of having one each. */
  readonly isShared?: true;
  /** The page the number was read from. */
  readonly source: string;
  /** Why to doubt the number. */
  readonly note?: string;
}

export type Service = "iot" | "iotdata" | "iot-jobs-data" | "s3" | "iam" | "sts";

const CORE = "https://docs.aws.amazon.com/general/latest/gr/iot-core.html";
const MANAGEMENT = "https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html";
const S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html";
const IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";

const PRINTED_2019 = "last printed in 2019; today only in the account's Service Quotas";
const UNPUBLISHED = "no published number; a cautious assumption";

function iot(perSecond: number, source: string, operations: string, note?: string): Quota {
  return row("iot", perSecond, source, operations, note);
}

function row(
  service: Service,
  perSecond: number,
  source: string,
  operations: string,
  note?: string,
): Quota {
  return { service, operations: operations.split(" "), perSecond, source, ...(note && { note }) };
}

export const quotas: readonly Quota[] = [
  // Registry: things
  iot(100, CORE, "CreateThing UpdateThing DeleteThing"),
  iot(350, CORE, "DescribeThing"),
  iot(10, CORE, "ListThings ListThingPrincipals ListPrincipalThings"),
  iot(100, CORE, "AttachThingPrincipal DetachThingPrincipal"),
  iot(10, CORE, "RegisterThing", PRINTED_2019),
  // Registry: types
  iot(15, CORE, "CreateThingType DeprecateThingType DeleteThingType"),
  iot(15, CORE, "UpdateThingType", UNPUBLISHED),
  iot(100, CORE, "DescribeThingType"),
  iot(10, CORE, "ListThingTypes"),
  // Registry: groups
  iot(25, CORE, "CreateThingGroup ListThingsInThingGroup"),
  iot(15, CORE, "UpdateThingGroup DeleteThingGroup"),
  iot(15, CORE, "UpdateThingGroupsForThing", UNPUBLISHED),
  iot(100, CORE, "DescribeThingGroup AddThingToThingGroup RemoveThingFromThingGroup"),
  iot(100, CORE, "ListThingGroupsForThing"),
  iot(10, CORE, "ListThingGroups"),
  iot(5, CORE, "CreateDynamicThingGroup UpdateDynamicThingGroup DeleteDynamicThingGroup"),
  // Registry: billing groups and tags
  iot(25, CORE, "CreateBillingGroup ListThingsInBillingGroup"),
  iot(15, CORE, "UpdateBillingGroup DeleteBillingGroup RemoveThingFromBillingGroup"),
  iot(100, CORE, "DescribeBillingGroup"),
  iot(10, CORE, "ListBillingGroups TagResource UntagResource ListTagsForResource"),
  iot(60, CORE, "AddThingToBillingGroup"),
  iot(10, CORE, "DescribeEndpoint", UNPUBLISHED),
  // Certificates and policies
  iot(15, CORE, "CreateCertificateFromCsr", PRINTED_2019),
  iot(10, CORE, "DescribeCertificate UpdateCertificate", PRINTED_2019),
  iot(10, CORE, "DeleteCertificate ListCertificates", PRINTED_2019),
  iot(10, CORE, "CreatePolicy GetPolicy DeletePolicy ListPolicies", PRINTED_2019),
  iot(10, CORE, "CreatePolicyVersion DeletePolicyVersion ListPolicyVersions", PRINTED_2019),
  iot(10, CORE, "SetDefaultPolicyVersion", PRINTED_2019),
  iot(15, CORE, "GetPolicyVersion", PRINTED_2019),
  iot(15, CORE, "AttachPolicy DetachPolicy ListAttachedPolicies", PRINTED_2019),
  iot(15, CORE, "AttachPrincipalPolicy DetachPrincipalPolicy ListPrincipalPolicies", PRINTED_2019),
  iot(10, CORE, "ListTargetsForPolicy ListPolicyPrincipals", PRINTED_2019),
  // Fleet indexing
  iot(15, MANAGEMENT, "SearchIndex GetStatistics GetCardinality GetPercentiles", PRINTED_2019),
  iot(15, MANAGEMENT, "GetBucketsAggregation GetThingConnectivityData", UNPUBLISHED),
  iot(1, MANAGEMENT, "UpdateIndexingConfiguration", PRINTED_2019),
  iot(20, MANAGEMENT, "GetIndexingConfiguration", PRINTED_2019),
  iot(10, MANAGEMENT, "DescribeIndex", PRINTED_2019),
  iot(5, MANAGEMENT, "ListIndices", PRINTED_2019),
  // Software packages
  iot(10, MANAGEMENT, "CreatePackage GetPackage UpdatePackage DeletePackage", UNPUBLISHED),
  iot(10, MANAGEMENT, "CreatePackageVersion GetPackageVersion UpdatePackageVersion", UNPUBLISHED),
  iot(10, MANAGEMENT, "DeletePackageVersion ListPackages ListPackageVersions", UNPUBLISHED),
  iot(10, MANAGEMENT, "GetPackageConfiguration UpdatePackageConfiguration", UNPUBLISHED),
  // Jobs
  iot(10, MANAGEMENT, "CreateJob DescribeJob ListJobs CancelJob DeleteJob UpdateJob", PRINTED_2019),
  iot(10, MANAGEMENT, "GetJobDocument AssociateTargetsWithJob", PRINTED_2019),
  iot(10, MANAGEMENT, "ListJobExecutionsForJob ListJobExecutionsForThing", PRINTED_2019),
  iot(10, MANAGEMENT, "DescribeJobExecution CancelJobExecution DeleteJobExecution", PRINTED_2019),
  {
    ...row(
      "iot-jobs-data",
      200,
      MANAGEMENT,
      "DescribeJobExecution GetPendingJobExecutions",
      PRINTED_2019,
    ),
    isShared: true,
  },
  {
    ...row(
      "iot-jobs-data",
      200,
      MANAGEMENT,
      "StartNextPendingJobExecution UpdateJobExecution",
      PRINTED_2019,
    ),
    isShared: true,
  },
  // Shadows: one number per account and Region
  {
    ...row("iotdata", 4000, CORE, "GetThingShadow UpdateThingShadow DeleteThingShadow"),
    isShared: true,
    note: "4,000 in large Regions, 400 in the others",
  },
  row("iotdata", 10, CORE, "ListNamedShadowsForThing", UNPUBLISHED),
  row("iotdata", 20_000, CORE, "Publish", "of all clients, with MQTT; 2,000 in small Regions"),
  // Storage and identity. S3 counts per prefix of a bucket; the workshop has one.
  {
    ...row("s3", 3500, S3, "PutObject DeleteObject DeleteObjects CopyObject"),
    isShared: true,
  },
  {
    ...row(
      "s3",
      5500,
      S3,
      "GetObject HeadObject ListObjects ListObjectsV2 ListObjectVersions HeadBucket",
    ),
    isShared: true,
  },
];

/** What holds for an operation that has no row, in requests per second, and why. */
const unlistedQuota: Readonly<Record<Service, Omit<Quota, "operations" | "service">>> = {
  iot: { perSecond: 10, source: CORE, note: UNPUBLISHED },
  iotdata: { perSecond: 10, source: CORE, note: UNPUBLISHED },
  "iot-jobs-data": { perSecond: 10, source: MANAGEMENT, note: UNPUBLISHED },
  s3: { perSecond: 100, source: S3, note: "bucket settings have no published number" },
  iam: { perSecond: 15, source: IAM, note: UNPUBLISHED },
  sts: { perSecond: 100, source: IAM, note: UNPUBLISHED },
};

/** The row that holds for an operation, or what holds for one without a row. */
export function quotaOf(service: Service, operation: string): Quota {
  return (
    quotas.find((quota) => quota.service === service && quota.operations.includes(operation)) ?? {
      service,
      operations: [operation],
      ...unlistedQuota[service],
    }
  );
}
