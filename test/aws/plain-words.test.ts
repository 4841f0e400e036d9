import { GetRoleCommand } from "@aws-sdk/client-iam";
import { DescribeThingCommand } from "@aws-sdk/client-iot";
import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { HttpResponse } from "@smithy/core/protocols";
import { Readable } from "node:stream";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { getShadow } from "../../lib/fleet/shadows/shadows.js";
import { softwareOf } from "../../lib/fleet/software/device-software.js";
import { openTestFleet, type TestFleet } from "../fleet.js";

/** What the SDK says of its own insides. */
const INSIDES =
  /Deserialization|hidden field|@smithy|@aws-sdk|JSON at|XML parse|\bUnknown ?Error\b/;

/** A fleet to which something between here and AWS answers. */
function openBehind(answer: () => HttpResponse, options: Parameters<typeof openTestFleet>[0] = {}) {
  const test = openTestFleet(options);
  const { iot, iam, s3, iotData } = test.fleet;
  const handle = async () => Promise.resolve({ response: answer() });
  for (const client of [iot, iam, s3, iotData]) {
    Object.assign(client.config, { requestHandler: { handle } });
  }
  return test;
}

const says = (statusCode: number, body: Iterable<Buffer>) => () =>
  new HttpResponse({ statusCode, headers: {}, body: Readable.from(body) });
const text = (statusCode: number, body: string) => says(statusCode, [Buffer.from(body)]);
const fails = (message: string, fields: object) => () => {
  throw Object.assign(new Error(message), fields);
};
const breaksOff = () =>
  says(
    200,
    (function* () {
      yield Buffer.from('{"thingName":');
      throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
    })(),
  )();

const failureOf = async (work: Promise<unknown>, { settle }: TestFleet): Promise<Error> =>
  settle(work).then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as Error,
  );

describe("a failure on the way", () => {
  it.each([
    ["JSON that is cut short", text(200, '{"thingName":"a'), /^UnreadableAnswerError: The answer/],
    ["a login page", text(200, "<html>Log in</html>"), /cut short, or something between here/],
    ["a proxy's error page", text(502, "<html>Bad gateway</html>"), /answer \(status 502\) cannot/],
    ["an error that is cut short", text(400, '{"message":"a'), /answer \(status 400\) cannot/],
    ["an error without a word", text(400, ""), /has given no reason \(status 400\)/],
    ["an answer that breaks off", breaksOff, /broke off in the middle of the answer/],
    [
      "a connection that breaks off",
      fails("socket hang up", { code: "ECONNRESET" }),
      /The connection broke off \(socket hang up\)/,
    ],
    [
      "no answer",
      fails(
        "@smithy/node-http-handler - [ERROR] a request has exceeded the configured 30000 ms requestTimeout.",
        { name: "TimeoutError", code: "ETIMEDOUT" },
      ),
      /There was no answer for 30 s\. If it stays so, stop the sandbox with/,
    ],
    [
      "no connection",
      fails(
        "@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 5000 ms.",
        { name: "TimeoutError" },
      ),
      /No connection came about within 5 s\./,
    ],
  ])("is told in a sentence: %s", async (_, answer, sentence) => {
    const test = openBehind(answer);

    const error = await failureOf(
      test.fleet.iot.send(new DescribeThingCommand({ thingName: "a" })),
      test,
    );

    expect(inspect(error)).toMatch(sentence);
    expect(inspect(error)).not.toMatch(INSIDES);
    // The original is for whoever looks for it.
    expect(error.stack).toBeDefined();
  });

  it.each([
    ["IAM", ({ iam }: TestFleet["fleet"]) => iam.send(new GetRoleCommand({ RoleName: "r" }))],
    [
      "S3",
      ({ s3 }: TestFleet["fleet"]) => s3.send(new ListObjectVersionsCommand({ Bucket: "bucket" })),
    ],
  ])("is told in a sentence where the answer is XML: %s", async (_, call) => {
    const test = openBehind(text(200, "<A><B>x</"));

    const error = await failureOf(call(test.fleet), test);

    expect(inspect(error)).toMatch(/^UnreadableAnswerError: The answer/);
    expect(inspect(error)).not.toMatch(INSIDES);
  });

  it("is told in a sentence of a shadow, which the SDK does not read itself", async () => {
    const test = openBehind(text(200, '{"state":{"rep'));

    const error = await failureOf(getShadow(test.fleet, "a"), test);

    expect(inspect(error)).toBe(
      "FleetError: The answer with a shadow of a cannot be read: it was cut short.",
    );
  });

  it("is told in a sentence in lists of failures", async () => {
    const { fleet, settle } = openBehind(text(502, "<html>Bad gateway</html>"));

    const { failed } = await settle(softwareOf(fleet, ["a"]));

    expect(failed).toMatchObject([{ name: "a", error: "UnreadableAnswerError" }]);
    expect(failed[0]?.cause).not.toMatch(INSIDES);
  });

  it("asks on AWS whether this machine is online, and blames no sandbox", async () => {
    const test = openBehind(
      fails("getaddrinfo ENOTFOUND iot.eu-west-1.amazonaws.com", { code: "ENOTFOUND" }),
      { target: "aws" },
    );

    const error = await failureOf(
      test.fleet.iot.send(new DescribeThingCommand({ thingName: "a" })),
      test,
    );

    expect(inspect(error)).toMatch(/AWS could not be reached \(getaddrinfo .*\)\. Is this machine/);
    expect(inspect(error)).not.toContain("sandbox");
  });
});
