import {
  CreateThingCommand,
  CreateThingTypeCommand,
  UpdateThingCommand,
} from "@aws-sdk/client-iot";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import {
  createFirmwareBucket,
  firmwareBucketName,
} from "../../../lib/fleet/software/firmware-bucket.js";
import { enableFleetIndexing } from "../../../lib/fleet/search/fleet-index.js";
import { enablePackageConfiguration } from "../../../lib/fleet/software/package-configuration.js";
import { createPackages } from "../../../lib/fleet/software/packages.js";
import { createPackageConfigRole } from "../../../lib/fleet/software/roles.js";
import { createThingTypes } from "../../../lib/fleet/registry/thing-types.js";
import { cleanUp } from "../../../lib/tasks/clean-up/clean-up.js";
import { planCleanUp } from "../../../lib/tasks/clean-up/clean-up-plan.js";
import { compareScans, showChanges } from "../../../lib/tasks/clean-up/scan-changes.js";
import { scan, SCAN_KINDS } from "../../../lib/tasks/clean-up/scan.js";
import { openTestFleet } from "../../fleet.js";

describe("scan", () => {
  it("finds nothing in an empty account but its settings", async () => {
    const { fleet, settle, calls } = openTestFleet();

    const { settings, ...rest } = await settle(scan(fleet));

    expect(Object.values(rest).flat()).toEqual([]);
    expect(settings).toContain("things · OFF");
    expect(settings).toContain("package configuration · OFF");
    expect(calls().filter(({ operation }) => !/^(List|Get)/.test(operation))).toEqual([]);
  });

  it("reads all pages, whoever made what is on them", async () => {
    const { fleet, settle } = openTestFleet({ sandbox: { quotas: "off" } });
    const create = (i: number) =>
      fleet.iot.send(new CreateThingCommand({ thingName: `Crane-${i}` }));
    await settle(Promise.all(Array.from({ length: 251 }, (_, i) => create(i))));

    const { things } = await settle(scan(fleet));

    expect(new Set(things).size).toBe(251);
    expect(things[0]).toBe("Crane-0 · v1");
  });

  it("looks only into buckets that could be taken for ours", async () => {
    const { fleet, settle } = openTestFleet();
    const { name } = await settle(createFirmwareBucket(fleet));
    const theirs = {
      Bucket: "holiday-pictures",
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" as const },
    };
    await settle(fleet.s3.send(new CreateBucketCommand(theirs)));
    for (const Bucket of [name, theirs.Bucket]) {
      await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" })));
    }

    const { buckets, objects } = await settle(scan(fleet));

    expect(buckets).toEqual(["holiday-pictures", name]);
    expect(objects).toHaveLength(1);
    expect(objects[0]).toContain(`${firmwareBucketName(fleet)}/a `);
  });
});

describe("compareScans", () => {
  it("tells what is gone, new, and in another state", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: "Crane" })));
    await settle(createThingTypes(fleet, ["Van"]));
    const before = await settle(scan(fleet));
    const attributePayload = { attributes: { site: "Bremen" } };
    await settle(fleet.iot.send(new UpdateThingCommand({ thingName: "Crane", attributePayload })));
    await settle(fleet.iot.send(new CreateThingTypeCommand({ thingTypeName: "Forklift" })));

    const changes = compareScans(before, await settle(scan(fleet)));

    expect(changes.map(({ kind }) => kind)).toEqual(SCAN_KINDS);
    expect(changes.filter(({ unplanned }) => unplanned.length > 0)).toMatchObject([
      { kind: "things", gone: [], appeared: [], changed: ["Crane"] },
      { kind: "types", gone: [], appeared: ["Forklift"], changed: [] },
    ]);
  });
});

describe("compareScans with a plan", () => {
  it("does not take one setting's way back for another's", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(enableFleetIndexing(fleet));
    const before = await settle(scan(fleet));
    const plan = await settle(planCleanUp(fleet));
    await settle(cleanUp(fleet, plan, { confirm: "DELETE" }));
    const { arn } = await settle(createPackageConfigRole(fleet));
    await settle(enablePackageConfiguration(fleet, arn));

    const changes = compareScans(before, await settle(scan(fleet)), plan);

    const settings = changes.find(({ kind }) => kind === "settings");
    expect(settings?.changed).toContain("things");
    expect(settings?.unplanned).toEqual(["package configuration"]);
  });
});

describe("showChanges", () => {
  it("tells what a cleanup had planned from what else has changed", async () => {
    const { fleet, settle, lines } = openTestFleet();
    await settle(createPackages(fleet, ["Van"]));
    await settle(createThingTypes(fleet, ["Van", "Bus"]));
    await settle(fleet.iot.send(new CreateThingTypeCommand({ thingTypeName: "Forklift" })));
    const before = await settle(scan(fleet));
    const plan = await settle(planCleanUp(fleet));
    await settle(cleanUp(fleet, plan, { confirm: "DELETE" }));
    // Somebody else was at work meanwhile.
    await settle(fleet.iot.send(new CreateThingTypeCommand({ thingTypeName: "Crane" })));

    const changes = showChanges(fleet, before, await settle(scan(fleet)), plan);

    expect(changes.flatMap(({ unplanned }) => unplanned)).toEqual(["Crane"]);
    expect(changes.find(({ kind }) => kind === "packages")).toMatchObject({ gone: ["Van"] });
    expect(lines.at(-2)).toMatch(/types +3 +2 +2 +Crane\npackages +1 +0 +1 +nothing/);
    expect(lines.at(-1)).toMatch(/^As before: things, groups, versions, jobs/);
  });

  it("says so when nothing has changed", async () => {
    const { fleet, settle, lines } = openTestFleet();
    const before = await settle(scan(fleet));

    showChanges(fleet, before, await settle(scan(fleet)));

    expect(lines).toEqual(["Nothing has changed."]);
  });
});
