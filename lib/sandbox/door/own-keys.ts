import { createHmac } from "node:crypto";
import type { SigningKeys } from "../state/state.js";
import type { AuthOption } from "./credentials.js";

/** Keys that a service got from a role begin so, and those of people with AKIA. */
const PREFIX = "ASIA";

/**
 * What the sandbox itself signs with in an account's name: the presigned URLs it hands out. On AWS these
 * are the keys of the role that the service has assumed. They differ from the account's own, since the
 * two live in different times: what the sandbox signs ends in the sandbox's time.
 */
export function ownKeysOf(auth: AuthOption): (account: string) => SigningKeys {
  // An open sandbox checks no signature; the access key is the account.
  if (auth === "off") return (account) => ownKeys({ accessKeyId: account, secretAccessKey: "" });
  return (account) => {
    const keys = auth.credentials.find((pair) => pair.account === account);
    // Only who has keys can call, so the state of any other account is never asked.
    if (!keys) throw new Error(`There are no credentials for account ${account}`);
    return ownKeys(keys);
  };
}

/** The sandbox's keys beside these of the account. */
export function ownKeys({ accessKeyId, secretAccessKey }: SigningKeys): SigningKeys {
  return {
    accessKeyId: PREFIX + accessKeyId.replace(/^AKIA/, ""),
    secretAccessKey: createHmac("sha256", secretAccessKey).update("own keys").digest("base64url"),
  };
}

/** The account behind the access key in an open sandbox, and whether the sandbox itself has signed. */
export function openAccountOf(accessKeyId: string): { account?: string; isOwn: boolean } {
  const isOwn = accessKeyId.startsWith(PREFIX);
  const account = isOwn ? accessKeyId.slice(PREFIX.length) : accessKeyId;
  return { isOwn, ...(/^\d{12}$/.test(account) && { account }) };
}
