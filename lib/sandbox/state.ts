import { createHash, randomUUID } from "node:crypto";
import type {
  CertificateDescription,
  CertificateStatus,
  DescribeBillingGroupResponse,
  DescribeThingGroupResponse,
  DescribeThingResponse,
  DescribeThingTypeResponse,
  GetCommandResponse,
  GetIndexingConfigurationResponse,
  GetPackageConfigurationResponse,
  GetPackageResponse,
  GetPackageVersionResponse,
  GetV2LoggingOptionsResponse,
  ThingGroupIndexingConfiguration,
  ThingIndexingConfiguration,
  ThingPrincipalType,
} from "@aws-sdk/client-iot";
import type { Role } from "@aws-sdk/client-iam";
import type { Clock } from "../aws/clock.js";
import type { Credentials } from "./auth.js";
import type { LastWrite } from "./catalog.js";
import type { ChecksumAlgorithm } from "./checksums.js";
import type { PolicyVersionRecord } from "./iot-policies.js";
import type {
  JobExecutionRecord,
  JobProgressRecord,
  JobRecord,
  JobTemplateRecord,
  JobTimerRecord,
} from "./jobs/records.js";
import type { PartRecord, UploadRecord } from "./multipart-uploads.js";
import type { ShadowDocument } from "./shadow-documents.js";
import { BLOBS, type Store } from "./store.js";
import type { Table, Tables } from "./tables.js";
import type { Issuer } from "./x509.js";

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

export type SigningKeys = Pick<Credentials, "accessKeyId" | "secretAccessKey">;

export interface Worlds {
  /** The state of one account in one Region; the same object every time. */
  of(account: string, region: string): State;
}

/** Separate worlds per account and Region over one set of tables. */
export function createWorlds(options: {
  readonly tables: Tables;
  readonly store: Store;
  readonly clock: Clock;
  readonly lags: Lags;
  readonly endpoint: () => string;
  /** For repeatable ids; without it they are random. */
  readonly seed?: string | undefined;
  /** What the sandbox signs with in an account's name. Default: as good as any in an open sandbox. */
  readonly signingKeys?: (account: string) => SigningKeys;
}): Worlds {
  const { tables, store, clock, lags, endpoint, seed, signingKeys = openKeys } = options;
  const worlds = new Map<string, State>();
  const listeners = new Map<string, ((key: string) => void)[]>();
  let ids = 0;

  tables.onChange((table, key) => {
    for (const listener of listeners.get(table) ?? []) listener(key);
  });

  const blobIds = tables.open<true>(BLOBS);
  const blobs: State["blobs"] = {
    putBlob(bytes) {
      const id = store.putBlob(bytes);
      blobIds.set(id, true);
      return id;
    },
    getBlob: (id) => store.getBlob(id),
    deleteBlob: (id) => blobIds.delete(id),
  };

  const newId = (): string => (seed === undefined ? randomUUID() : uuidFrom(`${seed}/${ids++}`));

  const create = (account: string, region: string): State => {
    const scope = `${account}/${region}`;
    const regional = <R>(name: string): Table<R> => tables.open<R>(`${scope}/${name}`);
    const made = new Map<string, unknown>();
    let moment: number | undefined;
    const state: State = {
      account,
      region,
      get endpoint() {
        return endpoint();
      },
      lags,
      now: () => new Date(moment ?? clock.now()),
      at(time, work) {
        const before = moment;
        moment = time;
        try {
          return work();
        } finally {
          moment = before;
        }
      },
      newId,
      arn: (tail) => `arn:aws:iot:${region}:${account}:${tail}`,
      get signingKeys() {
        return signingKeys(account);
      },
      things: regional("things"),
      thingTypes: regional("thingTypes"),
      thingGroups: regional("thingGroups"),
      groupsOfThing: regional("groupsOfThing"),
      groupMembers: regional("groupMembers"),
      shadows: regional("shadows"),
      packages: regional("packages"),
      packageVersions: regional("packageVersions"),
      tags: regional("tags"),
      indexing: regional("indexing"),
      packageConfiguration: regional("packageConfiguration"),
      jobs: regional("jobs"),
      jobProgress: regional("jobProgress"),
      jobWaiting: regional("jobWaiting"),
      jobMembers: regional("jobMembers"),
      jobExecutions: regional("jobExecutions"),
      executionsOfThing: regional("executionsOfThing"),
      executionsByStatus: regional("executionsByStatus"),
      jobTimers: regional("jobTimers"),
      jobTemplates: regional("jobTemplates"),
      billingGroups: regional("billingGroups"),
      thingsOfBillingGroup: regional("thingsOfBillingGroup"),
      certificates: regional("certificates"),
      certificateAuthority: regional("certificateAuthority"),
      principalsOfThing: regional("principalsOfThing"),
      thingsOfPrincipal: regional("thingsOfPrincipal"),
      policies: regional("policies"),
      targetsOfPolicy: regional("targetsOfPolicy"),
      policiesOfTarget: regional("policiesOfTarget"),
      commands: regional("commands"),
      logging: regional("logging"),
      roles: tables.open(`${account}/roles`),
      buckets: tables.open("buckets"),
      objectVersions: tables.open("objectVersions"),
      uploads: tables.open("uploads"),
      uploadParts: tables.open("uploadParts"),
      blobs,
      derived<T>(name: string, make: (of: State) => T): T {
        if (!made.has(name)) made.set(name, make(state));
        return made.get(name) as T;
      },
      onChange(table, listener) {
        const name = `${scope}/${table}`;
        listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      },
    };
    return state;
  };

  return {
    of(account, region) {
      const scope = `${account}/${region}`;
      let state = worlds.get(scope);
      if (!state) worlds.set(scope, (state = create(account, region)));
      return state;
    },
  };
}

/** An open sandbox checks no signature; the access key is the account. */
function openKeys(account: string): SigningKeys {
  return { accessKeyId: account, secretAccessKey: "sandbox" };
}

/** A UUID (version 4 in form) out of a text. */
function uuidFrom(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
