import { isObject } from "../http/json.js";
import { MalformedPolicyDocumentException } from "@aws-sdk/client-iam";
import { fault } from "../state/operation.js";
import { listed, parsedPolicy } from "../door/policy-json.js";

/*
 * What IAM refuses in a policy document. Only the form is judged: the sandbox evaluates no policies.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */

type Statement = Readonly<Record<string, unknown>>;

/** Is there such a principal of that kind? IAM asks when a policy is put, and not later. */
export type Exists = (kind: string, name: string) => boolean;

/** Who may assume a role: principals and STS actions, no resource. */
export function checkTrustPolicy(text: string, exists: Exists): void {
  for (const statement of statementsOf(text, "This policy contains invalid Json")) {
    if (has(statement, "Resource")) malformed("Has prohibited field Resource");
    if (!has(statement, "Principal")) malformed("Missing required field Principal");
    if (!has(statement, "Action")) malformed("Missing required field Action");
    const actions = listed(statement["Action"]).map(String);
    if (actions.some((action) => action !== "*" && !action.toLowerCase().startsWith("sts:"))) {
      malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    checkPrincipal(statement["Principal"], exists);
    checkPrincipal(statement["NotPrincipal"], exists);
  }
}

/** What a role may do: actions and resources, no principal. */
export function checkIdentityPolicy(text: string): void {
  for (const statement of statementsOf(text, "Syntax errors in policy.")) {
    if (has(statement, "Principal")) malformed("Policy document should not specify a principal.");
    if (!has(statement, "Action")) malformed("Policy statement must contain actions.");
    if (!has(statement, "Resource")) malformed("Policy statement must contain resources.");
    for (const action of listed(statement["Action"]).map(String)) {
      if (action !== "*" && !/^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action)) {
        malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
      }
    }
    for (const resource of listed(statement["Resource"]).map(String)) {
      if (resource !== "*" && !/^(arn|\*)(:|$)/.test(resource)) {
        malformed(`Resource ${resource.slice(0, 200)} must be in ARN format or "*".`);
      }
    }
  }
}

function statementsOf(text: string, notJson: string): Statement[] {
  const document = parsedPolicy(text) ?? malformed(notJson);
  const { Version, Statement } = document;
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17") {
    malformed("Syntax errors in policy.");
  }
  const statements = listed(Statement);
  if (statements.length === 0) malformed("Syntax errors in policy.");
  return statements.map((statement) => {
    if (!isObject(statement)) return malformed("Syntax errors in policy.");
    const { Effect } = statement;
    if (Effect !== "Allow" && Effect !== "Deny") malformed("Syntax errors in policy.");
    return statement;
  });
}

function checkPrincipal(principal: unknown, exists: Exists): void {
  if (principal === undefined || principal === "*") return;
  if (!isObject(principal)) return malformed("Syntax errors in policy.");
  const named = Object.entries(principal).flatMap(([kind, value]) =>
    listed(value).map((name) => [kind, String(name)] as const),
  );
  if (named.length === 0) malformed("Missing required field Principal cannot be empty!");
  for (const [kind, name] of named) {
    if (!exists(kind, name)) {
      malformed(`Invalid principal in policy: "${kind.toUpperCase()}":"${name.slice(0, 200)}"`);
    }
  }
}

/** Does a statement have the element or its negation, as in `NotAction`? */
function has(statement: Statement, element: string): boolean {
  return statement[element] !== undefined || statement[`Not${element}`] !== undefined;
}

function malformed(message: string): never {
  return fault(MalformedPolicyDocumentException, message);
}
