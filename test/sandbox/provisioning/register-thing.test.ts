import {
  CreateBillingGroupCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DescribeCertificateCommand,
  DescribeThingCommand,
  GetPolicyCommand,
  ListAttachedPoliciesCommand,
  ListPoliciesCommand,
  ListThingGroupsForThingCommand,
  ListThingPrincipalsCommand,
  ListThingsCommand,
  RegisterThingCommand,
} from "@aws-sdk/client-iot";
import { beforeEach, describe, expect, it } from "vitest";
import { openSandbox, type SandboxClients } from "../clients.js";
import { newCertificate } from "../mqtt/broker.js";
import { CSR, POLICY, template } from "./templates.js";

let clients: SandboxClients;
beforeEach(() => (clients = openSandbox()));

const register = (templateBody: string | object, parameters?: Record<string, string>) =>
  clients.iot.send(
    new RegisterThingCommand({
      templateBody: typeof templateBody === "string" ? templateBody : JSON.stringify(templateBody),
      parameters,
    }),
  );
const thing = async (thingName: string) => {
  const found = await clients.iot.send(new DescribeThingCommand({ thingName }));
  return {
    type: found.thingTypeName,
    attributes: found.attributes,
    billing: found.billingGroupName,
  };
};
const groupsOf = async (thingName: string) => {
  const found = await clients.iot.send(new ListThingGroupsForThingCommand({ thingName }));
  return (found.thingGroups ?? []).map(({ groupName }) => groupName).sort();
};
const makeGroup = (thingGroupName: string) =>
  clients.iot.send(new CreateThingGroupCommand({ thingGroupName }));
const failure = (name: string, message: RegExp) => ({
  name,
  message: expect.stringMatching(message),
  $metadata: { httpStatusCode: 400 },
});
const invalid = (message: RegExp) => failure("InvalidRequestException", message);
const failed = (message: RegExp) => failure("ResourceRegistrationFailureException", message);

const only = (properties: object, more: object = {}) => ({
  Parameters: { A: { Type: "String" }, B: { Type: "String", Default: "b" } },
  Resources: { t: { Type: "AWS::IoT::Thing", Properties: { ThingName: "t", ...properties } } },
  ...more,
});

describe("RegisterThing (API_RegisterThing)", () => {
  it("makes thing, certificate and policy, and ties them together", async () => {
    const body = template({ CertificateSigningRequest: { Ref: "Own" } });

    const made = await register(body, { SerialNumber: "7", Own: CSR, Unasked: "x" });

    const { resourceArns: { device, identity, leave } = {}, certificatePem } = made;
    expect(certificatePem).toMatch(/BEGIN CERTIFICATE/);
    expect(device).toMatch(/:thing\/car-7$/);
    expect(await thing("car-7")).toMatchObject({ attributes: { model: "M1" } });
    const principals = await clients.iot.send(
      new ListThingPrincipalsCommand({ thingName: "car-7" }),
    );
    expect(principals.principals).toEqual([identity]);
    const certificateId = (identity as string).split("/")[1] as string;
    const { certificateDescription } = await clients.iot.send(
      new DescribeCertificateCommand({ certificateId }),
    );
    expect(certificateDescription).toMatchObject({ status: "ACTIVE", certificatePem });
    const { policies = [] } = await clients.iot.send(
      new ListAttachedPoliciesCommand({ target: identity }),
    );
    expect(policies.map(({ policyArn }) => policyArn)).toEqual([leave]);
    const policyName = (leave as string).split("/")[1] as string;
    expect(policyName).toMatch(/^[0-9a-f]{64}$/);
    const { policyDocument } = await clients.iot.send(new GetPolicyCommand({ policyName }));
    expect(JSON.parse(policyDocument as string)).toEqual(POLICY);

    // The same policy is not made twice.
    const again = await register(body, { SerialNumber: "8", Own: CSR });
    expect(again.resourceArns?.["leave"]).toBe(leave);
  });

  it("uses a certificate that is there or brought along, and a policy by its name", async () => {
    const { certificateId = "" } = await clients.iot.send(new CreateKeysAndCertificateCommand({}));
    await register(template({ CertificateId: { Ref: "Own" } }), {
      SerialNumber: "1",
      Own: certificateId,
    });
    const found = await clients.iot.send(new DescribeCertificateCommand({ certificateId }));
    // What is there stays as it is, unless the template says otherwise.
    expect(found.certificateDescription?.status).toBe("INACTIVE");

    const pem = newCertificate().toString();
    const made = await register(
      {
        Parameters: { Pem: { Type: "String" } },
        Resources: {
          c: {
            Type: "AWS::IoT::Certificate",
            Properties: { CertificatePem: { Ref: "Pem" }, Status: "inactive" },
          },
        },
      },
      { Pem: pem },
    );
    expect(made.resourceArns?.["c"]).toMatch(/:cert\//);
    const { policies = [] } = await clients.iot.send(new ListPoliciesCommand({}));
    const policy = {
      Type: "AWS::IoT::Policy",
      Properties: { PolicyName: policies[0]?.policyName },
    };
    const named = await register({ Resources: { p: policy } });
    expect(named.resourceArns).toEqual({ p: policies[0]?.policyArn });
  });

  it("puts a new thing into its type, groups and billing group", async () => {
    await clients.iot.send(new CreateThingTypeCommand({ thingTypeName: "car" }));
    await clients.iot.send(new CreateBillingGroupCommand({ billingGroupName: "paid" }));
    await makeGroup("red");
    await makeGroup("blue");

    await register(
      only({ ThingTypeName: "car", ThingGroups: ["red", { Ref: "A" }], BillingGroup: "paid" }),
      { A: "blue" },
    );

    expect(await thing("t")).toMatchObject({ type: "car", billing: "paid" });
    expect(await groupsOf("t")).toEqual(["blue", "red"]);
  });

  it("does with a thing that is there what OverrideSettings say", async () => {
    await clients.iot.send(new CreateThingTypeCommand({ thingTypeName: "car" }));
    await makeGroup("red");
    await makeGroup("blue");
    await clients.iot.send(
      new CreateThingCommand({ thingName: "t", attributePayload: { attributes: { a: "1" } } }),
    );
    const wanted = {
      AttributePayload: { b: "2" },
      ThingTypeName: "car",
      ThingGroups: ["red"],
    };
    const withSettings = (OverrideSettings: object, more: object = {}) => {
      const Properties = { ThingName: "t", ...wanted, ...more };
      return register({
        Resources: { t: { Type: "AWS::IoT::Thing", Properties, OverrideSettings } },
      });
    };

    await withSettings({});
    expect(await thing("t")).toEqual({ attributes: { a: "1" } });
    expect(await groupsOf("t")).toEqual([]);
    await withSettings({ AttributePayload: "MERGE", ThingGroups: "MERGE" });
    expect(await thing("t")).toEqual({ attributes: { a: "1", b: "2" } });
    expect(await groupsOf("t")).toEqual(["red"]);
    await withSettings(
      { AttributePayload: "REPLACE", ThingTypeName: "REPLACE", ThingGroups: "REPLACE" },
      { ThingGroups: ["blue"] },
    );
    expect(await thing("t")).toEqual({ type: "car", attributes: { b: "2" } });
    expect(await groupsOf("t")).toEqual(["blue"]);
    await expect(withSettings({ ThingTypeName: "FAIL" })).rejects.toMatchObject(
      failed(/FAIL for its ThingTypeName/),
    );
  });

  it("leaves nothing of what it could not finish", async () => {
    await expect(register(only({ ThingGroups: ["none"] }), { A: "a" })).rejects.toMatchObject(
      failed(/none/),
    );

    expect((await clients.iot.send(new ListThingsCommand({}))).things).toEqual([]);
  });
});

describe("functions of templates", () => {
  const value = async (of: object, more: object = {}, A = "x,y,z") => {
    await register(only({ AttributePayload: { of } }, more), { A });
    const found = (await thing("t")).attributes?.["of"];
    return found;
  };

  it.each<[string, object, string]>([
    ["Ref", { Ref: "A" }, "x,y,z"],
    ["Ref of a default", { Ref: "B" }, "b"],
    ["Fn::Join", { "Fn::Join": ["/", ["p", { Ref: "B" }]] }, "p/b"],
    ["Fn::Select of Fn::Split", { "Fn::Select": ["1", { "Fn::Split": [",", { Ref: "A" }] }] }, "y"],
    ["Fn::Select by a number", { "Fn::Select": [0, ["p", "q"]] }, "p"],
    ["Fn::Sub", { "Fn::Sub": "${B}:${A}" }, "b:x,y,z"],
    ["Fn::Sub with values", { "Fn::Sub": ["${own}-${B}", { own: { Ref: "B" } }] }, "b-b"],
    ["Fn::FindInMap", { "Fn::FindInMap": ["M", { Ref: "B" }, "url"] }, "u"],
  ])("%s", async (_, of, expected) => {
    const mappings = { Mappings: { M: { b: { url: "u" } } } };

    expect(await value(of, mappings)).toBe(expected);
  });

  it("leave a literal placeholder, which no attribute can hold", async () => {
    await expect(value({ "Fn::Sub": "${!B}" })).rejects.toMatchObject(
      invalid(/Value '\$\{B\}' at/),
    );
  });

  it.each<[string, object, RegExp]>([
    ["a parameter that is not declared", { Ref: "AWS::Region" }, /resolve reference value: AWS::R/],
    ["an index out of bounds", { "Fn::Select": ["9", ["a"]] }, /nothing at index 9/],
    ["a key that is not there", { "Fn::FindInMap": ["M", "x", "y"] }, /finds nothing for M, x, y/],
    ["no list", { "Fn::Join": "a" }, /Fn::Join takes a list/],
    ["a list of lists", { "Fn::Join": ["", [["a"]]] }, /takes texts/],
    ["no delimiter", { "Fn::Split": ["", "a"] }, /a delimiter and a text/],
    ["an object to replace in", { "Fn::Sub": {} }, /Fn::Sub takes a text/],
  ])("are refused with %s", async (_, of, message) => {
    await expect(value(of)).rejects.toMatchObject(invalid(message));
  });

  it("need every parameter that has no default", async () => {
    await expect(register(only({ AttributePayload: { a: { Ref: "A" } } }))).rejects.toMatchObject(
      invalid(/Parameter A is required/),
    );
  });
});

describe("a template is refused", () => {
  const resource = (Type: string, Properties: object, more: object = {}) => ({
    Resources: { r: { Type, Properties, ...more } },
  });
  const aThing = { ThingName: "t" };

  it.each<[string, string | object, RegExp]>([
    ["that is no JSON", "{", /not a JSON object/],
    ["that is a list", "[]", /not a JSON object/],
    ["without resources", {}, /no Resources/],
    ["with a section of CloudFormation", { Outputs: {} }, /no section Outputs/],
    [
      "with a number as parameter",
      { ...resource("AWS::IoT::Thing", aThing), Parameters: { A: { Type: "Number" } } },
      /Type String/,
    ],
    ["with another resource", resource("AWS::S3::Bucket", {}), /AWS::S3::Bucket/],
    ["with an unknown property", resource("AWS::IoT::Thing", { Name: "t" }), /no property Name/],
    ["without a name", resource("AWS::IoT::Thing", {}), /no ThingName/],
    ["without a certificate", resource("AWS::IoT::Certificate", {}), /exactly one of/],
    [
      "with two ways to a policy",
      resource("AWS::IoT::Policy", { PolicyName: "a", PolicyDocument: "b" }),
      /exactly one of PolicyName, PolicyDocument/,
    ],
    [
      "with an authority of one's own",
      resource("AWS::IoT::Certificate", { CertificatePem: "a", CACertificatePem: "b" }),
      /does not have property CACertificatePem/,
    ],
    [
      "with an unknown setting",
      resource("AWS::IoT::Thing", aThing, { OverrideSettings: { ThingTypeName: "MERGE" } }),
      /cannot say "MERGE" for ThingTypeName/,
    ],
    [
      "with settings of a policy",
      resource("AWS::IoT::Policy", { PolicyName: "a" }, { OverrideSettings: { Status: "FAIL" } }),
      /cannot say/,
    ],
    [
      "with an unknown function",
      resource("AWS::IoT::Thing", { ThingName: { "Fn::GetAtt": ["a", "b"] } }),
      /no function Fn::GetAtt/,
    ],
    [
      "with a function beside something else",
      resource("AWS::IoT::Thing", { ThingName: { Ref: "a", b: "c" } }),
      /stands beside/,
    ],
    [
      "with two things",
      {
        Resources: {
          a: { Type: "AWS::IoT::Thing", Properties: aThing },
          b: { Type: "AWS::IoT::Thing", Properties: aThing },
        },
      },
      /more than one AWS::IoT::Thing/,
    ],
  ])("%s", async (_, body, message) => {
    await expect(register(body)).rejects.toMatchObject(invalid(message));
  });

  it.each<[string, object, RegExp]>([
    ["a name with a blank", { ThingName: "a b" }, /thingName/],
    ["a number as name", { ThingName: 7 }, /ThingName must be a text/],
    ["an attribute that is no text", { AttributePayload: { a: 1 } }, /must hold texts/],
    ["groups that are no list", { ThingGroups: "red" }, /list of texts/],
  ])("once its values are known: %s", async (_, properties, message) => {
    await expect(register(only(properties), { A: "a" })).rejects.toMatchObject(invalid(message));
  });

  it("for a certificate or policy that is not there, and a status that there is not", async () => {
    const certificate = (properties: object) =>
      register({ Resources: { c: { Type: "AWS::IoT::Certificate", Properties: properties } } });

    await expect(certificate({ CertificateId: "a".repeat(64) })).rejects.toMatchObject(
      failed(/cannot be found/),
    );
    await expect(certificate({ CertificateSigningRequest: "x" })).rejects.toMatchObject(
      failed(/signing request is not valid/),
    );
    await expect(
      certificate({ CertificateSigningRequest: CSR, Status: "REVOKED" }),
    ).rejects.toMatchObject(invalid(/ACTIVE or INACTIVE/));
    await expect(
      register({ Resources: { p: { Type: "AWS::IoT::Policy", Properties: { PolicyName: "x" } } } }),
    ).rejects.toMatchObject(failed(/Policy x cannot be found/));
  });
});
