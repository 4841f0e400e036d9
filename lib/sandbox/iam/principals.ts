import type { State } from "./tables.js";
import { iamId } from "./existing-roles.js";

/** Whose keys call the sandbox: one IAM user per account, as a participant of a workshop would be. */
export const USER_NAME = "workshop";

export function userId(account: string): string {
  return iamId("AIDA", `${USER_NAME} of ${account}`);
}

/**
 * Can a policy name this principal? A role, user or provider must be there when the policy is put. Of
 * other accounts the sandbox knows nothing and believes all, of services it knows the form.
 *
 * @param kind the key that it stands under, such as `AWS`
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function isPrincipal(state: State, kind: string, name: string): boolean {
  switch (kind) {
    case "AWS":
      return name === "*" || /^\d{12}$/.test(name) || isInAccount(state, name);
    case "Service":
      return /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(name);
    case "Federated":
      return isProvider(state, name);
    default:
      return kind === "CanonicalUser";
  }
}

/** A user, a role or one of its sessions, by ARN or by id, or a whole account. */
function isInAccount(state: State, name: string): boolean {
  if (/^A[A-Z0-9]{15,127}$/.test(name)) return isId(state, name);
  const [, service, account, kind, path = ""] =
    /^arn:aws:(iam|sts)::(\d{12}):([^/]+)(?:\/(.+))?$/.exec(name) ?? [];
  if (kind === undefined) return false;
  if (account !== state.account || (service === "iam" && name.endsWith(":root"))) return true;
  const names = path.split("/");
  if (service === "sts") return kind !== "assumed-role" || hasRole(state, names[0]);
  if (kind === "user") return path === USER_NAME;
  return kind === "role" && state.roles.get((names.at(-1) ?? "").toLowerCase())?.role.Arn === name;
}

/** Who signs people in elsewhere: a web service by its host, or a provider, of which none can be made here. */
function isProvider(state: State, name: string): boolean {
  if (!name.startsWith("arn:")) return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name);
  const account = /^arn:aws:iam::(\d{12}):(?:saml|oidc)-provider\/./.exec(name)?.[1];
  return account !== undefined && account !== state.account;
}

function hasRole(state: State, name = ""): boolean {
  return state.roles.get(name.toLowerCase())?.role.RoleName === name;
}

/** The unique id that IAM shows in place of who is gone, and then no longer takes. */
function isId(state: State, id: string): boolean {
  if (id === userId(state.account)) return true;
  return [...state.roles.values()].some(({ role }) => role.RoleId === id);
}
