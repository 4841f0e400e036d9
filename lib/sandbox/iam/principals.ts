import type { State } from "./tables.js";
import { iamId } from "./existing-roles.js";

/** Whose keys call the sandbox: one IAM user per account, as a participant of a workshop would be. */
export const USER_NAME = "workshop";

export function userId(account: string): string {
  return iamId("AIDA", `${USER_NAME} of ${account}`);
}

/**
 * Can a trust policy name this principal? A role or user must be there when the policy is put. Of other
 * accounts the sandbox knows nothing and believes all.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function isPrincipal(state: State, name: string): boolean {
  if (/^A[A-Z0-9]{15,127}$/.test(name)) return isId(state, name);
  const [, service, account, kind, path = ""] =
    /^arn:aws[a-z-]*:(iam|sts)::(\d{12}):([^/]+)(?:\/(.+))?$/.exec(name) ?? [];
  // Everybody, or a whole account.
  if (kind === undefined || (service === "iam" && kind === "root")) return true;
  if (account !== state.account) return true;
  const names = path.split("/");
  if (service === "sts") return kind !== "assumed-role" || hasRole(state, names[0]);
  if (kind === "user") return path === USER_NAME;
  return kind === "role" && state.roles.get((names.at(-1) ?? "").toLowerCase())?.role.Arn === name;
}

function hasRole(state: State, name = ""): boolean {
  return state.roles.get(name.toLowerCase())?.role.RoleName === name;
}

/** The unique id that IAM shows in place of who is gone, and then no longer takes. */
function isId(state: State, id: string): boolean {
  if (id === userId(state.account)) return true;
  return [...state.roles.values()].some(({ role }) => role.RoleId === id);
}
