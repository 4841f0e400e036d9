import type { X509Certificate } from "node:crypto";
import { devicePermissions } from "../../identity/device-permissions.js";
import type { Facts } from "../../identity/policy-conditions.js";
import type { Decision, Permissions } from "../../identity/policy-decision.js";
import { exchangeOf } from "../exchange.js";
import type { Peer, Runtime } from "../runtime.js";
import type { State } from "../tables.js";

/** Who a client is, once that is known. */
export interface Principal {
  readonly state: State;
  /** A certificate's id, or the key that somebody has signed with. */
  readonly identifier: string;
  readonly certificateId: string | undefined;
  readonly certificateArn: string | undefined;
  /** What it may do under that name, as things are now. */
  permissions(clientId: string | undefined, sourceIp: string): Permissions;
}

/** Whoever signs is of the account, whose permissions the sandbox does not evaluate. */
const everything: Permissions = {
  decide: () => ({ isAllowed: true, reason: "signed by the account" }),
};

/** Who a peer is, or in one sentence why it is nobody that may connect. */
export function principalOf(peer: Peer, runtime: Runtime): Principal | string {
  if (peer.kind === "signature") {
    const { accessKeyId, state } = peer;
    return {
      state: state as State,
      identifier: accessKeyId,
      certificateId: undefined,
      certificateArn: undefined,
      permissions: () => everything,
    };
  }
  const { certificate } = peer;
  if (!certificate) return "it has shown no certificate";
  const certificateId = idOf(certificate);
  const holders = runtime.holdersOf(certificateId);
  const isActive = (state: State): boolean =>
    state.certificates.get(certificateId)?.status === "ACTIVE";
  const state = holders.find(isActive) ?? holders[0];
  const record = state?.certificates.get(certificateId);
  if (!state || !record) return `certificate ${certificateId} is not registered`;
  if (record.status !== "ACTIVE") return `certificate ${certificateId} is ${record.status}`;
  const now = state.now();
  if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo)) {
    return `certificate ${certificateId} is valid from ${certificate.validFrom} to ${certificate.validTo} only`;
  }
  const { certificateArn } = record;
  return {
    state,
    identifier: certificateId,
    certificateId,
    certificateArn,
    permissions: (clientId, sourceIp) =>
      devicePermissions(state, {
        certificateArn,
        certificateId,
        certificate,
        sourceIp,
        ...(clientId !== undefined && { clientId }),
      }),
  };
}

/** How AWS IoT numbers certificates: the SHA-256 digest of their DER form, in hexadecimal. */
function idOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}

/** Asks a principal's permissions, which are read again when they may have changed. */
export interface Judge {
  decide(action: string, tail: string, facts?: Facts): Decision;
}

/** Decisions that are kept: a device says and hears the same few topics again and again. */
const MOST_KEPT = 500;

export function createJudge(
  principal: Principal,
  clientId: string | undefined,
  sourceIp: string,
): Judge {
  const { state } = principal;
  const exchange = exchangeOf(state);
  let asOf = -1;
  let permissions: Permissions = everything;
  let kept = new Map<string, Decision>();
  return {
    decide(action, tail, facts) {
      const now = exchange.permissionsAsOf();
      if (asOf !== now) {
        asOf = now;
        permissions = principal.permissions(clientId, sourceIp);
        kept = new Map();
      }
      const request = { action, resource: state.arn(tail) };
      if (facts) return permissions.decide(request, facts);
      const key = `${action} ${tail}`;
      let decision = kept.get(key);
      if (!decision) {
        if (kept.size >= MOST_KEPT) kept = new Map();
        kept.set(key, (decision = permissions.decide(request)));
      }
      return decision;
    },
  };
}
