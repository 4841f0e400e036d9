import {
  InvalidRequestException,
  ListTagsForResourceCommand,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-iot";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import { addTags, tagsOf, type Tags } from "./resource-tags.js";

/**
 * Keys that are there get the new value, the others stay.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_TagResource.html
 */
export const tagResource = operation(TagResourceCommand, (state, { resourceArn, tags }) => {
  existingTags(state, resourceArn);
  addTags(state, resourceArn, tagsOf(tags));
  return {};
});

/**
 * Keys that are not there are no error.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UntagResource.html
 */
export const untagResource = operation(UntagResourceCommand, (state, { resourceArn, tagKeys }) => {
  const kept = Object.entries(existingTags(state, resourceArn)).filter(
    ([key]) => !tagKeys.includes(key),
  );
  state.tags.set(resourceArn, Object.fromEntries(kept));
  return {};
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListTagsForResource.html */
export const listTagsForResource = operation(
  ListTagsForResourceCommand,
  (state, { resourceArn, nextToken }) => {
    const tags = Object.entries(existingTags(state, resourceArn)).sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    const { items, ...next } = paged({
      page: { nextToken },
      question: ["ListTagsForResource", resourceArn],
      *entries(after) {
        for (const [Key, Value] of tags) {
          if (after === undefined || Key > after) yield [Key, { Key, Value }];
        }
      },
      largest: 50,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    return { tags: items, ...next };
  },
);

function existingTags(state: State, arn: string): Tags {
  const tags = state.tags.get(arn);
  if (tags) return tags;
  if (!/^arn:aws:iot:[^:]+:\d{12}:.+/.test(arn)) {
    fault(InvalidRequestException, `Invalid resource ARN: ${arn}`);
  }
  if (/^arn:aws:iot:[^:]*:\d*:thing\//.test(arn)) {
    fault(InvalidRequestException, `Things cannot be tagged: ${arn}`);
  }
  return fault(ResourceNotFoundException, `Resource ${arn} cannot be found`);
}
