import { CreateProvisioningClaimCommand, InvalidRequestException } from "@aws-sdk/client-iot";
import { issued, keysFor, subjectOf } from "../identity/issuing.js";
import { fault } from "../state/operation.js";
import { existingTemplate } from "./provisioning-templates.js";
import { operation, type State } from "./tables.js";
import { setTimer } from "./timers.js";

/** How long a claim may be used to connect, in milliseconds. */
const CLAIM_MS = 5 * 60_000;

/**
 * A certificate for five minutes, which may provision by this template and nothing else.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningClaim.html
 */
export const createProvisioningClaim = operation(
  CreateProvisioningClaimCommand,
  (state, { templateName }, { keys, authorityKeys }) => {
    const { enabled } = existingTemplate(state, templateName);
    if (!enabled) {
      fault(InvalidRequestException, `Provisioning template ${templateName} is not enabled`);
    }
    const certificate = issued(state, subjectOf(keys), authorityKeys, "ACTIVE");
    const { certificateId, certificatePem } = certificate;
    const claimPolicy = policyFor(state, templateName);
    state.certificates.set(certificateId, { ...certificate, claimPolicy });
    const endsAt = state.now().getTime() + CLAIM_MS;
    setTimer(state, endsAt, { kind: "claim", of: certificateId });
    return {
      certificateId,
      certificatePem,
      keyPair: { PublicKey: keys.publicKey, PrivateKey: keys.privateKey },
      expiration: new Date(endsAt),
    };
  },
  keysFor,
);

function policyFor(state: State, templateName: string): string {
  const topics = [
    "$aws/certificates/create/*",
    "$aws/certificates/create-from-csr/*",
    `$aws/provisioning-templates/${templateName}/provision/*`,
  ];
  const on = (kind: string) => topics.map((topic) => state.arn(`${kind}/${topic}`));
  const allow = (Action: string | string[], Resource: string | string[]) => ({
    Effect: "Allow",
    Action,
    Resource,
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      allow("iot:Connect", "*"),
      allow(["iot:Publish", "iot:Receive"], on("topic")),
      allow("iot:Subscribe", on("topicfilter")),
    ],
  });
}
