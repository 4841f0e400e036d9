import { describe, expect, it } from "vitest";
import { isOurs, tagList, tagMap, workshopTags } from "../../lib/aws/ownership.js";

describe("ownership", () => {
  it("recognises what the workshop tagged, among other tags", () => {
    expect(isOurs({ team: "a", ...workshopTags })).toBe(true);
  });

  it.each([undefined, {}, { team: "a" }, { workshop: "another" }, { Workshop: "fleetlab" }])(
    "takes %o for somebody else's",
    (tags) => {
      expect(isOurs(tags)).toBe(false);
    },
  );

  it("writes and reads tags as AWS lists them", () => {
    const tags = { workshop: "fleetlab", country: "US" };

    expect(tagList(tags)).toEqual([
      { Key: "workshop", Value: "fleetlab" },
      { Key: "country", Value: "US" },
    ]);
    expect(tagMap(tagList(tags))).toEqual(tags);
    expect(tagMap(undefined)).toEqual({});
  });
});
