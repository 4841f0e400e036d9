import {
  CreateDynamicThingGroupCommand,
  DeleteDynamicThingGroupCommand,
  DescribeThingGroupCommand,
  type DescribeThingGroupResponse,
} from "@aws-sdk/client-iot";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError } from "../../aws/errors.js";
import { tagList } from "../../aws/ownership.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { waitUntil } from "../../aws/wait.js";
import { countThings, INDEX_LAG_MS } from "./fleet-index.js";
import { checkName, thingGroupName } from "../registry/names.js";
import { queryInWords } from "./query-words.js";
import { requireOurs } from "../registry/tags.js";
import { findThingGroup, listThingGroups, listThingsInGroup } from "../registry/thing-groups.js";

/** A group whose members are whatever its query finds. */
export interface DynamicGroup {
  readonly name: string;
  readonly arn: string;
  readonly query: string;
  /** `BUILDING` until its members are known, `REBUILDING` after a new query, else `ACTIVE`. */
  readonly status: string;
  readonly createdAt: Date | undefined;
}

/** A dynamic group to create. */
export interface NewDynamicGroup {
  /** 1–128 characters from `a-z A-Z 0-9 : _ -`. */
  readonly name: string;
  /** For example what `deviceQuery()` made. */
  readonly query: string;
  /** Goes into the group's tag `country`. Default `global`. */
  readonly country?: string | undefined;
  /** True for a group that matches nothing yet. Default false: such a query is mostly a mistake. */
  readonly allowEmpty?: boolean;
}

/** A query that matches nothing was to become a group. Nothing was created. */
export class EmptyGroupError extends FleetError {
  override readonly name = "EmptyGroupError";
}

/** How long a group may build, in milliseconds. A large fleet takes minutes. */
const BUILD_TIMEOUT_MS = 20 * 60_000;

/** Groups that are described at once while they are listed. */
const DESCRIBED_AT_ONCE = 10;

/**
 * Create a dynamic group of ours.
 *
 * Calls DescribeThingGroup; when there is none of that name, GetStatistics to see whether the query
 * matches anything, and CreateDynamicThingGroup. A second call with the same query finds the group
 * and changes nothing. Members are there once it is built: {@link waitForGroup}.
 *
 * @throws InvalidInputError when the name is illegal, or taken by a group that is static or has
 * another query
 * @throws NotOursError when the group exists and was not made by the workshop
 * @throws EmptyGroupError when nothing matches, unless `allowEmpty`
 * @throws InvalidQueryException when AWS cannot read the query
 * @throws ResourceNotFoundException while fleet indexing is off: `enableFleetIndexing()`
 * @throws LimitExceededException for the 101st dynamic group of an account and Region
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/dynamic-thing-groups.html
 */
export async function createDynamicGroup(
  fleet: Fleet,
  { name, query, country = "global", allowEmpty = false }: NewDynamicGroup,
): Promise<DynamicGroup> {
  checkName(name, thingGroupName);
  const found = await findThingGroup(fleet, name);
  if (found) {
    await requireOurs(fleet, `The thing group ${name}`, found.thingGroupArn ?? "");
    if (found.queryString === query) return dynamicGroupOf(found) as DynamicGroup;
    throw new InvalidInputError(
      "the name of a new dynamic group",
      name,
      `be free, but it is taken by ${
        found.queryString ? `a group with the query "${found.queryString}"` : "a static group"
      }`,
      "Choose another name, or delete that group first.",
    );
  }
  if (!allowEmpty && (await countThings(fleet, query)) === 0) {
    throw new EmptyGroupError(
      `The group ${name} would be empty: nothing matches "${query}". Test the query with ` +
        `testQuery(); the index is some seconds behind. If the group shall begin empty, ` +
        `pass { allowEmpty: true }.`,
    );
  }
  await fleet.iot.send(
    new CreateDynamicThingGroupCommand({
      thingGroupName: name,
      queryString: query,
      thingGroupProperties: { thingGroupDescription: descriptionOf(query) },
      tags: tagList({ ...fleet.tags, country }),
    }),
  );
  return describeDynamicGroup(fleet, name);
}

/**
 * One dynamic group as AWS describes it. Calls DescribeThingGroup.
 *
 * @throws ResourceNotFoundException when there is no group of that name
 * @throws InvalidInputError when it is a static group
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingGroup.html
 */
export async function describeDynamicGroup(fleet: Fleet, name: string): Promise<DynamicGroup> {
  checkName(name, thingGroupName);
  return requireDynamic(
    name,
    await fleet.iot.send(new DescribeThingGroupCommand({ thingGroupName: name })),
  );
}

/**
 * Every dynamic group of the account, ours or not, in AWS's order.
 *
 * Calls ListThingGroups, 250 a page, and DescribeThingGroup for each group: only that tells dynamic
 * groups from static ones. A group that is deleted meanwhile is left out.
 */
export async function* listDynamicGroups(fleet: Fleet): AsyncIterable<DynamicGroup> {
  let names: string[] = [];
  const described = async () => {
    const groups = await Promise.all(names.map((name) => findThingGroup(fleet, name)));
    names = [];
    return groups.flatMap((group) => (group && dynamicGroupOf(group)) ?? []);
  };
  for await (const { groupName } of listThingGroups(fleet)) {
    if (groupName) names.push(groupName);
    if (names.length >= DESCRIBED_AT_ONCE) yield* await described();
  }
  yield* await described();
}

/** How many things are in a group, static or dynamic. Calls ListThingsInThingGroup, 250 a page. */
export async function countMembers(fleet: Fleet, group: string): Promise<number> {
  let members = 0;
  for await (const name of listThingsInGroup(fleet, group)) if (name) members++;
  return members;
}

/**
 * Wait until a dynamic group is ACTIVE: until then its member list is incomplete.
 *
 * Calls DescribeThingGroup every two seconds, for at most twenty minutes. On the sandbox its clock
 * is set ahead instead.
 *
 * @throws WaitTimeoutError with the last status
 */
export async function waitForGroup(fleet: Fleet, name: string): Promise<DynamicGroup> {
  return waitUntil(
    fleet,
    { until: `${name} is ACTIVE`, timeoutMs: BUILD_TIMEOUT_MS, isPassable: true },
    async () => {
      const group = await describeDynamicGroup(fleet, name);
      return group.status === "ACTIVE" ? { ready: group } : { waiting: `it is ${group.status}` };
    },
  );
}

/**
 * Wait until a dynamic group has so many members: it follows the index, which follows the devices,
 * each some seconds late.
 *
 * Calls ListThingsInThingGroup, and GetStatistics when no count is given, every second, for at most
 * five minutes. On the sandbox its clock is set ahead instead.
 *
 * @param count members to wait for. Default: as many as the group's query matches. Right after a
 * change, when the index has not seen it either, say how many you expect.
 * @returns how many it has
 * @throws WaitTimeoutError with how many it had at last
 */
export async function waitForMembers(fleet: Fleet, group: string, count?: number): Promise<number> {
  const { query } = await waitForGroup(fleet, group);
  return waitUntil(
    fleet,
    {
      until: `${group} has ${count === undefined ? "all that its query matches" : `${count} members`}`,
      everyMs: 1_000,
      timeoutMs: INDEX_LAG_MS,
      isPassable: true,
    },
    async () => {
      const wanted = count ?? (await countThings(fleet, query));
      const members = await countMembers(fleet, group);
      return members === wanted ? { ready: members } : { waiting: `it has ${members}` };
    },
  );
}

/**
 * Delete one dynamic group of ours. Its members stay; only the group goes.
 *
 * Calls DescribeThingGroup, ListTagsForResource and DeleteDynamicThingGroup. A second call finds
 * nothing and does nothing.
 *
 * @param options.confirm `"DELETE"`
 * @returns true when there was a group to delete
 * @throws InvalidInputError when it is a static group
 * @throws NotOursError when the workshop did not make it
 * @throws NotConfirmedError without `confirm`, with what would be deleted
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteDynamicThingGroup.html
 */
export async function deleteDynamicGroup(
  fleet: Fleet,
  name: string,
  { confirm }: { readonly confirm?: "DELETE" } = {},
): Promise<boolean> {
  checkName(name, thingGroupName);
  const found = await findThingGroup(fleet, name);
  if (!found) return false;
  const { arn, query } = requireDynamic(name, found);
  await requireOurs(fleet, `The dynamic group ${name}`, arn);
  requireConfirmation(
    confirm,
    "DELETE",
    `This deletes the dynamic group ${name} (${query}); the things in it stay.`,
  );
  await fleet.iot.send(new DeleteDynamicThingGroupCommand({ thingGroupName: name }));
  return true;
}

function requireDynamic(name: string, described: DescribeThingGroupResponse): DynamicGroup {
  const group = dynamicGroupOf(described);
  if (group) return group;
  throw new InvalidInputError(
    "a dynamic group",
    name,
    "have a query, but it is a static group",
    "showDynamicGroups() lists the dynamic ones.",
  );
}

/** What AWS describes, when it is a dynamic group: static ones have no query. */
function dynamicGroupOf(group: DescribeThingGroupResponse): DynamicGroup | undefined {
  const { thingGroupName, thingGroupArn, queryString, status, thingGroupMetadata } = group;
  if (queryString === undefined) return undefined;
  return maskedWhenShown({
    name: thingGroupName ?? "",
    arn: thingGroupArn ?? "",
    query: queryString,
    status: status ?? "ACTIVE",
    createdAt: thingGroupMetadata?.creationDate,
  });
}

/** In the console, a query in words is easier to recognise; descriptions take printable characters. */
function descriptionOf(query: string): string {
  const words = `Things of which ${queryInWords(query)}`;
  return words.replace(/[^\x20-\x7e]/g, "?").slice(0, 2_028);
}
