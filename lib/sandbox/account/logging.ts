import {
  GetV2LoggingOptionsCommand,
  InvalidRequestException,
  NotConfiguredException,
  SetV2LoggingOptionsCommand,
} from "@aws-sdk/client-iot";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";
import { cannotAssume } from "../iam/service-roles.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetV2LoggingOptions.html */
export const getV2LoggingOptions = operation(
  GetV2LoggingOptionsCommand,
  (state, { verbose = false }) => {
    const { eventConfigurations, ...options } =
      state.logging.get("v2") ??
      fault(NotConfiguredException, "Logging is not configured in this account and Region");
    return verbose ? { ...options, eventConfigurations } : options;
  },
);

/**
 * Kept, not carried out: the sandbox writes no CloudWatch logs. Members that are not sent stay.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_SetV2LoggingOptions.html
 */
export const setV2LoggingOptions = operation(SetV2LoggingOptionsCommand, (state, sent) => {
  const stored = state.logging.get("v2");
  const roleArn = sent.roleArn ?? stored?.roleArn;
  const disableAllLogs = sent.disableAllLogs ?? stored?.disableAllLogs ?? false;
  if (roleArn !== undefined) {
    const problem = cannotAssume(state, roleArn);
    if (problem !== undefined) fault(InvalidRequestException, problem);
  } else if (!disableAllLogs) {
    fault(InvalidRequestException, "Logging needs a roleArn");
  }
  state.logging.set("v2", {
    ...(roleArn !== undefined && { roleArn }),
    defaultLogLevel: sent.defaultLogLevel ?? stored?.defaultLogLevel ?? "ERROR",
    disableAllLogs,
    eventConfigurations: sent.eventConfigurations ?? stored?.eventConfigurations ?? [],
  });
  return {};
});
