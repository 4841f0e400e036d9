import type { State } from "../tables.js";
import { nextTimer, timeoutOf, type DueTimer } from "../agenda.js";
import { changeExecution, findExecution } from "../executions.js";
import { followingOf } from "./following.js";
import { afterChange } from "./outcomes.js";
import { tellPackages } from "./package-shadow.js";
import type { JobTimer } from "../records.js";
import { beginJob, closeWindow, rollOut } from "./rollout.js";
import { cancelExecutions, endJob, forgetJob } from "./status.js";

/**
 * Let jobs do everything that time has brought since somebody last asked.
 *
 * Every timer and every change of a dynamic group acts in the order of time and as of its own moment,
 * so the outcome does not depend on how often this is called. It costs next to nothing when nothing is
 * due. Call it before an operation, so that the operation sees the present, and after it, so that jobs
 * notice what the operation did.
 */
export function advanceJobs(state: State): void {
  const now = state.now().getTime();
  const following = followingOf(state);
  for (;;) {
    const due = nextTimer(state);
    const moment = Math.min(due?.at ?? Infinity, following.nextChange() ?? Infinity);
    if (moment > now) break;
    state.at(moment, () => {
      following.catchUp();
      // The things that came or went may have moved the timer.
      const first = nextTimer(state);
      if (first && first.at <= moment) act(state, first);
      following.catchUp();
    });
  }
  state.at(now, () => following.catchUp());
}

function act(state: State, { key, at, timer }: DueTimer): void {
  state.jobTimers.delete(key);
  if (timer.kind === "packages") return tellPackages(state, timer.thingName, timer.destinations);
  if (timer.kind === "job") return actOn(state, timer.jobId, timer.timer);
  const execution = findExecution(state, timer.jobId, timer.thingName, timer.executionNumber);
  if (!execution || timeoutOf(execution) !== at) return undefined;
  return afterChange(state, changeExecution(state, execution, { status: "TIMED_OUT" }));
}

function actOn(state: State, jobId: string, timer: JobTimer): void {
  const job = state.jobs.get(jobId);
  const progress = state.jobProgress.get(jobId);
  if (!job || !progress) return undefined;
  const { [timer]: _, ...timers } = progress.timers;
  state.jobProgress.set(jobId, { ...progress, timers });
  switch (timer) {
    case "start":
    case "open":
      return beginJob(state, job, 0);
    case "rollout":
      return rollOut(state, job);
    case "close":
      return closeWindow(state, job);
    case "end":
      return endJob(state, job);
    case "cancel":
      return cancelExecutions(state, job);
    case "delete":
      return forgetJob(state, job);
  }
}
