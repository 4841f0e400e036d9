import {
  AttachPolicyCommand,
  CreateProvisioningClaimCommand,
  CreateProvisioningTemplateCommand,
  CreateProvisioningTemplateVersionCommand,
  DeleteProvisioningTemplateVersionCommand,
  DescribeCertificateCommand,
  DescribeProvisioningTemplateCommand,
  DescribeThingCommand,
  UpdateProvisioningTemplateCommand,
  type CreateProvisioningTemplateCommandInput,
} from "@aws-sdk/client-iot";
import { cbor } from "@smithy/core/cbor";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { createRole } from "../jobs/fleet.js";
import { CSR, ROLE, template } from "../provisioning/templates.js";
import { openBroker, type Broker, type Wire } from "./broker.js";

const KEYS = "$aws/certificates/create";
const FROM_CSR = "$aws/certificates/create-from-csr";
const PROVISION = "$aws/provisioning-templates/fleet/provision";
const body = template(
  { CertificateId: { Ref: "AWS::IoT::Certificate::Id" }, Status: "Active" },
  {
    Mappings: { Sites: { north: { url: "https://north" } } },
    DeviceConfiguration: {
      site: { "Fn::FindInMap": ["Sites", { Ref: "Own" }, "url"] },
      fixed: [1, { two: 2 }],
    },
  },
);

let broker: Broker;
let device: Wire;
beforeEach(async () => {
  broker = openBroker();
  await createRole(broker, { RoleName: "provisioning" });
  await makeTemplate();
  device = await broker.client("a-claim");
  for (const topic of [KEYS, FROM_CSR, PROVISION]) {
    await device.subscribe([
      `${topic}/json/accepted`,
      `${topic}/json/rejected`,
      `${topic}/cbor/accepted`,
      `${topic}/cbor/rejected`,
    ]);
  }
});

const makeTemplate = (rest: Partial<CreateProvisioningTemplateCommandInput> = {}) =>
  broker.iot.send(
    new CreateProvisioningTemplateCommand({
      templateName: "fleet",
      templateBody: body,
      enabled: true,
      provisioningRoleArn: ROLE,
      ...rest,
    }),
  );

async function ask(topic: string, request: object | string = ""): Promise<Record<string, unknown>> {
  await device.publish(`${topic}/json`, request);
  const [answered, document] = await device.document();
  return { how: answered.slice(topic.length), ...document };
}
const certificateOf = async (certificateId: unknown) => {
  const id = certificateId as string;
  const found = await broker.iot.send(new DescribeCertificateCommand({ certificateId: id }));
  return found.certificateDescription?.status;
};
const parameters = { SerialNumber: "9", Own: "north" };

describe("a device that provisions itself", () => {
  it("gets keys and a certificate, is registered by the template, and may then connect", async () => {
    const made = await ask(KEYS);

    expect(made).toMatchObject({ how: "/json/accepted" });
    const { certificateId, certificatePem, privateKey, certificateOwnershipToken } = made;
    const certificate = new X509Certificate(certificatePem as string);
    expect(certificate.checkPrivateKey(createPrivateKey(privateKey as string))).toBe(true);
    expect(await certificateOf(certificateId)).toBe("PENDING_ACTIVATION");
    const early = broker.dial({ kind: "certificate", certificate });
    early.connect("car-9");
    await early.closed();

    expect(await ask(PROVISION, { certificateOwnershipToken, parameters })).toEqual({
      how: "/json/accepted",
      deviceConfiguration: { site: "https://north", fixed: [1, { two: 2 }] },
      thingName: "car-9",
    });
    expect(await certificateOf(certificateId)).toBe("ACTIVE");
    await broker.iot.send(new DescribeThingCommand({ thingName: "car-9" }));
    // The template's policy lets it do nothing: it needs one to connect.
    await broker.identity();
    const target = broker.sandbox
      .state("111122223333", "eu-west-1")
      .certificates.get(certificateId as string)?.certificateArn;
    await broker.iot.send(new AttachPolicyCommand({ policyName: "policy-2", target }));
    const own = broker.dial({ kind: "certificate", certificate });
    own.connect("car-9");
    expect((await own.next("connack")).returnCode).toBe(0);
  });

  it("may bring its own key, and speak CBOR", async () => {
    const request = { certificateSigningRequest: CSR };
    await device.publish(`${FROM_CSR}/cbor`, Buffer.from(cbor.serialize(request)));
    const answer = await device.message();
    expect(answer.topic).toBe(`${FROM_CSR}/cbor/accepted`);
    const { certificateOwnershipToken, ...rest } = cbor.deserialize(answer.bytes) as Record<
      string,
      string
    >;
    expect(Object.keys(rest).sort()).toEqual(["certificateId", "certificatePem"]);

    const asked = { certificateOwnershipToken, parameters };
    await device.publish(`${PROVISION}/cbor`, Buffer.from(cbor.serialize(asked)));
    const accepted = await device.message();
    expect(accepted.topic).toBe(`${PROVISION}/cbor/accepted`);
    expect(cbor.deserialize(accepted.bytes)).toMatchObject({ thingName: "car-9" });

    await device.publish(`${PROVISION}/cbor`, "{}");
    const rejected = await device.message();
    expect(rejected.topic).toBe(`${PROVISION}/cbor/rejected`);
    expect(cbor.deserialize(rejected.bytes)).toMatchObject({ statusCode: 400 });
  });

  it("is told why not, in the words of this service", async () => {
    const { certificateOwnershipToken } = await ask(KEYS);
    const rejected = (statusCode: number, errorCode: string, message: RegExp) => ({
      how: "/json/rejected",
      statusCode,
      errorCode,
      errorMessage: expect.stringMatching(message),
    });
    const provision = (request: object | string) => ask(PROVISION, request);

    expect(await provision("{")).toEqual(rejected(400, "InvalidPayload", /JSON/));
    expect(await provision({ parameters })).toEqual(
      rejected(400, "InvalidCertificateOwnershipToken", /cannot be empty/),
    );
    expect(await provision({ certificateOwnershipToken: "x", parameters })).toEqual(
      rejected(400, "InvalidCertificateOwnershipToken", /not valid/),
    );
    expect(await provision({ certificateOwnershipToken, parameters: { SerialNumber: 9 } })).toEqual(
      rejected(400, "InvalidParameters", /object of texts/),
    );
    expect(await provision({ certificateOwnershipToken })).toEqual(
      rejected(400, "InvalidParameters", /SerialNumber is required/),
    );
    expect(
      await provision({ certificateOwnershipToken, parameters: { ...parameters, Own: "south" } }),
    ).toEqual(rejected(400, "InvalidParameters", /Fn::FindInMap/));
    expect(await ask(FROM_CSR, {})).toEqual(
      rejected(400, "InvalidCertificateSigningRequest", /cannot be empty/),
    );
    expect(await ask(FROM_CSR, { certificateSigningRequest: "x" })).toEqual(
      rejected(400, "InvalidRequest", /not valid/),
    );

    const update = (enabled: boolean) =>
      broker.iot.send(new UpdateProvisioningTemplateCommand({ templateName: "fleet", enabled }));
    await update(false);
    expect(await provision({ certificateOwnershipToken, parameters })).toEqual(
      rejected(400, "InvalidTemplate", /not enabled/),
    );
    await update(true);
    // After all that the token is as good as before; once it was used, it is not.
    expect(await provision({ certificateOwnershipToken, parameters })).toMatchObject({
      thingName: "car-9",
    });
    expect(await provision({ certificateOwnershipToken, parameters })).toEqual(
      rejected(400, "InvalidCertificateOwnershipToken", /was used/),
    );
    await device.subscribe("$aws/provisioning-templates/none/provision/json/rejected");
    const other = await ask(KEYS);
    await device.publish("$aws/provisioning-templates/none/provision/json", {
      certificateOwnershipToken: other["certificateOwnershipToken"],
    });
    expect((await device.document())[1]).toMatchObject({
      statusCode: 404,
      errorCode: "ResourceNotFound",
    });
  });

  it("has an hour: then token and certificate are gone", async () => {
    const { certificateId, certificateOwnershipToken } = await ask(KEYS);
    const used = await ask(KEYS);
    await ask(PROVISION, { ...used, parameters });

    await broker.pass(3_600_000);

    await expect(certificateOf(certificateId)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    expect(await certificateOf(used["certificateId"])).toBe("ACTIVE");
    const again = await broker.client("another");
    await again.subscribe(`${PROVISION}/json/rejected`);
    await again.publish(`${PROVISION}/json`, { certificateOwnershipToken, parameters });
    expect((await again.document())[1]).toMatchObject({
      errorCode: "InvalidCertificateOwnershipToken",
    });
  });

  it("is registered by the template's default version", async () => {
    const versionOf = (model: string) => body.replace('"M1"', `"${model}"`);
    for (const model of ["M2", "M3"]) {
      await broker.iot.send(
        new CreateProvisioningTemplateVersionCommand({
          templateName: "fleet",
          templateBody: versionOf(model),
          setAsDefault: model === "M2",
        }),
      );
    }
    await broker.iot.send(
      new DeleteProvisioningTemplateVersionCommand({ templateName: "fleet", versionId: 3 }),
    );
    const found = await broker.iot.send(
      new DescribeProvisioningTemplateCommand({ templateName: "fleet" }),
    );
    expect(found).toMatchObject({ defaultVersionId: 2, templateBody: versionOf("M2") });

    await ask(PROVISION, { ...(await ask(KEYS)), parameters });

    const { attributes } = await broker.iot.send(new DescribeThingCommand({ thingName: "car-9" }));
    expect(attributes).toEqual({ model: "M2" });
  });
});

describe("a provisioning claim", () => {
  it("may provision by its template for five minutes, and nothing else", async () => {
    const claim = await broker.iot.send(
      new CreateProvisioningClaimCommand({ templateName: "fleet" }),
    );
    expect(claim.expiration?.getTime()).toBe(broker.sandbox.clock.now() + 300_000);
    const certificate = new X509Certificate(claim.certificatePem as string);
    const identity = { certificate, certificateId: "", certificateArn: "" };
    const user = await broker.client("user", { identity });

    expect(await user.subscribe([`${KEYS}/json/accepted`, "$aws/things/t/shadow/#"])).toEqual([
      0, 0x80,
    ]);
    await user.publish(`${KEYS}/json`, "");
    expect((await user.document())[1]).toMatchObject({ privateKey: expect.any(String) });
    await user.publish("$aws/provisioning-templates/other/provision/json", {});
    await user.closed();

    const last = await broker.client("user", { identity });
    await broker.pass(300_000);
    await last.closed();
  });

  it("needs a template that is there and enabled", async () => {
    const claim = (templateName: string) =>
      broker.iot.send(new CreateProvisioningClaimCommand({ templateName }));
    await makeTemplate({ templateName: "off", enabled: false });

    await expect(claim("none")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(claim("off")).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("what is not here is refused by name", () => {
  it.each([
    ["pre-provisioning hooks", { preProvisioningHook: { targetArn: "arn:aws:lambda:x" } }, /hooks/],
    ["just-in-time provisioning", { type: "JITP" as const }, /JITP/],
  ])("%s", async (_, rest, message) => {
    await expect(makeTemplate({ templateName: "other", ...rest })).rejects.toMatchObject({
      message: expect.stringMatching(message),
      $metadata: { httpStatusCode: 501 },
    });
  });
});
