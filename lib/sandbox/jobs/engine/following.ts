import { dynamicGroups } from "../../search/dynamic-members.js";
import { fleetOf, nextChangeOf } from "../../search/feed.js";
import type { State } from "../tables.js";
import {
  changeExecution,
  executionsOfThing,
  findExecution,
  isTerminal,
  queueExecution,
} from "../executions.js";
import { afterChange } from "./outcomes.js";
import type { JobRecord } from "../records.js";
import { addWaiting, removeWaiting } from "./rollout.js";
import { targetsOfThing, thingsOf } from "../targets.js";

/*
 * Jobs follow their things: one that joins a target of a continuous job gets an execution, one that
 * leaves or is deleted loses what it has not finished.
 */

/** What jobs have yet to notice of things and groups. */
export interface Following {
  /** When memberships of dynamic groups will have changed by themselves, if any job minds. */
  nextChange(): number | undefined;
  /** Let the jobs notice every change up to this moment. */
  catchUp(): void;
}

export function followingOf(state: State): Following {
  return state.derived("jobs", createFollowing);
}

function createFollowing(state: State): Following {
  /** Things that may have joined, left or gone. */
  const changed = new Set<string>();
  const followers = new Map<string, JobRecord>();
  let isWatching = false;

  const noteJob = (jobId: string): void => {
    const job = state.jobs.get(jobId);
    if (job?.isFollowing) followers.set(jobId, job);
    else followers.delete(jobId);
  };
  for (const [jobId] of state.jobs.entries()) noteJob(jobId);
  state.onChange("jobs", noteJob);
  state.onChange("things", (name) => {
    if (followers.size > 0 || !state.things.has(name)) changed.add(name);
  });
  state.onChange("groupsOfThing", (name) => {
    if (followers.size > 0) changed.add(name);
  });

  const mindsDynamic = (): boolean => followers.size > 0 && dynamicGroups(state).length > 0;

  /** What dynamic groups a thing is in follows from an index that a restart reads anew. */
  const watch = (): void => {
    isWatching = true;
    fleetOf(state).watch((name) => {
      if (followers.size > 0) changed.add(name);
    });
    for (const job of followers.values()) {
      const prefix = `${job.jobId}/`;
      for (const [key] of state.jobMembers.entries({ prefix }))
        changed.add(key.slice(prefix.length));
      for (const name of thingsOf(state, job.targets).keys()) changed.add(name);
    }
  };

  return {
    nextChange: () => (isWatching && mindsDynamic() ? nextChangeOf(state) : undefined),
    catchUp() {
      if (mindsDynamic()) {
        if (!isWatching) watch();
        fleetOf(state);
      }
      // Iterating over a set comes to what is added on the way as well.
      for (const name of changed) {
        changed.delete(name);
        follow(state, name, followers.values());
      }
    },
  };
}

function follow(state: State, thingName: string, followers: Iterable<JobRecord>): void {
  const isThing = state.things.has(thingName);
  const targets = targetsOfThing(state, thingName);
  for (const job of [...followers]) {
    const key = `${job.jobId}/${thingName}`;
    const target = isThing ? job.targets.find((arn) => targets.has(arn)) : undefined;
    const isMember = state.jobMembers.has(key);
    if (target !== undefined && !isMember) join(state, job, thingName, target);
    if (target === undefined && isMember) leave(state, job, thingName);
  }
  if (isThing) return;
  for (const execution of [...executionsOfThing(state, thingName)]) {
    if (isTerminal(execution.status)) continue;
    afterChange(state, changeExecution(state, execution, { status: "REMOVED" }));
  }
}

/** The rate is for the first wave: who comes later is served at once, or when the window opens. */
function join(state: State, job: JobRecord, thingName: string, target: string): void {
  if (job.status !== "IN_PROGRESS") {
    addWaiting(state, job, new Map([[thingName, target]]));
    return;
  }
  state.jobMembers.set(`${job.jobId}/${thingName}`, true);
  queueExecution(state, job, thingName);
}

function leave(state: State, job: JobRecord, thingName: string): void {
  state.jobMembers.delete(`${job.jobId}/${thingName}`);
  removeWaiting(state, job.jobId, thingName);
  const execution = findExecution(state, job.jobId, thingName);
  if (!execution || isTerminal(execution.status)) return;
  afterChange(state, changeExecution(state, execution, { status: "REMOVED" }));
}
