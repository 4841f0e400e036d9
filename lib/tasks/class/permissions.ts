// What IAM asks for when an operation is called. Facts only, from the Service Authorization Reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiotjobsdataplane.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html

/** What an action can be allowed on; `any` where IAM knows no resource for it. */
export type ResourceKind =
  | "any"
  | "thing"
  | "thinggroup"
  | "thingtype"
  | "package"
  | "packageversion"
  | "job"
  | "command"
  | "index"
  | "policy"
  | "cert"
  | "tagged"
  | "bucket"
  | "object"
  | "role";

/** An action, and every kind of resource that it must be allowed on. */
export interface Permission {
  /** `iot:CreateThing` */
  readonly action: string;
  readonly on: readonly ResourceKind[];
}

/** Operations of IoT by what they are allowed on; their actions are called like them. */
const IOT: readonly (readonly [readonly ResourceKind[], string])[] = [
  [
    ["any"],
    "AttachThingPrincipal CreateCertificateFromCsr DescribeEndpoint DetachThingPrincipal " +
      "GetIndexingConfiguration GetPackageConfiguration ListBillingGroups ListCertificates ListCommands " +
      "ListIndices ListJobTemplates ListJobs ListPackageVersions ListPackages ListPolicies ListThingGroups " +
      "ListThingTypes ListThings UpdateIndexingConfiguration UpdatePackageConfiguration " +
      "ListAttachedPolicies ListPrincipalThings DescribeThingRegistrationTask ListThingRegistrationTasks " +
      "ListThingRegistrationTaskReports StartThingRegistrationTask StopThingRegistrationTask",
  ],
  [
    ["thing"],
    "CreateThing DeleteThing DeleteThingShadow DescribeThing GetThingConnectivityData GetThingShadow " +
      "ListJobExecutionsForThing ListNamedShadowsForThing ListThingGroupsForThing ListThingPrincipals " +
      "UpdateThing UpdateThingShadow",
  ],
  [["thing", "thinggroup"], "AddThingToThingGroup RemoveThingFromThingGroup"],
  [
    ["thinggroup"],
    "CreateDynamicThingGroup CreateThingGroup DeleteDynamicThingGroup DeleteThingGroup " +
      "DescribeThingGroup ListThingsInThingGroup UpdateDynamicThingGroup UpdateThingGroup",
  ],
  [["thingtype"], "CreateThingType DeleteThingType DeprecateThingType DescribeThingType"],
  [["package"], "CreatePackage DeletePackage GetPackage UpdatePackage"],
  [
    ["package", "packageversion"],
    "CreatePackageVersion DeletePackageVersion GetPackageVersion UpdatePackageVersion",
  ],
  [["job"], "CancelJob DeleteJob DescribeJob GetJobDocument ListJobExecutionsForJob UpdateJob"],
  [["job", "thing"], "CancelJobExecution DeleteJobExecution DescribeJobExecution"],
  [["job", "thing", "thinggroup"], "CreateJob"],
  [["command"], "CreateCommand DeleteCommand GetCommand UpdateCommand"],
  [["command", "thing"], "StartCommandExecution"],
  [["thing"], "GetCommandExecution ListCommandExecutions"],
  [
    ["index"],
    "DescribeIndex GetBucketsAggregation GetCardinality GetPercentiles GetStatistics SearchIndex",
  ],
  [
    ["policy"],
    "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion " +
      "ListPolicyVersions ListTargetsForPolicy",
  ],
  [["cert"], "AttachPolicy DeleteCertificate DescribeCertificate DetachPolicy UpdateCertificate"],
  [["tagged"], "ListTagsForResource"],
];

/** Operations of S3: their actions, which often have other names. */
const S3: readonly (readonly [operation: string, ResourceKind, ...actions: string[]])[] = [
  ["ListBuckets", "any", "ListAllMyBuckets"],
  ["CreateBucket", "bucket", "CreateBucket"],
  ["DeleteBucket", "bucket", "DeleteBucket"],
  ["GetBucketTagging", "bucket", "GetBucketTagging"],
  ["GetBucketVersioning", "bucket", "GetBucketVersioning"],
  ["HeadBucket", "bucket", "ListBucket"],
  ["ListObjectVersions", "bucket", "ListBucketVersions"],
  ["ListObjectsV2", "bucket", "ListBucket"],
  ["PutBucketEncryption", "bucket", "PutEncryptionConfiguration"],
  ["PutBucketLifecycleConfiguration", "bucket", "PutLifecycleConfiguration"],
  ["PutBucketPolicy", "bucket", "PutBucketPolicy"],
  ["PutBucketTagging", "bucket", "PutBucketTagging"],
  ["PutBucketVersioning", "bucket", "PutBucketVersioning"],
  ["PutPublicAccessBlock", "bucket", "PutBucketPublicAccessBlock"],
  // A version by its id is another action; the workshop reads and deletes both ways.
  ["GetObject", "object", "GetObject", "GetObjectVersion"],
  ["HeadObject", "object", "GetObject", "GetObjectVersion"],
  ["PutObject", "object", "PutObject"],
  ["DeleteObject", "object", "DeleteObject", "DeleteObjectVersion"],
  ["DeleteObjects", "object", "DeleteObject", "DeleteObjectVersion"],
];

const IAM_ON_ROLES =
  "CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy GetRole GetRolePolicy " +
  "ListAttachedRolePolicies ListRolePolicies PutRolePolicy UpdateAssumeRolePolicy";

/**
 * What AWS asks for beside an operation's own action: of a role that is handed on that the caller may pass
 * it, of tags that they may tag, and of a catalog that they may see whether it is indexed.
 */
const PASSING: Permission = { action: "iam:PassRole", on: ["role"] };
const SEEING: Permission = { action: "iot:GetIndexingConfiguration", on: ["any"] };
const tagging = (kind: ResourceKind): Permission => ({ action: "iot:TagResource", on: [kind] });
const BESIDE: Readonly<Record<string, readonly Permission[]>> = {
  "iam:CreateRole": [{ action: "iam:TagRole", on: ["role"] }],
  "iot:CreateCommand": [tagging("command")],
  "iot:CreateDynamicThingGroup": [tagging("thinggroup")],
  "iot:CreateJob": [PASSING, tagging("job")],
  "iot:CreatePackage": [SEEING, tagging("package")],
  "iot:CreatePackageVersion": [SEEING, tagging("packageversion")],
  "iot:CreatePolicy": [tagging("policy")],
  "iot:CreateThingGroup": [tagging("thinggroup")],
  "iot:CreateThingType": [tagging("thingtype")],
  "iot:DeletePackage": [SEEING],
  "iot:StartThingRegistrationTask": [PASSING],
  "iot:DeletePackageVersion": [SEEING],
  "iot:UpdatePackage": [SEEING],
  "iot:UpdatePackageConfiguration": [PASSING],
  "iot:UpdatePackageVersion": [SEEING],
};

const own: ReadonlyMap<string, readonly Permission[]> = new Map([
  ...IOT.flatMap(([on, names]) =>
    names
      .split(" ")
      .map((name): [string, Permission[]] => [`iot:${name}`, [{ action: `iot:${name}`, on }]]),
  ),
  ...S3.map(([operation, kind, ...actions]): [string, Permission[]] => [
    `s3:${operation}`,
    actions.map((action) => ({ action: `s3:${action}`, on: [kind] })),
  ]),
  ...IAM_ON_ROLES.split(" ").map((name): [string, Permission[]] => [
    `iam:${name}`,
    [{ action: `iam:${name}`, on: ["role"] }],
  ]),
  ["iam:ListRoles", [{ action: "iam:ListRoles", on: ["any"] }]],
  // Everybody may ask who they are.
  ["sts:GetCallerIdentity", []],
]);

/** Operations of the data planes, whose actions are the first plane's or have a prefix of their own. */
function sameAs(operation: string): string {
  return operation.replace(/^iotdata:/, "iot:");
}

/**
 * What IAM asks for when an operation is called.
 *
 * @param operation `iot:CreateThing`, with the service's signing name before the colon
 * @returns undefined for an operation that is not in the tables
 */
export function permissionsFor(operation: string): readonly Permission[] | undefined {
  const [service, name] = operation.split(":");
  // Commands are started on the data plane, by an action of the other one.
  const isCommand = name === "StartCommandExecution";
  if (service === "iot-jobs-data" && !isCommand)
    return [{ action: `iotjobsdata:${name}`, on: ["thing"] }];
  const found = own.get(isCommand ? `iot:${name}` : sameAs(operation));
  return found && [...found, ...(BESIDE[sameAs(operation)] ?? [])];
}
