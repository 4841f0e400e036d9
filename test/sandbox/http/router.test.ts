import * as iot from "@aws-sdk/client-iot";
import * as iotData from "@aws-sdk/client-iot-data-plane";
import * as iotJobs from "@aws-sdk/client-iot-jobs-data-plane";
import type { StaticOperationSchema } from "@smithy/types";
import { describe, expect, it } from "vitest";
import { createRouter, httpTrait } from "../../../lib/sandbox/http/router.js";

/** Every operation schema that a client exports. */
function schemasOf(sdk: object): StaticOperationSchema[] {
  return Object.values(sdk).filter(
    (value): value is StaticOperationSchema => Array.isArray(value) && value[0] === 9,
  );
}

/** A path that fits a template, with `text` for each label. */
function pathOf(template: string, text: string): string {
  return (template.split("?")[0] as string).replace(/\{[^}]+\}/g, text);
}

describe.each([
  ["iot", schemasOf(iot), 250],
  ["iotdata", schemasOf(iotData), 4],
  ["iot-jobs-data", schemasOf(iotJobs), 4],
] as const)("the router of %s", (_, schemas, least) => {
  it(`routes every operation to itself (at least ${least})`, () => {
    const route = createRouter(schemas);

    const lost = schemas.flatMap((schema) => {
      const [method, template] = httpTrait(schema);
      const found = route({ method, path: pathOf(template, "x-1"), query: "" })?.schema[2];
      return found === schema[2] ? [] : [`${schema[2]} goes to ${found}`];
    });

    expect(schemas.length).toBeGreaterThanOrEqual(least);
    expect(lost).toEqual([]);
  });

  it("does not depend on the order of the schemas", () => {
    const route = createRouter([...schemas].reverse());

    for (const schema of schemas) {
      const [method, template] = httpTrait(schema);
      expect(route({ method, path: pathOf(template, "x-1"), query: "" })?.schema[2]).toBe(
        schema[2],
      );
    }
  });
});

describe("a route", () => {
  const route = createRouter(schemasOf(iot));

  it("captures labels and decodes them once", () => {
    const found = route({ method: "GET", path: "/things/a%3Ab/jobs/%24next%2541", query: "" });

    expect(found?.schema[2]).toBe("DescribeJobExecution");
    expect(found?.labels).toEqual({ thingName: "a:b", jobId: "$next%41" });
  });

  it("keeps a label within its segment", () => {
    expect(route({ method: "GET", path: "/things/a/b", query: "" })).toBeUndefined();
    expect(route({ method: "GET", path: "/things/a%2Fb", query: "" })?.labels).toEqual({
      thingName: "a/b",
    });
  });

  it("leaves what is not valid encoding as it is", () => {
    expect(route({ method: "GET", path: "/things/a%zz", query: "" })?.labels).toEqual({
      thingName: "a%zz",
    });
  });

  it.each([
    ["POST", "/things", "RegisterThing"],
    ["POST", "/things/car-1", "CreateThing"],
    ["POST", "/indices/search", "SearchIndex"],
    ["GET", "/indices/search", "DescribeIndex"],
    ["PUT", "/thing-groups/addThingToThingGroup", "AddThingToThingGroup"],
  ])("%s %s is %s", (method, path, operation) => {
    expect(route({ method, path, query: "" })?.schema[2]).toBe(operation);
  });

  it.each([
    ["DELETE", "/things"],
    ["get", "/things"],
    ["GET", "/things/"],
    ["GET", ""],
    ["GET", "//things"],
  ])("%s %s is nothing", (method, path) => {
    expect(route({ method, path, query: "" })).toBeUndefined();
  });
});
