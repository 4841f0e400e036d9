import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeThingCommand, IoTClient } from "@aws-sdk/client-iot";
import { GetThingShadowCommand, IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import fc from "fast-check";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { manualClock, type ManualClock } from "../../../lib/aws/clock.js";
import { createSandbox, type Sandbox } from "../../../lib/sandbox/index.js";
import { presign } from "../../../lib/sandbox/door/presign.js";
import {
  canonicalRequest,
  scopeText,
  sha256,
  sign,
  signingKey,
  stringToSign,
} from "../../../lib/sandbox/door/signature.js";
import type { WireRequest } from "../../../lib/sandbox/http/wire.js";

const REGION = "eu-west-1";
const ACCOUNT = "111122223333";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfi" };

/** A sandbox that checks signatures, and clients whose clocks go with its clock unless told otherwise. */
function openGuarded() {
  const clock = manualClock();
  const sandbox = createSandbox({
    clock,
    seed: "test",
    quotas: "off",
    auth: { credentials: [{ ...credentials, account: ACCOUNT }] },
  });
  return { clock, sandbox, ...signers(sandbox, clock) };
}

function signers(sandbox: Sandbox, clock: ManualClock, keys = credentials, lateMs = 0) {
  const common = {
    region: REGION,
    credentials: keys,
    requestHandler: sandbox.requestHandler,
    retryStrategy: new ConfiguredRetryStrategy(1, () => 0),
    systemClockOffset: clock.now() - Date.now() - lateMs,
  };
  return {
    iot: new IoTClient(common),
    iotData: new IoTDataPlaneClient(common),
    iam: new IAMClient(common),
    sts: new STSClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
  };
}

const refusal = (name: string, status: number) => ({
  name,
  $metadata: { httpStatusCode: status },
});

const calls = {
  iot: (at: ReturnType<typeof signers>) =>
    at.iot.send(new DescribeThingCommand({ thingName: "a:b" })),
  iotdata: (at: ReturnType<typeof signers>) =>
    at.iotData.send(new GetThingShadowCommand({ thingName: "a:b", shadowName: "$package" })),
  iam: (at: ReturnType<typeof signers>) => at.iam.send(new ListRolesCommand({ PathPrefix: "/" })),
  sts: (at: ReturnType<typeof signers>) => at.sts.send(new GetCallerIdentityCommand({})),
  s3: (at: ReturnType<typeof signers>) => at.s3.send(new ListBucketsCommand({ Prefix: "a b/ü" })),
};

describe("a signature https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html", () => {
  it("is accepted for every service, with the account of its keys", async () => {
    const at = openGuarded();
    await expect(calls.iot(at)).rejects.toMatchObject(refusal("ResourceNotFoundException", 404));
    await expect(calls.iotdata(at)).rejects.toMatchObject(
      refusal("ResourceNotFoundException", 404),
    );
    await calls.iam(at);
    await calls.s3(at);
    expect((await calls.sts(at)).Account).toBe(ACCOUNT);
  });

  it.each([
    ["iot", "InvalidSignatureException"],
    ["iotdata", "InvalidSignatureException"],
    ["iam", "SignatureDoesNotMatch"],
    ["sts", "SignatureDoesNotMatch"],
    ["s3", "SignatureDoesNotMatch"],
  ] as const)("of %s by another secret is a %s", async (service, name) => {
    const { sandbox, clock } = openGuarded();
    const wrong = { ...credentials, secretAccessKey: "another" };
    await expect(calls[service](signers(sandbox, clock, wrong))).rejects.toMatchObject(
      refusal(name, 403),
    );
  });

  it.each([
    ["iot", "UnrecognizedClientException"],
    ["iotdata", "UnrecognizedClientException"],
    ["iam", "InvalidClientTokenId"],
    ["sts", "InvalidClientTokenId"],
    ["s3", "InvalidAccessKeyId"],
  ] as const)("of %s by an unknown key is a %s", async (service, name) => {
    const { sandbox, clock } = openGuarded();
    const unknown = { ...credentials, accessKeyId: "AKIDNOBODY" };
    await expect(calls[service](signers(sandbox, clock, unknown))).rejects.toMatchObject(
      refusal(name, 403),
    );
  });

  it.each([
    ["iot", "InvalidSignatureException"],
    ["iam", "SignatureDoesNotMatch"],
    ["s3", "RequestTimeTooSkewed"],
  ] as const)("of %s from a clock 16 minutes late or early is a %s", async (service, name) => {
    const { sandbox, clock } = openGuarded();
    for (const minutes of [16, -16]) {
      const skewed = signers(sandbox, clock, credentials, minutes * 60_000);
      await expect(calls[service](skewed)).rejects.toMatchObject(refusal(name, 403));
    }
  });

  it("from a clock 14 minutes late is accepted", async () => {
    const { sandbox, clock } = openGuarded();
    await calls.sts(signers(sandbox, clock, credentials, 14 * 60_000));
  });

  it("is corrected by the SDK from the time that answers carry", async () => {
    const { sandbox, clock } = openGuarded();
    const late = signers(sandbox, clock, credentials, 60 * 60_000);
    await expect(calls.sts(late)).rejects.toMatchObject(refusal("SignatureDoesNotMatch", 403));
    await calls.sts(late);
  });
});

/** A request signed by our own hand, to be tampered with. */
function signed(
  clock: ManualClock,
  request: Partial<WireRequest> & { readonly service: string; readonly payloadHash?: string },
): WireRequest {
  const { service, method = "GET", path = "/", query = "", body = new Uint8Array() } = request;
  const amzDate = new Date(clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const payloadHash = request.payloadHash ?? sha256(body);
  const headers: Record<string, string> = {
    host: "localhost:4500",
    "x-amz-date": amzDate,
    ...(service === "s3" && { "x-amz-content-sha256": payloadHash }),
    ...request.headers,
  };
  const scope = { date: amzDate.slice(0, 8), region: REGION, service };
  const signedHeaders = Object.keys(headers).sort();
  const canonical = canonicalRequest(
    { method, path, query, headers },
    { service, signedHeaders, payloadHash },
  );
  const signature = sign(
    signingKey(credentials.secretAccessKey, scope),
    stringToSign(amzDate, scope, canonical),
  );
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scopeText(scope)}, ` +
    `SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  return { method, path, query, body, headers: { ...headers, authorization } };
}

async function answer(sandbox: Sandbox, request: WireRequest) {
  const { status, headers, body } = await sandbox.handle(request);
  const text = Buffer.from(body).toString();
  return { status, headers, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] };
}

const unsigned = (path: string, more: Partial<WireRequest> = {}): WireRequest => ({
  method: "GET",
  path,
  query: "",
  headers: { host: "localhost:4500" },
  body: new Uint8Array(),
  ...more,
});

describe("a request without a signature", () => {
  it("of IoT is a MissingAuthenticationTokenException", async () => {
    const { sandbox } = openGuarded();
    const { status, headers } = await answer(sandbox, unsigned("/things/a"));
    expect(status).toBe(403);
    expect(headers["x-amzn-errortype"]).toBe("MissingAuthenticationTokenException");
  });

  it("of S3 is an AccessDenied", async () => {
    const { sandbox } = openGuarded();
    const { status, code } = await answer(sandbox, unsigned("/firmware/a.zip"));
    expect([status, code]).toEqual([403, "AccessDenied"]);
  });

  it("of STS is a MissingAuthenticationToken", async () => {
    const { sandbox } = openGuarded();
    const form = unsigned("/", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: Buffer.from("Action=GetCallerIdentity&Version=2011-06-15"),
    });
    const { status, code, text } = await answer(sandbox, form);
    expect([status, code]).toEqual([403, "MissingAuthenticationToken"]);
    expect(text).toContain('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">');
  });

  it("finds its service in an open sandbox", async () => {
    const sandbox = createSandbox({ clock: manualClock() });
    expect((await answer(sandbox, unsigned("/things"))).text).toContain('"things"');
    expect((await answer(sandbox, unsigned("/"))).text).toContain("<ListAllMyBucketsResult");
    const query = "Action=GetCallerIdentity&Version=2011-06-15";
    expect((await answer(sandbox, unsigned("/", { query }))).text).toContain("000000000000");
  });
});

describe("a signed request that was changed", () => {
  const service = "s3";

  it.each([
    ["path", { path: "/firmware/b" }],
    ["query", { query: "prefix=c" }],
    ["method", { method: "HEAD" }],
  ])("in its %s does not match", async (_, change) => {
    const { sandbox, clock } = openGuarded();
    const request = signed(clock, { service, path: "/firmware/a", query: "prefix=b" });
    const { status } = await answer(sandbox, { ...request, ...change });
    expect(status).toBe(403);
  });

  it("in its body does not match the hash it names", async () => {
    const { sandbox, clock } = openGuarded();
    const path = "/firmware/a";
    const request = signed(clock, { service, method: "PUT", path, body: Buffer.from("a") });
    const { status, code } = await answer(sandbox, { ...request, body: Buffer.from("b") });
    expect([status, code]).toEqual([400, "XAmzContentSHA256Mismatch"]);
  });

  it("in the body of another service does not match", async () => {
    const { sandbox, clock } = openGuarded();
    const request = signed(clock, { service: "iot", method: "POST", path: "/things/a" });
    const { headers } = await answer(sandbox, { ...request, body: Buffer.from("{}") });
    expect(headers["x-amzn-errortype"]).toBe("InvalidSignatureException");
  });

  it("by a header that is not signed is denied", async () => {
    const { sandbox, clock } = openGuarded();
    const request = signed(clock, { service, method: "PUT", path: "/firmware/a" });
    const headers = { ...request.headers, "x-amz-copy-source": "firmware/secret" };
    const { status, code, text } = await answer(sandbox, { ...request, headers });
    expect([status, code]).toEqual([403, "AccessDenied"]);
    expect(text).toContain("<HeadersNotSigned>x-amz-copy-source</HeadersNotSigned>");
  });

  it("tells S3's caller what was to be signed, never with what", async () => {
    const { sandbox, clock } = openGuarded();
    const { text } = await answer(sandbox, { ...signed(clock, { service }), path: "/x" });
    expect(text).toContain("<StringToSign>AWS4-HMAC-SHA256\n20260101T000000Z\n");
    expect(text).not.toContain(credentials.secretAccessKey);
  });
});

describe("an Authorization header that cannot be read", () => {
  const good = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=00`;
  it.each([
    ["of another scheme", "Basic dXNlcjpwYXNz", 400, "InvalidRequest"],
    ["of the old scheme", "AWS AKIDEXAMPLE", 400, "InvalidRequest"],
    [
      "without a signature",
      good.replace(", Signature=00", ""),
      400,
      "AuthorizationHeaderMalformed",
    ],
    ["of another day", good.replace("20260101", "20251231"), 400, "AuthorizationHeaderMalformed"],
    ["without an end", good.replace("aws4_request", "x"), 400, "AuthorizationHeaderMalformed"],
    ["without a host", good.replace("=host", "=x-amz-date"), 400, "AuthorizationHeaderMalformed"],
  ])("%s is refused", async (_, authorization, status, code) => {
    const { sandbox } = openGuarded();
    const headers = { host: "localhost", "x-amz-date": "20260101T000000Z", authorization };
    expect(await answer(sandbox, unsigned("/firmware", { headers }))).toMatchObject({
      status,
      code,
    });
  });

  it("that signs headers which are none does not match", async () => {
    const { sandbox } = openGuarded();
    const authorization = good.replace("=host", "=constructor;host;__proto__;x");
    const amzHeaders = { "x-amz-date": "20260101T000000Z", "x-amz-content-sha256": sha256("") };
    const headers = { host: "localhost", ...amzHeaders, authorization };
    const signs = good.replace("=host", "=constructor;host;__proto__;x-amz-date");
    expect(await answer(sandbox, unsigned("/b", { headers }))).toMatchObject({
      code: "AccessDenied",
    });
    const all = { ...headers, authorization: signs };
    expect(await answer(sandbox, unsigned("/b", { headers: all }))).toMatchObject({
      code: "SignatureDoesNotMatch",
    });
  });

  it("is refused in the words of its service", async () => {
    const { sandbox } = openGuarded();
    const headers = { host: "localhost", authorization: good.replace("/s3/", "/iot/") };
    const refused = await answer(sandbox, unsigned("/things", { headers }));
    expect(refused.headers["x-amzn-errortype"]).toBe("IncompleteSignatureException");
  });

  it("is refused for a service that is not here", async () => {
    const { sandbox } = openGuarded();
    const headers = { host: "localhost", authorization: good.replace("/s3/", "/constructor/") };
    const refused = await answer(sandbox, unsigned("/", { headers }));
    expect(refused.headers["x-amzn-errortype"]).toBe("UnknownServiceException");
  });
});

describe("a presigned URL https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html", () => {
  const [bucket, key] = ["firmware", "dir/a b+ü.zip"];

  async function openObject() {
    const opened = openGuarded();
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await opened.s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
    await opened.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "content" }));
    const url = (expiresInSeconds: number, versionId?: string) =>
      presign({
        endpoint: "http://127.0.0.1:4500",
        bucket,
        key,
        versionId,
        region: REGION,
        credentials,
        now: new Date(opened.clock.now()),
        expiresInSeconds,
      });
    return { ...opened, url };
  }

  function fetched(sandbox: Sandbox, url: string, method = "GET") {
    const { host, pathname, search } = new URL(url);
    return answer(
      sandbox,
      unsigned(pathname, { method, query: search.slice(1), headers: { host } }),
    );
  }

  it("fetches the object as often as wanted until it expires", async () => {
    const { sandbox, clock, url } = await openObject();
    const link = url(60);
    expect((await fetched(sandbox, link)).text).toBe("content");
    await clock.advance(60_000);
    expect((await fetched(sandbox, link)).text).toBe("content");
    await clock.advance(1000);
    const late = await fetched(sandbox, link);
    expect(late).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(late.text).toContain(
      "<Message>Request has expired</Message><X-Amz-Expires>60</X-Amz-Expires>" +
        "<Expires>2026-01-01T00:01:00Z</Expires><ServerTime>2026-01-01T00:01:01Z</ServerTime>",
    );
  });

  it.each([
    ["path", (url: string) => url.replace("/dir/", "/other/")],
    ["expiry", (url: string) => url.replace("Expires=60", "Expires=600")],
    ["query", (url: string) => `${url}&versionId=null`],
    ["host", (url: string) => url.replace("127.0.0.1", "localhost")],
    ["signature", (url: string) => url.replace(/.$/, (c) => (c === "0" ? "1" : "0"))],
  ])("with another %s does not match", async (_, tamper) => {
    const { sandbox, url } = await openObject();
    expect(await fetched(sandbox, tamper(url(60)))).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
    });
  });

  it("is good for its own method only", async () => {
    const { sandbox, url } = await openObject();
    expect((await fetched(sandbox, url(60), "DELETE")).code).toBe("SignatureDoesNotMatch");
  });

  it.each([0, 604_801, -5])("of %d seconds is refused", async (seconds) => {
    const { sandbox, url } = await openObject();
    expect(await fetched(sandbox, url(seconds))).toMatchObject({
      status: 400,
      code: "AuthorizationQueryParametersError",
    });
  });

  it("ends in the time of whoever signed it, client or sandbox", async () => {
    const { sandbox, clock, url } = await openObject();
    const own = { ...credentials, account: ACCOUNT };
    const { signingKeys } = sandbox.state(ACCOUNT, REGION);
    const options = { endpoint: "http://127.0.0.1:4500", bucket, key, region: REGION };
    const now = () => new Date(sandbox.clock.now());
    const early = presign({
      ...options,
      credentials: signingKeys,
      now: now(),
      expiresInSeconds: 60,
    });

    await sandbox.advance(3_600_000);
    const later = presign({
      ...options,
      credentials: signingKeys,
      now: now(),
      expiresInSeconds: 60,
    });

    expect((await fetched(sandbox, early)).text).toContain("Request has expired");
    expect((await fetched(sandbox, later)).text).toBe("content");
    // An hour has passed for the sandbox only: clients sign, and their links end, in their own time.
    const client = url(60);
    expect((await fetched(sandbox, client)).text).toBe("content");
    await clock.advance(61_000);
    expect((await fetched(sandbox, client)).text).toContain("Request has expired");
    // Nobody signs with the sandbox's keys who has only the account's.
    const forged = { ...own, accessKeyId: signingKeys.accessKeyId };
    const link = presign({ ...options, credentials: forged, now: now(), expiresInSeconds: 60 });
    expect((await fetched(sandbox, link)).code).toBe("SignatureDoesNotMatch");
  });

  it("lives seven days", async () => {
    const { sandbox, clock, url } = await openObject();
    const link = url(604_800);
    await clock.advance(604_800_000);
    expect((await fetched(sandbox, link)).text).toBe("content");
  });

  it("needs all its parameters", async () => {
    const { sandbox, url } = await openObject();
    const incomplete = url(60).replace(/&X-Amz-Date=\w+/, "");
    expect((await fetched(sandbox, incomplete)).code).toBe("AuthorizationQueryParametersError");
  });

  it("goes with no Authorization header", async () => {
    const { sandbox, url } = await openObject();
    const { host, pathname, search } = new URL(url(60));
    const headers = { host, authorization: "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request" };
    const both = unsigned(pathname, { query: search.slice(1), headers });
    expect((await answer(sandbox, both)).code).toBe("InvalidArgument");
  });

  it("expires in an open sandbox as well", async () => {
    const clock = manualClock();
    const sandbox = createSandbox({ clock });
    const now = new Date(clock.now());
    const endpoint = "http://127.0.0.1:4500";
    const options = { endpoint, bucket, key, region: REGION, credentials, now };
    const link = presign({ ...options, expiresInSeconds: 60 });
    expect((await fetched(sandbox, link)).code).toBe("NoSuchBucket");
    await clock.advance(61_000);
    expect((await fetched(sandbox, link)).text).toContain("Request has expired");
  });

  it("ends in an open sandbox, too, in the time of whoever signed it", async () => {
    const clock = manualClock();
    const sandbox = createSandbox({ clock });
    const { signingKeys } = sandbox.state(ACCOUNT, REGION);
    const options = { endpoint: "http://127.0.0.1:4500", bucket, key, region: REGION };
    const at = { now: new Date(clock.now()), expiresInSeconds: 60 };

    await sandbox.advance(61_000);

    const own = presign({ ...options, ...at, credentials: signingKeys });
    expect((await fetched(sandbox, own)).text).toContain("Request has expired");
    const client = presign({ ...options, ...at, credentials });
    expect((await fetched(sandbox, client)).code).toBe("NoSuchBucket");
  });
});

describe("any claim", () => {
  const word = fc.oneof(
    fc.constantFrom("", "AKIDEXAMPLE", "20260101", REGION, "s3", "iot", "iam", "aws4_request"),
    fc.constantFrom("host", ";", "__proto__", "-1", "60", "20260101T000000Z", "%", "\u0000"),
    fc.string({ maxLength: 8 }),
  );
  const credential = fc.array(word, { maxLength: 6 }).map((words) => words.join("/"));

  it("without the secret is refused with a 4xx", async () => {
    const { sandbox } = openGuarded();
    await fc.assert(
      fc.asyncProperty(
        credential,
        word,
        word,
        word,
        fc.boolean(),
        async (who, a, b, c, inQuery) => {
          const query = Object.entries({ Credential: who, Date: a, Expires: b, SignedHeaders: c })
            .map(([name, value]) => `X-Amz-${name}=${encodeURIComponent(value)}`)
            .join("&");
          const claimed = `AWS4-HMAC-SHA256 Credential=${who}, SignedHeaders=${a}, Signature=${b}`;
          const { status } = await answer(
            sandbox,
            unsigned("/firmware/a", {
              query: inQuery ? `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0&${query}` : "",
              headers: {
                host: "localhost",
                "x-amz-date": c,
                ...(!inQuery && { authorization: claimed }),
              },
            }),
          );
          // A service that is not here has nothing to refuse.
          expect((status >= 400 && status < 500) || status === 501).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("in the older way is refused with a 4xx, too", async () => {
    const { sandbox } = openGuarded();
    const query = fc.record({ AWSAccessKeyId: word, Signature: word, Expires: word });
    await fc.assert(
      fc.asyncProperty(query, word, fc.boolean(), async (claimed, scheme, inQuery) => {
        const text = Object.entries(claimed).map(
          ([name, value]) => `${name}=${encodeURIComponent(value)}`,
        );
        const { AWSAccessKeyId, Signature } = claimed;
        const authorization = `AWS ${AWSAccessKeyId}:${Signature}`;
        const { status } = await answer(
          sandbox,
          unsigned("/firmware/a", {
            query: inQuery ? text.join("&") : "",
            headers: { host: "localhost", date: scheme, ...(!inQuery && { authorization }) },
          }),
        );
        expect(status >= 400 && status < 500).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a streamed upload https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html", () => {
  const path = "/firmware/a";

  async function openBucket() {
    const opened = openGuarded();
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await opened.s3.send(
      new CreateBucketCommand({ Bucket: "firmware", CreateBucketConfiguration }),
    );
    return opened;
  }

  it("of the SDK is accepted with its trailer", async () => {
    const { s3 } = await openBucket();
    const Body = Readable.from([Buffer.from("12345"), Buffer.from("6789")]);
    const put = new PutObjectCommand({ Bucket: "firmware", Key: "a", Body, ContentLength: 9 });
    expect((await s3.send(put)).ChecksumCRC32).toBe("y/Q5Jg==");
    const got = await s3.send(new GetObjectCommand({ Bucket: "firmware", Key: "a" }));
    expect(await got.Body?.transformToString()).toBe("123456789");
  });

  /** Two chunks and the last one, each signed over the one before, with or without a signed trailer. */
  function chunked(clock: ManualClock, trailer?: string): WireRequest {
    const kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    const request = signed(clock, {
      service: "s3",
      method: "PUT",
      path,
      payloadHash: trailer === undefined ? kind : `${kind}-TRAILER`,
      headers: {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "9",
        ...(trailer !== undefined && { "x-amz-trailer": "x-amz-checksum-crc32" }),
      },
    });
    const amzDate = request.headers["x-amz-date"] ?? "";
    const scope = { date: amzDate.slice(0, 8), region: REGION, service: "s3" };
    const keyOfDay = signingKey(credentials.secretAccessKey, scope);
    let previous = /Signature=(\w+)/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
    const next = (what: string, ...digests: string[]): string => {
      const lines = [`AWS4-HMAC-SHA256-${what}`, amzDate, scopeText(scope), previous, ...digests];
      return (previous = sign(keyOfDay, lines.join("\n")));
    };
    const chunks = ["12345", "6789", ""].map((text) => {
      const signature = next("PAYLOAD", sha256(""), sha256(text));
      const head = `${text.length.toString(16)};chunk-signature=${signature}\r\n`;
      return text === "" ? head : `${head}${text}\r\n`;
    });
    const end =
      trailer === undefined
        ? "\r\n"
        : `x-amz-checksum-crc32:${trailer}\r\nx-amz-trailer-signature:` +
          `${next("TRAILER", sha256(`x-amz-checksum-crc32:${trailer}\n`))}\r\n\r\n`;
    return { ...request, body: Buffer.from(chunks.join("") + end) };
  }

  it.each([undefined, "y/Q5Jg=="])(
    "of signed chunks with the trailer %s is accepted",
    async (trailer) => {
      const { sandbox, clock } = await openBucket();
      expect((await answer(sandbox, chunked(clock, trailer))).status).toBe(200);
    },
  );

  it.each([
    ["chunk", "12345", "12346"],
    ["trailer", "y/Q5Jg==", "y/Q5Jh=="],
    ["order", "6789", "6798"],
  ])("with another %s does not match", async (_, from, to) => {
    const { sandbox, clock } = await openBucket();
    const request = chunked(clock, "y/Q5Jg==");
    const body = Buffer.from(Buffer.from(request.body).toString().replace(from, to));
    expect(await answer(sandbox, { ...request, body })).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
    });
  });

  it("that was cut short is incomplete", async () => {
    const { sandbox, clock } = await openBucket();
    const request = chunked(clock);
    const body = request.body.subarray(0, 100);
    expect(await answer(sandbox, { ...request, body })).toMatchObject({
      status: 400,
      code: "IncompleteBody",
    });
  });
});
