import {
  CreateBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../lib/aws/clock.js";
import { createSandbox, type Sandbox } from "../../../lib/sandbox/index.js";

/* boto3_presigned.py has the same with the SDK that still signs so; here is what no SDK does. */

const ACCOUNT = "111122223333";
const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfi" };
const [Bucket, Key] = ["firmware", "dir/a.zip"];

async function openObject(region = "us-east-1") {
  const clock = manualClock();
  const auth = { credentials: [{ ...keys, account: ACCOUNT }] };
  const sandbox = createSandbox({ clock, seed: "test", quotas: "off", auth });
  const { requestHandler } = sandbox;
  const systemClockOffset = clock.now() - Date.now();
  const s3 = new S3Client({ region, credentials: keys, requestHandler, systemClockOffset });
  const at = region === "us-east-1" ? {} : { LocationConstraint: region as "eu-central-1" };
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: at }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "content" }));
  const expires = String(Math.floor(clock.now() / 1000) + 60);
  return { clock, sandbox, s3, expires };
}

/** As the documentation describes it, written a second time. */
function signed(text: string): string {
  return createHmac("sha1", keys.secretAccessKey).update(text).digest("base64");
}

const authOf = (expires: string, signature: string) =>
  `AWSAccessKeyId=${keys.accessKeyId}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`;

async function ask(
  sandbox: Sandbox,
  request: {
    method?: string;
    host?: string;
    path: string;
    query?: string;
    headers?: object;
    body?: string;
  },
) {
  const { method = "GET", host = "localhost", path, query = "", headers = {}, body = "" } = request;
  const answer = await sandbox.handle({
    method,
    path,
    query,
    headers: { host, ...headers },
    body: Buffer.from(body),
  });
  const text = Buffer.from(answer.body).toString();
  return { ...answer, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] };
}

describe("Signature Version 2 https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html", () => {
  it.each([
    ["in the path", { path: "/firmware/dir/a.zip" }],
    ["in the host", { path: "/dir/a.zip", host: "firmware.localhost:4500" }],
  ])("names the bucket wherever it stands: %s", async (_, where) => {
    const { sandbox, expires } = await openObject();
    const signature = signed(`GET\n\n\n${expires}\n/firmware/dir/a.zip`);
    const answer = await ask(sandbox, { ...where, query: authOf(expires, signature) });
    expect(answer).toMatchObject({ status: 200, text: "content" });
  });

  it("signs what else names a resource, decoded, and nothing more", async () => {
    const { sandbox, expires } = await openObject();
    const resource = "/firmware/dir/a.zip?response-content-type=text/x y&versionId=null";
    const auth = authOf(expires, signed(`GET\n\n\n${expires}\n${resource}`));
    const query = `versionId=null&x-id=GetObject&response-content-type=text%2Fx%20y&${auth}`;
    const answer = await ask(sandbox, { path: "/firmware/dir/a.zip", query });
    expect(answer.text).toBe("content");
    expect(answer.headers["content-type"]).toBe("text/x y");
  });

  it("says what it has signed when signatures differ", async () => {
    const { sandbox, expires } = await openObject();
    const answer = await ask(sandbox, { path: "/firmware/dir/a.zip", query: authOf(expires, "x") });
    expect(answer).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(answer.text).toContain(
      `<StringToSign>GET\n\n\n${expires}\n/firmware/dir/a.zip</StringToSign>` +
        "<SignatureProvided>x</SignatureProvided><StringToSignBytes>47 45 54 0A 0A",
    );
    expect(answer.text).not.toContain("CanonicalRequest");
  });

  it.each([
    ["Expires", "AccessDenied", "requires the Signature, Expires and AWSAccessKeyId parameters"],
    ["Signature", "AccessDenied", "requires the Signature, Expires and AWSAccessKeyId parameters"],
    [
      "AWSAccessKeyId",
      "AccessDenied",
      "requires the Signature, Expires and AWSAccessKeyId parameters",
    ],
  ])("needs %s", async (name, code, text) => {
    const { sandbox, expires } = await openObject();
    const query = authOf(expires, "x").replace(new RegExp(`&?${name}=[^&]*`), "");
    const answer = await ask(sandbox, { path: "/firmware/dir/a.zip", query });
    expect(answer).toMatchObject({ status: 403, code });
    expect(answer.text).toContain(text);
  });

  it("wants seconds in Expires", async () => {
    const { sandbox } = await openObject();
    const answer = await ask(sandbox, { path: "/firmware/dir/a.zip", query: authOf("soon", "x") });
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.text).toContain("Invalid date (should be seconds since epoch): soon");
  });

  it("ends when it says, with keys that are known", async () => {
    const { sandbox, clock, expires } = await openObject();
    const query = authOf(expires, signed(`GET\n\n\n${expires}\n/firmware/dir/a.zip`));
    const path = "/firmware/dir/a.zip";
    const stranger = query.replace(keys.accessKeyId, "AKIANOBODY");
    expect((await ask(sandbox, { path, query: stranger })).code).toBe("InvalidAccessKeyId");
    await clock.advance(60_000);
    expect((await ask(sandbox, { path, query })).text).toBe("content");
    await clock.advance(1000);
    const late = await ask(sandbox, { path, query });
    expect(late).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(late.text).toContain(
      "<Message>Request has expired</Message><Expires>2026-01-01T00:01:00Z</Expires>" +
        "<ServerTime>2026-01-01T00:01:01Z</ServerTime>",
    );
    expect(late.text).not.toContain("X-Amz-Expires");
  });

  it("was never learned by the younger Regions", async () => {
    const { sandbox, expires } = await openObject("eu-central-1");
    const query = authOf(expires, signed(`GET\n\n\n${expires}\n/firmware/dir/a.zip`));
    const answer = await ask(sandbox, { path: "/firmware/dir/a.zip", query });
    expect(answer).toMatchObject({ status: 400, code: "InvalidRequest" });
  });

  it("is found in a bucket's own Region", async () => {
    const { sandbox, expires } = await openObject("eu-west-1");
    const query = authOf(expires, signed(`GET\n\n\n${expires}\n/firmware/dir/a.zip`));
    expect((await ask(sandbox, { path: "/firmware/dir/a.zip", query })).text).toBe("content");
  });

  it("in a header is dated, by either header", async () => {
    const { sandbox, clock } = await openObject();
    const path = "/firmware/dir/a.zip";
    const date = new Date(clock.now()).toUTCString();
    const plain = signed(`GET\n\n\n${date}\n${path}`);
    const amz = signed(`GET\n\n\n\nx-amz-date:${date}\n${path}`);
    const by = (signature: string) => `AWS ${keys.accessKeyId}:${signature}`;
    expect((await ask(sandbox, { path, headers: { date, authorization: by(plain) } })).text).toBe(
      "content",
    );
    const headers = { date: "whenever", "x-amz-date": date, authorization: by(amz) };
    expect((await ask(sandbox, { path, headers })).text).toBe("content");
    await clock.advance(16 * 60_000);
    const late = await ask(sandbox, { path, headers: { date, authorization: by(plain) } });
    expect(late.code).toBe("RequestTimeTooSkewed");
    const undated = await ask(sandbox, { path, headers: { authorization: by(plain) } });
    expect(undated.code).toBe("AccessDenied");
  });

  it("ends in an open sandbox as well", async () => {
    const clock = manualClock();
    const sandbox = createSandbox({ clock });
    const query = authOf(String(clock.now() / 1000 + 60), "x");
    expect((await ask(sandbox, { path: "/firmware/a", query })).code).toBe("NoSuchBucket");
    await clock.advance(61_000);
    expect((await ask(sandbox, { path: "/firmware/a", query })).text).toContain(
      "Request has expired",
    );
  });
});

describe("headers in a presigned query", () => {
  it("count as headers, but for checksums", async () => {
    const { sandbox, s3, expires } = await openObject();
    const amz =
      "x-amz-checksum-crc32:AAAAAA==\nx-amz-meta-foo:bar\nx-amz-storage-class:STANDARD_IA";
    const auth = authOf(expires, signed(`PUT\n\n\n${expires}\n${amz}\n/firmware/b`));
    const headers =
      "x-amz-meta-foo=bar&x-amz-storage-class=STANDARD_IA&x-amz-checksum-crc32=AAAAAA%3D%3D";
    const answer = await ask(sandbox, {
      method: "PUT",
      path: "/firmware/b",
      query: `${headers}&${auth}`,
      body: "b",
    });
    expect(answer.status, answer.text).toBe(200);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "b" }))).toMatchObject({
      Metadata: { foo: "bar" },
      StorageClass: "STANDARD_IA",
    });
  });
});
