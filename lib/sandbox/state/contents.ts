import type { State } from "./state.js";
import type { Change, Table } from "./tables.js";

/** How much a sandbox holds of one kind of thing. */
export interface Content {
  /** As a user calls it, in the plural: `things`, `job executions`. */
  readonly what: string;
  /** Undefined for what is shared by all Regions. */
  readonly region?: string;
  readonly count: number;
}

type TableName = {
  [K in keyof State]: State[K] extends Table<infer _> ? K : never;
}[keyof State];

/** Every table by its name, and what a user calls its records; undefined for what only we know of. */
const names: Readonly<Record<TableName, string | undefined>> = {
  things: "things",
  thingTypes: "thing types",
  thingGroups: "thing groups",
  groupMembers: "memberships in thing groups",
  billingGroups: "billing groups",
  shadows: "shadows",
  packages: "software packages",
  packageVersions: "package versions",
  jobs: "jobs",
  jobExecutions: "job executions",
  jobTemplates: "job templates",
  commands: "commands",
  certificates: "certificates",
  policies: "IoT policies",
  indexing: "fleet indexing configuration",
  packageConfiguration: "package configuration",
  logging: "logging options",
  roles: "IAM roles",
  buckets: "S3 buckets",
  objectVersions: "versions of S3 objects",
  uploads: "unfinished S3 uploads",
  groupsOfThing: undefined,
  tags: undefined,
  jobProgress: undefined,
  jobWaiting: undefined,
  jobMembers: undefined,
  executionsOfThing: undefined,
  executionsByStatus: undefined,
  jobTimers: undefined,
  thingsOfBillingGroup: undefined,
  certificateAuthority: undefined,
  principalsOfThing: undefined,
  thingsOfPrincipal: undefined,
  targetsOfPolicy: undefined,
  policiesOfTarget: undefined,
  uploadParts: undefined,
};

/**
 * What the records of a store amount to, in the order in which a fleet is made.
 *
 * @param records as `Store.load` gives them
 */
export function contentsOf(records: Iterable<Change>): Content[] {
  const counts = new Map<string, number>();
  for (const { table } of records) counts.set(table, (counts.get(table) ?? 0) + 1);
  return Object.entries(names).flatMap(([name, what]) => {
    if (what === undefined) return [];
    return [...counts].flatMap(([table, count]): Content[] => {
      // `<account>/<region>/things`, `<account>/roles`, `buckets`
      const path = table.split("/");
      if (path.at(-1) !== name) return [];
      return [{ what, count, ...(path.length === 3 && { region: path[1] as string }) }];
    });
  });
}
