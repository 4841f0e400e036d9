import { OWNER, OWNER_TAG } from "../../aws/ownership.js";

/*
 * What AWS IoT makes of each line of a registration's input.
 * https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html
 */

/** The parameters of a line. Those that are of no use to a vehicle are not in its template. */
export interface RegistrationLine {
  readonly ThingName: string;
  readonly ThingType: string;
  readonly Group: string;
  readonly Country: string;
  /** A certificate signing request in PEM. */
  readonly CSR?: string;
}

/** A provisioning template, as StartThingRegistrationTask takes it as JSON. */
export interface RegistrationTemplate {
  readonly Parameters: Readonly<Record<string, { readonly Type: "String" }>>;
  readonly Resources: Readonly<Record<string, object>>;
}

/**
 * The template of the workshop's vehicles: a thing with its type, country and group, and our mark;
 * with a device policy also an active certificate that has it.
 *
 * @param policyName the policy of the certificates; without one, things get none
 */
export function registrationTemplate(policyName?: string): RegistrationTemplate {
  const names = ["ThingName", "ThingType", "Group", "Country", ...(policyName ? ["CSR"] : [])];
  const ref = (name: string) => ({ Ref: name });
  return {
    Parameters: Object.fromEntries(names.map((name) => [name, { Type: "String" }])),
    Resources: {
      thing: {
        Type: "AWS::IoT::Thing",
        Properties: {
          ThingName: ref("ThingName"),
          ThingTypeName: ref("ThingType"),
          ThingGroups: [ref("Group")],
          AttributePayload: { country: ref("Country"), [OWNER_TAG]: OWNER },
        },
      },
      ...(policyName !== undefined && {
        certificate: {
          Type: "AWS::IoT::Certificate",
          Properties: { CertificateSigningRequest: ref("CSR"), Status: "ACTIVE" },
        },
        policy: { Type: "AWS::IoT::Policy", Properties: { PolicyName: policyName } },
      }),
    },
  };
}
