import {
  CreatePackageCommand,
  CreatePackageVersionCommand,
  DeletePackageCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import { InvalidInputError, NotOursError } from "../../../lib/aws/errors.js";
import { createFirmwareBucket } from "../../../lib/fleet/software/firmware-bucket.js";
import { packageArn, releaseFirmware } from "../../../lib/fleet/software/package-versions.js";
import {
  createPackage,
  createPackages,
  deletePackage,
  describePackage,
  findPackage,
  listPackages,
  setDefaultVersion,
} from "../../../lib/fleet/software/packages.js";
import { openTestFleet } from "../../fleet.js";

/** A package of ours with two published versions. */
async function withTwoVersions() {
  const test = openTestFleet();
  const { fleet, settle } = test;
  await settle(createFirmwareBucket(fleet));
  await settle(createPackage(fleet, "Van"));
  for (const versionName of ["1.0.0", "1.1.0"]) {
    await settle(releaseFirmware(fleet, { packageName: "Van", versionName }));
  }
  return test;
}

describe("createPackage", () => {
  it("makes it with its description and our tag", async () => {
    const { fleet, settle } = openTestFleet();

    const outcome = await settle(createPackage(fleet, "Van", { description: "Vans' firmware" }));
    const made = await settle(findPackage(fleet, "Van"));
    const resourceArn = packageArn(fleet, "Van");
    const { tags } = await settle(fleet.iot.send(new ListTagsForResourceCommand({ resourceArn })));

    expect(outcome).toBe("created");
    expect(made?.description).toBe("Vans' firmware");
    expect(tags).toContainEqual({ Key: "workshop", Value: "fleetlab" });
  });

  it("changes nothing the second time", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(createPackage(fleet, "Van"));

    const again = await settle(createPackage(fleet, "Van", { description: "other" }));

    expect(again).toBe("existed");
    expect(calls("CreatePackage")).toHaveLength(1);
    expect((await settle(findPackage(fleet, "Van")))?.description).toBe("Firmware of the Van");
  });

  it.each(["", "a b", "a.b", "x".repeat(129)])(
    "D29: refuses the name %j before any call",
    async (name) => {
      const { fleet, settle, calls } = openTestFleet();

      await expect(settle(createPackage(fleet, name))).rejects.toThrow(InvalidInputError);

      expect(calls()).toEqual([]);
    },
  );

  it("refuses a description that AWS would refuse", async () => {
    const { fleet, settle, calls } = openTestFleet();
    const description = "x".repeat(1_025);

    await expect(settle(createPackage(fleet, "Van", { description }))).rejects.toThrow(
      "1 to 1,024 characters",
    );
    expect(calls()).toEqual([]);
  });

  it("leaves somebody else's package alone", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreatePackageCommand({ packageName: "Van" })));

    await expect(settle(createPackage(fleet, "Van"))).rejects.toThrow(NotOursError);
  });
});

describe("listPackages", () => {
  it("D14: lists all pages of them", async () => {
    const { fleet, settle } = openTestFleet();
    const names = Array.from({ length: 101 }, (_, i) => `P${i}`);
    await settle(createPackages(fleet, names));

    const listed = await settle(collect(listPackages(fleet)));

    expect(new Set(listed.map(({ packageName }) => packageName))).toEqual(new Set(names));
  });
});

describe("describePackage", () => {
  it("tells the default, and each version with its status", async () => {
    const { fleet, settle } = await withTwoVersions();
    const draft = { packageName: "Van", versionName: "2.0.0" };
    await settle(fleet.iot.send(new CreatePackageVersionCommand(draft)));
    await settle(setDefaultVersion(fleet, "Van", "1.1.0"));

    const described = await settle(describePackage(fleet, "Van"));

    expect(described.defaultVersionName).toBe("1.1.0");
    expect(described.versions.map(({ versionName, status }) => [versionName, status])).toEqual([
      ["1.0.0", "PUBLISHED"],
      ["1.1.0", "PUBLISHED"],
      ["2.0.0", "DRAFT"],
    ]);
  });

  it("passes on that there is no such package", async () => {
    const { fleet, settle } = openTestFleet();

    await expect(settle(describePackage(fleet, "Van"))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("setDefaultVersion", () => {
  it("sets it, and unsets it", async () => {
    const { fleet, settle } = await withTwoVersions();

    await settle(setDefaultVersion(fleet, "Van", "1.0.0"));
    const set = await settle(findPackage(fleet, "Van"));
    await settle(setDefaultVersion(fleet, "Van", undefined));
    const unset = await settle(findPackage(fleet, "Van"));

    expect(set?.defaultVersionName).toBe("1.0.0");
    expect(unset?.defaultVersionName).toBeUndefined();
  });

  it("refuses somebody else's package", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(fleet.iot.send(new CreatePackageCommand({ packageName: "Van" })));

    await expect(settle(setDefaultVersion(fleet, "Van", undefined))).rejects.toThrow(NotOursError);
    expect(calls("UpdatePackage")).toEqual([]);
  });
});

describe("deletePackage", () => {
  it("unsets the default, deletes the versions, then the package", async () => {
    const { fleet, settle, calls } = await withTwoVersions();
    await settle(setDefaultVersion(fleet, "Van", "1.1.0"));
    const before = calls().length;

    const wasThere = await settle(deletePackage(fleet, "Van", { confirm: "DELETE" }));

    expect(wasThere).toBe(true);
    expect(await settle(findPackage(fleet, "Van"))).toBeUndefined();
    expect(
      calls()
        .slice(before)
        .map(({ operation }) => operation)
        .filter((operation) => /^(Update|Delete)/.test(operation)),
    ).toEqual(["UpdatePackage", "DeletePackageVersion", "DeletePackageVersion", "DeletePackage"]);
  });

  it("is needed because AWS refuses a package that has versions", async () => {
    const { fleet, settle } = await withTwoVersions();

    const refused = settle(fleet.iot.send(new DeletePackageCommand({ packageName: "Van" })));

    await expect(refused).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("finds nothing the second time", async () => {
    const { fleet, settle, calls } = await withTwoVersions();
    await settle(deletePackage(fleet, "Van", { confirm: "DELETE" }));
    const before = calls("DeletePackage").length;

    expect(await settle(deletePackage(fleet, "Van", { confirm: "DELETE" }))).toBe(false);
    expect(calls("DeletePackage")).toHaveLength(before);
  });

  it.each([undefined, "delete", "YES"])("deletes nothing when confirm is %j", async (confirm) => {
    const { fleet, settle, calls } = await withTwoVersions();

    const said = confirm === undefined ? {} : { confirm: confirm as "DELETE" };
    const asked = settle(deletePackage(fleet, "Van", said));

    await expect(asked).rejects.toThrow(NotConfirmedError);
    await expect(asked).rejects.toThrow("the package Van with 2 versions");
    expect(calls().filter(({ operation }) => operation.startsWith("Delete"))).toEqual([]);
  });

  it("deletes nothing of a package that somebody else made", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(fleet.iot.send(new CreatePackageCommand({ packageName: "Van" })));

    const refused = settle(deletePackage(fleet, "Van", { confirm: "DELETE" }));

    await expect(refused).rejects.toThrow(NotOursError);
    expect(calls("DeletePackage")).toEqual([]);
  });
});
