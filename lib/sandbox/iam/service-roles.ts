import type { State } from "./tables.js";
import { listed, parsedPolicy } from "../door/policy-json.js";

/**
 * Why AWS IoT cannot assume a role, or undefined when it can.
 *
 * The role must exist in the caller's account, trust `iot.amazonaws.com`, and have been there for a
 * moment: IAM tells other services of a new role with a delay, `state.lags.roleMs` here. AWS does not
 * tell these three apart, and clients know by its words that they may ask again.
 * https://github.com/hashicorp/terraform-provider-aws/issues/33433
 */
export function cannotAssume(state: State, roleArn: string): string | undefined {
  const [, account, path] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(roleArn) ?? [];
  const name = path?.split("/").at(-1);
  if (name === undefined) return `${roleArn} is not the ARN of a role`;
  if (account !== state.account) return `${roleArn} belongs to another account`;

  const role = state.roles.get(name.toLowerCase())?.role;
  const isKnown =
    role?.Arn === roleArn &&
    state.now().getTime() - (role.CreateDate?.getTime() ?? 0) >= state.lags.roleMs;
  if (isKnown && trustsIot(role.AssumeRolePolicyDocument)) return undefined;
  return (
    `AWS IoT (iot.amazonaws.com) is unable to assume role (sts:AssumeRole) on resource: ${roleArn}. ` +
    "If the role was just created or updated, please try again in a few seconds."
  );
}

/** Does a trust policy let AWS IoT in? */
function trustsIot(policy: string | undefined): boolean {
  const document = parsedPolicy(policy ?? "");
  return listed(document?.["Statement"]).some((statement) => {
    const { Effect, Action, Principal } = statement as Record<string, unknown>;
    const services = listed((Principal as Record<string, unknown> | undefined)?.["Service"]);
    return (
      Effect === "Allow" &&
      listed(Action).some((action) => ["sts:AssumeRole", "sts:*", "*"].includes(String(action))) &&
      services.includes("iot.amazonaws.com")
    );
  });
}
