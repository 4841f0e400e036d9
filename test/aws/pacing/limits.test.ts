import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { createLimits } from "../../../lib/aws/pacing/limits.js";
import { quotas, type Service } from "../../../lib/aws/pacing/quotas.js";

/** The targets that the workshop promises, in requests per second. */
const targets: readonly [Service, number, string][] = [
  ["iot", 80, "CreateThing UpdateThing DeleteThing"],
  ["iot", 8, "CreateThingType DeprecateThingType DeleteThingType"],
  ["iot", 4, "CreateDynamicThingGroup UpdateDynamicThingGroup DeleteDynamicThingGroup"],
  ["iot-jobs-data", 150, "DescribeJobExecution GetPendingJobExecutions"],
  ["iot-jobs-data", 150, "StartNextPendingJobExecution UpdateJobExecution"],
  ["iot", 8, "CreatePackage GetPackage UpdatePackage DeletePackage ListPackages"],
  ["iot", 8, "CreatePackageVersion GetPackageVersion UpdatePackageVersion DeletePackageVersion"],
  ["iot", 8, "ListPackageVersions GetPackageConfiguration UpdatePackageConfiguration"],
];
const targetRows = targets.flatMap(([service, perSecond, operations]) =>
  operations.split(" ").map((operation) => ({ service, operation, perSecond })),
);

describe("createLimits", () => {
  it.each(targetRows)(
    "aims at $perSecond/s for $operation",
    ({ service, operation, perSecond }) => {
      const limit = createLimits().of(service, operation);

      expect(limit.perSecond).toBeCloseTo(perSecond, 9);
      expect(limit.perSecond).toBeLessThan(limit.quotaPerSecond);
    },
  );

  it("stays at 80 % of the quota or below for every operation of the table", () => {
    const limits = createLimits();
    const operations = quotas.flatMap((quota) =>
      quota.operations.map((operation) => ({ quota, operation })),
    );

    for (const { quota, operation } of operations) {
      const { perSecond, burst, source } = limits.of(quota.service, operation);
      const isTarget =
        quota.service === "iotdata" ||
        targetRows.some((row) => row.service === quota.service && row.operation === operation);
      if (!isTarget) expect(perSecond, operation).toBeCloseTo(quota.perSecond * 0.8, 9);
      expect(perSecond, operation).toBeLessThanOrEqual(quota.perSecond * 0.8 + 1e-9);
      expect(burst, operation).toBeGreaterThanOrEqual(1);
      expect(burst, operation).toBeLessThanOrEqual(Math.max(1, quota.perSecond / 20));
      expect(source, operation).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    }
  });

  it("aims at 80 % of a cautious number for an operation without a row", () => {
    const limit = createLimits().of("iot", "CreateProvisioningTemplate");

    expect(limit).toMatchObject({ perSecond: 8, quotaPerSecond: 10 });
  });

  it("gives operations that share a quota one limit, and the others one each", () => {
    const limits = createLimits();

    expect(limits.of("iotdata", "GetThingShadow")).toBe(limits.of("iotdata", "UpdateThingShadow"));
    expect(limits.of("iot", "CreateThing")).not.toBe(limits.of("iot", "DeleteThing"));
    expect(limits.of("iot", "CreateThing")).toBe(limits.of("iot", "CreateThing"));
  });

  it("scales every rate by the share", () => {
    const limits = createLimits({ share: 1 / 30 });

    expect(limits.of("iot", "CreateThing").perSecond).toBeCloseTo(80 / 30, 9);
    expect(limits.of("iot", "CreateDynamicThingGroup").perSecond).toBeCloseTo(4 / 30, 9);
    expect(limits.of("iot", "CreateDynamicThingGroup").burst).toBe(1);
    expect(limits.of("s3", "PutObject").perSecond).toBeCloseTo(2800 / 30, 9);
  });

  it("takes an own rate for one operation, and scales that too", () => {
    const limits = createLimits({ overrides: { CreateThing: 20 }, share: 0.5 });

    expect(limits.of("iot", "CreateThing").perSecond).toBe(10);
    expect(limits.of("iot", "UpdateThing").perSecond).toBeCloseTo(40, 9);
  });

  it("takes an operation with an own rate out of the number it shared", () => {
    const limits = createLimits({ overrides: { GetThingShadow: 5 } });

    expect(limits.of("iotdata", "GetThingShadow").perSecond).toBe(5);
    expect(limits.of("iotdata", "UpdateThingShadow").perSecond).toBe(320);
  });

  it.each([0, -0.1, 1.01, NaN])("refuses a share of %f", (share) => {
    expect(() => createLimits({ share })).toThrow(InvalidInputError);
    expect(() => createLimits({ share })).toThrow(/must be greater than 0 and at most 1.*1 \/ 30/);
  });

  it.each([0, -5, NaN, Infinity])("refuses %f calls a second", (perSecond) => {
    expect(() => createLimits({ overrides: { CreateThing: perSecond } })).toThrow(
      `${perSecond} cannot be the limit of CreateThing: it must be a number greater than 0`,
    );
  });

  it.each(["createThing", "CREATETHING"])('asks whether "%s" means CreateThing', (name) => {
    expect(() => createLimits({ overrides: { [name]: 5 } })).toThrow(/Did you mean CreateThing\?/);
  });

  it.each(["CreateThings", "registry", ""])(
    'refuses "%s", which is no operation and would limit nothing',
    (name) => {
      expect(() => createLimits({ overrides: { [name]: 5 } })).toThrow(InvalidInputError);
      expect(() => createLimits({ overrides: { [name]: 5 } })).toThrow(`"${name}" cannot be`);
    },
  );

  it("takes an own rate for an operation that has no row of its own", () => {
    const limits = createLimits({ overrides: { CreateProvisioningTemplate: 3 } });

    expect(limits.of("iot", "CreateProvisioningTemplate").perSecond).toBe(3);
  });
});
