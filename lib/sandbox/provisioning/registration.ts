import {
  InvalidRequestException,
  RegisterThingCommand,
  ResourceRegistrationFailureException,
} from "@aws-sdk/client-iot";
import { authorityKeysOf } from "../identity/issuing.js";
import { fault } from "../state/operation.js";
import { RegistrationFault } from "./faults.js";
import { checkedTemplate } from "./provisioning-templates.js";
import { register } from "./register-thing.js";
import { operation } from "./tables.js";

/**
 * All or nothing.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterThing.html
 */
export const registerThing = operation(
  RegisterThingCommand,
  (state, { templateBody, parameters = {} }, authorityKeys) => {
    const template = checkedTemplate(templateBody);
    try {
      const { certificatePem, resourceArns } = register(state, template, parameters, authorityKeys);
      return { ...(certificatePem !== undefined && { certificatePem }), resourceArns };
    } catch (error) {
      const isInput = error instanceof RegistrationFault && error.code === "InvalidParameters";
      if (isInput) return fault(InvalidRequestException, error.message);
      if (isRefusal(error)) return fault(ResourceRegistrationFailureException, error.message);
      throw error;
    }
  },
  authorityKeysOf,
);

/** Whether somebody has said no, and not something gone wrong. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof RegistrationFault || (error instanceof Error && "$fault" in error);
}
