import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { operation } from "./tables.js";
import { iamId } from "./existing-roles.js";

/** Whose keys call the sandbox: one IAM user per account, as a participant of a workshop would be. */
const USER_NAME = "workshop";

/** Needs no permission, so it tells any caller who it is: the usual check before the first step. */
export const getCallerIdentity = operation(GetCallerIdentityCommand, (state) => ({
  UserId: iamId("AIDA", `${USER_NAME} of ${state.account}`),
  Account: state.account,
  Arn: `arn:aws:iam::${state.account}:user/${USER_NAME}`,
}));
