import type {
  GetPackageConfigurationResponse,
  GetV2LoggingOptionsResponse,
  ThingPrincipalType,
} from "@aws-sdk/client-iot";
import type {
  JobExecutionRecord,
  JobProgressRecord,
  JobRecord,
  JobTemplateRecord,
  JobTimerRecord,
} from "../jobs/records.js";
import type { PartRecord, UploadRecord } from "../s3/multipart-uploads.js";
import type { SigningKeys } from "../door/own-keys.js";
import type {
  BillingGroupRecord,
  BucketRecord,
  CertificateRecord,
  CommandRecord,
  IndexingRecord,
  ObjectVersionRecord,
  PackageRecord,
  PackageVersionRecord,
  PolicyRecord,
  RoleRecord,
  ShadowRecord,
  ThingGroupRecord,
  ThingRecord,
  ThingTypeRecord,
} from "../records.js";
import type { Table } from "./tables.js";
import type { Issuer } from "../identity/x509.js";

/** How the sandbox lags behind, in milliseconds of its own clock. */
export interface Lags {
  /** From a change in the registry or a shadow until a search sees it. */
  readonly indexMs: number;
  /** From switching indexing on until the index is ACTIVE. */
  readonly indexBuildMs: number;
  /** From a role's creation until other services can assume it. */
  readonly roleMs: number;
  /**
   * From CreateJob until its first executions, from CancelJob and DeleteJob until they are done, and
   * from a success until the `$package` shadow tells of it.
   */
  readonly jobsMs: number;
}

/** One account in one Region, as an operation sees it. */
export interface State {
  readonly account: string;
  readonly region: string;
  /** Where clients reach the sandbox, without a slash at the end. */
  readonly endpoint: string;
  readonly lags: Lags;
  now(): Date;
  /**
   * Do something as of a moment that has passed, in milliseconds since the epoch: `now()` tells that
   * moment meanwhile. For what time has done while nobody asked.
   */
  at<T>(moment: number, work: () => T): T;
  /** A fresh UUID; the same row of them for the same seed. */
  newId(): string;
  /** `arn:aws:iot:<region>:<account>:<tail>` */
  arn(tail: string): string;
  /** What the sandbox itself signs with in this account's name: the presigned URLs it hands out. */
  readonly signingKeys: SigningKeys;

  readonly things: Table<ThingRecord>;
  readonly thingTypes: Table<ThingTypeRecord>;
  readonly thingGroups: Table<ThingGroupRecord>;
  /**
   * Static groups of a thing, oldest membership first, by thing name. Read and change memberships
   * through `memberships.ts`, which knows the dynamic groups as well.
   */
  readonly groupsOfThing: Table<readonly string[]>;
  /** One record per membership in a static group, by `<group>/<thing>`. */
  readonly groupMembers: Table<true>;
  /** By `<thing>/<shadow>`; the classic shadow has the empty name. */
  readonly shadows: Table<ShadowRecord>;
  readonly packages: Table<PackageRecord>;
  /** By `<package>/<version>`. */
  readonly packageVersions: Table<PackageVersionRecord>;
  /** Tags of an IoT resource, by ARN, also when it has none. Change them through `tags.ts`. */
  readonly tags: Table<Readonly<Record<string, string>>>;
  /** The one record is called `indexing`. */
  readonly indexing: Table<IndexingRecord>;
  /** The one record is called `packages`. */
  readonly packageConfiguration: Table<GetPackageConfigurationResponse>;
  readonly jobs: Table<JobRecord>;
  /** What happens with a job, beside what it is, by job id. */
  readonly jobProgress: Table<JobProgressRecord>;
  /** Things that are yet to get an execution, and the target they belong to, by `<job>/<thing>`. */
  readonly jobWaiting: Table<string>;
  /** Things that a continuous job has counted in, by `<job>/<thing>`. */
  readonly jobMembers: Table<true>;
  /** Change them through `jobs/executions.ts`. By `<job>/<thing>/<number, ten digits>`. */
  readonly jobExecutions: Table<JobExecutionRecord>;
  /** By `<thing>/<job>/<number>`. */
  readonly executionsOfThing: Table<true>;
  /** By `<job>/<status>/<thing>/<number>`. */
  readonly executionsByStatus: Table<true>;
  /** What jobs do at a later time, by `<time, 15 digits>/…`: the first is due first. */
  readonly jobTimers: Table<JobTimerRecord>;
  readonly jobTemplates: Table<JobTemplateRecord>;
  readonly billingGroups: Table<BillingGroupRecord>;
  /** Change it through `billing-groups.ts`. By `<billing group>/<thing>`. */
  readonly thingsOfBillingGroup: Table<true>;
  readonly certificates: Table<CertificateRecord>;
  /** What has issued this account's certificates in this Region; the one record is called `iot`. */
  readonly certificateAuthority: Table<Issuer>;
  /** Change them through `thing-principals.ts`. By `<thing>/<principal's ARN>`. */
  readonly principalsOfThing: Table<ThingPrincipalType>;
  /** By `<principal's ARN>/<thing>`. */
  readonly thingsOfPrincipal: Table<ThingPrincipalType>;
  readonly policies: Table<PolicyRecord>;
  /** Change them through `policy-targets.ts`. By `<policy>/<target's ARN>`. */
  readonly targetsOfPolicy: Table<true>;
  /** By `<target's ARN>/<policy>`. */
  readonly policiesOfTarget: Table<true>;
  readonly commands: Table<CommandRecord>;
  /** The one record is called `v2`. */
  readonly logging: Table<GetV2LoggingOptionsResponse>;
  /** Shared by all Regions of the account, by lower-cased role name. */
  readonly roles: Table<RoleRecord>;
  /** Shared by everybody, as on AWS, by bucket name. */
  readonly buckets: Table<BucketRecord>;
  /** By `<bucket>/<key>\0<sequence, newest first>`. */
  readonly objectVersions: Table<ObjectVersionRecord>;
  /** Multipart uploads under way. By `<bucket>/<key>\0<upload id>`. */
  readonly uploads: Table<UploadRecord>;
  /** By `<upload id>/<part number, five digits>`. */
  readonly uploadParts: Table<PartRecord>;
  /** Bytes too big for a record. What is put or deleted here is undone with the operation. */
  readonly blobs: {
    putBlob(bytes: Uint8Array): string;
    getBlob(id: string): Uint8Array | undefined;
    deleteBlob(id: string): void;
  };
  /** Something derived from the state and kept beside it, made when it is first asked for. */
  derived<T>(name: string, make: (state: State) => T): T;
  /** Hear of every change to this account and Region's table of that name, by key. */
  onChange(
    table: "things" | "thingGroups" | "groupsOfThing" | "shadows" | "jobs",
    listener: (key: string) => void,
  ): void;
}
