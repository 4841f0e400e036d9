import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import { HttpResponse, type HttpRequest } from "@smithy/core/protocols";
import { Readable } from "node:stream";
import type { FleetParts } from "../../lib/aws/connect.js";
import { openTestFleet, REGION, type TestFleet } from "../fleet.js";

/** What comes back over the wire. An `error` is the name of an AWS error. */
export interface Answer {
  readonly status?: number;
  readonly error?: string;
  readonly body?: object;
}

/** A fleet whose requests a test answers by hand, for what no sandbox does: hang, reset, refuse. */
export function openWiredFleet(
  answer: (request: HttpRequest) => Answer | Promise<Answer>,
  options: Partial<FleetParts> & { readonly retryDelayMs?: number } = {},
): TestFleet & { readonly requests: readonly HttpRequest[] } {
  const { retryDelayMs = 0, ...parts } = options;
  const requests: HttpRequest[] = [];
  const requestHandler = {
    async handle(request: HttpRequest) {
      requests.push(request);
      const { error, status = error ? 400 : 200, body = {} } = await answer(request);
      return {
        response: new HttpResponse({
          statusCode: status,
          headers: {
            "content-type": "application/json",
            ...(error && { "x-amzn-errortype": error }),
          },
          body: Readable.from([Buffer.from(JSON.stringify(body))]),
        }),
      };
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
  const fleet = openTestFleet({
    clientConfig: {
      endpoint: "http://wire.localhost",
      region: REGION,
      credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "told-nobody" },
      requestHandler,
      retryStrategy: new ConfiguredRetryStrategy(3, () => retryDelayMs),
    },
    ...parts,
  });
  return { ...fleet, requests };
}

/** A promise with its ends outside, for work that stays under way until a test says so. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Let everything go on that can without time passing. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Let things go on until it is so; the SDK reads files and timers of its own before it sends. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turns();
}
