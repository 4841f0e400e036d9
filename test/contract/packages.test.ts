import {
  CreatePackageCommand,
  CreatePackageVersionCommand,
  DeletePackageCommand,
  DeletePackageVersionCommand,
  GetPackageCommand,
  GetPackageVersionCommand,
  ListPackagesCommand,
  ListPackageVersionsCommand,
  UpdatePackageCommand,
  UpdatePackageVersionCommand,
  type UpdatePackageCommandInput,
  type UpdatePackageVersionCommandInput,
} from "@aws-sdk/client-iot";
import { PutBucketVersioningCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { makeBucket, makePackage, makeVersion } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, conflict, invalidValue, notFound } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot, s3 } = target;

const look = (packageName: string) => iot.send(new GetPackageCommand({ packageName }));
const update = (packageName: string, rest: Partial<UpdatePackageCommandInput>) =>
  iot.send(new UpdatePackageCommand({ packageName, ...rest }));
const remove = (packageName: string) => iot.send(new DeletePackageCommand({ packageName }));
const versionName = "1.0.0";
const lookAt = (packageName: string, name = versionName) =>
  iot.send(new GetPackageVersionCommand({ packageName, versionName: name }));
const change = (packageName: string, rest: Partial<UpdatePackageVersionCommandInput>) =>
  iot.send(new UpdatePackageVersionCommand({ packageName, versionName, ...rest }));
const removeVersion = (packageName: string) =>
  iot.send(new DeletePackageVersionCommand({ packageName, versionName }));

/** A package with one version, published on demand. */
async function withVersion(action?: "PUBLISH") {
  const packageName = await makePackage(target);
  await makeVersion(target, { packageName });
  if (action) await change(packageName, { action });
  return packageName;
}

/** The package's cleanup meets a default version: it must be unset before. */
async function withDefault() {
  const packageName = await withVersion("PUBLISH");
  await update(packageName, { defaultVersionName: versionName });
  target.cleanUp(`default version of ${packageName}`, () =>
    update(packageName, { unsetDefaultVersion: true }),
  );
  return packageName;
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackage.html
describe("CreatePackage", () => {
  it("answers with name, ARN and description", async () => {
    const packageName = target.name("package");
    target.cleanUp(`package ${packageName}`, () => remove(packageName));

    const made = await iot.send(new CreatePackageCommand({ packageName, description: "An app" }));

    expect(answerOf(made)).toEqual({
      packageName,
      packageArn: target.arn(`package/${packageName}`),
      description: "An app",
    });
  });

  it("refuses a name that is taken with 409", async () => {
    const packageName = await makePackage(target);

    const again = iot.send(new CreatePackageCommand({ packageName, description: "Another" }));

    await expect(again).rejects.toMatchObject(conflict);
  });

  it.each([
    ["a name with a blank", { packageName: "contract app" }],
    ["a name of 129 characters", { packageName: "x".repeat(129) }],
    ["an empty description", { packageName: "contract-none", description: "" }],
  ])("refuses %s with 400", async (_, input) => {
    await expect(iot.send(new CreatePackageCommand(input))).rejects.toMatchObject(invalidValue);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackage.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackage.html
describe("GetPackage and UpdatePackage", () => {
  it("tell and change the description", async () => {
    const packageName = await makePackage(target);

    expect(answerOf(await update(packageName, { description: "An app" }))).toEqual({});

    expect(answerOf(await look(packageName))).toEqual({
      packageName,
      packageArn: target.arn(`package/${packageName}`),
      description: "An app",
      creationDate: expect.any(Date),
      lastModifiedDate: expect.any(Date),
    });
  });

  it("set and unset the default version", async () => {
    const packageName = await withDefault();

    const set = await look(packageName);
    await update(packageName, { unsetDefaultVersion: true });
    const unset = await look(packageName);

    expect(set.defaultVersionName).toBe(versionName);
    expect(unset).not.toHaveProperty("defaultVersionName");
  });

  it("refuse to set and unset it at once, and a draft", async () => {
    const published = await withVersion("PUBLISH");
    const draft = await withVersion();

    await expect(
      update(published, { defaultVersionName: versionName, unsetDefaultVersion: true }),
    ).rejects.toMatchObject(invalidValue);
    // Of which kind the refusal of a draft is, AWS does not say.
    await expect(update(draft, { defaultVersionName: versionName })).rejects.toMatchObject({
      $fault: "client",
    });
  });

  it("refuse an unknown package with 404", async () => {
    const packageName = target.name("package");

    await expect(look(packageName)).rejects.toMatchObject(notFound);
    await expect(update(packageName, { description: "An app" })).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListPackages.html
describe("ListPackages", () => {
  it("goes on with another package on the next page", async () => {
    for (let i = 0; i < 2; i++) await makePackage(target);

    const pages = await target.eventually(async () => {
      const found = await pagesOf(async (nextToken) => {
        const page = await iot.send(new ListPackagesCommand({ maxResults: 1, nextToken }));
        return { items: page.packageSummaries, next: page.nextToken };
      }, 2);
      expect(found.flat()).toHaveLength(2);
      return found;
    });

    expect(longest(pages)).toBe(1);
    expect(new Set(pages.flat().map(({ packageName }) => packageName)).size).toBe(2);
    expect(pages.flat()[0]).toMatchObject({
      creationDate: expect.any(Date),
      lastModifiedDate: expect.any(Date),
    });
  });

  it.each([0, 101])("refuses a page of %i", async (maxResults) => {
    const listed = iot.send(new ListPackagesCommand({ maxResults }));

    await expect(listed).rejects.toMatchObject(invalidValue);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePackage.html
describe("DeletePackage", () => {
  it("deletes an empty package, and refuses one with versions", async () => {
    const empty = await makePackage(target);
    const full = await withVersion();

    expect(answerOf(await remove(empty))).toEqual({});

    await expect(look(empty)).rejects.toMatchObject(notFound);
    await expect(remove(full)).rejects.toMatchObject(invalidValue);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackageVersion.html
describe("CreatePackageVersion", () => {
  it("answers with a draft", async () => {
    const packageName = await makePackage(target);
    const attributes = { build: "7" };

    const made = await makeVersion(target, { packageName, description: "The first", attributes });

    expect(answerOf(made)).toEqual({
      packageVersionArn: target.arn(`package/${packageName}/version/${versionName}`),
      packageName,
      versionName,
      description: "The first",
      attributes,
      status: "DRAFT",
    });
  });

  it("refuses a version that is taken with 409", async () => {
    const packageName = await withVersion();

    const again = iot.send(
      new CreatePackageVersionCommand({ packageName, versionName, description: "Another" }),
    );

    await expect(again).rejects.toMatchObject(conflict);
  });

  it.each([
    ["a name with a blank", { versionName: "1 0" }],
    ["a name of 65 characters", { versionName: "1".repeat(65) }],
    ["attributes of more than 3 KB", { attributes: { a: "x".repeat(3_100) } }],
    ["a recipe of 3,073 characters", { recipe: "x".repeat(3_073) }],
  ])("refuses %s with 400", async (_, rest) => {
    const packageName = await makePackage(target);

    const made = iot.send(new CreatePackageVersionCommand({ packageName, versionName, ...rest }));

    await expect(made).rejects.toMatchObject(invalidValue);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackageVersion.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackageVersion.html
describe("GetPackageVersion and UpdatePackageVersion", () => {
  it("tell and change a draft, its artifact among it", async () => {
    const packageName = await withVersion();
    const bucket = await makeBucket(target);
    await s3.send(
      new PutBucketVersioningCommand({
        Bucket: bucket,
        VersioningConfiguration: { Status: "Enabled" },
      }),
    );
    const put = new PutObjectCommand({ Bucket: bucket, Key: "app.bin", Body: "app" });
    const { VersionId: version } = await s3.send(put);
    const changes = {
      description: "The first",
      attributes: { build: "8" },
      artifact: { s3Location: { bucket, key: "app.bin", version } },
      recipe: "{}",
    };

    expect(answerOf(await change(packageName, changes))).toEqual({});

    expect(answerOf(await lookAt(packageName))).toMatchObject({
      packageVersionArn: target.arn(`package/${packageName}/version/${versionName}`),
      packageName,
      versionName,
      status: "DRAFT",
      ...changes,
      creationDate: expect.any(Date),
      lastModifiedDate: expect.any(Date),
    });
  });

  it("go from draft to published, to deprecated, and back to published", async () => {
    const packageName = await withVersion();
    const seen = [];

    for (const action of ["PUBLISH", "DEPRECATE", "PUBLISH"] as const) {
      await change(packageName, { action });
      seen.push((await lookAt(packageName)).status);
    }

    expect(seen).toEqual(["PUBLISHED", "DEPRECATED", "PUBLISHED"]);
  });

  it("refuse to deprecate a draft, and to change what is published", async () => {
    const draft = await withVersion();
    const published = await withVersion("PUBLISH");

    // Of which kind these refusals are, AWS does not say.
    await expect(change(draft, { action: "DEPRECATE" })).rejects.toMatchObject({
      $fault: "client",
    });
    await expect(change(published, { attributes: { build: "9" } })).rejects.toMatchObject({
      $fault: "client",
    });
    expect((await lookAt(published)).attributes ?? {}).toEqual({});
  });

  it("refuse an unknown version with 404", async () => {
    const packageName = await makePackage(target);

    await expect(lookAt(packageName)).rejects.toMatchObject(notFound);
    await expect(change(packageName, { description: "None" })).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListPackageVersions.html
describe("ListPackageVersions", () => {
  it("pages through the versions of a package, and filters by status", async () => {
    const packageName = await withVersion("PUBLISH");
    await makeVersion(target, { packageName, versionName: "1.1.0" });
    await makeVersion(target, { packageName, versionName: "1.2.0" });
    const versions = (status?: "DRAFT" | "PUBLISHED") =>
      pagesOf(async (nextToken) => {
        const input = { packageName, status, maxResults: 2, nextToken };
        const page = await iot.send(new ListPackageVersionsCommand(input));
        return { items: page.packageVersionSummaries, next: page.nextToken };
      });
    const names = async (status?: "DRAFT" | "PUBLISHED") =>
      (await versions(status)).flat().map((version) => version.versionName);

    await target.eventually(async () =>
      expect((await names()).sort()).toEqual(["1.0.0", "1.1.0", "1.2.0"]),
    );

    expect((await names("DRAFT")).sort()).toEqual(["1.1.0", "1.2.0"]);
    expect(longest(await versions())).toBeLessThanOrEqual(2);
    expect((await versions("PUBLISHED")).flat()).toEqual([
      {
        packageName,
        versionName,
        status: "PUBLISHED",
        creationDate: expect.any(Date),
        lastModifiedDate: expect.any(Date),
      },
    ]);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePackageVersion.html
describe("DeletePackageVersion", () => {
  it("deletes any version but the default one", async () => {
    const packageName = await withDefault();

    await expect(removeVersion(packageName)).rejects.toMatchObject(invalidValue);
    await update(packageName, { unsetDefaultVersion: true });
    await removeVersion(packageName);

    await expect(lookAt(packageName)).rejects.toMatchObject(notFound);
  });
});
