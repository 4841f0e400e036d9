import { randomUUID } from "node:crypto";
import type { Service } from "../aws/quotas.js";
import { isForm, needsNoSignature, serviceOf, type Routes } from "./http/addressing.js";
import {
  BodyFault,
  bodyRefusal,
  largestBody,
  LARGEST_FORM,
  LARGEST_UNSIGNED_FORM,
  type ReadBody,
} from "./http/bodies.js";
import { foreignFail } from "./http/foreign-services.js";
import { scopeOf, type Caller } from "./door/auth.js";
import type { Keeper } from "./state/keeper.js";
import type { SandboxClock } from "./state/kept-clock.js";
import { WireError } from "./http/wire.js";
import { MalformedRequest, type Failure, type Protocol } from "./http/protocols/protocol.js";
import type { Throttle } from "./state/quotas.js";
import { advance, services } from "./services.js";
import type { Core } from "./state/state.js";
import type { Tables } from "./state/tables.js";
import { noObjectAttributes } from "./http/protocols/s3-answers.js";
import { violation } from "./http/validate.js";
import type { WireRequest, WireResponse } from "./http/wire.js";
import type { Worlds } from "./state/worlds.js";

/** One call that reached an operation, for tests and for whoever watches. */
export interface CallRecord {
  readonly service: Service;
  readonly operation: string;
  readonly status: number;
  /** The name of the error, when there was one. */
  readonly error?: string;
  /** Milliseconds since the epoch, on the sandbox's clock. */
  readonly at: number;
}

export interface HandlerOptions {
  readonly tables: Tables;
  readonly keeper: Keeper;
  readonly worlds: Worlds;
  readonly throttle: Throttle;
  readonly clock: SandboxClock;
  /** The time that clients live in. */
  readonly clientClock: SandboxClock;
  /** Who is calling. Throws a `WireError` to turn the caller away. */
  readonly authenticate: (request: WireRequest, service: Service) => Caller;
  /** The same of a request whose body has not come, as far as its head tells. */
  readonly admit: (head: WireRequest, service: Service) => void;
  readonly onCall?: (call: CallRecord) => void;
}

/**
 * The pipeline every request takes, whatever carried it here:
 * admit, authenticate, route, read, throttle, validate, prepare, run, keep, write.
 *
 * @returns a function that takes whole requests, or a head and what reads its body
 */
export function createHandler(
  options: HandlerOptions,
): (request: WireRequest, readBody?: ReadBody) => Promise<WireResponse> {
  const { tables, keeper, worlds, throttle, clock, clientClock, authenticate, onCall } = options;

  /** Run one operation on the present, and keep what it changed. */
  const run = async (state: Core, work: () => object): Promise<object> => {
    // What time has brought is a transaction of its own: it stays when the operation fails.
    let { changes } = tables.transact(() => advance(state));
    try {
      const done = tables.transact(() => {
        const result = work();
        advance(state);
        return result;
      });
      changes = [...changes, ...done.changes];
      return done.result;
    } finally {
      await keeper.keep(changes);
    }
  };

  return async (head, readBody) => {
    let request = head;
    const requestId = randomUUID();
    let service: Service = "iot";
    let operation = "";
    let protocol: Protocol = services[service].protocol;

    const answer = async (): Promise<WireResponse> => {
      // The service comes first, so that a refusal is written as that service would write it.
      const signedFor = scopeOf(head)?.service;
      const readForm = async (largest = LARGEST_FORM): Promise<void> => {
        if (readBody && isForm(head)) request = { ...head, body: await readBody(largest) };
      };
      // Only its body tells IAM from STS, and what nobody needs to sign from what is not signed. Longer
      // than that is neither: its head says whether it comes in, in a refusal that the two have alike.
      if (signedFor === undefined && readBody && isForm(head)) {
        const isLong = Number(head.headers["content-length"] ?? 0) > LARGEST_UNSIGNED_FORM;
        if (isLong) {
          ({ protocol } = services[(service = "sts")]);
          options.admit(head, service);
        }
        await readForm(isLong ? LARGEST_FORM : LARGEST_UNSIGNED_FORM);
      }
      const asked = serviceOf(request, signedFor, routes);
      if (!asked) {
        if (signedFor !== undefined) await readForm();
        protocol = { ...protocol, fail: foreignFail(request, signedFor) };
        throw noSuchService(request);
      }
      service = asked;
      const entry = services[service];
      protocol = entry.protocol;
      if (readBody && request === head) {
        options.admit(head, service);
        request = { ...head, body: await readBody(largestBody(service, head)) };
      }
      const route = protocol.route(request);
      if (needsNoSignature(service, route?.schema[2]) && route) {
        operation = route.schema[2];
        if (!entry.operations.has(operation)) throw notWritten(service, operation);
      }
      const caller = authenticate(request, service);
      if (!route) throw unknownOperation(service, request);
      operation = route.schema[2];
      const written = entry.operations.get(operation);
      if (!written) throw notWritten(service, operation);

      keeper.check();
      if (!throttle.admits(service, operation, caller.account, caller.region)) {
        throw throttled(service);
      }
      const input = protocol.read(route, request);
      const broken = violation(route.schema, input, written.rules);
      if (broken) throw invalidInput(service, operation, broken);

      const state = worlds.of(caller.account, caller.region);
      const prepared = await written.prepare?.(state, input);
      const result = await run(state, () => written.run(state, input, prepared));
      return protocol.write(route, result, requestId);
    };

    try {
      const response = await answer();
      onCall?.({ service, operation, status: response.status, at: clock.now() });
      return dated(response, clientClock);
    } catch (error) {
      const refusal = error instanceof BodyFault ? bodyRefusal(service, head, error) : error;
      const failure = failureOf(refusal, service, operation);
      onCall?.({
        service,
        operation,
        status: failure.status,
        error: failure.code,
        at: clock.now(),
      });
      return dated(protocol.fail(failure, requestId, request), clientClock);
    }
  };
}

const routes: Routes = (service, request) =>
  services[service].protocol.route(request) !== undefined;

/** What a service calls a request it cannot read. */
const malformedCodes: Readonly<Record<Service, string>> = {
  iot: "InvalidRequestException",
  iotdata: "InvalidRequestException",
  "iot-jobs-data": "ValidationException",
  s3: "InvalidArgument",
  iam: "MalformedInput",
  sts: "MalformedInput",
};

/** SDKs correct their clocks by this header, so it tells the time that signatures are checked by. */
function dated(response: WireResponse, clock: SandboxClock): WireResponse {
  const date = new Date(clock.now()).toUTCString();
  return { ...response, headers: { date, ...response.headers } };
}

/** Our errors and the SDK's become answers; anything else is a bug of ours, told without its insides. */
function failureOf(error: unknown, service: Service, operation: string): Failure {
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
  const isCatalog = service === "iot" && /Package|Command/.test(operation);
  const code = isCatalog ? "ValidationException" : "InvalidRequestException";
  return new WireError(code, 400, broken);
}

function noSuchService(request: WireRequest): WireError {
  const name = scopeOf(request)?.service ?? request.headers["x-amz-target"]?.split(".")[0];
  const which = name === undefined ? "of that kind" : `that is called "${name.slice(0, 100)}"`;
  return new WireError("UnknownServiceException", 501, `The sandbox has no service ${which}.`);
}

function unknownOperation(service: Service, request: WireRequest): WireError {
  if (service === "s3") {
    return new WireError(
      "MethodNotAllowed",
      405,
      "The specified method is not allowed against this resource.",
      { Method: request.method, ResourceType: "SERVICE" },
    );
  }
  if (service === "iam" || service === "sts") {
    return new WireError("InvalidAction", 400, "Could not find the operation that Action names.");
  }
  return new WireError(
    "UnknownOperationException",
    404,
    `No operation answers ${request.method} ${request.path.slice(0, 200)}`,
  );
}

/** One line, for the learner's screen: what there is instead stands on a page. */
function notWritten(service: Service, operation: string): WireError {
  return new WireError(
    "NotImplementedException",
    501,
    `The sandbox does not have ${service}:${operation}; lib/sandbox/COVERAGE.md lists what it has.`,
  );
}
