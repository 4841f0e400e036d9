import { authorityKeysOf, keysFor } from "../../identity/issuing.js";
import { RegistrationFault } from "../../provisioning/faults.js";
import {
  ownCertificateFromCsr,
  ownKeysAndCertificate,
  provision,
} from "../../provisioning/own-provisioning.js";
import { serviceMessage, type Format } from "../messages.js";
import { publish } from "../publishing.js";
import type { Runtime } from "../runtime.js";
import type { State } from "../tables.js";
import { objectIn } from "./payloads.js";

/* https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html */

export interface ProvisioningRequest {
  readonly kind: "provisioning";
  readonly topic: string;
  readonly format: Format;
  readonly asked:
    | { readonly what: "keys" }
    | { readonly what: "certificate" }
    | { readonly what: "thing"; readonly templateName: string };
}

export function provisioningRequestOf(topic: string): ProvisioningRequest | undefined {
  const [, path = "", format] = /^\$aws\/(.+)\/(json|cbor)$/.exec(topic) ?? [];
  const asked = askedIn(path);
  return asked && { kind: "provisioning", topic, format: format as Format, asked };
}

function askedIn(path: string): ProvisioningRequest["asked"] | undefined {
  if (path === "certificates/create") return { what: "keys" };
  if (path === "certificates/create-from-csr") return { what: "certificate" };
  const [, templateName] = /^provisioning-templates\/([^/]+)\/provision$/.exec(path) ?? [];
  return templateName === undefined ? undefined : { what: "thing", templateName };
}

/** Do what is asked for, and answer whoever has subscribed. */
export async function serveProvisioning(
  runtime: Runtime,
  state: State,
  request: ProvisioningRequest,
  payload: Uint8Array,
  tell: (topic: string, document: object, format: Format) => Promise<void>,
): Promise<void> {
  const { topic, format, asked } = request;
  const reject = (statusCode: number, errorCode: string, errorMessage: string): Promise<void> =>
    tell(`${topic}/rejected`, { statusCode, errorCode, errorMessage }, format);
  const document = objectIn(payload, format);
  if (!document) {
    const wanted = `The payload is not an object in ${format.toUpperCase()}`;
    return reject(400, "InvalidPayload", wanted);
  }
  const answer = (work: () => object): Promise<void> =>
    runtime.run(state, () => publish(state, serviceMessage(`${topic}/accepted`, work(), format)));
  try {
    if (asked.what === "keys") {
      const keys = await keysFor(state);
      await answer(() => ownKeysAndCertificate(state, keys));
    } else if (asked.what === "certificate") {
      const authorityKeys = await authorityKeysOf(state);
      const { certificateSigningRequest } = document;
      await answer(() => ownCertificateFromCsr(state, certificateSigningRequest, authorityKeys));
    } else {
      await answer(() => provision(state, asked.templateName, document));
    }
  } catch (error) {
    if (error instanceof RegistrationFault) {
      return reject(STATUSES[error.code] ?? 400, error.code, error.message);
    }
    const { status, code, message } = runtime.refusalOf(error, "iot", OPERATIONS[asked.what]);
    await reject(status, code.replace(/Exception$/, ""), message);
  }
}

const STATUSES: Partial<Record<RegistrationFault["code"], number>> = {
  ResourceConflict: 409,
  ResourceNotFound: 404,
};

const OPERATIONS = {
  keys: "CreateKeysAndCertificate",
  certificate: "CreateCertificateFromCsr",
  thing: "RegisterThing",
} as const;
