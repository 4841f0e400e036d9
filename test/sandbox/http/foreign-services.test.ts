import { describe, expect, it } from "vitest";
import { createSandbox } from "../../../lib/sandbox/index.js";

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", account: "111122223333" };
const guarded = createSandbox({ auth: { credentials: [keys] } });

async function ask(
  service: string | undefined,
  request: { method?: string; query?: string; headers?: Record<string, string>; body?: string },
  sandbox = guarded,
) {
  const { method = "POST", query = "", headers = {}, body = "" } = request;
  const scope = `AKIDEXAMPLE/20260101/us-east-1/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`;
  const answer = await sandbox.handle({
    method,
    path: "/",
    query,
    headers: { host: "localhost", ...(service && { authorization }), ...headers },
    body: Buffer.from(body),
  });
  return { ...answer, bytes: Buffer.from(answer.body), text: Buffer.from(answer.body).toString() };
}

const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
const errorsOf = (xml: string) =>
  /<Code>(.*?)<\/Code><Message>(.*?)<\/Message>/.exec(xml)?.slice(1);

describe("a service that is not here is refused in its client's own form", () => {
  const code = "UnknownServiceException";

  it.each([
    ["dynamodb", { "x-amz-target": "DynamoDB_20120810.ListTables" }],
    ["logs", { "content-type": "application/x-amz-json-1.1" }],
    ["lambda", {}],
  ])("JSON, of %s", async (service, headers) => {
    const answer = await ask(service, { headers, body: "{}" });
    expect(answer).toMatchObject({ status: 501, headers: { "x-amzn-errortype": code } });
    const message = `The sandbox has no service that is called "${service}".`;
    expect(JSON.parse(answer.text)).toEqual({ __type: code, message });
  });

  it.each([
    ["sqs", { headers: form, body: "Action=ListQueues&Version=2012-11-05" }],
    ["sns", { method: "GET", query: "Action=ListTopics&Version=2010-03-31" }],
    ["route53", { method: "GET" }],
    ["cloudfront", { method: "GET" }],
  ])("XML, of %s", async (service, request) => {
    const answer = await ask(service, request);
    expect(answer.status).toBe(501);
    expect(answer.headers["content-type"]).toBe("text/xml");
    expect(answer.text).toMatch(/^<\?xml .*\n<ErrorResponse><Error><Type>Receiver<\/Type>/);
    expect(errorsOf(answer.text)?.[0]).toBe(code);
  });

  it("EC2's XML", async () => {
    const body = "Action=DescribeInstances&Version=2016-11-15";
    const answer = await ask("ec2", { headers: form, body });
    expect(answer.status).toBe(501);
    expect(answer.text).toMatch(/<Response><Errors><Error><Code>UnknownServiceException</);
  });

  it("CBOR", async () => {
    const headers = { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" };
    const answer = await ask("monitoring", { headers });
    expect(answer).toMatchObject({ status: 501, headers: { "smithy-protocol": "rpc-v2-cbor" } });
    expect(answer.bytes.subarray(0, 4).toString("hex")).toBe("a2790006");
    expect(answer.text).toContain(code);
  });

  it("signed by nobody, too", async () => {
    const headers = { "x-amz-target": "AWSCognitoIdentityService.GetId" };
    const cognito = await ask(undefined, { headers, body: "{}" });
    expect(cognito.status).toBe(501);
    expect(JSON.parse(cognito.text)).toMatchObject({ __type: code });
    const body = "Action=ConfirmSubscription&Version=2010-03-31";
    const sns = await ask(undefined, { headers: form, body });
    expect([sns.status, errorsOf(sns.text)?.[0]]).toEqual([501, code]);
  });
});

describe("STS for whoever has no keys yet", () => {
  it.each(["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"])("names %s", async (action) => {
    const body = `Action=${action}&Version=2011-06-15&RoleArn=a&RoleSessionName=b&WebIdentityToken=c`;
    for (const sandbox of [guarded, createSandbox({})]) {
      const answer = await ask(undefined, { headers: form, body }, sandbox);
      expect(answer.status).toBe(501);
      expect(answer.headers["content-type"]).toBe("text/xml");
      expect(errorsOf(answer.text)?.[1]).toContain(`sts:${action}`);
    }
  });

  it("wants a signature for all else", async () => {
    for (const action of ["GetCallerIdentity", "AssumeRole"]) {
      const body = `Action=${action}&Version=2011-06-15`;
      const answer = await ask(undefined, { headers: form, body });
      expect([answer.status, errorsOf(answer.text)?.[0]]).toEqual([
        403,
        "MissingAuthenticationToken",
      ]);
    }
  });
});
