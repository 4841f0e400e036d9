import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  GetPolicyCommand,
  ListThingPrincipalsV2Command,
  UpdateCertificateCommand,
} from "@aws-sdk/client-iot";
import { X509Certificate } from "node:crypto";
import { readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listKeys, readKeys } from "../../../lib/aws/mqtt/key-files.js";
import { createDevicePolicy } from "../../../lib/fleet/identity/device-policy.js";
import { createIdentities, createIdentity } from "../../../lib/fleet/identity/identities.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";

// One sandbox for all of them: its first certificate costs it a key that takes long.
let test: DeviceFleet;
beforeAll(() => void (test = openDeviceFleet()));
afterAll(() => test.close());

let vehicles = 0;

/** Things that nobody else has. */
async function newThings(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, () => `Vehicle-VIN-${++vehicles}`);
  for (const name of names) await test.settle(createThing(test.fleet, { name }));
  return names;
}

const principalsOf = async (thingName: string) =>
  (await test.settle(test.fleet.iot.send(new ListThingPrincipalsV2Command({ thingName }))))
    .thingPrincipalObjects ?? [];

describe("createIdentities", () => {
  it("gives each vehicle a key of its own, a certificate of that key, and no other vehicle's", async () => {
    const { fleet, settle } = test;
    const [one, two] = (await newThings(2)) as [string, string];

    const report = await settle(createIdentities(fleet, [one, two]));

    expect(report).toMatchObject({ done: 2, existed: 0, failed: [] });
    expect(listKeys(fleet)).toEqual(expect.arrayContaining([one, two]));
    const [first, second] = [readKeys(fleet, one)!, readKeys(fleet, two)!];
    expect(first.privateKeyPem).not.toBe(second.privateKeyPem);
    const { publicKey, subject } = new X509Certificate(first.certificatePem);
    expect(publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(subject).toContain(`CN=${one}`);
    expect(await principalsOf(one)).toEqual([
      {
        principal: expect.stringMatching(`cert/${first.certificateId}$`) as string,
        thingPrincipalType: "EXCLUSIVE_THING",
      },
    ]);
  });

  it.skipIf(process.platform === "win32")("keeps keys for this user alone", async () => {
    const [name] = (await newThings(1)) as [string];

    const { keyFile, certificateFile } = await test.settle(createIdentity(test.fleet, name));

    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(certificateFile).mode & 0o777).toBe(0o600);
    expect(statSync(test.fleet.keyFolder).mode & 0o777).toBe(0o700);
  });

  it("never sends or prints a private key", async () => {
    const [name] = (await newThings(1)) as [string];
    test.fleet.debug = true;

    await test.settle(createIdentity(test.fleet, name));
    test.fleet.debug = false;

    expect(test.lines.join("\n")).not.toContain("PRIVATE KEY");
    expect(JSON.stringify(test.calls("CreateCertificateFromCsr"))).not.toContain("PRIVATE KEY");
  });

  it("changes nothing a second time", async () => {
    const { fleet, settle, calls } = test;
    const names = await newThings(2);
    await settle(createIdentities(fleet, names));
    const before = names.map((name) => readKeys(fleet, name)?.certificateId);
    const made = calls("CreateCertificateFromCsr").length;

    const again = await settle(createIdentities(fleet, names));

    expect(again).toMatchObject({ done: 0, existed: 2, failed: [] });
    expect(calls("CreateCertificateFromCsr")).toHaveLength(made);
    expect(names.map((name) => readKeys(fleet, name)?.certificateId)).toEqual(before);
  });

  it("goes on with a certificate that was made and never noted", async () => {
    const { fleet, settle, calls } = test;
    const [name] = (await newThings(1)) as [string];
    const { certificateId, certificateFile } = await settle(createIdentity(fleet, name));
    const principals = await principalsOf(name);
    // As if it had been interrupted after AWS had answered, and before the file was written.
    rmSync(certificateFile);
    await forgetCertificate(name, certificateId);
    const made = calls("CreateCertificateFromCsr").length;

    const found = await settle(createIdentity(fleet, name));

    expect(found.certificateId).toBe(certificateId);
    expect(calls("CreateCertificateFromCsr")).toHaveLength(made);
    expect(await principalsOf(name)).toEqual(principals);
  });

  it("goes on with a key for which nothing was made yet", async () => {
    const { fleet, settle } = test;
    const [name] = (await newThings(1)) as [string];
    const { certificateId, certificateFile, keyFile } = await settle(createIdentity(fleet, name));
    await deleteCertificate(name, certificateId);
    rmSync(certificateFile);
    const key = readFileSync(keyFile, "utf8");

    const made = await settle(createIdentity(fleet, name));

    expect(made.certificateId).not.toBe(certificateId);
    expect(readFileSync(keyFile, "utf8")).toBe(key);
  });

  it.each(["lost", "cut short"])("makes a new key for one that is %s", async (how) => {
    const { fleet, settle } = test;
    const [name] = (await newThings(1)) as [string];
    const { certificateId, keyFile } = await settle(createIdentity(fleet, name));
    if (how === "lost") rmSync(keyFile);
    else truncateSync(keyFile, 40);

    const made = await settle(createIdentity(fleet, name));

    expect(made.certificateId).not.toBe(certificateId);
    expect(readKeys(fleet, name)?.certificateId).toBe(made.certificateId);
  });

  it("makes a new one when AWS does not know the certificate any more", async () => {
    const { fleet, settle } = test;
    const [name] = (await newThings(1)) as [string];
    const { certificateId } = await settle(createIdentity(fleet, name));
    await deleteCertificate(name, certificateId);

    const made = await settle(createIdentity(fleet, name));

    expect(made.certificateId).not.toBe(certificateId);
    expect(await principalsOf(name)).toHaveLength(1);
  });

  it("leaves a certificate alone that somebody has switched off, and says so", async () => {
    const { fleet, settle } = test;
    const [off, on] = (await newThings(2)) as [string, string];
    const { certificateId } = await settle(createIdentity(fleet, off));
    await settle(
      fleet.iot.send(new UpdateCertificateCommand({ certificateId, newStatus: "REVOKED" })),
    );

    const report = await settle(createIdentities(fleet, [off, on]));

    expect(report).toMatchObject({ done: 1, failed: [{ name: off }] });
    expect(report.failed[0]?.cause).toContain("is REVOKED: somebody has switched it off");
  });

  it("is for things of the workshop alone, and makes no certificate for others", async () => {
    const { fleet, settle, calls } = test;
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: "Crane-1" })));
    const made = calls("CreateCertificateFromCsr").length;

    const report = await settle(createIdentities(fleet, ["Crane-1", "Nobody"]));

    expect(report.failed.map(({ error }) => error)).toEqual(["NotOursError", "FleetError"]);
    expect(calls("CreateCertificateFromCsr")).toHaveLength(made);
  });
});

describe("createDevicePolicy", () => {
  const documentOf = async (policyName: string) =>
    JSON.parse(
      (await test.settle(test.fleet.iot.send(new GetPolicyCommand({ policyName }))))
        .policyDocument ?? "",
    ) as { Statement: { Action: string[]; Resource: string[] }[] };

  it("lets a vehicle be itself, and hear and say what is its own", async () => {
    const policyName = await test.settle(createDevicePolicy(test.fleet));

    const { Statement } = await documentOf(policyName);
    const thing = "${iot:Connection.Thing.ThingName}";
    expect(Statement.map(({ Action }) => [Action].flat())).toEqual([
      ["iot:Connect"],
      ["iot:Publish", "iot:Receive"],
      ["iot:Subscribe"],
    ]);
    const resources = Statement.flatMap(({ Resource }) => Resource);
    expect(resources.every((one) => one.includes(thing))).toBe(true);
    // AWS takes 2,048 characters without blanks.
    expect(JSON.stringify({ Statement }).length).toBeLessThan(1_900);
  });

  it("puts back what somebody has changed, also when AWS's five versions are taken", async () => {
    const { fleet, settle } = test;
    const policyName = await settle(createDevicePolicy(fleet));
    const wanted = await documentOf(policyName);
    const policyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Action: "iot:*", Resource: "*" }],
    });
    for (let version = 2; version <= 5; version++) {
      await settle(
        fleet.iot.send(
          new CreatePolicyVersionCommand({ policyName, policyDocument, setAsDefault: true }),
        ),
      );
    }

    await settle(createDevicePolicy(fleet));

    expect(await documentOf(policyName)).toEqual(wanted);
  });

  it("leaves somebody else's policy of that name alone", async () => {
    const { fleet, settle } = test;
    const other = { ...fleet, prefix: "Ada-" };
    const policyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
    });
    await settle(
      fleet.iot.send(new CreatePolicyCommand({ policyName: "Ada-policy", policyDocument })),
    );

    await expect(settle(createDevicePolicy(other))).rejects.toThrow("was not made by the workshop");
  });

  it("names what is no right", async () => {
    const rights = ["shadows"] as never[];

    await expect(createDevicePolicy(test.fleet, rights)).rejects.toThrow(
      '"shadows" cannot be a right of a vehicle: it must be one of shadow, jobs, commands.',
    );
  });
});

/** Take everything off a certificate that comes after it was made. */
async function forgetCertificate(thingName: string, certificateId: string): Promise<void> {
  const { iot, region, account } = test.fleet;
  const principal = `arn:aws:iot:${region}:${account}:cert/${certificateId}`;
  await test.settle(iot.send(new DetachThingPrincipalCommand({ thingName, principal })));
  const policyName = await test.settle(createDevicePolicy(test.fleet));
  await test.settle(iot.send(new DetachPolicyCommand({ policyName, target: principal })));
}

async function deleteCertificate(thingName: string, certificateId: string): Promise<void> {
  await forgetCertificate(thingName, certificateId);
  const { iot } = test.fleet;
  await test.settle(
    iot.send(new UpdateCertificateCommand({ certificateId, newStatus: "INACTIVE" })),
  );
  await test.settle(iot.send(new DeleteCertificateCommand({ certificateId })));
}
