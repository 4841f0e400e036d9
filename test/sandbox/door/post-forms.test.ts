import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../lib/aws/clock.js";
import { createSandbox, type Sandbox } from "../../../lib/sandbox/index.js";

const ACCOUNT = "111122223333";
const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfi" };
const Bucket = "firmware";

async function openBucket() {
  const clock = manualClock();
  const auth = { credentials: [{ ...keys, account: ACCOUNT }] };
  const sandbox = createSandbox({ clock, seed: "test", quotas: "off", auth });
  const s3 = new S3Client({
    region: "us-east-1",
    credentials: keys,
    requestHandler: sandbox.requestHandler,
    systemClockOffset: clock.now() - Date.now(),
  });
  await s3.send(new CreateBucketCommand({ Bucket }));
  return { clock, sandbox, s3 };
}

/** Fields as a client signs them, under a policy that speaks of each unless told otherwise. */
function signedFields(
  fields: Record<string, string>,
  conditions: unknown[] = Object.entries(fields).map(([name, value]) => ({ [name]: value })),
  expiration = "2026-01-01T00:01:00Z",
): Record<string, string> {
  const document = JSON.stringify({ expiration, conditions });
  const policy = Buffer.from(document).toString("base64");
  const signature = createHmac("sha1", keys.secretAccessKey).update(policy).digest("base64");
  return { ...fields, AWSAccessKeyId: keys.accessKeyId, policy, signature };
}

async function post(
  sandbox: Sandbox,
  fields: Record<string, string>,
  file: { filename?: string; content?: string } | undefined = {},
  request: { host?: string; path?: string; type?: string } = {},
) {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--xx\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  if (file) {
    const named = file.filename === undefined ? "" : `; filename="${file.filename}"`;
    parts.push(
      `--xx\r\nContent-Disposition: form-data; name="file"${named}\r\n\r\n${file.content ?? "abc"}\r\n`,
    );
  }
  const {
    host = "localhost:4500",
    path = `/${Bucket}`,
    type = "multipart/form-data; boundary=xx",
  } = request;
  const answer = await sandbox.handle({
    method: "POST",
    path,
    query: "",
    headers: { host, "content-type": type },
    body: Buffer.from(`${parts.join("")}--xx--\r\n`),
  });
  const text = Buffer.from(answer.body).toString();
  return { ...answer, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] };
}

describe("a browser's form https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html", () => {
  it.each([
    ["path", {}],
    ["path with a slash", { path: "/firmware/" }],
    ["host", { path: "/", host: "firmware.localhost:4500" }],
  ])("makes an object in the bucket of its %s", async (_, where) => {
    const { sandbox, s3 } = await openBucket();
    const answer = await post(sandbox, signedFields({ key: "dir/a b" }), {}, where);
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect(answer.headers["etag"]).toMatch(/^"[0-9a-f]{32}"$/);
    expect(answer.headers["location"]).toMatch(/\/dir\/a%20b$/);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "dir/a b" }));
    expect(await Body?.transformToString()).toBe("abc");
  });

  it("keeps what headers would say", async () => {
    const { sandbox, s3 } = await openBucket();
    const fields = {
      key: "a",
      "Content-Type": "text/x",
      "Cache-Control": "no-store",
      "x-amz-meta-Foo": "bar",
      "x-amz-storage-class": "STANDARD_IA",
      tagging: "<Tagging><TagSet><Tag><Key>k</Key><Value>v w</Value></Tag></TagSet></Tagging>",
    };
    expect((await post(sandbox, signedFields(fields))).status).toBe(204);
    expect(await s3.send(new GetObjectCommand({ Bucket, Key: "a" }))).toMatchObject({
      ContentType: "text/x",
      CacheControl: "no-store",
      Metadata: { foo: "bar" },
      StorageClass: "STANDARD_IA",
    });
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "a" }));
    expect(TagSet).toEqual([{ Key: "k", Value: "v w" }]);
  });

  it.each([
    ["<InvalidXmlTagging></InvalidXmlTagging>", 204],
    ["not-xml", 400],
  ])("takes %s for tags with %i", async (tagging, status) => {
    const { sandbox } = await openBucket();
    expect((await post(sandbox, signedFields({ key: "a", tagging }))).status).toBe(status);
  });

  it("names the object by its file", async () => {
    const { sandbox, s3 } = await openBucket();
    const fields = signedFields({ key: "up/${filename}" }, [["starts-with", "$key", "up/"]]);
    await post(sandbox, fields, { filename: "C:\\here\\$& ü.txt" });
    await post(sandbox, fields, {});
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map((object) => object.Key)).toEqual(["up/$& ü.txt", "up/${filename}"]);
  });

  it("is answered as it asks", async () => {
    const { sandbox } = await openBucket();
    const created = await post(sandbox, signedFields({ key: "a<b", success_action_status: "201" }));
    expect(created.status).toBe(201);
    const location = "http://localhost:4500/firmware/a%3Cb";
    expect(created.headers["location"]).toBe(location);
    expect(created.text).toContain(
      `<PostResponse><Location>${location}</Location><Bucket>firmware</Bucket><Key>a&lt;b</Key><ETag>`,
    );
    const status = async (value: string) =>
      (await post(sandbox, signedFields({ key: "a", success_action_status: value }))).status;
    expect(await Promise.all(["200", "204", "500"].map(status))).toEqual([200, 204, 204]);
  });

  it("leads to another page", async () => {
    const { sandbox } = await openBucket();
    const page = "http://localhost.test/done?x=1";
    const answer = await post(sandbox, signedFields({ key: "a", success_action_redirect: page }));
    expect(answer.status).toBe(303);
    const target = new URL(answer.headers["location"] ?? "");
    expect(Object.fromEntries(target.searchParams)).toMatchObject({
      x: "1",
      bucket: Bucket,
      key: "a",
    });
    const nowhere = signedFields({ key: "a", success_action_redirect: "/relative" });
    expect((await post(sandbox, nowhere)).status).toBe(204);
  });

  it.each([
    ["eq", ["eq", "$acl", "private"], '["eq", "$acl", "private"]'],
    ["its short form", { acl: "private" }, '["eq", "$acl", "private"]'],
    ["starts-with", ["starts-with", "$acl", "p"], '["starts-with", "$acl", "p"]'],
    ["a name without its dollar", ["eq", "acl", "private"], '["eq", "acl", "private"]'],
    ["bucket", { bucket: "other" }, '["eq", "$bucket", "other"]'],
    [
      "a size that is none",
      ["content-length-range", "test", 10],
      '["content-length-range", "test", "10"]',
    ],
  ])("must meet %s", async (_, condition, shown) => {
    const { sandbox } = await openBucket();
    const conditions = [{ key: "a" }, ["starts-with", "$acl", ""], condition];
    const answer = await post(
      sandbox,
      signedFields({ key: "a", acl: "authenticated-read" }, conditions),
    );
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    const message = `Invalid according to Policy: Policy Condition failed: ${shown}`;
    expect(answer.text).toContain(`<Message>${message}</Message>`);
  });

  it("has no field that the policy is silent about, but for ignored ones", async () => {
    const { sandbox } = await openBucket();
    const fields = { key: "a", "x-ignore-me": "1", "x-amz-meta-a": "b" };
    const answer = await post(sandbox, signedFields(fields, [{ key: "a" }]));
    expect(answer.text).toContain("Invalid according to Policy: Extra input fields: x-amz-meta-a");
    const { "x-amz-meta-a": _, ...spoken } = fields;
    expect((await post(sandbox, signedFields(spoken, [{ key: "a" }]))).status).toBe(204);
  });

  it.each([
    ["12", "EntityTooLarge", "<ProposedSize>12</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>"],
    ["1", "EntityTooSmall", "<ProposedSize>1</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>"],
  ])("of %s bytes is %s", async (size, code, members) => {
    const { sandbox } = await openBucket();
    const fields = signedFields({ key: "a" }, [{ key: "a" }, ["content-length-range", "5", 10]]);
    const answer = await post(sandbox, fields, { content: "a".repeat(Number(size)) });
    expect(answer).toMatchObject({ status: 400, code });
    expect(answer.text).toContain(members);
    expect((await post(sandbox, fields, { content: "a".repeat(10) })).status).toBe(204);
  });

  it("ends when its policy says", async () => {
    const { sandbox, clock } = await openBucket();
    await clock.advance(61_000);
    const answer = await post(sandbox, signedFields({ key: "a" }));
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.text).toContain("Invalid according to Policy: Policy expired.");
  });

  it.each([
    ["policy", { policy: Buffer.from("{}").toString("base64") }, "SignatureDoesNotMatch", 403],
    ["signature", { signature: "x" }, "SignatureDoesNotMatch", 403],
    ["key id", { AWSAccessKeyId: "AKIANOBODY" }, "InvalidAccessKeyId", 403],
  ])("with another %s is refused", async (_, changed, code, status) => {
    const { sandbox } = await openBucket();
    const answer = await post(sandbox, { ...signedFields({ key: "a" }), ...changed });
    expect(answer).toMatchObject({ status, code });
  });

  it.each([
    [
      { expiration: "2026-01-01T00:01:00Z", conditions: [{ key: "a", acl: "b" }] },
      "exactly one property",
    ],
    [{ conditions: [] }, "Policy missing expiration."],
    [{ expiration: "2026-01-01T00:01:00Z" }, "Policy missing conditions."],
    [[], "Invalid JSON."],
  ])("with a policy that is none is refused: %o", async (document, text) => {
    const { sandbox } = await openBucket();
    const policy = Buffer.from(JSON.stringify(document)).toString("base64");
    const signature = createHmac("sha1", keys.secretAccessKey).update(policy).digest("base64");
    const answer = await post(sandbox, {
      key: "a",
      AWSAccessKeyId: keys.accessKeyId,
      policy,
      signature,
    });
    expect(answer).toMatchObject({ status: 400, code: "InvalidPolicyDocument" });
    expect(answer.text).toContain(text);
  });

  it.each(["key", "AWSAccessKeyId", "Signature", "policy"])("needs its field %s", async (name) => {
    const { sandbox } = await openBucket();
    const fields = Object.entries(signedFields({ key: "a" })).filter(
      ([field]) => field.toLowerCase() !== name.toLowerCase(),
    );
    const answer = await post(sandbox, Object.fromEntries(fields));
    expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(answer.text).toContain(
      `<Message>Bucket POST must contain a field named '${name}'.  If it is specified, please check ` +
        `the order of the fields.</Message><ArgumentName>${name}</ArgumentName><ArgumentValue>`,
    );
  });

  it.each(["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"])(
    "of Version 4 needs its field %s",
    async (name) => {
      const { sandbox } = await openBucket();
      const fields: Record<string, string> = {
        key: "a",
        policy: "",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": `${keys.accessKeyId}/20260101/us-east-1/s3/aws4_request`,
        "x-amz-date": "20260101T000000Z",
        "x-amz-signature": "00",
      };
      expect((await post(sandbox, fields)).code).toBe("SignatureDoesNotMatch");
      const { [name.toLowerCase()]: _, ...others } = fields;
      expect((await post(sandbox, others)).text).toContain(`must contain a field named '${name}'.`);
    },
  );

  it("that nobody has signed is denied, and taken by an open sandbox", async () => {
    const { sandbox } = await openBucket();
    expect(await post(sandbox, { key: "a" })).toMatchObject({ status: 403, code: "AccessDenied" });
    expect((await post(createSandbox({}), { key: "a" })).code).toBe("NoSuchBucket");
  });

  it("is no form without a file, a boundary or its type", async () => {
    const { sandbox } = await openBucket();
    const fields = signedFields({ key: "a" });
    const fileless = await sandbox.handle({
      method: "POST",
      path: "/firmware",
      query: "",
      headers: { host: "localhost", "content-type": "multipart/form-data; boundary=xx" },
      body: Buffer.from(
        '--xx\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--xx--\r\n',
      ),
    });
    expect(Buffer.from(fileless.body).toString()).toContain(
      "POST requires exactly one file upload",
    );
    const type = "multipart/form-data; boundary=yy";
    expect((await post(sandbox, fields, {}, { type })).code).toBe("MalformedPOSTRequest");
    const other = await post(sandbox, fields, {}, { type: "application/x-www-form-urlencoded" });
    expect(other).toMatchObject({ status: 412, code: "PreconditionFailed" });
    expect(other.text).toContain(
      "<Condition>Bucket POST must be of the enclosure-type multipart/form-data</Condition>",
    );
  });

  it("may write the names of its fields in any case", async () => {
    const { sandbox } = await openBucket();
    const { policy = "", ...others } = signedFields({ Key: "a" });
    expect((await post(sandbox, { ...others, Policy: policy })).status).toBe(204);
  });
});
