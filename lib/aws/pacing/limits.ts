import * as iam from "@aws-sdk/client-iam";
import * as iot from "@aws-sdk/client-iot";
import * as iotData from "@aws-sdk/client-iot-data-plane";
import * as iotJobs from "@aws-sdk/client-iot-jobs-data-plane";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { InvalidInputError } from "../errors.js";
import type { Rate } from "./limiter.js";
import { quotaOf, type Service } from "./quotas.js";

/** How fast we let one operation, or a few that share a quota, go. */
export interface Limit extends Rate {
  /** The operations that draw on this limit together. */
  readonly operations: readonly string[];
  readonly service: Service;
  /** What the service itself allows, in requests per second. */
  readonly quotaPerSecond: number;
  /** The page of the AWS documentation the quota was read from. */
  readonly source: string;
}

/** Own rates by operation, in requests per second: `{ CreateThing: 20 }`. */
export type LimitOverrides = Readonly<Record<string, number>>;

/**
 * Targets that are not 80 % of the quota, in requests per second.
 *
 * Thing types stay at 8 because accounts that are older than today's quota of 15 allow 10; job
 * executions at 150 leave a quarter to the devices themselves; shadows at 320 are 80 % of what the
 * smaller Regions allow.
 */
const targets: readonly { service: Service; operations: string; perSecond: number }[] = [
  {
    service: "iot",
    operations: "CreateThingType DeprecateThingType DeleteThingType",
    perSecond: 8,
  },
  {
    service: "iot-jobs-data",
    operations:
      "DescribeJobExecution GetPendingJobExecutions StartNextPendingJobExecution UpdateJobExecution",
    perSecond: 150,
  },
  {
    service: "iotdata",
    operations: "GetThingShadow UpdateThingShadow DeleteThingShadow",
    perSecond: 320,
  },
];

/** Part of a quota that we use: the rest is for the console, other tools and clock error. */
const POLITE = 0.8;

/** The table of limits that one connection obeys. */
export interface Limits {
  /** The limit of one operation. Operations that share a quota get the same object. */
  of(service: Service, operation: string): Limit;
  /** The part of every limit that is ours, greater than 0 and at most 1. */
  readonly share: number;
}

/**
 * @param options.share the part of every limit that is ours, greater than 0 and at most 1; a class
 * of thirty on one account connects with `1 / 30`
 * @param options.overrides rates that replace the table's, before `share` is applied
 * @throws InvalidInputError when a number is out of range or an operation does not exist
 */
export function createLimits(
  options: { readonly share?: number; readonly overrides?: LimitOverrides } = {},
): Limits {
  const { share = 1, overrides = {} } = options;
  if (!(share > 0 && share <= 1)) {
    throw new InvalidInputError(
      "the share of the limits",
      share,
      "be greater than 0 and at most 1",
      "A class of thirty on one account connects with { share: 1 / 30 }.",
    );
  }
  for (const [operation, perSecond] of Object.entries(overrides))
    checkOverride(operation, perSecond);
  const made = new Map<string, Limit>();

  return {
    share,
    of(service, operation) {
      const quota = quotaOf(service, operation);
      const own = overrides[operation];
      const together = own === undefined && quota.isShared ? quota.operations : [operation];
      const id = `${service}:${together.join("+")}`;
      let limit = made.get(id);
      if (!limit) {
        const target = targets.find(
          (row) => row.service === service && row.operations.split(" ").includes(operation),
        );
        const perSecond = (own ?? target?.perSecond ?? quota.perSecond * POLITE) * share;
        limit = {
          service,
          operations: together,
          perSecond,
          // A twentieth of a second at once: enough to hide timers, too little to be a wave.
          burst: Math.max(1, Math.round(perSecond / 20)),
          quotaPerSecond: quota.perSecond,
          source: quota.source,
        };
        made.set(id, limit);
      }
      return limit;
    },
  };
}

function checkOverride(operation: string, perSecond: number): void {
  if (!(perSecond > 0 && Number.isFinite(perSecond))) {
    throw new InvalidInputError(
      `the limit of ${operation}`,
      perSecond,
      "be a number greater than 0",
    );
  }
  // A rate under a name that nobody calls would be obeyed by nobody, and nobody would notice.
  const known = operationNames();
  if (!known.includes(operation)) {
    const near = known.find((name) => name.toLowerCase() === operation.toLowerCase());
    throw new InvalidInputError(
      "the name of a limit",
      operation,
      "be an AWS operation, such as CreateThing",
      near ? `Did you mean ${near}?` : "",
    );
  }
}

/** Every operation of the six services: the SDK exports a command for each. */
function operationNames(): readonly string[] {
  return [iam, iot, iotData, iotJobs, s3, sts]
    .flatMap((sdk) => Object.keys(sdk))
    .filter((name) => /.Command$/.test(name))
    .map((name) => name.replace(/Command$/, ""));
}
