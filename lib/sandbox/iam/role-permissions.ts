import { isLike } from "../door/wildcards.js";
import type { State } from "./tables.js";

/**
 * Does a role's policy let it do this? A first look, as CreateJob takes it: conditions are not judged,
 * and a managed policy, whose text is not kept here, counts as permission.
 *
 * @param resource an ARN
 */
export function permits(state: State, roleArn: string, action: string, resource: string): boolean {
  const name = roleArn.split("/").at(-1) ?? "";
  const role = state.roles.get(name.toLowerCase());
  if (!role) return false;
  if (Object.keys(role.attachedPolicies).length > 0) return true;
  const statements = Object.values(role.inlinePolicies).flatMap(statementsOf);
  const fits = (statement: Statement): boolean =>
    matches(statement["Action"], action, "i") && matches(statement["Resource"], resource, "");
  const isDenied = statements.some(
    (statement) =>
      statement["Effect"] === "Deny" && statement["Condition"] === undefined && fits(statement),
  );
  return !isDenied && statements.some((one) => one["Effect"] === "Allow" && fits(one));
}

type Statement = Readonly<Record<string, unknown>>;

function statementsOf(policy: string): Statement[] {
  // IAM took it, so it is JSON with a statement or several.
  const { Statement } = JSON.parse(policy) as { readonly Statement?: Statement | Statement[] };
  return Statement === undefined ? [] : [Statement].flat();
}

/** An element with `*` and `?`, or several of them. Without it (`NotAction`) nothing is excluded. */
function matches(element: unknown, text: string, flags: "" | "i"): boolean {
  if (element === undefined) return true;
  const fold = (one: string): string => (flags === "i" ? one.toLowerCase() : one);
  return [element].flat().some((pattern) => isLike(fold(String(pattern)), fold(text)));
}
