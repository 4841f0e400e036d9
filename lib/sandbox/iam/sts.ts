import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { operation } from "./tables.js";
import { USER_NAME, userId } from "./principals.js";

/** Needs no permission, so it tells any caller who it is: the usual check before the first step. */
export const getCallerIdentity = operation(GetCallerIdentityCommand, (state) => ({
  UserId: userId(state.account),
  Account: state.account,
  Arn: `arn:aws:iam::${state.account}:user/${USER_NAME}`,
}));
