import {
  AttachThingPrincipalCommand,
  CreateThingCommand,
  DeleteThingCommand,
  DetachThingPrincipalCommand,
  ListPrincipalThingsCommand,
  ListPrincipalThingsV2Command,
  ListThingPrincipalsCommand,
  ListThingPrincipalsV2Command,
  paginateListPrincipalThings,
  paginateListThingPrincipals,
  RegisterCertificateWithoutCACommand,
  type ThingPrincipalType,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../../lib/sandbox/identity/x509.js";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

/** Made once: keys take their time. */
const certificates = ["01", "02"].map(
  (serial) => createAuthority("Mine", serial, new Date("2026-01-01")).certificatePem,
);

/** A sandbox with two things and two certificates, whose ARNs are in order. */
async function withPrincipals() {
  const clients = openSandbox();
  const { iot } = clients;
  for (const thingName of ["car-1", "car-2"]) await iot.send(new CreateThingCommand({ thingName }));
  const arns: string[] = [];
  for (const certificatePem of certificates) {
    const { certificateArn } = await iot.send(
      new RegisterCertificateWithoutCACommand({ certificatePem }),
    );
    arns.push(certificateArn as string);
  }
  const [one = "", two = ""] = arns.sort();
  const attach = (thingName: string, principal: string, thingPrincipalType?: ThingPrincipalType) =>
    iot.send(new AttachThingPrincipalCommand({ thingName, principal, thingPrincipalType }));
  const detach = (thingName: string, principal: string) =>
    iot.send(new DetachThingPrincipalCommand({ thingName, principal }));
  const principalsOf = async (thingName: string) =>
    (await iot.send(new ListThingPrincipalsCommand({ thingName }))).principals;
  const thingsOf = async (principal: string) =>
    (await iot.send(new ListPrincipalThingsCommand({ principal }))).things;
  return { ...clients, one, two, attach, detach, principalsOf, thingsOf };
}

const unknown = `arn:aws:iot:${REGION}:${ACCOUNT}:cert/${"0".repeat(64)}`;

describe("AttachThingPrincipal (API_AttachThingPrincipal)", () => {
  it("attaches many to many, and once only", async () => {
    const { attach, principalsOf, thingsOf, one, two } = await withPrincipals();

    await attach("car-1", one);
    await attach("car-1", one);
    await attach("car-1", two);
    await attach("car-2", one);

    expect(await principalsOf("car-1")).toEqual([one, two]);
    expect(await thingsOf(one)).toEqual(["car-1", "car-2"]);
  });

  it("keeps an exclusive principal to one thing, whichever comes first", async () => {
    const { attach, one, two } = await withPrincipals();
    await attach("car-1", one, "EXCLUSIVE_THING");
    await attach("car-1", one, "EXCLUSIVE_THING");
    await attach("car-1", two);

    await expect(attach("car-2", one)).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(attach("car-2", two, "EXCLUSIVE_THING")).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it.each([
    ["an unknown thing", "nope", undefined, "ResourceNotFoundException"],
    ["an unknown certificate", "car-1", unknown, "ResourceNotFoundException"],
    ["what is no certificate", "car-1", "me", "InvalidRequestException"],
    [
      "a certificate of another account",
      "car-1",
      unknown.replace(ACCOUNT, "999999999999"),
      "InvalidRequestException",
    ],
  ])("refuses %s", async (_, thingName, principal, name) => {
    const { attach, one } = await withPrincipals();

    await expect(attach(thingName, principal ?? one)).rejects.toMatchObject({ name });
  });
});

describe("DetachThingPrincipal (API_DetachThingPrincipal)", () => {
  it("detaches, and succeeds for what is not attached", async () => {
    const { attach, detach, principalsOf, thingsOf, one, two } = await withPrincipals();
    await attach("car-1", one);
    await attach("car-1", two);

    await detach("car-1", one);
    await detach("car-1", one);

    expect(await principalsOf("car-1")).toEqual([two]);
    expect(await thingsOf(one)).toEqual([]);
  });

  it("refuses an unknown thing and an unknown certificate", async () => {
    const { detach, one } = await withPrincipals();

    await expect(detach("nope", one)).rejects.toThrow("Thing nope cannot be found");
    await expect(detach("car-1", unknown)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeleteThing (API_DeleteThing)", () => {
  it("refuses while principals are attached", async () => {
    const { iot, attach, detach, one } = await withPrincipals();
    await attach("car-1", one);
    const remove = () => iot.send(new DeleteThingCommand({ thingName: "car-1" }));

    await expect(remove()).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Cannot delete. Thing car-1 is still attached to one or more principals",
      $metadata: { httpStatusCode: 400 },
    });
    await detach("car-1", one);
    await remove();
  });
});

describe("ListThingPrincipals (API_ListThingPrincipals)", () => {
  it("pages ARNs", async () => {
    const { iot, attach, one, two } = await withPrincipals();
    await attach("car-1", one);
    await attach("car-1", two);

    const pages = [];
    const input = { thingName: "car-1" };
    for await (const page of paginateListThingPrincipals({ client: iot, pageSize: 1 }, input))
      pages.push(page.principals);

    expect(pages).toEqual([[one], [two]]);
  });

  it("refuses an unknown thing", async () => {
    const { principalsOf } = await withPrincipals();

    await expect(principalsOf("nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("ListPrincipalThings (API_ListPrincipalThings)", () => {
  it("pages names", async () => {
    const { iot, attach, one: principal } = await withPrincipals();
    await attach("car-1", principal);
    await attach("car-2", principal);

    const pages = [];
    for await (const page of paginateListPrincipalThings(
      { client: iot, pageSize: 1 },
      { principal },
    ))
      pages.push(page.things);

    expect(pages).toEqual([["car-1"], ["car-2"]]);
  });

  it("refuses an unknown certificate", async () => {
    const { thingsOf } = await withPrincipals();

    await expect(thingsOf(unknown)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("version 2 of the lists (API_ListThingPrincipalsV2, API_ListPrincipalThingsV2)", () => {
  it("tells and filters how principals are attached", async () => {
    const { iot, attach, one, two } = await withPrincipals();
    await attach("car-1", one, "EXCLUSIVE_THING");
    await attach("car-1", two);
    const exclusive = { thingPrincipalType: "EXCLUSIVE_THING" } as const;

    const all = await iot.send(new ListThingPrincipalsV2Command({ thingName: "car-1" }));
    const some = await iot.send(
      new ListThingPrincipalsV2Command({ thingName: "car-1", ...exclusive }),
    );
    const things = await iot.send(new ListPrincipalThingsV2Command({ principal: two }));
    const none = await iot.send(new ListPrincipalThingsV2Command({ principal: two, ...exclusive }));

    expect(all.thingPrincipalObjects).toEqual([
      { principal: one, thingPrincipalType: "EXCLUSIVE_THING" },
      { principal: two, thingPrincipalType: "NON_EXCLUSIVE_THING" },
    ]);
    expect(some.thingPrincipalObjects).toEqual([{ principal: one, ...exclusive }]);
    expect(things.principalThingObjects).toEqual([
      { thingName: "car-1", thingPrincipalType: "NON_EXCLUSIVE_THING" },
    ]);
    expect(none.principalThingObjects).toEqual([]);
  });
});
