import {
  CreatePackageCommand,
  CreatePackageVersionCommand,
  DeletePackageVersionCommand,
  GetPackageVersionCommand,
  ListPackageVersionsCommand,
  ListTagsForResourceCommand,
  paginateListPackageVersions,
  UpdatePackageCommand,
  UpdatePackageVersionCommand,
  type CreatePackageVersionCommandInput,
  type UpdatePackageVersionCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";
import { storeWith } from "../records.js";

const packageName = "app";
const versionArn = `arn:aws:iot:${REGION}:${ACCOUNT}:package/app/version/1.0.0`;
const clientToken = "0123456789abcdef0123456789abcdef0123";

/** A sandbox with one package, and ways to work on its version 1.0.0. */
async function withPackage(options: Parameters<typeof openSandbox>[0] = {}) {
  const clients = openSandbox(options);
  const { iot } = clients;
  await iot.send(new CreatePackageCommand({ packageName }));
  const version = { packageName, versionName: "1.0.0" };
  const create = (input: Partial<CreatePackageVersionCommandInput> = {}) =>
    iot.send(new CreatePackageVersionCommand({ ...version, ...input }));
  const update = (input: Partial<UpdatePackageVersionCommandInput>) =>
    iot.send(new UpdatePackageVersionCommand({ ...version, ...input }));
  const get = () => iot.send(new GetPackageVersionCommand(version));
  const remove = () => iot.send(new DeletePackageVersionCommand(version));
  return { ...clients, create, update, get, remove };
}

describe("CreatePackageVersion (API_CreatePackageVersion)", () => {
  it("makes a draft and keeps the tags", async () => {
    const { iot, create } = await withPackage();

    const { $metadata: _, ...made } = await create({
      description: "First",
      attributes: { build: "7" },
      tags: { k: "v" },
    });
    const { tags } = await iot.send(new ListTagsForResourceCommand({ resourceArn: versionArn }));

    expect(made).toEqual({
      packageVersionArn: versionArn,
      packageName,
      versionName: "1.0.0",
      description: "First",
      attributes: { build: "7" },
      status: "DRAFT",
    });
    expect(tags).toEqual([{ Key: "k", Value: "v" }]);
  });

  it("refuses a name that is taken, unless it is the same request again", async () => {
    const { create } = await withPackage();
    await create({ clientToken });

    await create({ clientToken });

    await expect(create()).rejects.toMatchObject({
      name: "ConflictException",
      message: "Version 1.0.0 of package app already exists",
      $metadata: { httpStatusCode: 409 },
    });
    await expect(create({ clientToken, description: "x" })).rejects.toMatchObject({
      name: "ConflictException",
    });
  });

  it("refuses an unknown package as invalid", async () => {
    const { create } = await withPackage();

    await expect(create({ packageName: "nope" })).rejects.toMatchObject({
      name: "ValidationException",
      message: "Package nope cannot be found",
    });
  });

  it("holds all attributes together to 3 KB", async () => {
    const { create } = await withPackage();

    await expect(create({ attributes: { k: "x".repeat(3072) } })).rejects.toMatchObject({
      name: "ValidationException",
    });
    await create({ attributes: { k: "x".repeat(3071) } });
  });

  it.each([
    ["a recipe of 3,073 characters", { recipe: "x".repeat(3073) }],
    ["a version name with a slash", { versionName: "1/0" }],
    ["a version name of 65 characters", { versionName: "1".repeat(65) }],
  ])("refuses %s", async (_, input) => {
    const { create } = await withPackage();

    await expect(create(input)).rejects.toMatchObject({ name: "ValidationException" });
  });
});

describe("an artifact", () => {
  /** The bucket `firmware` with two versions of `app.bin`, and `gone.bin` behind a delete marker. */
  function withBucket(region = REGION) {
    const bucket = {
      name: "firmware",
      account: ACCOUNT,
      region,
      createdAt: new Date(0),
      settings: {},
    };
    const version = (key: string, order: number, versionId: string, isDeleteMarker = false) => ({
      table: "objectVersions",
      key: `firmware/${key}\0${order}`,
      record: {
        bucket: "firmware",
        key,
        versionId,
        sequence: 9 - order,
        isDeleteMarker,
        lastModified: new Date(0),
        size: 1,
        etag: "e",
        headers: {},
      },
    });
    const store = storeWith([
      { table: "buckets", key: "firmware", record: bucket },
      version("app.bin", 1, "new"),
      version("app.bin", 2, "old"),
      version("gone.bin", 1, "marker", true),
      version("gone.bin", 2, "still-there"),
    ]);
    return withPackage({ store });
  }

  it.each([
    ["the newest version", { key: "app.bin", version: "new" }],
    ["an older version", { key: "app.bin", version: "old" }],
    ["whatever is newest", { key: "app.bin" }],
    ["a version behind a delete marker", { key: "gone.bin", version: "still-there" }],
  ])("can be %s", async (_, location) => {
    const { create, get } = await withBucket();
    const artifact = { s3Location: { bucket: "firmware", ...location } };

    await create({ artifact });

    expect((await get()).artifact).toEqual(artifact);
  });

  it.each([
    ["in an unknown bucket", { bucket: "nope", key: "app.bin", version: "new" }],
    ["of an unknown key", { bucket: "firmware", key: "app", version: "new" }],
    ["of an unknown version", { bucket: "firmware", key: "app.bin", version: "nope" }],
    ["that is deleted", { bucket: "firmware", key: "gone.bin" }],
    ["that is a delete marker", { bucket: "firmware", key: "gone.bin", version: "marker" }],
    ["without a key", { bucket: "firmware" }],
  ])("cannot be one %s", async (_, s3Location) => {
    const { create, get } = await withBucket();

    await expect(create({ artifact: { s3Location } })).rejects.toMatchObject({
      name: "ValidationException",
    });
    await expect(get()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("must lie in the same Region", async () => {
    const { create } = await withBucket("us-east-1");

    await expect(
      create({ artifact: { s3Location: { bucket: "firmware", key: "app.bin" } } }),
    ).rejects.toMatchObject({ name: "ValidationException" });
  });
});

describe("GetPackageVersion (API_GetPackageVersion)", () => {
  it("tells the version with recipe and dates", async () => {
    const { clock, create, get } = await withPackage();
    await create({ recipe: '{"steps":[]}' });

    const { $metadata: _, ...found } = await get();

    expect(found).toEqual({
      packageVersionArn: versionArn,
      packageName,
      versionName: "1.0.0",
      status: "DRAFT",
      recipe: '{"steps":[]}',
      creationDate: new Date(clock.now()),
      lastModifiedDate: new Date(clock.now()),
    });
  });

  it("refuses an unknown version with 404", async () => {
    const { get } = await withPackage();

    await expect(get()).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("UpdatePackageVersion (API_UpdatePackageVersion)", () => {
  it("goes from draft to published to deprecated and back to published", async () => {
    const { create, update, get } = await withPackage();
    await create();

    const seen = [];
    for (const action of ["PUBLISH", "DEPRECATE", "PUBLISH"] as const) {
      await update({ action });
      seen.push((await get()).status);
    }

    expect(seen).toEqual(["PUBLISHED", "DEPRECATED", "PUBLISHED"]);
  });

  it.each([
    ["from draft to deprecated", [], "DEPRECATE"],
    ["from published to published", ["PUBLISH"], "PUBLISH"],
    ["from deprecated to deprecated", ["PUBLISH", "DEPRECATE"], "DEPRECATE"],
  ] as const)("does not go %s", async (_, actions, last) => {
    const { create, update } = await withPackage();
    await create();
    for (const action of actions) await update({ action });

    await expect(update({ action: last })).rejects.toMatchObject({
      name: "ConflictException",
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("succeeds when the same step is sent again with the same token", async () => {
    const { create, update } = await withPackage();
    await create();
    await update({ action: "PUBLISH", clientToken });

    await update({ action: "PUBLISH", clientToken });
  });

  it("changes a draft in everything", async () => {
    const { clock, create, update, get } = await withPackage();
    await create({ description: "First", attributes: { build: "7" } });
    await clock.advance(1_000);

    await update({ description: "Better", attributes: { build: "8" }, recipe: "{}" });

    expect(await get()).toMatchObject({
      description: "Better",
      attributes: { build: "8" },
      recipe: "{}",
      lastModifiedDate: new Date(clock.now()),
    });
  });

  it("freezes attributes and artifact with publishing, and nothing else", async () => {
    const { create, update, get } = await withPackage();
    await create();
    await update({ attributes: { build: "8" }, action: "PUBLISH" });

    await update({ description: "Better", recipe: "{}" });
    await expect(update({ attributes: { build: "9" } })).rejects.toMatchObject({
      name: "ValidationException",
    });
    await expect(
      update({ artifact: { s3Location: { bucket: "b", key: "k" } } }),
    ).rejects.toMatchObject({ name: "ValidationException" });

    expect(await get()).toMatchObject({ description: "Better", attributes: { build: "8" } });
  });

  it("refuses an unknown action and an unknown version", async () => {
    const { update } = await withPackage();

    await expect(update({ action: "HIDE" as "PUBLISH" })).rejects.toMatchObject({
      name: "ValidationException",
    });
    await expect(update({ action: "PUBLISH" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeletePackageVersion (API_DeletePackageVersion)", () => {
  it("refuses the default version until that is unset", async () => {
    const { iot, create, update, get, remove } = await withPackage();
    await create();
    await update({ action: "PUBLISH" });
    await iot.send(new UpdatePackageCommand({ packageName, defaultVersionName: "1.0.0" }));

    await expect(remove()).rejects.toMatchObject({ name: "ValidationException" });
    await iot.send(new UpdatePackageCommand({ packageName, unsetDefaultVersion: true }));
    await remove();

    await expect(get()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("succeeds for what is not there", async () => {
    const { remove } = await withPackage();

    await remove();
  });
});

describe("ListPackageVersions (API_ListPackageVersions)", () => {
  it("pages in order, filters by status, and leaves other packages out", async () => {
    const { iot, create, update } = await withPackage();
    await iot.send(new CreatePackageCommand({ packageName: "app-2" }));
    await create({ packageName: "app-2", versionName: "9.0.0" });
    for (const versionName of ["1.1.0", "1.0.0", "2.0.0"]) await create({ versionName });
    await update({ versionName: "1.1.0", action: "PUBLISH" });

    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListPackageVersions(
      { client: iot, pageSize: 2 },
      { packageName },
    )) {
      pages.push((page.packageVersionSummaries ?? []).map(({ versionName }) => versionName));
    }
    const published = await iot.send(
      new ListPackageVersionsCommand({ packageName, status: "PUBLISHED" }),
    );

    expect(pages).toEqual([["1.0.0", "1.1.0"], ["2.0.0"]]);
    expect(published.packageVersionSummaries).toMatchObject([
      { packageName, versionName: "1.1.0", status: "PUBLISHED" },
    ]);
  });

  it("lists nothing for an unknown package", async () => {
    const { iot } = await withPackage();

    const { packageVersionSummaries } = await iot.send(
      new ListPackageVersionsCommand({ packageName: "nope" }),
    );

    expect(packageVersionSummaries).toEqual([]);
  });
});
