import {
  InvalidRequestException,
  LimitExceededException,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { ancestorsOf, familyOf, groupsOf, membersOf } from "../registry/memberships.js";
import { fault } from "../state/operation.js";
import { isDynamic } from "../registry/existing-groups.js";
import type { State } from "./tables.js";

/* The things that a job is for. A group stands for its members and for those of the groups below it. */

interface Target {
  readonly kind: "thing" | "thinggroup";
  readonly name: string;
}

/** https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html, "Jobs" */
const mostTargets = 100;

/** Refuse too many targets, and what is no thing and no group of this account and Region. */
export function checkTargets(state: State, targets: readonly string[]): void {
  if (targets.length > mostTargets) {
    fault(LimitExceededException, `A job can have ${mostTargets} targets, not ${targets.length}`);
  }
  for (const target of targets) checkTarget(state, target);
}

function checkTarget(state: State, arn: string): void {
  const { kind, name } = targetOf(state, arn) ?? invalid(state, arn);
  const exists = kind === "thing" ? state.things.has(name) : state.thingGroups.has(name);
  if (!exists) fault(ResourceNotFoundException, `Job target ${arn} cannot be found`);
}

export function isGroupArn(state: State, arn: string): boolean {
  return targetOf(state, arn)?.kind === "thinggroup";
}

/** The things behind the targets, each with the first target it belongs to. */
export function thingsOf(state: State, targets: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const add = (thingName: string, arn: string): void => {
    if (!found.has(thingName)) found.set(thingName, arn);
  };
  for (const arn of targets) {
    const target = targetOf(state, arn);
    if (target?.kind === "thing") {
      if (state.things.has(target.name)) add(target.name, arn);
    } else if (target) {
      for (const group of familyOf(state, target.name)) {
        for (const thingName of membersOf(state, group)) add(thingName, arn);
      }
    }
  }
  return found;
}

/** ARNs of all targets that a thing belongs to at this moment. */
export function targetsOfThing(state: State, thingName: string): ReadonlySet<string> {
  if (!state.things.has(thingName)) return new Set();
  const arns = new Set([state.arn(`thing/${thingName}`)]);
  for (const groupName of groupsOf(state, thingName)) {
    arns.add(state.arn(`thinggroup/${groupName}`));
    const group = state.thingGroups.get(groupName);
    if (!group || isDynamic(group)) continue;
    for (const above of ancestorsOf(group)) arns.add(state.arn(`thinggroup/${above.groupName}`));
  }
  return arns;
}

function targetOf(state: State, arn: string): Target | undefined {
  const [, kind, name] = /:(thing|thinggroup)\/([a-zA-Z0-9:_-]{1,128})$/.exec(arn) ?? [];
  if ((kind !== "thing" && kind !== "thinggroup") || name === undefined) return undefined;
  return arn === state.arn(`${kind}/${name}`) ? { kind, name } : undefined;
}

function invalid(state: State, arn: string): never {
  return fault(
    InvalidRequestException,
    `Invalid job target ${arn}: it must be the ARN of a thing or a thing group in account ` +
      `${state.account} and Region ${state.region}`,
  );
}
