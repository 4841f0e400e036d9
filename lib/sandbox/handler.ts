import { randomUUID, type X509Certificate } from "node:crypto";
import type { Service } from "../aws/pacing/quotas.js";
import { isForm, needsNoSignature, serviceOf, type Routes } from "./http/addressing.js";
import {
  BodyFault,
  bodyRefusal,
  largestBody,
  LARGEST_FORM,
  LARGEST_UNSIGNED_FORM,
  type ReadBody,
} from "./http/bodies.js";
import { failureOf, notWritten, type Calls } from "./calls.js";
import { foreignFail } from "./http/foreign-services.js";
import { scopeOf, type Caller } from "./door/auth.js";
import type { Protocol } from "./http/protocols/protocol.js";
import { services } from "./services.js";
import type { SandboxClock } from "./state/kept-clock.js";
import { WireError } from "./http/wire.js";
import type { Core } from "./state/state.js";
import type { WireRequest, WireResponse } from "./http/wire.js";
import type { Worlds } from "./state/worlds.js";

/** One call that reached an operation, for tests and for whoever watches. */
export interface CallRecord {
  readonly service: Service;
  readonly operation: string;
  readonly status: number;
  /** The name of the error, when there was one. */
  readonly error?: string;
  /** What was said to it, cut where it is long. */
  readonly message?: string;
  /** Of a refused call: the prefix of the fleet whose connection made it, when that says so. */
  readonly prefix?: string;
  /** Milliseconds since the epoch, on the sandbox's clock. */
  readonly at: number;
  /** Whose it was; undefined of one that was turned away before that was known. */
  readonly account?: string;
  readonly region?: string;
  /** What carried it here, when that was not HTTP. */
  readonly over?: "MQTT" | "page";
}

export interface HandlerOptions {
  readonly calls: Calls;
  readonly worlds: Worlds;
  readonly clock: SandboxClock;
  /** The time that clients live in. */
  readonly clientClock: SandboxClock;
  /** Who is calling. Throws a `WireError` to turn the caller away. */
  readonly authenticate: (request: WireRequest, service: Service) => Caller;
  /** The same of a request whose body has not come, as far as its head tells. */
  readonly admit: (head: WireRequest, service: Service) => void;
  /** Whose certificate that is. Throws a `WireError` (403) when it may do nothing. */
  readonly deviceOf: (certificate: X509Certificate, sourceIp?: string) => HttpDevice;
  readonly onCall?: (call: CallRecord) => void;
}

/** A device that makes requests instead of connecting. */
export interface HttpDevice {
  readonly state: Core;
  /** Throws a `WireError` (403) when its policies do not let it. */
  check(operation: string, input: object): void;
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
  const { calls, worlds, clock, clientClock, authenticate, onCall } = options;

  const stateOf = ({ account, region }: Caller): Core => worlds.of(account, region);

  return async (head, readBody) => {
    let request = head;
    const requestId = randomUUID();
    let service: Service = "iot";
    let operation = "";
    let protocol: Protocol = services[service].protocol;
    let where: Pick<CallRecord, "account" | "region"> = {};

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
      const { certificate, sourceIp } = head;
      const device =
        signedFor === undefined && certificate
          ? options.deviceOf(certificate, sourceIp)
          : undefined;
      const asked = device ? devicePlaneOf(request) : serviceOf(request, signedFor, routes);
      if (!asked) {
        if (signedFor !== undefined) await readForm();
        protocol = { ...protocol, fail: foreignFail(request, signedFor) };
        throw noSuchService(request);
      }
      service = asked;
      const entry = services[service];
      protocol = entry.protocol;
      if (readBody && request === head) {
        if (!device) options.admit(head, service);
        request = { ...head, body: await readBody(largestBody(service, head)) };
      }
      const route = protocol.route(request);
      if (needsNoSignature(service, route?.schema[2]) && route) {
        operation = route.schema[2];
        if (!entry.operations.has(operation)) throw notWritten(service, operation);
      }
      const state = device ? device.state : stateOf(authenticate(request, service));
      where = { account: state.account, region: state.region };
      if (!route) throw unknownOperation(service, request);
      operation = route.schema[2];
      const written = calls.admit({ state, service, operation });
      const input = protocol.read(route, request);
      device?.check(operation, input);
      const result = await calls.carryOut(state, service, written, input);
      return protocol.write(route, result, requestId);
    };

    try {
      const response = await answer();
      onCall?.({ service, operation, status: response.status, at: clock.now(), ...where });
      return dated(response, clientClock);
    } catch (error) {
      const refusal = error instanceof BodyFault ? bodyRefusal(service, head, error) : error;
      const failure = failureOf(refusal, service, operation);
      onCall?.({
        service,
        operation,
        status: failure.status,
        error: failure.code,
        message: failure.message.slice(0, LONGEST_MESSAGE),
        at: clock.now(),
        ...where,
        ...prefixOf(request),
      });
      return dated(protocol.fail(failure, requestId, request), clientClock);
    }
  };
}

/** What is kept of an error's words, in characters. */
const LONGEST_MESSAGE = 500;

/** Clients of this workshop say in their user agent whose fleet they are for: `fleetlab/Ada-`. */
function prefixOf({ headers }: WireRequest): Pick<CallRecord, "prefix"> {
  const [, prefix] =
    /(?:^| )fleetlab\/([\w-]{1,20})(?= |$)/.exec(headers["user-agent"] ?? "") ?? [];
  return prefix === undefined ? {} : { prefix };
}

/** A device has to do with the two data planes, and with nothing else. */
function devicePlaneOf(request: WireRequest): Service | undefined {
  return (["iotdata", "iot-jobs-data"] as const).find((plane) => routes(plane, request));
}

const routes: Routes = (service, request) =>
  services[service].protocol.route(request) !== undefined;

/** SDKs correct their clocks by this header, so it tells the time that signatures are checked by. */
function dated(response: WireResponse, clock: SandboxClock): WireResponse {
  const date = new Date(clock.now()).toUTCString();
  return { ...response, headers: { date, ...response.headers } };
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
