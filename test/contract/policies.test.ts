import {
  AttachPolicyCommand,
  AttachPrincipalPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachPolicyCommand,
  DetachPrincipalPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListAttachedPoliciesCommand,
  ListPoliciesCommand,
  ListPolicyPrincipalsCommand,
  ListPolicyVersionsCommand,
  ListPrincipalPoliciesCommand,
  ListTargetsForPolicyCommand,
  SetDefaultPolicyVersionCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { harmlessPolicy, makeCertificate, makeGroup, makePolicy } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, notFound, refused, taken } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

const malformed = refused("MalformedPolicyException", 400);
const deleteConflict = refused("DeleteConflictException", 409);
/** The same permission for another client that nobody is. */
const otherPolicy = harmlessPolicy.replace("client/none", "client/nobody");

const look = (policyName: string) => iot.send(new GetPolicyCommand({ policyName }));
const remove = (policyName: string) => iot.send(new DeletePolicyCommand({ policyName }));
const addVersion = (policyName: string, policyDocument = otherPolicy, setAsDefault?: boolean) =>
  iot.send(new CreatePolicyVersionCommand({ policyName, policyDocument, setAsDefault }));
const version = (policyName: string, policyVersionId: string) =>
  iot.send(new GetPolicyVersionCommand({ policyName, policyVersionId }));
const makeDefault = (policyName: string, policyVersionId: string) =>
  iot.send(new SetDefaultPolicyVersionCommand({ policyName, policyVersionId }));
const removeVersion = (policyName: string, policyVersionId: string) =>
  iot.send(new DeletePolicyVersionCommand({ policyName, policyVersionId }));
const detach = (policyName: string, to: string) =>
  iot.send(new DetachPolicyCommand({ policyName, target: to }));

/** Attach a policy; at the end it comes off before either goes. */
async function attach(policyName: string, to: string) {
  target.cleanUp(`policy ${policyName} on ${to}`, () => detach(policyName, to));
  return iot.send(new AttachPolicyCommand({ policyName, target: to }));
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html
describe("CreatePolicy", () => {
  it("answers with the whole first version", async () => {
    const policyName = target.name("policy");
    target.cleanUp(`policy ${policyName}`, () => remove(policyName));

    const made = await iot.send(
      new CreatePolicyCommand({ policyName, policyDocument: harmlessPolicy }),
    );

    expect(answerOf(made)).toEqual({
      policyName,
      policyArn: target.arn(`policy/${policyName}`),
      policyDocument: harmlessPolicy,
      policyVersionId: "1",
    });
  });

  it("refuses a name that is taken with 409", async () => {
    const policyName = await makePolicy(target);
    const again = iot.send(new CreatePolicyCommand({ policyName, policyDocument: otherPolicy }));

    await expect(again).rejects.toMatchObject(taken);
  });

  it.each([
    ["what is no JSON", "allow"],
    ["a policy without statements", '{"Version":"2012-10-17"}'],
  ])("refuses %s with 400", async (_, policyDocument) => {
    const made = iot.send(
      new CreatePolicyCommand({ policyName: target.name("policy"), policyDocument }),
    );

    await expect(made).rejects.toMatchObject(malformed);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetPolicy.html
describe("GetPolicy", () => {
  it("tells the default version", async () => {
    const policyName = await makePolicy(target);

    expect(answerOf(await look(policyName))).toMatchObject({
      policyName,
      policyArn: target.arn(`policy/${policyName}`),
      policyDocument: harmlessPolicy,
      defaultVersionId: "1",
      creationDate: expect.any(Date),
      lastModifiedDate: expect.any(Date),
    });
  });

  it("refuses an unknown policy with 404", async () => {
    await expect(look(target.name("policy"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicies.html
describe("ListPolicies", () => {
  it("goes on with another policy on the next page", async () => {
    for (let i = 0; i < 2; i++) await makePolicy(target);

    const pages = await target.eventually(async () => {
      const found = await pagesOf(async (marker) => {
        const page = await iot.send(new ListPoliciesCommand({ pageSize: 1, marker }));
        return { items: page.policies, next: page.nextMarker };
      }, 2);
      expect(found.flat()).toHaveLength(2);
      return found;
    });

    expect(longest(pages)).toBe(1);
    const [first, second] = pages.flat();
    expect(first?.policyArn).toBe(target.arn(`policy/${first?.policyName}`));
    expect(second?.policyName).not.toBe(first?.policyName);
  });
});

// https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
describe("Policy versions", () => {
  it("are made, told, and become the default", async () => {
    const policyName = await makePolicy(target);

    const made = await addVersion(policyName);
    await makeDefault(policyName, "2");
    const { policyVersions } = await iot.send(new ListPolicyVersionsCommand({ policyName }));

    expect(answerOf(made)).toMatchObject({
      policyArn: target.arn(`policy/${policyName}`),
      policyDocument: otherPolicy,
      policyVersionId: "2",
      isDefaultVersion: false,
    });
    expect(policyVersions).toHaveLength(2);
    expect(policyVersions).toEqual(
      expect.arrayContaining([
        { versionId: "1", isDefaultVersion: false, createDate: expect.any(Date) },
        { versionId: "2", isDefaultVersion: true, createDate: expect.any(Date) },
      ]),
    );
    expect(await version(policyName, "2")).toMatchObject({
      policyName,
      policyDocument: otherPolicy,
      policyVersionId: "2",
      isDefaultVersion: true,
    });
    expect((await look(policyName)).policyDocument).toBe(otherPolicy);
  });

  it("are five at most", async () => {
    const policyName = await makePolicy(target);
    for (let i = 0; i < 4; i++) await addVersion(policyName);

    await expect(addVersion(policyName)).rejects.toMatchObject(
      refused("VersionsLimitExceededException", 409),
    );
  });

  it("are deleted, but for the default one", async () => {
    const policyName = await makePolicy(target);
    await addVersion(policyName, otherPolicy, true);

    await removeVersion(policyName, "1");

    await expect(version(policyName, "1")).rejects.toMatchObject(notFound);
    // Whether this is an invalid request or a conflict, the model leaves open.
    await expect(removeVersion(policyName, "2")).rejects.toMatchObject({ $fault: "client" });
  });

  it("refuse a malformed document with 400, and an unknown policy with 404", async () => {
    const policyName = await makePolicy(target);
    const unknown = target.name("policy");

    await expect(addVersion(policyName, "allow")).rejects.toMatchObject(malformed);
    await expect(addVersion(unknown)).rejects.toMatchObject(notFound);
    await expect(makeDefault(policyName, "9")).rejects.toMatchObject(notFound);
    const listed = iot.send(new ListPolicyVersionsCommand({ policyName: unknown }));
    await expect(listed).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html
describe("DeletePolicy", () => {
  it("deletes a policy, and refuses one that is not there with 404", async () => {
    const policyName = await makePolicy(target);

    await remove(policyName);

    await expect(remove(policyName)).rejects.toMatchObject(notFound);
  });

  it("refuses one with several versions, and one that is attached, with 409", async () => {
    const several = await makePolicy(target);
    await addVersion(several);
    const attached = await makePolicy(target);
    const { certificateArn } = await makeCertificate(target);
    await attach(attached, certificateArn);

    await expect(remove(several)).rejects.toMatchObject(deleteConflict);
    await expect(remove(attached)).rejects.toMatchObject(deleteConflict);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_DetachPolicy.html
describe("AttachPolicy and DetachPolicy", () => {
  const targetsOf = async (policyName: string) =>
    (await iot.send(new ListTargetsForPolicyCommand({ policyName }))).targets;
  const policiesOf = async (to: string, recursive?: boolean) => {
    const found = await iot.send(new ListAttachedPoliciesCommand({ target: to, recursive }));
    return found.policies;
  };

  it("show on both sides, and attach once", async () => {
    const policyName = await makePolicy(target);
    const { certificateArn } = await makeCertificate(target);

    for (let i = 0; i < 2; i++) await attach(policyName, certificateArn);
    await target.eventually(async () => {
      expect(await targetsOf(policyName)).toEqual([certificateArn]);
      expect(await policiesOf(certificateArn)).toEqual([
        { policyName, policyArn: target.arn(`policy/${policyName}`) },
      ]);
    });
    await detach(policyName, certificateArn);

    await target.eventually(async () => {
      expect(await targetsOf(policyName)).toEqual([]);
      expect(await policiesOf(certificateArn)).toEqual([]);
    });
  });

  it("give a group what its parent has, when asked for recursively", async () => {
    const policyName = await makePolicy(target);
    const parent = await makeGroup(target);
    const child = await makeGroup(target, { parentGroupName: parent.thingGroupName });
    await attach(policyName, parent.thingGroupArn);

    await target.eventually(async () =>
      expect(await policiesOf(child.thingGroupArn, true)).toMatchObject([{ policyName }]),
    );

    expect(await policiesOf(child.thingGroupArn)).toEqual([]);
  });

  it("keep two policies on a group, and refuse the third with 410", async () => {
    const { thingGroupArn } = await makeGroup(target);
    for (let i = 0; i < 2; i++) await attach(await makePolicy(target), thingGroupArn);

    await expect(attach(await makePolicy(target), thingGroupArn)).rejects.toMatchObject(
      refused("LimitExceededException", 410),
    );
  });

  it("page through policies and targets, each once", async () => {
    const names = [await makePolicy(target), await makePolicy(target)];
    const { certificateArn } = await makeCertificate(target);
    const { certificateArn: other } = await makeCertificate(target);
    for (const name of names) await attach(name, certificateArn);
    await attach(names[0] ?? "", other);

    await target.eventually(async () => {
      const policies = await pagesOf(async (marker) => {
        const input = { target: certificateArn, pageSize: 1, marker };
        const page = await iot.send(new ListAttachedPoliciesCommand(input));
        return { items: page.policies, next: page.nextMarker };
      });
      expect(longest(policies)).toBeLessThanOrEqual(1);
      expect(
        policies
          .flat()
          .map(({ policyName }) => policyName)
          .sort(),
      ).toEqual([...names].sort());

      const targets = await pagesOf(async (marker) => {
        const input = { policyName: names[0], pageSize: 1, marker };
        const page = await iot.send(new ListTargetsForPolicyCommand(input));
        return { items: page.targets, next: page.nextMarker };
      });
      expect(longest(targets)).toBeLessThanOrEqual(1);
      expect(targets.flat().sort()).toEqual([certificateArn, other].sort());
    });
  });

  it("refuse an unknown policy with 404", async () => {
    const { certificateArn } = await makeCertificate(target);
    const unknown = target.name("policy");

    await expect(
      iot.send(new AttachPolicyCommand({ policyName: unknown, target: certificateArn })),
    ).rejects.toMatchObject(notFound);
    await expect(targetsOf(unknown)).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPrincipalPolicy.html
describe("The older operations for certificates", () => {
  it("attach, list and detach as the newer ones do", async () => {
    const policyName = await makePolicy(target);
    const { certificateArn: principal } = await makeCertificate(target);
    const both = { policyName, principal };
    const policies = async () =>
      (await iot.send(new ListPrincipalPoliciesCommand({ principal }))).policies;
    const principals = async () =>
      (await iot.send(new ListPolicyPrincipalsCommand({ policyName }))).principals;
    target.cleanUp(`policy ${policyName} on ${principal}`, () => detach(policyName, principal));

    await iot.send(new AttachPrincipalPolicyCommand(both));
    await target.eventually(async () => {
      expect(await policies()).toMatchObject([{ policyName }]);
      expect(await principals()).toEqual([principal]);
    });
    await iot.send(new DetachPrincipalPolicyCommand(both));

    await target.eventually(async () => {
      expect(await policies()).toEqual([]);
      expect(await principals()).toEqual([]);
    });
  });
});
