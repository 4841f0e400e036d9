import { policiesOf } from "../identity/policy-attachments.js";
import { detachAllPolicies } from "../identity/policy-attachments.js";
import { thingsOf } from "../identity/thing-attachments.js";
import { forgetTask, workOn } from "./registration-work.js";
import type { State } from "./tables.js";
import { takeDueTimer } from "./timers.js";

/** Do what was to happen by itself until now, each thing as of its own time. */
export function advanceProvisioning(state: State): void {
  for (let due = takeDueTimer(state); due; due = takeDueTimer(state)) {
    const { at, timer } = due;
    state.at(at, () => {
      switch (timer.kind) {
        case "token":
          return endToken(state, timer.of);
        case "claim":
          return endClaim(state, timer.of);
        case "task":
          return workOn(state, timer.of);
        case "task end":
          return forgetTask(state, timer.of);
      }
    });
  }
}

/** A certificate that nobody has made use of goes with its token. */
function endToken(state: State, token: string): void {
  const ownership = state.certificateOwnership.get(token);
  if (!ownership) return;
  state.certificateOwnership.delete(token);
  const certificate = state.certificates.get(ownership.certificateId);
  if (certificate?.status !== "PENDING_ACTIVATION") return;
  for (const _ of policiesOf(state, certificate.certificateArn)) return;
  for (const _ of thingsOf(state, certificate.certificateArn)) return;
  state.certificates.delete(certificate.certificateId);
}

function endClaim(state: State, certificateId: string): void {
  const certificate = state.certificates.get(certificateId);
  if (!certificate) return;
  detachAllPolicies(state, certificate.certificateArn);
  for (const _ of thingsOf(state, certificate.certificateArn)) return;
  state.certificates.delete(certificateId);
}
