import type { WireRequest } from "../http/wire.js";
import type { OtherClaim } from "./other-claim.js";
import { claimOfPost } from "./post-claims.js";
import { claimOfVersion2 } from "./version2-claims.js";

export function otherClaimOf(request: WireRequest): OtherClaim | undefined {
  return claimOfVersion2(request) ?? claimOfPost(request);
}
