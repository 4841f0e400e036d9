import { CreatePackageCommand, CreatePackageVersionCommand } from "@aws-sdk/client-iot";
import { DeleteObjectCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import type { Fleet } from "../../../lib/aws/connect.js";
import { FleetError, InvalidInputError, NotOursError } from "../../../lib/aws/errors.js";
import { createFirmwareBucket } from "../../../lib/fleet/software/firmware-bucket.js";
import { firmwareKey, uploadRelease } from "../../../lib/fleet/software/firmware.js";
import {
  createPackageVersion,
  deletePackageVersion,
  deprecatePackageVersion,
  describePackageVersion,
  findPackageVersion,
  listPackageVersions,
  listPublishedVersions,
  publishPackageVersion,
  releaseFirmware,
} from "../../../lib/fleet/software/package-versions.js";
import { createPackage, setDefaultVersion } from "../../../lib/fleet/software/packages.js";
import { openTestFleet } from "../../fleet.js";

const RELEASE = { packageName: "Van", versionName: "1.2.0" };

/** A fleet with the bucket and an empty package. */
async function withPackage() {
  const test = openTestFleet();
  await test.settle(createFirmwareBucket(test.fleet));
  await test.settle(createPackage(test.fleet, "Van"));
  return test;
}

const status = async (fleet: Fleet) =>
  (await findPackageVersion(fleet, { packageName: "Van", versionName: "1.2.0" }))?.status;

describe("releaseFirmware", () => {
  it("uploads, registers and publishes: the catalog pins the very bytes in S3", async () => {
    const { fleet, settle } = await withPackage();

    const released = await settle(releaseFirmware(fleet, RELEASE));
    const { bucket: Bucket, key: Key, version: VersionId } = released.artifact?.s3Location ?? {};
    const stored = await settle(fleet.s3.send(new GetObjectCommand({ Bucket, Key, VersionId })));
    const bytes = (await stored.Body?.transformToByteArray()) ?? new Uint8Array();

    expect(released.status).toBe("PUBLISHED");
    // D38: a digest of the file itself, which devices check, and no placeholder beside it.
    expect(released.attributes).toEqual({
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
  });

  it("writes nothing the second time", async () => {
    const { fleet, settle, calls } = await withPackage();
    const first = await settle(releaseFirmware(fleet, RELEASE));
    const writes = () =>
      calls().filter(({ operation }) => /^(Put|Create|Update)/.test(operation)).length;
    const before = writes();

    const second = await settle(releaseFirmware(fleet, RELEASE));

    expect(writes()).toBe(before);
    expect(second).toEqual(first);
  });

  it("D25: publishes a draft that an interrupted run left half-made", async () => {
    const { fleet, settle } = await withPackage();
    await settle(fleet.iot.send(new CreatePackageVersionCommand(RELEASE)));

    const released = await settle(releaseFirmware(fleet, RELEASE));

    expect(released).toMatchObject({
      status: "PUBLISHED",
      attributes: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      artifact: { s3Location: { key: "Van_v1_2_0.zip" } },
    });
  });

  it("leaves a version deprecated that has been deprecated since", async () => {
    const { fleet, settle } = await withPackage();
    await settle(releaseFirmware(fleet, RELEASE));
    await settle(deprecatePackageVersion(fleet, RELEASE));

    expect((await settle(releaseFirmware(fleet, RELEASE))).status).toBe("DEPRECATED");
  });

  it("says that the package is missing, before it uploads anything", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(createFirmwareBucket(fleet));

    await expect(settle(releaseFirmware(fleet, RELEASE))).rejects.toThrow(
      "The software package Van does not exist. Create it first.",
    );
    expect(calls("PutObject")).toEqual([]);
  });

  it("publishes nothing under somebody else's package", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(fleet.iot.send(new CreatePackageCommand({ packageName: "Van" })));

    await expect(settle(releaseFirmware(fleet, RELEASE))).rejects.toThrow(NotOursError);
    expect(calls("CreatePackageVersion")).toEqual([]);
  });

  it("passes on that there is no bucket", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createPackage(fleet, "Van"));

    await expect(settle(releaseFirmware(fleet, RELEASE))).rejects.toMatchObject({
      name: "NoSuchBucket",
    });
  });

  it.each(["", "1..0", ".1", "1.0 beta", "x".repeat(65)])(
    "D29: refuses the version %j before any call",
    async (versionName) => {
      const { fleet, settle, calls } = openTestFleet();

      const refused = settle(releaseFirmware(fleet, { packageName: "Van", versionName }));

      await expect(refused).rejects.toThrow(InvalidInputError);
      expect(calls()).toEqual([]);
    },
  );
});

describe("createPackageVersion", () => {
  it("makes a draft, which is not published yet", async () => {
    const { fleet, settle } = await withPackage();
    const { firmware } = await settle(uploadRelease(fleet, RELEASE));

    const outcome = await settle(createPackageVersion(fleet, firmware));
    const again = await settle(createPackageVersion(fleet, firmware));

    expect([outcome, again]).toEqual(["created", "existed"]);
    expect(await settle(status(fleet))).toBe("DRAFT");
    expect(await settle(collect(listPublishedVersions(fleet, "Van")))).toEqual([]);
  });

  it("brings a draft that points at another file to this one", async () => {
    const { fleet, settle } = await withPackage();
    const { firmware } = await settle(uploadRelease(fleet, RELEASE));
    await settle(createPackageVersion(fleet, { ...firmware, sha256: "0".repeat(64) }));

    const outcome = await settle(createPackageVersion(fleet, firmware));
    const draft = await settle(describePackageVersion(fleet, RELEASE));

    expect(outcome).toBe("updated");
    expect(draft.attributes).toEqual({ sha256: firmware.sha256 });
  });

  it("says so when the version is published with other bytes", async () => {
    const { fleet, settle } = await withPackage();
    const { artifact } = await settle(releaseFirmware(fleet, RELEASE));
    const Bucket = artifact?.s3Location?.bucket;
    const deleted = new DeleteObjectCommand({ Bucket, Key: firmwareKey(RELEASE) });
    await settle(fleet.s3.send(deleted));
    const { firmware } = await settle(uploadRelease(fleet, RELEASE));

    const refused = settle(createPackageVersion(fleet, firmware));

    await expect(refused).rejects.toThrow(FleetError);
    await expect(refused).rejects.toThrow(
      /with another object version than Van_v1_2_0\.zip has now, and published versions never change/,
    );
    const other = settle(createPackageVersion(fleet, { ...firmware, sha256: "0".repeat(64) }));
    await expect(other).rejects.toThrow("with another SHA-256 digest than 00000000…");
  });
});

describe("publishPackageVersion and deprecatePackageVersion", () => {
  it("take a version from draft to published, to deprecated and back", async () => {
    const { fleet, settle } = await withPackage();
    const { firmware } = await settle(uploadRelease(fleet, RELEASE));
    await settle(createPackageVersion(fleet, firmware));
    const seen: unknown[] = [];

    for (const step of [publishPackageVersion, deprecatePackageVersion, publishPackageVersion]) {
      const outcome = await settle(step(fleet, RELEASE));
      const again = await settle(step(fleet, RELEASE));
      seen.push([outcome, again, await settle(status(fleet))]);
    }

    expect(seen).toEqual([
      ["done", "existed", "PUBLISHED"],
      ["done", "existed", "DEPRECATED"],
      ["done", "existed", "PUBLISHED"],
    ]);
  });

  it("pass on that a draft cannot be deprecated", async () => {
    const { fleet, settle } = await withPackage();
    await settle(fleet.iot.send(new CreatePackageVersionCommand(RELEASE)));

    await expect(settle(deprecatePackageVersion(fleet, RELEASE))).rejects.toMatchObject({
      name: "ConflictException",
    });
  });

  it.each([publishPackageVersion, deprecatePackageVersion])(
    "leave somebody else's package alone: %o",
    async (step) => {
      const { fleet, settle, calls } = openTestFleet();
      await settle(fleet.iot.send(new CreatePackageCommand({ packageName: "Van" })));
      await settle(fleet.iot.send(new CreatePackageVersionCommand(RELEASE)));

      await expect(settle(step(fleet, RELEASE))).rejects.toThrow(NotOursError);
      expect(calls("UpdatePackageVersion")).toEqual([]);
    },
  );
});

describe("listPackageVersions", () => {
  it("D14: lists all pages, of one status or of all", async () => {
    const { fleet, settle } = await withPackage();
    for (let i = 0; i < 101; i++) {
      const draft = { packageName: "Van", versionName: `0.${i}` };
      await settle(fleet.iot.send(new CreatePackageVersionCommand(draft)));
    }
    await settle(releaseFirmware(fleet, RELEASE));

    const all = await settle(collect(listPackageVersions(fleet, "Van")));
    const drafts = await settle(collect(listPackageVersions(fleet, "Van", { status: "DRAFT" })));

    expect([all.length, drafts.length]).toEqual([102, 101]);
    expect(await settle(collect(listPublishedVersions(fleet, "Van")))).toEqual(["1.2.0"]);
  });

  it("lists none of a package that does not exist", async () => {
    const { fleet, settle } = openTestFleet();

    expect(await settle(collect(listPackageVersions(fleet, "Van")))).toEqual([]);
  });
});

describe("deletePackageVersion", () => {
  it("deletes it, and finds nothing the second time", async () => {
    const { fleet, settle } = await withPackage();
    await settle(releaseFirmware(fleet, RELEASE));

    const first = await settle(deletePackageVersion(fleet, RELEASE, { confirm: "DELETE" }));
    const second = await settle(deletePackageVersion(fleet, RELEASE, { confirm: "DELETE" }));

    expect([first, second]).toEqual([true, false]);
    expect(await settle(status(fleet))).toBeUndefined();
  });

  it("says what it would do when it is not confirmed", async () => {
    const { fleet, settle } = await withPackage();
    await settle(releaseFirmware(fleet, RELEASE));

    const asked = settle(deletePackageVersion(fleet, RELEASE));

    await expect(asked).rejects.toThrow(NotConfirmedError);
    await expect(asked).rejects.toThrow("This deletes Van 1.2.0: no job can ship it then.");
    expect(await settle(status(fleet))).toBe("PUBLISHED");
  });

  it("passes on that the default version cannot go", async () => {
    const { fleet, settle } = await withPackage();
    await settle(releaseFirmware(fleet, RELEASE));
    await settle(setDefaultVersion(fleet, "Van", "1.2.0"));

    const refused = settle(deletePackageVersion(fleet, RELEASE, { confirm: "DELETE" }));

    await expect(refused).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("leaves somebody else's version of our package alone", async () => {
    const { fleet, settle } = await withPackage();
    await settle(fleet.iot.send(new CreatePackageVersionCommand(RELEASE)));

    const refused = settle(deletePackageVersion(fleet, RELEASE, { confirm: "DELETE" }));

    await expect(refused).rejects.toThrow(NotOursError);
    expect(await settle(status(fleet))).toBe("DRAFT");
  });
});
