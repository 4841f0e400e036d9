import {
  CreatePackageCommand,
  CreatePackageVersionCommand,
  DeletePackageCommand,
  DeletePackageVersionCommand,
  GetPackageCommand,
  ListPackagesCommand,
  ListTagsForResourceCommand,
  paginateListPackages,
  UpdatePackageCommand,
  UpdatePackageVersionCommand,
  type UpdatePackageCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const packageName = "Sedan-App_1.x";
const packageArn = `arn:aws:iot:${REGION}:${ACCOUNT}:package/${packageName}`;
const clientToken = "0123456789abcdef0123456789abcdef0123";

/** A sandbox with one package that has the draft 1.0.0. */
async function withPackage() {
  const clients = openSandbox();
  const { iot } = clients;
  await iot.send(new CreatePackageCommand({ packageName, description: "The app" }));
  await iot.send(new CreatePackageVersionCommand({ packageName, versionName: "1.0.0" }));
  const publish = () =>
    iot.send(
      new UpdatePackageVersionCommand({ packageName, versionName: "1.0.0", action: "PUBLISH" }),
    );
  const update = (input: Partial<UpdatePackageCommandInput>) =>
    iot.send(new UpdatePackageCommand({ packageName, ...input }));
  const get = () => iot.send(new GetPackageCommand({ packageName }));
  return { ...clients, publish, update, get };
}

describe("CreatePackage (API_CreatePackage)", () => {
  it("answers with name, ARN and description, and takes tags as a map", async () => {
    const { iot } = openSandbox();

    const { $metadata: _, ...made } = await iot.send(
      new CreatePackageCommand({ packageName, description: "The app", tags: { k: "v" } }),
    );
    const { tags } = await iot.send(new ListTagsForResourceCommand({ resourceArn: packageArn }));

    expect(made).toEqual({ packageName, packageArn, description: "The app" });
    expect(tags).toEqual([{ Key: "k", Value: "v" }]);
  });

  it("refuses a name that is taken, also with the same content", async () => {
    const { iot } = await withPackage();

    await expect(
      iot.send(new CreatePackageCommand({ packageName, description: "The app" })),
    ).rejects.toMatchObject({
      name: "ConflictException",
      message: `Package ${packageName} already exists`,
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("succeeds again for the same request with the same token, and not for another", async () => {
    const { iot } = openSandbox();
    const create = (description: string) =>
      iot.send(new CreatePackageCommand({ packageName, description, clientToken }));
    await create("The app");

    await create("The app");

    await expect(create("Another")).rejects.toMatchObject({ name: "ConflictException" });
  });

  it.each([
    ["a name with a blank", { packageName: "my app" }],
    ["a name of 129 characters", { packageName: "x".repeat(129) }],
    ["a token of 35 characters", { packageName, clientToken: "x".repeat(35) }],
    ["a tag value of 257 characters", { packageName, tags: { k: "x".repeat(257) } }],
    ["a description of 1,025 characters", { packageName, description: "x".repeat(1025) }],
  ])("refuses %s as a ValidationException", async (_, input) => {
    const { iot } = openSandbox();

    await expect(iot.send(new CreatePackageCommand(input))).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("failed to satisfy constraint"),
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe("GetPackage (API_GetPackage)", () => {
  it("tells the package and its dates, and no default until one is set", async () => {
    const { clock, get } = await withPackage();

    const { $metadata: _, ...found } = await get();

    const date = new Date(clock.now());
    expect(found).toEqual({
      packageName,
      packageArn,
      description: "The app",
      creationDate: date,
      lastModifiedDate: date,
    });
  });

  it("refuses an unknown package with 404", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new GetPackageCommand({ packageName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("UpdatePackage (API_UpdatePackage)", () => {
  it("sets and unsets the default version, and notes when", async () => {
    const { clock, publish, update, get } = await withPackage();
    await publish();
    await clock.advance(60_000);

    await update({ defaultVersionName: "1.0.0" });
    const set = await get();
    await update({ description: "New" });
    const kept = await get();
    await update({ unsetDefaultVersion: true });
    const unset = await get();

    expect(set).toMatchObject({
      defaultVersionName: "1.0.0",
      lastModifiedDate: new Date(clock.now()),
    });
    expect(kept).toMatchObject({ defaultVersionName: "1.0.0", description: "New" });
    expect(unset).not.toHaveProperty("defaultVersionName");
  });

  it("refuses a draft as the default", async () => {
    const { update } = await withPackage();

    await expect(update({ defaultVersionName: "1.0.0" })).rejects.toMatchObject({
      name: "ValidationException",
    });
  });

  it("refuses an unknown version, and to set and unset at once", async () => {
    const { publish, update } = await withPackage();
    await publish();

    await expect(update({ defaultVersionName: "9.9.9" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await expect(
      update({ defaultVersionName: "1.0.0", unsetDefaultVersion: true }),
    ).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("refuses an unknown package", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new UpdatePackageCommand({ packageName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeletePackage (API_DeletePackage)", () => {
  it("needs all versions gone, and succeeds again for what is gone", async () => {
    const { iot, get } = await withPackage();
    const remove = () => iot.send(new DeletePackageCommand({ packageName }));

    await expect(remove()).rejects.toMatchObject({
      name: "ValidationException",
      $metadata: { httpStatusCode: 400 },
    });
    await iot.send(new DeletePackageVersionCommand({ packageName, versionName: "1.0.0" }));
    await remove();
    await remove();

    await expect(get()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("ListPackages (API_ListPackages)", () => {
  it("pages in order and tells default and dates", async () => {
    const { iot, clock, publish, update } = await withPackage();
    await publish();
    await update({ defaultVersionName: "1.0.0" });
    for (const name of ["b", "a"]) await iot.send(new CreatePackageCommand({ packageName: name }));

    const pages = [];
    for await (const page of paginateListPackages({ client: iot, pageSize: 2 }, {})) {
      pages.push(page.packageSummaries);
    }

    const dates = {
      creationDate: new Date(clock.now()),
      lastModifiedDate: new Date(clock.now()),
    };
    expect(pages).toEqual([
      [
        { packageName, defaultVersionName: "1.0.0", ...dates },
        { packageName: "a", ...dates },
      ],
      [{ packageName: "b", ...dates }],
    ]);
  });

  it("refuses a page of more than 100 and a foreign token", async () => {
    const { iot } = openSandbox();

    for (const input of [{ maxResults: 101 }, { nextToken: "x" }]) {
      await expect(iot.send(new ListPackagesCommand(input))).rejects.toMatchObject({
        name: "ValidationException",
      });
    }
  });
});
