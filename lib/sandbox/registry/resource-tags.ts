import { InvalidRequestException, LimitExceededException } from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";

/*
 * Every taggable IoT resource has a record in `state.tags` from its creation to its deletion, an
 * empty one when it has no tags. So an ARN with a record exists and can be tagged, whatever it is,
 * and nobody here has to know the kinds of resources.
 */

/** Tags of one IoT resource. */
export type Tags = Readonly<Record<string, string>>;

export interface Tag {
  readonly Key: string | undefined;
  readonly Value?: string | undefined;
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/tagging-iot.html */
const mostTags = 50;

/** Make a new resource taggable, with the tags given at its creation. */
export function startTags(state: State, arn: string, tags: Tags): void {
  state.tags.set(arn, checked(tags));
}

/** Set tags over those that a resource has. */
export function addTags(state: State, arn: string, tags: Tags): void {
  state.tags.set(arn, checked({ ...state.tags.get(arn), ...tags }));
}

/** Forget the tags of a deleted resource. */
export function endTags(state: State, arn: string): void {
  state.tags.delete(arn);
}

/** The list form of most IoT operations as a map. */
export function tagsOf(list: readonly Tag[] | undefined): Tags {
  const entries = (list ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""] as const);
  const tags = Object.fromEntries(entries);
  if (Object.keys(tags).length < entries.length) {
    fault(InvalidRequestException, "Two tags of one request have the same key");
  }
  return tags;
}

function checked(tags: Tags): Tags {
  const keys = Object.keys(tags);
  const reserved = keys.find((key) => key.toLowerCase().startsWith("aws:"));
  if (reserved !== undefined) {
    fault(InvalidRequestException, `Tag keys that begin with aws: are reserved: ${reserved}`);
  }
  if (keys.length > mostTags) {
    fault(LimitExceededException, `A resource can have at most ${mostTags} tags`);
  }
  return tags;
}
