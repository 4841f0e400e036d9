import {
  CertificateStateException,
  CertificateValidationException,
  CreateCertificateFromCsrCommand,
  CreateKeysAndCertificateCommand,
  DeleteCertificateCommand,
  DeleteConflictException,
  DescribeCertificateCommand,
  InvalidRequestException,
  ListCertificatesCommand,
  RegisterCertificateWithoutCACommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateCertificateCommand,
  type CertificateMode,
  type CertificateStatus,
} from "@aws-sdk/client-iot";
import { createPublicKey, X509Certificate } from "node:crypto";
import { byAge, markedList } from "../state/marked-lists.js";
import { operation, type State } from "./tables.js";
import { fault } from "../state/operation.js";
import { detachAllPolicies, policiesOf } from "./policy-attachments.js";
import type { CertificateRecord } from "./records.js";
import { nameOf, type Issuer, type Subject } from "../pki/certificate.js";
import { createKeyPool, type KeyPairPem } from "../pki/key-pool.js";
import { thingsOf } from "./thing-attachments.js";
import { certificateIdOf, createAuthority, issue, readCertificate, readRequest } from "./x509.js";

/** Of all sandboxes in this process: a key is as good for one as for another. */
const keyPool = createKeyPool();

/**
 * The private key is in this answer and nowhere else.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateKeysAndCertificate.html
 */
export const createKeysAndCertificate = operation(
  CreateKeysAndCertificateCommand,
  (state, { setAsActive }, { keys, authorityKeys }) => {
    const { publicKey, privateKey } = keys;
    const subject = { name: nameOf("AWS IoT Certificate"), publicKey: createPublicKey(publicKey) };
    const certificate = issued(state, subject, authorityKeys, setAsActive);
    return { ...certificate, keyPair: { PublicKey: publicKey, PrivateKey: privateKey } };
  },
  keysFor,
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html */
export const createCertificateFromCsr = operation(
  CreateCertificateFromCsrCommand,
  (state, { certificateSigningRequest, setAsActive }, authorityKeys) => {
    const subject =
      readRequest(certificateSigningRequest) ??
      fault(
        InvalidRequestException,
        "The certificate signing request is not valid: it must be PKCS #10 in PEM, signed with its " +
          "own key, which is RSA of at least 2048 bits or NIST P-256, P-384 or P-521",
      );
    return issued(state, subject, authorityKeys, setAsActive);
  },
  authorityKeysOf,
);

/**
 * The sandbox looks at the certificate itself, not at who signed it.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificateWithoutCA.html
 */
export const registerCertificateWithoutCA = operation(
  RegisterCertificateWithoutCACommand,
  (state, { certificatePem, status = "INACTIVE" }) => {
    const certificate =
      readCertificate(certificatePem) ??
      fault(CertificateValidationException, "The certificate is not valid X.509 in PEM");
    const existing = state.certificates.get(certificateIdOf(certificatePem));
    if (existing) {
      fault(
        ResourceAlreadyExistsException,
        "The certificate is already provisioned or registered",
        { resourceId: existing.certificateId, resourceArn: existing.certificateArn },
      );
    }
    if (new Date(certificate.validTo) < state.now()) {
      fault(CertificateValidationException, "The certificate has expired");
    }
    return kept(state, certificatePem, settable(status), certificate, "SNI_ONLY");
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeCertificate.html */
export const describeCertificate = operation(
  DescribeCertificateCommand,
  (state, { certificateId }) => ({
    certificateDescription: existingCertificate(state, certificateId),
  }),
);

/**
 * The newest certificate comes first.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListCertificates.html
 */
export const listCertificates = operation(
  ListCertificatesCommand,
  (state, { ascendingOrder: ascending, ...page }) => {
    const { items, next } = markedList(page, ["ListCertificates", ascending], (after) =>
      byAge(state.certificates.entries(), {
        createdAt: ({ creationDate }) => creationDate,
        ascending,
        after,
      }),
    );
    return { certificates: items, ...next };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html */
export const updateCertificate = operation(
  UpdateCertificateCommand,
  (state, { certificateId, newStatus }) => {
    const certificate = existingCertificate(state, certificateId);
    state.certificates.set(certificateId, {
      ...certificate,
      status: settable(newStatus),
      lastModifiedDate: state.now(),
      customerVersion: (certificate.customerVersion ?? 1) + 1,
    });
    return {};
  },
);

/**
 * Only what is not active and attached to nothing; `forceDelete` detaches policies, never things.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html
 */
export const deleteCertificate = operation(
  DeleteCertificateCommand,
  (state, { certificateId, forceDelete = false }) => {
    const { certificateArn, status } = existingCertificate(state, certificateId);
    if (status === "ACTIVE") {
      fault(
        CertificateStateException,
        `Certificate must be deactivated (not ACTIVE) before deletion. Id: ${certificateId}`,
      );
    }
    for (const _ of thingsOf(state, certificateArn)) {
      const message = `Things must be detached before deletion (arn: ${certificateArn})`;
      fault(DeleteConflictException, message);
    }
    if (forceDelete) detachAllPolicies(state, certificateArn);
    for (const _ of policiesOf(state, certificateArn)) {
      const message = `Certificate policies must be detached before deletion (arn: ${certificateArn})`;
      fault(DeleteConflictException, message);
    }
    state.certificates.delete(certificateId);
    return {};
  },
);

/** Issue a certificate of this account and Region, and keep it. */
function issued(
  state: State,
  subject: Subject,
  authorityKeys: KeyPairPem | undefined,
  isActive = false,
): CertificateRecord {
  const pem = issue(subject, authorityOf(state, authorityKeys), serial(state), state.now());
  return kept(state, pem, isActive ? "ACTIVE" : "INACTIVE", new X509Certificate(pem));
}

function kept(
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

async function keysFor(state: State) {
  return { authorityKeys: await authorityKeysOf(state), keys: await keyPool.take() };
}

/** What the authority will need if it is yet to be made: two who come at once bring a pair each. */
async function authorityKeysOf(state: State): Promise<KeyPairPem | undefined> {
  return state.certificateAuthority.has("iot") ? undefined : keyPool.take();
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

/** AWS keeps the other statuses to itself. */
function settable(status: string): CertificateStatus {
  if (status === "ACTIVE" || status === "INACTIVE" || status === "REVOKED") return status;
  return fault(InvalidRequestException, `A certificate's status cannot be set to ${status}`);
}

function existingCertificate(state: State, certificateId: string): CertificateRecord {
  return (
    state.certificates.get(certificateId) ??
    fault(ResourceNotFoundException, `Certificate ${certificateId} cannot be found`)
  );
}
