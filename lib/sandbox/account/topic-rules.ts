import { DeleteTopicRuleCommand, UnauthorizedException } from "@aws-sdk/client-iot";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";

/**
 * Here are no topic rules: messages are delivered, and no rule looks at them. AWS does not tell a rule that is not there from
 * one that belongs to somebody else.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteTopicRule.html
 */
export const deleteTopicRule = operation(DeleteTopicRuleCommand, (_, { ruleName }) =>
  fault(UnauthorizedException, `Access to topic rule '${ruleName}' was denied`),
);
