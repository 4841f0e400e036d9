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
  type CertificateStatus,
} from "@aws-sdk/client-iot";
import { byAge, markedList } from "../state/marked-lists.js";
import { operation, type State } from "./tables.js";
import { fault } from "../state/operation.js";
import { detachAllPolicies, policiesOf } from "./policy-attachments.js";
import {
  authorityKeysOf,
  issued,
  kept,
  keysFor,
  setStatus,
  subjectOf,
  subjectOfRequest,
} from "./issuing.js";
import type { CertificateRecord } from "./records.js";
import { thingsOf } from "./thing-attachments.js";
import { certificateIdOf, readCertificate } from "./x509.js";

/**
 * The private key is in this answer and nowhere else.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateKeysAndCertificate.html
 */
export const createKeysAndCertificate = operation(
  CreateKeysAndCertificateCommand,
  (state, { setAsActive }, { keys, authorityKeys }) => {
    const certificate = issued(state, subjectOf(keys), authorityKeys, statusOf(setAsActive));
    return { ...certificate, keyPair: { PublicKey: keys.publicKey, PrivateKey: keys.privateKey } };
  },
  keysFor,
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html */
export const createCertificateFromCsr = operation(
  CreateCertificateFromCsrCommand,
  (state, { certificateSigningRequest, setAsActive }, authorityKeys) => {
    const subject = subjectOfRequest(certificateSigningRequest);
    return issued(state, subject, authorityKeys, statusOf(setAsActive));
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
    setStatus(state, certificate, settable(newStatus));
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

function statusOf(isActive = false): CertificateStatus {
  return isActive ? "ACTIVE" : "INACTIVE";
}

/** AWS keeps the other statuses to itself. */
function settable(status: string): CertificateStatus {
  if (status === "ACTIVE" || status === "INACTIVE" || status === "REVOKED") return status;
  return fault(InvalidRequestException, `A certificate's status cannot be set to ${status}`);
}

export function existingCertificate(state: State, certificateId: string): CertificateRecord {
  return (
    state.certificates.get(certificateId) ??
    fault(ResourceNotFoundException, `Certificate ${certificateId} cannot be found`)
  );
}
