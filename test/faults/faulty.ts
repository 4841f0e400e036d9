import { HttpResponse, type HttpRequest } from "@smithy/core/protocols";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Clock } from "../../lib/aws/clock.js";
import type { Sandbox } from "../../lib/sandbox/index.js";

type Answer = { response: HttpResponse };

/** What a network and a service do to a request now and then. */
const faults: Readonly<
  Record<
    string,
    (send: () => Promise<Answer>, clock: Clock, request: HttpRequest) => Promise<Answer>
  >
> = {
  "reset before it arrives": () => Promise.reject(broken("ECONNRESET", "socket hang up")),
  "no such host": () => Promise.reject(broken("ENOTFOUND", "getaddrinfo ENOTFOUND")),
  "timed out before it arrives": () => Promise.reject(timedOut()),
  "answer lost": (send) => send().then(() => Promise.reject(broken("ECONNRESET", "aborted"))),
  "timed out after it acted": (send) => send().then(() => Promise.reject(timedOut())),
  "500": async (_, __, request) => refusal(request, 500, "InternalFailure"),
  "500 after it acted": async (send, _, request) => {
    await send();
    return refusal(request, 500, "InternalFailure");
  },
  "503": async (_, __, request) => refusal(request, 503, "ServiceUnavailable"),
  "429": async (_, __, request) => refusal(request, 429, "ThrottlingException"),
  slow: async (send, clock) => {
    await clock.sleep(20_000);
    return send();
  },
  "body cut": async (send) => {
    const { response } = await send();
    const body = await buffer(response.body as Readable);
    response.body = Readable.from([body.subarray(0, Math.floor(body.byteLength / 2))]);
    return { response };
  },
};

export const faultNames = Object.keys(faults);

export interface Faulty {
  readonly requestHandler: Sandbox["requestHandler"];
  /** Requests that were sent, and faults that struck, so far. */
  readonly counts: { requests: number; faults: number };
  /** From now on nothing strikes. */
  stop(): void;
}

/** The way to a sandbox with faults on it: each request is struck with the probability `rate`. */
export function faultyWay(
  behind: () => { readonly sandbox: Sandbox; readonly clock: Clock },
  random: () => number,
  rate: number,
): Faulty {
  const counts = { requests: 0, faults: 0 };
  let isOver = false;
  return {
    counts,
    stop: () => (isOver = true),
    requestHandler: {
      handle(request: HttpRequest) {
        counts.requests++;
        const { sandbox, clock } = behind();
        const send = () => sandbox.requestHandler.handle(request);
        if (isOver || random() >= rate) return send();
        counts.faults++;
        const name = faultNames[Math.floor(random() * faultNames.length)] as string;
        return (faults[name] as (typeof faults)[string])(send, clock, request);
      },
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
    },
  };
}

function broken(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function timedOut(): Error {
  return Object.assign(new Error("Connection timed out"), { name: "TimeoutError" });
}

/** A refusal as the service in question writes it. */
function refusal(request: HttpRequest, statusCode: number, code: string): Answer {
  const [, service = ""] =
    /\/([^/]+)\/aws4_request/.exec(request.headers["authorization"] ?? "") ?? [];
  const error = `<Error><Code>${code}</Code><Message>fault</Message></Error>`;
  const bodies: Readonly<Record<string, string>> = {
    s3: error,
    iam: `<ErrorResponse>${error}</ErrorResponse>`,
    sts: `<ErrorResponse>${error}</ErrorResponse>`,
  };
  const body = bodies[service] ?? JSON.stringify({ message: "fault", code });
  const headers = { "x-amzn-errortype": code };
  return {
    response: new HttpResponse({ statusCode, headers, body: Readable.from([Buffer.from(body)]) }),
  };
}
