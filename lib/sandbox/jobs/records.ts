import type {
  DescribeJobTemplateResponse,
  Job,
  JobExecutionStatus,
  JobStatus,
  TargetSelection,
} from "@aws-sdk/client-iot";

/* What is kept of jobs. Times without a `Date` are milliseconds since the epoch. */

/** A job. Counters and timers stand in its progress: a job carries its document, and changes seldom. */
export interface JobRecord extends Job {
  readonly jobId: string;
  readonly jobArn: string;
  readonly status: JobStatus;
  readonly targetSelection: TargetSelection;
  readonly targets: string[];
  /** As it was given. */
  readonly document: string;
  /** With the placeholders for packages filled in, which happens once. */
  readonly resolvedDocument: string;
  readonly documentSource?: string;
  readonly destinations: readonly Destination[];
  /** Of a continuous job: it follows who joins and leaves its targets. */
  readonly isFollowing: boolean;
}

/** A package version that a job brings to devices. */
export interface Destination {
  readonly packageName: string;
  /** What its ARN ended in: a version's name, `$default` or `$null`. */
  readonly named: string;
  /** The version meant, fixed when the job is created; undefined for `$null`, which removes. */
  readonly versionName?: string;
}

export type StatusCounts = Readonly<Record<JobExecutionStatus, number>>;

/**
 * What a job does later: `start` at its start time, `rollout` once a minute, `end` at its end time,
 * `open` and `close` with its maintenance windows; `cancel` and `delete` take a moment.
 */
export type JobTimer = "start" | "rollout" | "end" | "open" | "close" | "cancel" | "delete";

export interface JobProgressRecord {
  /** Things by the status of their latest execution. */
  readonly counts: StatusCounts;
  /** Things that got an execution, retries not counted. */
  readonly notified: number;
  /** Things that are yet to get one, by target. */
  readonly waiting: Readonly<Record<string, number>>;
  /** From the beginning until every waiting thing has its execution. */
  readonly isRollingOut: boolean;
  /** The targets have been looked up, and the things in them noted down. */
  readonly isExpanded: boolean;
  /** The end time has passed; what is under way may finish. */
  readonly hasEnded: boolean;
  readonly timers: Readonly<Partial<Record<JobTimer, number>>>;
}

/** One attempt of one thing at one job. */
export interface JobExecutionRecord {
  readonly jobId: string;
  readonly thingName: string;
  /** Counts up within a job and a thing. */
  readonly executionNumber: number;
  readonly versionNumber: number;
  readonly status: JobExecutionStatus;
  readonly statusDetails: Readonly<Record<string, string>>;
  readonly forceCanceled?: boolean;
  readonly queuedAt: Date;
  readonly startedAt?: Date;
  readonly lastUpdatedAt: Date;
  /** How this attempt came about: failures that were retried before it. */
  readonly retries?: { readonly FAILED: number; readonly TIMED_OUT: number };
  /** Fixed when the execution starts; a later change of the job's timeout does not move it. */
  readonly inProgressTimesOutAt?: number;
  readonly stepTimesOutAt?: number | undefined;
}

export type JobTimerRecord =
  | { readonly kind: "job"; readonly timer: JobTimer; readonly jobId: string }
  | {
      readonly kind: "timeout";
      readonly jobId: string;
      readonly thingName: string;
      readonly executionNumber: number;
    }
  | {
      readonly kind: "packages";
      readonly thingName: string;
      readonly destinations: readonly Destination[];
    };

export interface JobTemplateRecord extends DescribeJobTemplateResponse {
  readonly jobTemplateId: string;
  readonly jobTemplateArn: string;
  readonly document: string;
}
