import {
  AddThingToThingGroupCommand,
  CreateThingGroupCommand,
  DeleteThingGroupCommand,
  DescribeThingGroupCommand,
  paginateListThingGroups,
  paginateListThingGroupsForThing,
  paginateListThingsInThingGroup,
  RemoveThingFromThingGroupCommand,
  type DescribeThingGroupResponse,
  type GroupNameAndArn,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, unlessMissing } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { ownName, tagList } from "../../aws/ownership.js";
import { waitUntil } from "../../aws/wait.js";
import { checkName, checkNames, thingGroupName } from "./names.js";
import { requireOurs } from "./tags.js";

/** The name of a country's static group: `US_Fleet`, or `Ada-US_Fleet` of the fleet with that prefix. */
export function countryGroupName(fleet: { readonly prefix: string }, country: string): string {
  return ownName(fleet, `${country}_Fleet`);
}

/** True for the name of a country's static group of this fleet. */
export function isCountryGroup(fleet: { readonly prefix: string }, name: string): boolean {
  const country = /([A-Z]{2})_Fleet$/.exec(name)?.[1];
  return country !== undefined && name === countryGroupName(fleet, country);
}

/**
 * Create one static thing group for each country.
 *
 * Calls DescribeThingGroup for each, then CreateThingGroup for those that are missing. A second call
 * changes nothing.
 *
 * @param countries two-letter codes, such as `US`; the group becomes `US_Fleet`
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/thing-groups.html
 */
export async function createCountryGroups(
  fleet: Fleet,
  countries: readonly string[],
): Promise<ManyResult> {
  const nameOf = (country: string) => countryGroupName(fleet, country);
  checkNames(countries.map(nameOf), thingGroupName);
  return many(
    fleet,
    { title: "Static groups", items: countries, total: countries.length, name: nameOf },
    async (country) => {
      const name = nameOf(country);
      const found = await findThingGroup(fleet, name);
      if (found) {
        // We are about to put our things into it.
        await requireOurs(fleet, `The thing group ${name}`, found.thingGroupArn ?? "");
        return "existed";
      }
      await fleet.iot.send(
        new CreateThingGroupCommand({
          thingGroupName: name,
          thingGroupProperties: {
            thingGroupDescription: `Vehicle fleet in ${country}`,
            attributePayload: { attributes: { country } },
          },
          tags: tagList({ ...fleet.tags, country }),
        }),
      );
      return "done";
    },
  );
}

/**
 * Make sure that a group is there and ours, before things are put into it. Calls DescribeThingGroup
 * and ListTagsForResource.
 *
 * @returns the group's name
 * @throws NotOursError when the workshop did not make it
 * @throws FleetError when it is not there
 */
export async function requireOurGroup(fleet: Fleet, name: string): Promise<string> {
  const found = await findThingGroup(fleet, name);
  if (!found) {
    throw new FleetError(
      `There is no thing group ${name}. Create it first: createCountryGroups().`,
    );
  }
  await requireOurs(fleet, `The thing group ${name}`, found.thingGroupArn ?? "");
  return name;
}

/** One static or dynamic group as AWS describes it, or undefined when there is none. Calls DescribeThingGroup. */
export async function findThingGroup(
  fleet: Fleet,
  name: string,
): Promise<DescribeThingGroupResponse | undefined> {
  checkName(name, thingGroupName);
  return unlessMissing(fleet.iot.send(new DescribeThingGroupCommand({ thingGroupName: name })));
}

/**
 * Put one thing into a static group. Calls AddThingToThingGroup; a second call changes nothing.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_AddThingToThingGroup.html
 */
export async function addToGroup(fleet: Fleet, thing: string, group: string): Promise<void> {
  await fleet.iot.send(
    new AddThingToThingGroupCommand({ thingName: thing, thingGroupName: group }),
  );
}

/** Take one thing out of a static group. Calls RemoveThingFromThingGroup. */
export async function removeFromGroup(fleet: Fleet, thing: string, group: string): Promise<void> {
  await fleet.iot.send(
    new RemoveThingFromThingGroupCommand({ thingName: thing, thingGroupName: group }),
  );
}

/** The names of the groups that a thing is in. Calls ListThingGroupsForThing. */
export async function* listGroupsOfThing(fleet: Fleet, thing: string): AsyncIterable<string> {
  const pages = paginateListThingGroupsForThing({ client: fleet.iot }, { thingName: thing });
  for await (const page of pages) {
    for (const { groupName } of page.thingGroups ?? []) if (groupName) yield groupName;
  }
}

/** The names of a group's things, in AWS's order. Calls ListThingsInThingGroup, 250 a page. */
export async function* listThingsInGroup(fleet: Fleet, group: string): AsyncIterable<string> {
  checkName(group, thingGroupName);
  const pages = paginateListThingsInThingGroup(
    { client: fleet.iot, pageSize: 250 },
    { thingGroupName: group },
  );
  for await (const page of pages) yield* page.things ?? [];
}

/**
 * Every group of the account, static and dynamic. Calls ListThingGroups, 250 a page.
 *
 * @param options.parent only the child groups of this one
 */
export async function* listThingGroups(
  fleet: Fleet,
  { parent }: { readonly parent?: string } = {},
): AsyncIterable<GroupNameAndArn> {
  const pages = paginateListThingGroups(
    { client: fleet.iot, pageSize: 250 },
    { ...(parent !== undefined && { parentGroup: parent, recursive: false }) },
  );
  for await (const page of pages) yield* page.thingGroups ?? [];
}

/** How long AWS may take to see that a group's last child is gone, in milliseconds. */
const CHILDREN_GONE_MS = 30_000;

/**
 * Delete one static group of ours. Its members stay; only the group goes.
 *
 * Calls DescribeThingGroup, ListTagsForResource and DeleteThingGroup, again for half a minute while
 * AWS still sees child groups that were deleted just before: ListThingGroups and DescribeThingGroup
 * tell those from others. A second call finds nothing and does
 * nothing.
 *
 * @returns true when there was a group to delete
 * @throws NotOursError when the workshop did not make it
 * @throws FleetError when it has a child group; WaitTimeoutError when AWS goes on seeing one that is gone
 * @throws InvalidRequestException when it is a dynamic group: deleteDynamicGroup() deletes those
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingGroup.html
 */
export async function deleteThingGroup(fleet: Fleet, name: string): Promise<boolean> {
  checkName(name, thingGroupName);
  const found = await findThingGroup(fleet, name);
  if (!found) return false;
  await requireOurs(fleet, `The thing group ${name}`, found.thingGroupArn ?? "");
  const patience = { until: `AWS deletes ${name}`, timeoutMs: CHILDREN_GONE_MS, isPassable: true };
  return waitUntil(fleet, patience, async () => {
    try {
      await fleet.iot.send(new DeleteThingGroupCommand({ thingGroupName: name }));
      return { ready: true };
    } catch (error) {
      const hasChildren = error instanceof Error && /child groups/.test(error.message);
      if (!hasChildren) throw error;
      await requireChildless(fleet, name);
      return { waiting: "AWS still sees child groups that are gone" };
    }
  });
}

/** A child group that is there does not go by being waited for. */
async function requireChildless(fleet: Fleet, group: string): Promise<void> {
  for await (const { groupName: child = "" } of listThingGroups(fleet, { parent: group })) {
    if (!(await findThingGroup(fleet, child))) continue;
    throw new FleetError(
      `The group ${group} has the child group ${child}. Delete that one first: deleteThingGroup(fleet, "${child}").`,
    );
  }
}
