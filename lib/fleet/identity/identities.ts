import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  DescribeCertificateCommand,
  paginateListCertificates,
  type Certificate,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import {
  isCertificateOf,
  keepCertificate,
  keyFilesOf,
  listKeys,
  readKeys,
  readPendingKey,
} from "../../aws/mqtt/key-files.js";
import { FleetError, InvalidInputError } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { requireOurThing } from "../registry/things.js";
import { certificatesWith, createDevicePolicy, type DeviceRight } from "./device-policy.js";
import { requestOfKept } from "./signing-request.js";

/** What a vehicle proves with who it is. */
export interface Identity {
  readonly thing: string;
  /** By which AWS IoT knows its certificate: the SHA-256 of it. */
  readonly certificateId: string;
  /** What its certificate lets it do. */
  readonly policyName: string;
  /** The file with its private key, which nobody but this user can read. */
  readonly keyFile: string;
  readonly certificateFile: string;
}

export interface IdentityOptions {
  /** What the vehicles may do beside connecting. Default: shadow, jobs and commands. */
  readonly rights?: readonly DeviceRight[];
}

/**
 * Give one vehicle an identity of its own, as {@link createIdentities} does.
 *
 * @throws what stands in the failures there
 */
export async function createIdentity(
  fleet: Fleet,
  thing: string,
  options: IdentityOptions = {},
): Promise<Identity> {
  const authority = await openAuthority(fleet, options);
  await authority.identify(thing);
  const { certificateId } = readKeys(fleet, thing) ?? { certificateId: "" };
  const { key: keyFile, certificate: certificateFile } = keyFilesOf(fleet, thing);
  return { thing, certificateId, policyName: authority.policyName, keyFile, certificateFile };
}

/**
 * Give vehicles identities: for each a private key, made here and kept in `fleet.keyFolder`; a
 * certificate, which AWS IoT signs without ever seeing the key; the certificate attached to this
 * vehicle and no other; and the one policy of the fleet, which lets each be itself alone.
 *
 * Calls GetPolicy, ListCertificates and ListTargetsForPolicy, all pages of 250; then for each new
 * vehicle DescribeThing, CreateCertificateFromCsr, AttachPolicy (12 a second each) and
 * AttachThingPrincipal. One that has its identity takes DescribeThing and AttachThingPrincipal, which
 * changes nothing then.
 *
 * After an interruption a second call goes on: a certificate that was made and not noted is found by
 * its key. Without its key file a vehicle gets a new key and certificate; the old one stays in the
 * account until cleanup. What is lost with the files is the identity alone: things, shadows and jobs
 * do not hang on it.
 *
 * @returns vehicles that are no things of the workshop, or whose certificate somebody has switched
 * off, stand in `failed`
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/exclusive-thing.html
 */
export async function createIdentities(
  fleet: Fleet,
  names: readonly string[],
  options: IdentityOptions = {},
): Promise<ManyResult> {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new InvalidInputError("the name of a vehicle", twice, "stand in the list once");
  }
  const { identify } = await openAuthority(fleet, options);
  return many(
    fleet,
    { title: "Certificates", items: names, total: names.length, name: (name) => name },
    identify,
  );
}

/** What the account has, looked at once for all vehicles. */
async function openAuthority(fleet: Fleet, { rights }: IdentityOptions) {
  const policyName = await createDevicePolicy(fleet, rights);
  const known = await listCertificates(fleet);
  const attached = await certificatesWith(fleet, policyName);
  const finder = createFinder(fleet, known, attached);

  const identify = async (thing: string): Promise<"done" | "existed"> => {
    await requireOurThing(fleet, thing);
    const kept = readKeys(fleet, thing);
    const registered = kept && known.get(kept.certificateId);
    if (registered && registered.status !== "ACTIVE") throw switchedOff(thing, registered);
    const found = registered ? undefined : await finder.find(thing);
    if (found) keepCertificate(fleet, thing, found.pem);
    const certificate = registered ?? found ?? (await certify(fleet, thing));
    const { certificateArn: principal = "", certificateId = "" } = certificate;
    const hasPolicy = attached.has(certificateId);
    // The policy first: what has it is found by cleanup, whatever happens next.
    if (!hasPolicy)
      await fleet.iot.send(new AttachPolicyCommand({ policyName, target: principal }));
    await fleet.iot.send(
      new AttachThingPrincipalCommand({
        thingName: thing,
        principal,
        thingPrincipalType: "EXCLUSIVE_THING",
      }),
    );
    return registered && hasPolicy ? "existed" : "done";
  };
  return { policyName, identify };
}

async function listCertificates(fleet: Fleet): Promise<Map<string, Certificate>> {
  const known = new Map<string, Certificate>();
  for await (const page of paginateListCertificates({ client: fleet.iot, pageSize: 250 }, {})) {
    for (const one of page.certificates ?? []) known.set(one.certificateId ?? "", one);
  }
  return known;
}

/**
 * The certificates that were made for keys in this fleet's folder and never noted, as an interruption
 * leaves them. Calls nothing when every key has its certificate; else ListCertificates, and
 * DescribeCertificate for those that are young enough.
 */
export async function unnotedCertificates(fleet: Fleet): Promise<string[]> {
  const waiting = listKeys(fleet).filter((thing) => readPendingKey(fleet, thing));
  if (waiting.length === 0) return [];
  const finder = createFinder(fleet, await listCertificates(fleet), new Set());
  const found: string[] = [];
  for (const thing of waiting) {
    const { certificateId } = (await finder.find(thing)) ?? {};
    if (certificateId !== undefined) found.push(certificateId);
  }
  return found;
}

/** A new certificate for the vehicle's key, which is made unless one waits for its certificate. */
async function certify(
  fleet: Fleet,
  thing: string,
): Promise<{ certificateId?: string | undefined; certificateArn?: string | undefined }> {
  const { certificatePem = "", ...made } = await fleet.iot.send(
    new CreateCertificateFromCsrCommand({
      certificateSigningRequest: requestOfKept(fleet, thing),
      setAsActive: true,
    }),
  );
  keepCertificate(fleet, thing, certificatePem);
  return made;
}

/** By how much the clocks of this machine and of AWS may differ, in milliseconds. */
const SKEW_MS = 15 * 60_000;

/**
 * Finds certificates that were made for a key and never noted: those that came after the key, have no
 * policy of ours yet, and are of that key.
 */
function createFinder(
  fleet: Fleet,
  known: ReadonlyMap<string, Certificate>,
  attached: ReadonlySet<string>,
) {
  const read = new Map<string, Promise<string>>();
  const pemOf = (certificateId: string): Promise<string> => {
    const pem =
      read.get(certificateId) ??
      fleet.iot
        .send(new DescribeCertificateCommand({ certificateId }))
        .then(({ certificateDescription: found }) => found?.certificatePem ?? "");
    read.set(certificateId, pem);
    return pem;
  };
  return {
    async find(thing: string): Promise<(Certificate & { readonly pem: string }) | undefined> {
      const waiting = readPendingKey(fleet, thing);
      if (!waiting) return undefined;
      for (const [id, certificate] of known) {
        const { creationDate, status } = certificate;
        const isLater = Number(creationDate ?? 0) >= waiting.madeAt - SKEW_MS;
        if (!isLater || status !== "ACTIVE" || attached.has(id)) continue;
        const pem = await pemOf(id);
        if (isCertificateOf(pem, waiting.privateKeyPem)) return { ...certificate, pem };
      }
      return undefined;
    },
  };
}

function switchedOff(thing: string, { status, certificateId = "" }: Certificate): FleetError {
  return new FleetError(
    `The certificate of ${thing} (${certificateId.slice(0, 8)}…) is ${status}: somebody has switched it off, ` +
      `so the vehicle gets no other one by itself. UpdateCertificate makes it ACTIVE again; ` +
      `without its key file, ${thing} is given a new one.`,
  );
}
