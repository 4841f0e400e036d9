import type { State } from "./tables.js";
import { listed, parsedPolicy } from "../door/policy-json.js";
import { isLike } from "../door/wildcards.js";

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
  if (isKnown && trustsIot(state, role.AssumeRolePolicyDocument)) return undefined;
  return (
    `AWS IoT (iot.amazonaws.com) is unable to assume role (sts:AssumeRole) on resource: ${roleArn}. ` +
    "If the role was just created or updated, please try again in a few seconds."
  );
}

/** Does a trust policy let AWS IoT in? What forbids it outweighs what allows it. */
function trustsIot(state: State, policy: string | undefined): boolean {
  const statements = listed(parsedPolicy(policy ?? "")?.["Statement"]) as Statement[];
  const speaksOfUs = ({ Action, Principal }: Statement): boolean => {
    const services = listed((Principal as Statement | undefined)?.["Service"]);
    return (
      listed(Action).some((action) => isLike(String(action).toLowerCase(), "sts:assumerole")) &&
      services.includes("iot.amazonaws.com")
    );
  };
  const ours = statements.filter(speaksOfUs);
  const isDenied = ours.some(
    ({ Effect, Condition }) => Effect === "Deny" && holds(state, Condition) === true,
  );
  return (
    !isDenied &&
    ours.some(({ Effect, Condition }) => Effect === "Allow" && holds(state, Condition) !== false)
  );
}

type Statement = Readonly<Record<string, unknown>>;

/**
 * Does a condition hold for AWS IoT, which comes from this account and Region? Undefined when it asks
 * for more than where from: what the sandbox cannot tell it does not hold against a role.
 * https://docs.aws.amazon.com/iot/latest/developerguide/cross-service-confused-deputy-prevention.html
 */
function holds(state: State, condition: unknown): boolean | undefined {
  const answers = Object.entries((condition ?? {}) as Statement).flatMap(([operator, keys]) =>
    Object.entries(keys as Statement).map(([key, wanted]) => {
      const given = comesFrom(state, key.toLowerCase(), listed(wanted).map(String));
      return /^(String|Arn)(Equals|Like)(IfExists)?$/.test(operator) ? given : undefined;
    }),
  );
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function comesFrom(state: State, key: string, wanted: readonly string[]): boolean | undefined {
  if (key === "aws:sourceaccount") return wanted.some((one) => isLike(one, state.account));
  if (key !== "aws:sourcearn") return undefined;
  // Which thing or job it is for is not known beforehand: service, Region and account are.
  const [, , service, region, account] = state.arn("").split(":");
  const place = [service, region, account];
  return wanted.some((arn) => {
    const parts = arn.split(":").slice(2, 5);
    return parts.every((part, i) => isLike(part, place[i] ?? ""));
  });
}
