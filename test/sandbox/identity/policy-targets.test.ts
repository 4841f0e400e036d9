import {
  AttachPolicyCommand,
  AttachPrincipalPolicyCommand,
  CreateDynamicThingGroupCommand,
  CreatePolicyCommand,
  CreateThingGroupCommand,
  DeletePolicyCommand,
  DeleteThingGroupCommand,
  DetachPolicyCommand,
  DetachPrincipalPolicyCommand,
  ListAttachedPoliciesCommand,
  ListPolicyPrincipalsCommand,
  ListPrincipalPoliciesCommand,
  ListTargetsForPolicyCommand,
  paginateListAttachedPolicies,
  paginateListTargetsForPolicy,
  RegisterCertificateWithoutCACommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../../lib/sandbox/identity/x509.js";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const policyDocument = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "iot:*", Resource: "*" },
});
/** Made once: keys take their time. */
const { certificatePem } = createAuthority("Mine", "01", new Date("2026-01-01"));
const arnOf = (tail: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${tail}`;

/** A sandbox with policies `a` and `b`, the group `west` below `world`, and a certificate. */
async function withTargets() {
  const clients = openSandbox();
  const { iot } = clients;
  const createPolicy = (policyName: string) =>
    iot.send(new CreatePolicyCommand({ policyName, policyDocument }));
  await createPolicy("a");
  await createPolicy("b");
  await iot.send(new CreateThingGroupCommand({ thingGroupName: "world" }));
  await iot.send(new CreateThingGroupCommand({ thingGroupName: "west", parentGroupName: "world" }));
  const { certificateArn: cert = "" } = await iot.send(
    new RegisterCertificateWithoutCACommand({ certificatePem }),
  );
  const attach = (policyName: string, target: string) =>
    iot.send(new AttachPolicyCommand({ policyName, target }));
  const detach = (policyName: string, target: string) =>
    iot.send(new DetachPolicyCommand({ policyName, target }));
  const policiesOf = async (target: string, recursive?: boolean) => {
    const { policies } = await iot.send(new ListAttachedPoliciesCommand({ target, recursive }));
    return policies?.map(({ policyName }) => policyName);
  };
  const targetsOf = async (policyName: string) =>
    (await iot.send(new ListTargetsForPolicyCommand({ policyName }))).targets;
  const [west, world] = [arnOf("thinggroup/west"), arnOf("thinggroup/world")];
  return { ...clients, west, world, cert, createPolicy, attach, detach, policiesOf, targetsOf };
}

describe("AttachPolicy (API_AttachPolicy)", () => {
  it("attaches to certificates and static groups, once", async () => {
    const { attach, policiesOf, targetsOf, cert, west } = await withTargets();

    await attach("a", cert);
    await attach("a", cert);
    await attach("a", west);

    expect(await policiesOf(cert)).toEqual(["a"]);
    expect(await targetsOf("a")).toEqual([cert, west]);
  });

  it("refuses a third policy of a group and an eleventh of a certificate with 410", async () => {
    const { attach, createPolicy, cert, west } = await withTargets();
    for (let i = 0; i <= 10; i++) await createPolicy(`p${i}`);
    for (let i = 0; i < 10; i++) await attach(`p${i}`, cert);
    await attach("a", west);
    await attach("b", west);

    for (const target of [west, cert]) {
      await expect(attach("p10", target)).rejects.toMatchObject({
        name: "LimitExceededException",
        $metadata: { httpStatusCode: 410 },
      });
    }
    await attach("a", west);
  });

  it("refuses a dynamic group", async () => {
    const { iot, clock, attach } = await withTargets();
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
      }),
    );
    await clock.advance(5000);
    await iot.send(new CreateDynamicThingGroupCommand({ thingGroupName: "all", queryString: "*" }));
    const arn = arnOf("thinggroup/all");

    await expect(attach("a", arn)).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: `This operation does not support dynamic thing groups. Thing group arn: ${arn}`,
    });
  });

  it.each([
    ["an unknown policy", "nope", arnOf("thinggroup/west"), "ResourceNotFoundException"],
    ["an unknown group", "a", arnOf("thinggroup/nope"), "ResourceNotFoundException"],
    ["an unknown certificate", "a", arnOf("cert/00"), "ResourceNotFoundException"],
    ["a thing", "a", arnOf("thing/car-1"), "InvalidRequestException"],
    [
      "a group of another account",
      "a",
      `arn:aws:iot:${REGION}:999999999999:thinggroup/west`,
      "InvalidRequestException",
    ],
    ["no ARN", "a", "west", "InvalidRequestException"],
  ])("refuses %s", async (_, policyName, target, name) => {
    const { attach } = await withTargets();

    await expect(attach(policyName, target)).rejects.toMatchObject({ name });
  });
});

describe("DetachPolicy (API_DetachPolicy)", () => {
  it("detaches, and succeeds for what is not attached", async () => {
    const { attach, detach, policiesOf, targetsOf, cert } = await withTargets();
    await attach("a", cert);
    await attach("b", cert);

    await detach("a", cert);
    await detach("a", cert);

    expect(await policiesOf(cert)).toEqual(["b"]);
    expect(await targetsOf("a")).toEqual([]);
  });
});

describe("a thing group that is deleted (API_DeleteThingGroup)", () => {
  it("lets its policies go", async () => {
    const { iot, attach, targetsOf, west } = await withTargets();
    await attach("a", west);

    await iot.send(new DeleteThingGroupCommand({ thingGroupName: "west" }));

    expect(await targetsOf("a")).toEqual([]);
    await iot.send(new DeletePolicyCommand({ policyName: "a" }));
  });
});

describe("ListAttachedPolicies (API_ListAttachedPolicies)", () => {
  it("lists a group's own policies, and when recursive those above it", async () => {
    const { attach, policiesOf, west, world } = await withTargets();
    await attach("a", world);
    await attach("b", west);

    expect(await policiesOf(west)).toEqual(["b"]);
    expect(await policiesOf(west, true)).toEqual(["a", "b"]);
  });

  it("pages names and ARNs", async () => {
    const { iot, attach, cert: target } = await withTargets();
    await attach("a", target);
    await attach("b", target);

    const pages = [];
    for await (const page of paginateListAttachedPolicies({ client: iot, pageSize: 1 }, { target }))
      pages.push(page.policies);

    expect(pages).toEqual([
      [{ policyName: "a", policyArn: arnOf("policy/a") }],
      [{ policyName: "b", policyArn: arnOf("policy/b") }],
    ]);
  });

  it("refuses an unknown target", async () => {
    const { policiesOf } = await withTargets();

    await expect(policiesOf(arnOf("cert/00"))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("ListTargetsForPolicy (API_ListTargetsForPolicy)", () => {
  it("pages", async () => {
    const { iot, attach, cert, west } = await withTargets();
    await attach("a", cert);
    await attach("a", west);

    const pages = [];
    const input = { policyName: "a" };
    for await (const page of paginateListTargetsForPolicy({ client: iot, pageSize: 1 }, input))
      pages.push(page.targets);

    expect(pages).toEqual([[cert], [west]]);
  });

  it("refuses an unknown policy", async () => {
    const { targetsOf } = await withTargets();

    await expect(targetsOf("nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("the older operations (API_AttachPrincipalPolicy)", () => {
  it("do the same for certificates", async () => {
    const { iot, attach, targetsOf, cert: principal, west } = await withTargets();
    await attach("a", west);

    await iot.send(new AttachPrincipalPolicyCommand({ policyName: "a", principal }));
    const policies = await iot.send(new ListPrincipalPoliciesCommand({ principal }));
    const principals = await iot.send(new ListPolicyPrincipalsCommand({ policyName: "a" }));
    await iot.send(new DetachPrincipalPolicyCommand({ policyName: "a", principal }));

    expect(policies.policies).toEqual([{ policyName: "a", policyArn: arnOf("policy/a") }]);
    expect(principals.principals).toEqual([principal]);
    expect(await targetsOf("a")).toEqual([west]);
  });
});
