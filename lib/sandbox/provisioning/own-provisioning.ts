import { existingCertificate } from "../identity/certificates.js";
import { issued, subjectOf, subjectOfRequest } from "../identity/issuing.js";
import type { KeyPairPem } from "../pki/key-pool.js";
import type { Parameters } from "./evaluation.js";
import { RegistrationFault } from "./faults.js";
import { register } from "./register-thing.js";
import type { State } from "./tables.js";
import { readTemplate, type JsonObject } from "./template-text.js";
import { setTimer } from "./timers.js";

/*
 * What a device does with a claim: it gets a certificate, and has itself registered with it. AWS has this
 * for MQTT only.
 * https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html
 */

/** How long a token lasts, in milliseconds. */
const TOKEN_MS = 3_600_000;

/** A certificate as a device gets it. */
export interface OwnedCertificate {
  readonly certificateId: string;
  readonly certificatePem: string;
  /** Of keys that were made here. */
  readonly privateKey?: string;
  readonly certificateOwnershipToken: string;
}

export function ownKeysAndCertificate(
  state: State,
  { keys, authorityKeys }: { keys: KeyPairPem; authorityKeys: KeyPairPem | undefined },
): OwnedCertificate {
  const certificate = issued(state, subjectOf(keys), authorityKeys, "PENDING_ACTIVATION");
  const { certificateId, certificatePem } = certificate;
  return {
    certificateId,
    certificatePem,
    privateKey: keys.privateKey,
    certificateOwnershipToken: tokenFor(state, certificateId),
  };
}

/** @throws RegistrationFault */
export function ownCertificateFromCsr(
  state: State,
  certificateSigningRequest: unknown,
  authorityKeys: KeyPairPem | undefined,
): OwnedCertificate {
  if (typeof certificateSigningRequest !== "string" || certificateSigningRequest === "") {
    throw new RegistrationFault(
      "InvalidCertificateSigningRequest",
      "Certificate signing request cannot be empty.",
    );
  }
  const subject = subjectOfRequest(certificateSigningRequest);
  const certificate = issued(state, subject, authorityKeys, "PENDING_ACTIVATION");
  const { certificateId, certificatePem } = certificate;
  const certificateOwnershipToken = tokenFor(state, certificateId);
  return { certificateId, certificatePem, certificateOwnershipToken };
}

function tokenFor(state: State, certificateId: string): string {
  const token = `${state.newId()}${state.newId()}`.replaceAll("-", "");
  const endsAt = state.now().getTime() + TOKEN_MS;
  state.certificateOwnership.set(token, { certificateId, endsAt });
  setTimer(state, endsAt, { kind: "token", of: token });
  return token;
}

/** The parameter that the certificate comes by, which no device has to give. */
const CERTIFICATE = "AWS::IoT::Certificate::Id";

/**
 * Register the thing that shows a token, as a named template says.
 *
 * @param request `{certificateOwnershipToken, parameters?}` as it came
 * @throws RegistrationFault, or what an operation of the registry refuses with
 */
export function provision(
  state: State,
  templateName: string,
  request: Readonly<Record<string, unknown>>,
): { readonly deviceConfiguration: JsonObject; readonly thingName?: string } {
  const { certificateOwnershipToken: token, parameters = {} } = request;
  const refuse = (message: string): never => {
    throw new RegistrationFault("InvalidCertificateOwnershipToken", message);
  };
  if (typeof token !== "string" || token === "") {
    return refuse("Certificate ownership token cannot be empty.");
  }
  const ownership =
    state.certificateOwnership.get(token) ??
    refuse("The certificate ownership token is not valid, was used, or is older than an hour.");
  const record = state.provisioningTemplates.get(templateName);
  if (!record) {
    throw new RegistrationFault(
      "ResourceNotFound",
      `Provisioning template ${templateName.slice(0, 100)} cannot be found`,
    );
  }
  if (!record.enabled) {
    throw new RegistrationFault(
      "InvalidTemplate",
      `Provisioning template ${templateName} is not enabled`,
    );
  }
  const { certificateId } = existingCertificate(state, ownership.certificateId);
  const version = record.versions.find((one) => one.versionId === record.defaultVersionId);
  const template = readTemplate(version?.templateBody ?? "");
  const declared = new Map([...template.parameters, [CERTIFICATE, undefined]]);
  const { deviceConfiguration, thingName } = register(
    state,
    { ...template, parameters: declared },
    { ...parametersIn(parameters), [CERTIFICATE]: certificateId },
  );
  state.certificateOwnership.delete(token);
  return { deviceConfiguration, ...(thingName !== undefined && { thingName }) };
}

function parametersIn(parameters: unknown): Parameters {
  const isMap = typeof parameters === "object" && parameters !== null && !Array.isArray(parameters);
  if (isMap && Object.values(parameters).every((value) => typeof value === "string")) {
    return parameters as Parameters;
  }
  throw new RegistrationFault("InvalidParameters", "parameters must be an object of texts");
}
