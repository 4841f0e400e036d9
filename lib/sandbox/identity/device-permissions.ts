import type { X509Certificate } from "node:crypto";
import { ancestorsOf } from "../registry/memberships.js";
import type { ThingRecord } from "../registry/records.js";
import { permissionsOf, type Permissions, type PolicyText } from "./policy-decision.js";
import type { Variables } from "./policy-patterns.js";
import { policiesOf } from "./policy-attachments.js";
import { thingsOf } from "./thing-attachments.js";
import type { State } from "./tables.js";

/*
 * What a certificate may do: its own policies, and those of the groups of the thing that it connects as.
 * https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
 */

/** A certificate that asks for something, and what is known of how it does. */
export interface Device {
  readonly certificateArn: string;
  readonly certificateId: string;
  readonly certificate: X509Certificate;
  /** Over MQTT only: HTTP requests have none, and no thing either. */
  readonly clientId?: string;
  /** The address that it comes from. */
  readonly sourceIp?: string | undefined;
}

/** The thing that is attached to a certificate and to no other of it, if there is one. */
export function exclusiveThing(state: State, certificateArn: string): string | undefined {
  for (const [thingName, type] of thingsOf(state, certificateArn)) {
    if (type === "EXCLUSIVE_THING") return thingName;
  }
  return undefined;
}

/**
 * The thing of a connection: the one that its certificate is exclusively attached to, else the one that
 * is called like the client.
 */
export function thingOf(
  state: State,
  certificateArn: string | undefined,
  clientId: string,
): ThingRecord | undefined {
  const exclusive = certificateArn && exclusiveThing(state, certificateArn);
  return state.things.get(exclusive ?? clientId);
}

/** What a device may do, as things are now. */
export function devicePermissions(state: State, device: Device): Permissions {
  const { certificateArn, clientId } = device;
  const thing = clientId === undefined ? undefined : thingOf(state, certificateArn, clientId);
  const isAttached =
    thing !== undefined && state.principalsOfThing.has(`${thing.thingName}/${certificateArn}`);
  const attached = isAttached ? thing : undefined;
  const groups = attached ? (state.groupsOfThing.get(attached.thingName) ?? []) : [];
  const arns = new Set([certificateArn]);
  for (const name of groups) {
    const group = state.thingGroups.get(name);
    if (!group) continue;
    arns.add(group.thingGroupArn);
    for (const { groupArn } of ancestorsOf(group)) arns.add(groupArn ?? "");
  }
  const names = new Set([...arns].flatMap((arn) => [...policiesOf(state, arn)]));
  const policies = [...names].flatMap((name): PolicyText[] => {
    const policy = state.policies.get(name);
    const version = policy?.versions.find(({ versionId }) => versionId === policy.defaultVersionId);
    return version ? [{ policyName: name, policyDocument: version.policyDocument }] : [];
  });
  const { claimPolicy } = state.certificates.get(device.certificateId) ?? {};
  if (claimPolicy !== undefined) {
    policies.push({ policyName: "of a provisioning claim", policyDocument: claimPolicy });
  }
  return permissionsOf(policies, variablesOf(device, attached, thing && isAttached));
}

/** A thing's variables are those of one that is attached; whether it is can always be asked. */
function variablesOf(
  device: Device,
  thing: ThingRecord | undefined,
  isAttached: boolean | undefined,
): Variables {
  const { certificate, certificateId, clientId, sourceIp } = device;
  return (name) => {
    const attribute = /^iot:Connection\.Thing\.Attributes\[(.+)\]$/.exec(name)?.[1];
    if (attribute !== undefined) return thing && own(thing.attributes, attribute);
    const [, side, field] = /^iot:Certificate\.(Subject|Issuer)\.(.+)$/.exec(name) ?? [];
    if (field !== undefined) return nameField(certificate, side === "Issuer", field);
    switch (name) {
      case "iot:ClientId":
        return clientId;
      case "iot:CertificateId":
        return certificateId;
      case "iot:Connection.Thing.ThingName":
        return thing?.thingName;
      case "iot:Connection.Thing.ThingTypeName":
        return thing?.thingTypeName;
      case "iot:Connection.Thing.IsAttached":
        return isAttached === undefined ? undefined : String(isAttached);
      case "aws:SourceIp":
        return sourceIp;
      default:
        return undefined;
    }
  };
}

/** What AWS calls the parts of a name, and OpenSSL. */
const FIELDS: Readonly<Record<string, string>> = {
  CommonName: "CN",
  Organization: "O",
  OrganizationalUnit: "OU",
  Country: "C",
  State: "ST",
  SerialNumber: "serialNumber",
  DistinguishedNameQualifier: "dnQualifier",
  Title: "title",
  Surname: "SN",
  GivenName: "GN",
  Initials: "initials",
  Pseudonym: "pseudonym",
  GenerationQualifier: "generationQualifier",
};

/** `CommonName` is the first value, `CommonName.1` the second, `CommonName.List` all of them. */
function nameField(
  certificate: X509Certificate,
  isIssuer: boolean,
  asked: string,
): string | undefined {
  const [, field = "", which = "0"] = /^(\w+)(?:\.(\d+|List))?$/.exec(asked) ?? [];
  const key = own(FIELDS, field);
  if (key === undefined) return undefined;
  const lines = (isIssuer ? certificate.issuer : certificate.subject)?.split("\n") ?? [];
  const values = lines.flatMap((line) =>
    line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : [],
  );
  if (which === "List") return values.length > 0 ? values.join(",") : undefined;
  return values[Number(which)];
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
