import { isObject } from "../http/json.js";
import { listed, parsedPolicy } from "../door/policy-json.js";
import { holds, type Facts } from "./policy-conditions.js";
import { stands, type Pattern } from "../door/wildcards.js";
import { patternOf, type Variables } from "./policy-patterns.js";

/*
 * What IoT policies allow. Pure: of documents and of what is asked; who has which policies is not told
 * here.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
 */

export interface PolicyText {
  readonly policyName: string;
  readonly policyDocument: string;
}

/** What somebody wants to do. */
export interface Request {
  /** `iot:Publish` */
  readonly action: string;
  /** An ARN, or `*` for an action on nothing in particular. */
  readonly resource: string;
}

/** `policy statement 2` is the second one of that policy. */
export interface Decision {
  readonly isAllowed: boolean;
  /** What decided, for whoever reads the log: a statement, or that none fits. */
  readonly reason: string;
}

/** Policies with their variables filled in, ready to be asked. */
export interface Permissions {
  /** @param facts what conditions may ask for beside the variables, such as `iot:ConnectAttributes` */
  decide(request: Request, facts?: Facts): Decision;
}

interface Statement {
  readonly isAllow: boolean;
  readonly label: string;
  readonly actions: readonly Pattern[];
  readonly resources: readonly Pattern[];
  readonly condition: unknown;
}

/**
 * An explicit Deny wins over every Allow, and what nothing allows is denied. A pattern with a variable
 * that has no value fits nothing, in a Deny neither.
 */
export function permissionsOf(policies: readonly PolicyText[], variables: Variables): Permissions {
  const statements = policies.flatMap((policy) => statementsOf(policy, variables));
  return {
    decide({ action, resource }, facts = () => undefined) {
      const lower = action.toLowerCase();
      const all: Facts = (key) => facts(key) ?? variables(key);
      const fitting = statements.filter(
        ({ actions, resources, condition }) =>
          actions.some((pattern) => stands(pattern, lower)) &&
          resources.some((pattern) => stands(pattern, resource)) &&
          holds(condition, all, variables),
      );
      const denying = fitting.find(({ isAllow }) => !isAllow);
      if (denying) return { isAllowed: false, reason: `denied by ${denying.label}` };
      const [allowing] = fitting;
      if (allowing) return { isAllowed: true, reason: `allowed by ${allowing.label}` };
      const names = policies.map(({ policyName }) => policyName).join(", ");
      return {
        isAllowed: false,
        reason: names === "" ? "no policy is attached" : `no statement of ${names} allows it`,
      };
    },
  };
}

/** A document that cannot be read has none: only such are kept that can. */
function statementsOf({ policyName, policyDocument }: PolicyText, variables: Variables) {
  return listed(parsedPolicy(policyDocument)?.["Statement"]).flatMap((one, i): Statement[] => {
    if (!isObject(one)) return [];
    const { Effect, Action, Resource, Condition, Sid } = one;
    const patterns = (texts: readonly string[]): Pattern[] =>
      texts.map((text) => patternOf(text, variables)).filter((pattern) => pattern !== undefined);
    const label = `policy ${policyName} statement ${i + 1}`;
    return [
      {
        isAllow: Effect === "Allow",
        label: typeof Sid === "string" && Sid !== "" ? `${label} (${Sid})` : label,
        actions: patterns(listed(Action).map((text) => String(text).toLowerCase())),
        resources: patterns(listed(Resource).map(String)),
        condition: Condition,
      },
    ];
  });
}
