import type { JobExecutionRecord } from "../../jobs/records.js";
import { inOrder, mostPending, pendingOf, shown, summaryOf } from "../../jobs/device-view.js";
import { isTerminal } from "../../jobs/executions.js";
import type { ExecutionChange } from "../../jobs/job-news.js";
import { exchangeOf } from "../exchange.js";
import { serviceMessage } from "../messages.js";
import { publish } from "../publishing.js";
import type { State } from "../tables.js";
import { withDocuments } from "./job-topics.js";

/*
 * What a device is told of its jobs without asking: `notify` when an execution comes to those that are
 * pending or leaves them, `notify-next` when another one is to be done next.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-comm-notifications.html
 */

/** Note a change; what it comes to is told at the end of the transaction that runs. */
export function noteExecution(state: State, { before, after }: ExecutionChange): void {
  if (!exchangeOf(state).hasListeners) return;
  const { thingName, jobId, executionNumber } = (after ?? before) as JobExecutionRecord;
  const changed = state.during("executions to tell of", () => {
    const byThing = new Map<string, Changed>();
    state.atEnd(() => {
      for (const [name, earlier] of byThing) tell(state, name, earlier);
    });
    return byThing;
  });
  let earlier = changed.get(thingName);
  if (!earlier) changed.set(thingName, (earlier = new Map()));
  const key = `${jobId}/${executionNumber}`;
  if (!earlier.has(key)) earlier.set(key, before);
}

/** What executions were before the transaction, by job and number. */
type Changed = Map<string, JobExecutionRecord | undefined>;

function tell(state: State, thingName: string, earlier: Changed): void {
  const after = pendingOf(state, thingName);
  const kept = after.filter((execution) => !earlier.has(keyOf(execution)));
  const left = [...earlier.values()].filter(
    (execution) => execution !== undefined && !isTerminal(execution.status),
  ) as JobExecutionRecord[];
  const before = inOrder([...kept, ...left]);
  const prefix = `$aws/things/${thingName}/jobs`;
  const timestamp = Math.floor(state.now().getTime() / 1000);

  const keys = (executions: readonly JobExecutionRecord[]): string =>
    executions.map(keyOf).sort().join();
  if (keys(before) !== keys(after)) {
    publish(state, serviceMessage(`${prefix}/notify`, { timestamp, jobs: jobsOf(after) }));
  }
  const [next] = after;
  const [former] = before;
  // Begun where it stands: the device knows.
  if ((next && keyOf(next)) === (former && keyOf(former))) return;
  const execution = next && shown(state, next, true);
  publish(
    state,
    serviceMessage(`${prefix}/notify-next`, {
      timestamp,
      ...withDocuments(execution ? { execution } : {}),
    }),
  );
}

function jobsOf(pending: readonly JobExecutionRecord[]): object {
  const first = pending.slice(0, mostPending);
  const jobs: Record<string, object[]> = {};
  for (const execution of first) (jobs[execution.status] ??= []).push(summaryOf(execution));
  return jobs;
}

function keyOf({ jobId, executionNumber }: JobExecutionRecord): string {
  return `${jobId}/${executionNumber}`;
}
