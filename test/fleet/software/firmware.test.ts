import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { unzipSync } from "fflate";
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { FleetError, InvalidInputError } from "../../../lib/aws/errors.js";
import {
  createFirmwareBucket,
  firmwareBucketName,
} from "../../../lib/fleet/software/firmware-bucket.js";
import {
  buildFirmware,
  firmwareKey,
  releasesOf,
  uploadFirmware,
  uploadRelease,
} from "../../../lib/fleet/software/firmware.js";
import { loseFirstAnswer, openTestFleet } from "../../fleet.js";

const release = { packageName: "SedanVehicle", versionName: "1.0.0" };
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("releasesOf", () => {
  it("refuses versions that would overwrite each other's file", () => {
    expect(() => releasesOf(["SedanVehicle"], ["1.0.0", "1_0_0"])).toThrow(
      "Both would be the file SedanVehicle_v1_0_0.zip.",
    );
  });

  it("gives every package in every version, in order", () => {
    expect(releasesOf(["A", "B"], ["1.0", "2.0"])).toEqual([
      { packageName: "A", versionName: "1.0" },
      { packageName: "A", versionName: "2.0" },
      { packageName: "B", versionName: "1.0" },
      { packageName: "B", versionName: "2.0" },
    ]);
  });

  it.each([
    [[], ["1.0"]],
    [["A"], []],
    [["A", "A"], ["1.0"]],
    [["A"], ["1..0"]],
    [["a.b"], ["1.0"]],
  ])("refuses packages %j in versions %j", (packages, versions) => {
    expect(() => releasesOf(packages, versions)).toThrow(InvalidInputError);
  });
});

describe("firmwareKey", () => {
  it("names the package and the version, without dots before the ending", () => {
    expect(firmwareKey(release)).toBe("SedanVehicle_v1_0_0.zip");
  });
});

describe("buildFirmware", () => {
  it.each([undefined, "UTC", "America/Los_Angeles", "Pacific/Kiritimati"])(
    "gives the same bytes for the same release on every machine, in the time zone %s too",
    (zone) => {
      vi.stubEnv("TZ", zone);

      const bytes = buildFirmware(release);
      vi.unstubAllEnvs();

      expect(sha256(bytes)).toBe(
        "be0285ec4c7669720cc2f554a463f43237a8c5bca248c99ca8a41d3abeaf57d2",
      );
    },
  );

  it("gives other bytes for another version and another package", () => {
    const all = releasesOf(["A", "B"], ["1.0", "1.1"]).map((one) => sha256(buildFirmware(one)));

    expect(new Set(all).size).toBe(4);
  });

  it("unzips to one image that is named after the version and says what it is", () => {
    const files = unzipSync(buildFirmware(release));

    expect(Object.keys(files)).toEqual(["firmware_1.0.0.bin"]);
    const image = Buffer.from(files["firmware_1.0.0.bin"] ?? []);
    expect(image.toString("latin1")).toMatch(
      /^FLEETLAB FIRMWARE\npackage SedanVehicle\nversion 1\.0\.0\n/,
    );
    expect(image.byteLength).toBeGreaterThan(2_000);
  });
});

describe("uploadFirmware", () => {
  const releases = releasesOf(["A", "B"], ["1.0", "2.0"]);

  it("uploads each release, and says where it lies and what its digest is", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createFirmwareBucket(fleet));

    const { done, failed, firmware } = await settle(uploadFirmware(fleet, releases));

    expect({ done, failed }).toEqual({ done: 4, failed: [] });
    expect(firmware.map(({ key }) => key)).toEqual([
      "A_v1_0.zip",
      "A_v2_0.zip",
      "B_v1_0.zip",
      "B_v2_0.zip",
    ]);
    for (const { bucket, key, objectVersion, sha256: digest, bytes } of firmware) {
      const stored = await settle(
        fleet.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: objectVersion })),
      );
      const body = (await stored.Body?.transformToByteArray()) ?? new Uint8Array();
      expect([sha256(body), body.byteLength]).toEqual([digest, bytes]);
    }
  });

  it("uploads nothing the second time, and finds the same object versions", async () => {
    const { fleet, calls, settle } = openTestFleet();
    await settle(createFirmwareBucket(fleet));
    const first = await settle(uploadFirmware(fleet, releases));
    const uploads = calls("PutObject").length;

    const second = await settle(uploadFirmware(fleet, releases));

    expect(second).toMatchObject({ done: 0, existed: 4 });
    expect(second.firmware).toEqual(first.firmware);
    expect(calls("PutObject")).toHaveLength(uploads);
  });

  it("replaces a file of the same name that holds something else", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createFirmwareBucket(fleet));
    const Bucket = firmwareBucketName(fleet);
    await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key: "A_v1_0.zip", Body: "other" })));

    const { done } = await settle(uploadFirmware(fleet, releases.slice(0, 1)));

    const { Versions } = await settle(fleet.s3.send(new ListObjectVersionsCommand({ Bucket })));
    expect(done).toBe(1);
    expect(Versions?.filter(({ Key }) => Key === "A_v1_0.zip")).toHaveLength(2);
  });

  it("tells what failed, and leaves it out of what can be published", async () => {
    const { fleet, settle } = openTestFleet();

    const { done, failed, firmware } = await settle(uploadFirmware(fleet, releases));

    expect(done).toBe(0);
    expect(failed.map(({ error }) => error)).toEqual(Array(4).fill("NoSuchBucket"));
    expect(firmware).toEqual([]);
  });
});

describe("uploadRelease", () => {
  it("refuses names that the catalog could not have, before any call", async () => {
    const { fleet, calls } = openTestFleet();

    for (const versionName of ["", "a b", undefined as unknown as string]) {
      const refused = uploadRelease(fleet, { ...release, versionName });
      await expect(refused).rejects.toThrow("cannot be a package version");
    }
    expect(calls()).toEqual([]);
  });

  it.each(["no file", "another file"])(
    "keeps one version of its own when the answer is lost, over %s",
    async (before) => {
      const { fleet, settle, calls } = openTestFleet();
      await settle(createFirmwareBucket(fleet));
      const Bucket = firmwareBucketName(fleet);
      const Key = firmwareKey(release);
      if (before === "another file") {
        await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key, Body: "other" })));
      }
      const putBefore = calls("PutObject").length;
      loseFirstAnswer(fleet.s3, "PutObject");

      const { firmware, outcome } = await settle(uploadRelease(fleet, release));

      const { Versions = [] } = await settle(
        fleet.s3.send(new ListObjectVersionsCommand({ Bucket })),
      );
      expect(calls("PutObject")).toHaveLength(putBefore + 2);
      expect(outcome).toBe("done");
      expect(Versions).toHaveLength(before === "no file" ? 1 : 2);
      expect(Versions.find(({ IsLatest }) => IsLatest)?.VersionId).toBe(firmware.objectVersion);
      expect(await settle(uploadRelease(fleet, release))).toEqual({ firmware, outcome: "existed" });
    },
  );

  it("takes the file of somebody who uploads the same at the same time", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createFirmwareBucket(fleet));

    const [one, other] = await settle(
      Promise.all([uploadRelease(fleet, release), uploadRelease(fleet, release)]),
    );

    const Bucket = firmwareBucketName(fleet);
    const { Versions } = await settle(fleet.s3.send(new ListObjectVersionsCommand({ Bucket })));
    expect(other.firmware).toEqual(one.firmware);
    expect(Versions).toHaveLength(1);
  });

  it("refuses a bucket in which nothing would pin the bytes", async () => {
    const { fleet, settle } = openTestFleet();
    const Bucket = firmwareBucketName(fleet);
    const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" as const };
    await settle(fleet.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration })));

    const refused = settle(uploadRelease(fleet, release));

    await expect(refused).rejects.toThrow(FleetError);
    await expect(refused).rejects.toThrow("is not versioned");
    await expect(settle(uploadRelease(fleet, release))).rejects.toThrow("is not versioned");
  });
});
