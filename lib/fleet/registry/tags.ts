import { paginateListTagsForResource } from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, isNotFound, NotOursError } from "../../aws/errors.js";
import { isOurs, tagMap } from "../../aws/ownership.js";

/**
 * The tags of an AWS IoT resource, as a map; undefined when the resource does not exist.
 *
 * Calls ListTagsForResource, page by page.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_ListTagsForResource.html
 */
export async function listTags(
  fleet: Fleet,
  resourceArn: string,
): Promise<Record<string, string> | undefined> {
  const tags: Record<string, string> = {};
  try {
    for await (const page of paginateListTagsForResource({ client: fleet.iot }, { resourceArn })) {
      Object.assign(tags, tagMap(page.tags));
    }
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  return tags;
}

/**
 * Make sure that a resource found under our name is one the workshop made, before it is changed.
 *
 * @param what the resource as a reader knows it: `The thing type SedanVehicle`
 * @throws NotOursError when its tags do not say so
 * @throws FleetError when there is no such resource
 */
export async function requireOurs(fleet: Fleet, what: string, resourceArn: string): Promise<void> {
  const tags = await listTags(fleet, resourceArn);
  if (!tags) throw new FleetError(`${what} does not exist. Create it first.`);
  if (isOurs(tags)) return;
  throw new NotOursError(
    `${what} exists and was not made by the workshop, so it is left alone. Choose another name.`,
  );
}
