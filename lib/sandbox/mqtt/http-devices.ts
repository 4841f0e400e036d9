import type { X509Certificate } from "node:crypto";
import { WireError } from "../http/wire.js";
import { createJudge, principalOf } from "./connection/principals.js";
import type { Runtime } from "./runtime.js";
import type { State } from "./tables.js";

/*
 * Devices that make HTTPS requests with their certificate. Their policies are asked for the actions that
 * HTTP has, without a thing: a request has no client id.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html
 */

interface Input {
  readonly thingName?: string;
  readonly shadowName?: string;
  readonly topic?: string;
  readonly clientId?: string;
  readonly retain?: boolean;
}

/** Each action that an operation asks for, and on what. */
type Asked = (input: Input) => readonly (readonly [action: string, tail: string])[];

const onThing =
  (action: string): Asked =>
  ({ thingName = "" }) => [[action, `thing/${thingName}`]];

const onShadow =
  (action: string): Asked =>
  ({ thingName = "", shadowName }) => [
    [action, `thing/${thingName}${shadowName === undefined ? "" : `/${shadowName}`}`],
  ];

const onClient =
  (action: string): Asked =>
  ({ clientId = "" }) => [[action, `client/${clientId}`]];

const ACTIONS: Readonly<Record<string, Asked>> = {
  GetThingShadow: onShadow("GetThingShadow"),
  UpdateThingShadow: onShadow("UpdateThingShadow"),
  DeleteThingShadow: onShadow("DeleteThingShadow"),
  ListNamedShadowsForThing: onThing("ListNamedShadowsForThing"),
  DescribeJobExecution: onThing("DescribeJobExecution"),
  GetPendingJobExecutions: onThing("GetPendingJobExecutions"),
  StartNextPendingJobExecution: onThing("StartNextPendingJobExecution"),
  UpdateJobExecution: onThing("UpdateJobExecution"),
  Publish: ({ topic = "", retain }) => [
    ["Publish", `topic/${topic}`],
    ...(retain ? [["RetainPublish", `topic/${topic}`] as const] : []),
  ],
  GetRetainedMessage: ({ topic = "" }) => [["GetRetainedMessage", `topic/${topic}`]],
  // On nothing in particular: only a policy for everything allows it.
  ListRetainedMessages: () => [["ListRetainedMessages", "*"]],
  GetConnection: onClient("GetConnection"),
  DeleteConnection: onClient("DeleteConnection"),
  ListSubscriptions: onClient("ListSubscriptions"),
  SendDirectMessage: onClient("SendDirectMessage"),
};

/** Whose certificate that is. Throws AWS's refusal (403), and says in the log why, when it may do nothing. */
export function deviceOf(
  runtime: Runtime,
  certificate: X509Certificate,
  sourceIp = "",
): { readonly state: State; check(operation: string, input: object): void } {
  const refuse = (why: string): never => {
    runtime.log(`refused over HTTPS: ${why}`);
    throw new WireError("ForbiddenException", 403, "Forbidden");
  };
  const principal = principalOf({ kind: "certificate", certificate }, runtime);
  if (typeof principal === "string") return refuse(principal);
  const { state, identifier } = principal;
  const judge = createJudge(principal, undefined, sourceIp);
  return {
    state,
    check(operation, input) {
      const asked = ACTIONS[operation]?.(input as Input);
      if (!asked) return refuse(`certificate ${identifier}: ${operation} is not for devices`);
      for (const [action, tail] of asked) {
        const { isAllowed, reason } = judge.decide(`iot:${action}`, tail);
        if (isAllowed) continue;
        refuse(`certificate ${identifier}: iot:${action} on ${state.arn(tail)}: ${reason}`);
      }
    },
  };
}
