import { charge, usd } from "../aws/charges.js";
import { collect } from "../aws/collect.js";
import type { Fleet } from "../aws/connect.js";
import { InvalidInputError } from "../aws/errors.js";
import { waitUntil } from "../aws/wait.js";
import { executionStatuses } from "../fleet/jobs/execution-counts.js";
import { describeJob } from "../fleet/jobs/jobs.js";
import { searchDevices } from "../fleet/search/found-devices.js";
import { vehiclesQuery } from "../fleet/search/fleet-query.js";
import { compareVersions } from "../fleet/software/version-order.js";
import { fleetPicture } from "../show/fleet-picture.js";
import { count, duration } from "../show/progress.js";
import { facts, type Shown } from "../show/table.js";

/** How long to watch, and what. */
export interface FleetWatch {
  /** A job whose course is told beside the fleet. */
  readonly jobId?: string;
  /** From 1 to 240. Default 10. */
  readonly minutes?: number;
  /** Seconds from one look to the next, from 2. Default 10. */
  readonly everySeconds?: number;
}

/** Vehicles that one SearchIndex hands over. */
const PAGE = 100;

/**
 * Watch the fleet in a cell by asking again and again: vehicles by version, a job's executions, and how
 * many calls that takes, with what they cost on a real account. It works there and on the sandbox, which has
 * a page that need not ask: `showLive(fleet)`.
 *
 * Calls SearchIndex, 100 vehicles a page, and DescribeJob and GetJobDocument for a job, at each look. It ends after its
 * minutes, or with ■.
 *
 * @throws InvalidInputError when a number is out of its range
 * @throws ResourceNotFoundException when there is no such job
 * @throws InterruptedError on SIGINT
 */
export async function watchFleet(fleet: Fleet, watch: FleetWatch = {}): Promise<void> {
  const { jobId, minutes = 10, everySeconds = 10 } = watch;
  checkRange("minutes", minutes, 1, 240);
  checkRange("everySeconds", everySeconds, 2, 3_600);
  const startedAt = fleet.clock.now();
  const attemptsBefore = fleet.counts.attempts;
  const throttlesBefore = fleet.counts.throttles;
  let looks = 0;
  let searches = 0;

  const look = async (): Promise<Shown> => {
    const devices = await collect(searchDevices(fleet, vehiclesQuery(fleet)));
    const job = jobId === undefined ? undefined : await describeJob(fleet, jobId);
    looks++;
    searches += Math.max(1, Math.ceil(devices.length / PAGE));
    const versionOf = ({ type = "", software }: (typeof devices)[number]) => software[type];
    const values = [...new Set(devices.flatMap((device) => versionOf(device) ?? []))];
    devices.sort((a, b) => compareVersions(a.thing, b.thing));
    const picture = fleetPicture({
      title: "The fleet by version",
      values: values.sort(compareVersions),
      dots: devices.map((device) => ({
        row: device.country ?? "no country",
        column: device.type ?? "no type",
        value: versionOf(device) ?? "unknown",
      })),
    });
    const seconds = (fleet.clock.now() - startedAt) / 1000;
    const calls = fleet.counts.attempts - attemptsBefore;
    const price = usd(charge({ search: searches }));
    const told = facts([
      ["Watched for", `${duration(seconds)} of ${count(minutes)} min, ${count(looks)} looks`],
      ...(job
        ? [
            ["Job", `${job.jobId}: ${job.status}`] as const,
            [
              "Executions",
              executionStatuses
                .filter((status) => job.reported[status] > 0)
                .map((status) => `${status} ${count(job.reported[status])}`)
                .join(", ") || "none yet",
            ] as const,
          ]
        : []),
      [
        "Calls",
        `${count(calls)}, ${(calls / Math.max(1, seconds)).toFixed(1)}/s, ` +
          `${count(fleet.counts.throttles - throttlesBefore)} throttled`,
      ],
      [
        "Costs",
        fleet.target === "sandbox"
          ? `nothing here; on AWS ${price} so far`
          : `${price} so far (${count(searches)} index queries)`,
      ],
    ]);
    return { text: `${picture.text}\n${told.text}`, html: picture.html + told.html };
  };

  let last = await look();
  const live = fleet.output.live(last);
  try {
    await waitUntil(
      fleet,
      {
        until: "the watch is over",
        everyMs: everySeconds * 1_000,
        timeoutMs: (minutes + 1) * 60_000 + everySeconds * 1_000,
      },
      async () => {
        last = looks === 1 && fleet.clock.now() === startedAt ? last : await look();
        live.update(last);
        return fleet.clock.now() - startedAt >= minutes * 60_000
          ? { ready: true }
          : { waiting: "there is time left" };
      },
    );
  } finally {
    live.end(last);
  }
}

function checkRange(name: string, given: number, least: number, most: number): void {
  if (typeof given === "number" && given >= least && given <= most) return;
  throw new InvalidInputError(name, given, `be from ${least} to ${most}`);
}
