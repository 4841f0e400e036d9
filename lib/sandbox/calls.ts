import type { Service } from "../aws/pacing/quotas.js";
import { MalformedRequest, type Failure } from "./http/protocols/protocol.js";
import { noObjectAttributes } from "./http/protocols/s3-answers.js";
import { violation } from "./http/validate.js";
import { WireError } from "./http/wire.js";
import { services, type Written } from "./services.js";
import type { Keeper } from "./state/keeper.js";
import type { Throttle } from "./state/quotas.js";
import type { Core } from "./state/state.js";
import type { Transactions } from "./state/transactions.js";

/** Who asks, as far as an operation's quota goes by it. */
export interface CallSite {
  readonly state: Core;
  readonly service: Service;
  readonly operation: string;
}

export interface Calls {
  /** @throws AWS's refusal of one call too many; of an operation that is not written; after a lost change */
  admit(site: CallSite): Written;
  /**
   * The rest of a call that was admitted: validate, prepare, run, keep.
   *
   * @param conclude called in the transaction with what the operation has answered
   * @throws what the operation refuses with; `failureOf` reads it
   */
  carryOut(
    state: Core,
    service: Service,
    written: Written,
    input: object,
    conclude?: (output: object) => void,
  ): Promise<object>;
}

/** What every operation goes through, whatever has carried the request here: HTTP or MQTT. */
export function createCalls(options: {
  readonly keeper: Keeper;
  readonly throttle: Throttle;
  readonly transactions: Transactions;
}): Calls {
  const { keeper, throttle, transactions } = options;
  return {
    admit({ state, service, operation }) {
      const written = services[service].operations.get(operation);
      if (!written) throw notWritten(service, operation);
      keeper.check();
      if (!throttle.admits(service, operation, state.account, state.region)) {
        throw throttled(service);
      }
      return written;
    },
    async carryOut(state, service, written, input, conclude) {
      const broken = violation(written.schema, input, written.rules);
      if (broken) throw invalidInput(service, written.name, broken);
      const prepared = await written.prepare?.(state, input);
      return transactions.run(state, () => {
        const output = written.run(state, input, prepared);
        conclude?.(output);
        return output;
      });
    },
  };
}

/** What a service calls a request it cannot read. */
const malformedCodes: Readonly<Record<Service, string>> = {
  iot: "InvalidRequestException",
  iotdata: "InvalidRequestException",
  "iot-jobs-data": "ValidationException",
  s3: "InvalidArgument",
  iam: "MalformedInput",
  sts: "MalformedInput",
};

/** Our errors and the SDK's become answers; anything else is a bug of ours, told without its insides. */
export function failureOf(error: unknown, service: Service, operation: string): Failure {
  if (error instanceof WireError) {
    return {
      code: error.code,
      status: error.status,
      message: error.message,
      members: error.members,
      headers: error.headers,
    };
  }
  if (error instanceof MalformedRequest) {
    const code = error.code ?? malformedCodes[service];
    return { code, status: 400, message: error.message, members: error.members };
  }
  if (error instanceof Error) {
    const schema = services[service].errors.get(error.name);
    if (schema) {
      const traits = schema[3] as { httpError?: number; awsQueryError?: [string, number] };
      const [queryCode, queryStatus] = traits.awsQueryError ?? [];
      const members = Object.fromEntries(
        schema[4]
          .filter((name) => name !== "message" && Object.hasOwn(error, name))
          .map((name) => [name, (error as unknown as Record<string, unknown>)[name]]),
      );
      return {
        code: queryCode ?? error.name,
        status: queryStatus ?? statusOf(error.name, traits.httpError),
        message: error.message,
        members,
      };
    }
  }
  console.error(`sandbox: ${service}:${operation} failed`, error);
  return {
    code:
      service === "iot" || service === "iotdata" ? "InternalFailureException" : "InternalFailure",
    status: 500,
    message: "The sandbox failed on this request; its log says why.",
    members: {},
  };
}

/** The model gives the control plane's ThrottlingException 400; clients see 429. Everything else is as modelled. */
function statusOf(name: string, modelled = 400): number {
  return name === "ThrottlingException" ? 429 : modelled;
}

function throttled(service: Service): WireError {
  if (service === "s3") return new WireError("SlowDown", 503, "Please reduce your request rate.");
  if (service === "iam" || service === "sts")
    return new WireError("Throttling", 400, "Rate exceeded");
  return new WireError("ThrottlingException", 429, "Rate exceeded");
}

function invalidInput(service: Service, operation: string, broken: string): WireError {
  if (service === "iam" || service === "sts") return new WireError("ValidationError", 400, broken);
  if (operation === "GetObjectAttributes") return noObjectAttributes();
  if (service === "s3") {
    return new WireError(
      "MalformedXML",
      400,
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  }
  const isCatalog =
    (service === "iot" && /Package|Command/.test(operation)) ||
    operation === "StartCommandExecution";
  const code = isCatalog ? "ValidationException" : "InvalidRequestException";
  return new WireError(code, 400, broken);
}

/** One line, for the learner's screen: what there is instead stands on a page. */
export function notWritten(service: Service, operation: string): WireError {
  return new WireError(
    "NotImplementedException",
    501,
    `The sandbox does not have ${service}:${operation}; lib/sandbox/COVERAGE.md lists what it has.`,
  );
}
