import {
  InvalidRequestException,
  type CertificateMode,
  type CertificateStatus,
} from "@aws-sdk/client-iot";
import { createPublicKey, X509Certificate } from "node:crypto";
import { nameOf, type Issuer, type Subject } from "../pki/certificate.js";
import { createKeyPool, type KeyPairPem, type KeyPool } from "../pki/key-pool.js";
import { fault } from "../state/operation.js";
import { port } from "../state/port.js";
import type { CertificateRecord } from "./records.js";
import type { State } from "./tables.js";
import { certificateIdOf, createAuthority, issue, readRequest } from "./x509.js";

/* Certificates of an account's own authority, for whoever gives some away. */

/** Where the keys of certificates come from. */
export const keyPairs = port<KeyPool>("key pairs for certificates");

/** Of all sandboxes in this process: a key is as good for one as for another. */
export const sharedKeyPool = createKeyPool();

/** Whose certificate it is when the keys are ours. */
export function subjectOf({ publicKey }: KeyPairPem): Subject {
  return { name: nameOf("AWS IoT Certificate"), publicKey: createPublicKey(publicKey) };
}

/** Whose certificate is asked for. Refuses what is no certificate signing request. */
export function subjectOfRequest(certificateSigningRequest: string): Subject {
  return (
    readRequest(certificateSigningRequest) ??
    fault(
      InvalidRequestException,
      "The certificate signing request is not valid: it must be PKCS #10 in PEM, signed with its " +
        "own key, which is RSA of at least 2048 bits or NIST P-256, P-384 or P-521",
    )
  );
}

/** Issue a certificate of this account and Region, and keep it. */
export function issued(
  state: State,
  subject: Subject,
  authorityKeys: KeyPairPem | undefined,
  status: CertificateStatus,
): CertificateRecord {
  const pem = issue(subject, authorityOf(state, authorityKeys), serial(state), state.now());
  return kept(state, pem, status, new X509Certificate(pem));
}

export function kept(
  state: State,
  certificatePem: string,
  status: CertificateStatus,
  { validFrom, validTo }: Pick<X509Certificate, "validFrom" | "validTo">,
  certificateMode: CertificateMode = "DEFAULT",
): CertificateRecord {
  const certificateId = certificateIdOf(certificatePem);
  const certificate: CertificateRecord = {
    certificateArn: state.arn(`cert/${certificateId}`),
    certificateId,
    certificatePem,
    status,
    ownedBy: state.account,
    creationDate: state.now(),
    lastModifiedDate: state.now(),
    customerVersion: 1,
    generationId: state.newId(),
    validity: { notBefore: new Date(validFrom), notAfter: new Date(validTo) },
    certificateMode,
  };
  state.certificates.set(certificateId, certificate);
  return certificate;
}

/** Keys for a certificate, and for the authority if there is none yet: looked for beside everything else. */
export async function keysFor(state: State) {
  return { authorityKeys: await authorityKeysOf(state), keys: await state.ask(keyPairs).take() };
}

/** What the authority will need if it is yet to be made: two who come at once bring a pair each. */
export async function authorityKeysOf(state: State): Promise<KeyPairPem | undefined> {
  return state.certificateAuthority.has("iot") ? undefined : state.ask(keyPairs).take();
}

/** The account's authority in this Region, made for its first certificate. */
function authorityOf(state: State, keys: KeyPairPem | undefined): Issuer {
  const existing = state.certificateAuthority.get("iot");
  if (existing) return existing;
  // Not AWS's own name: nobody should take one of these for a certificate that AWS has issued.
  const authority = createAuthority("Fleetlab sandbox", serial(state), state.now(), keys);
  state.certificateAuthority.set("iot", authority);
  return authority;
}

function serial(state: State): string {
  return state.newId().replaceAll("-", "");
}

/** Give a certificate another status. */
export function setStatus(
  state: State,
  certificate: CertificateRecord,
  status: CertificateStatus,
): void {
  state.certificates.set(certificate.certificateId, {
    ...certificate,
    status,
    lastModifiedDate: state.now(),
    customerVersion: (certificate.customerVersion ?? 1) + 1,
  });
}
