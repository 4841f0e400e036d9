import * as s3 from "@aws-sdk/client-s3";
import type { StaticOperationSchema } from "@smithy/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../../lib/aws/clock.js";
import { createSandbox } from "../../../../lib/sandbox/index.js";
import { restXml } from "../../../../lib/sandbox/http/protocols/rest-xml.js";
import { addressOf } from "../../../../lib/sandbox/http/protocols/s3-request.js";
import type { WireRequest } from "../../../../lib/sandbox/http/wire.js";

const schemas = Object.values(s3)
  .filter((value) => Array.isArray(value))
  .filter((value): value is StaticOperationSchema => value[0] === 9);
const protocol = restXml(schemas);

function request(method: string, url: string, more: Partial<WireRequest> = {}): WireRequest {
  const [path = "", query = ""] = url.split("?");
  return { method, path, query, headers: { host: "localhost" }, body: new Uint8Array(), ...more };
}

describe("S3's routes", () => {
  it.each([
    ["GET", "/", "ListBuckets"],
    ["GET", "/b", "ListObjects"],
    ["GET", "/b/?prefix=a", "ListObjects"],
    ["GET", "/b?list-type=2", "ListObjectsV2"],
    ["GET", "/b?versions", "ListObjectVersions"],
    ["GET", "/b?uploads", "ListMultipartUploads"],
    ["PUT", "/b?versioning", "PutBucketVersioning"],
    ["POST", "/b?delete", "DeleteObjects"],
    ["GET", "/b/k", "GetObject"],
    ["GET", "/b/k?x-id=GetObject&versionId=1", "GetObject"],
    ["GET", "/b/k?tagging", "GetObjectTagging"],
    ["GET", "/b/k?uploadId=1", "ListParts"],
    ["HEAD", "/b/k", "HeadObject"],
    ["PUT", "/b/k", "PutObject"],
    ["PUT", "/b/k?partNumber=1&uploadId=2", "UploadPart"],
    ["DELETE", "/b/k?uploadId=1", "AbortMultipartUpload"],
    ["DELETE", "/b/k?versionId=1", "DeleteObject"],
    ["GET", "/b?metrics&id=1", "GetBucketMetricsConfiguration"],
    ["GET", "/b?metrics", "ListBucketMetricsConfigurations"],
  ])("take %s %s for %s", (method, url, operation) => {
    expect(protocol.route(request(method, url))?.schema[2]).toBe(operation);
  });

  it("take a put with a source for a copy", () => {
    const headers = { host: "localhost", "x-amz-copy-source": "b/a" };
    expect(protocol.route(request("PUT", "/b/k", { headers }))?.schema[2]).toBe("CopyObject");
  });

  it("decode a key once, slashes and all", () => {
    const labels = protocol.route(request("GET", "/b//a%2520b/%C3%BC+"))?.labels;
    expect(labels).toEqual({ Bucket: "b", Key: "/a%20b/ü+" });
  });
});

describe("addressOf", () => {
  it.each([
    ["127.0.0.1:4500", "/b/k", "b", "/k"],
    ["localhost:4500", "/b", "b", "/"],
    ["s3.eu-west-1.amazonaws.com", "/b/k", "b", "/k"],
    ["s3.localhost:4500", "/b/k", "b", "/k"],
    ["sandbox.localhost", "/b/k", "b", "/k"],
    ["b.localhost:4500", "/k", "b", "/k"],
    ["b.s3.localhost:4500", "/k", "b", "/k"],
    ["b.s3.eu-west-1.amazonaws.com", "/k", "b", "/k"],
    ["b.c.s3.amazonaws.com", "/", "b.c", "/"],
    ["localhost", "/", "", "/"],
  ])("finds in %s%s the bucket %s", (host, path, bucket, inside) => {
    expect(addressOf(request("GET", path, { headers: { host } }))).toEqual({
      bucket,
      path: inside,
    });
  });
});

describe("an answer", () => {
  it("of an error names code, message and resource", async () => {
    const sandbox = createSandbox({ clock: manualClock() });
    const { status, headers, body } = await sandbox.handle(request("GET", "/a%26b"));
    expect(status).toBe(400);
    expect(headers).toMatchObject({
      "content-type": "application/xml",
      "x-amz-request-id": expect.any(String) as string,
      "x-amz-id-2": expect.any(String) as string,
    });
    expect(body).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>InvalidBucketName<\/Code><Message>The specified bucket is not valid\.<\/Message><BucketName>a&amp;b<\/BucketName><RequestId>.*<\/RequestId><HostId>.*<\/HostId><\/Error>$/,
    );
  });

  it("of an error to HEAD has no body", async () => {
    const sandbox = createSandbox({ clock: manualClock() });
    const { status, body } = await sandbox.handle(request("HEAD", "/bucket/key"));
    expect([status, body]).toEqual([404, ""]);
  });
});

describe("a body that is no good", () => {
  const put = (body: string | Uint8Array, url = "/bucket?versioning") =>
    request("PUT", url, { body: Buffer.from(body) });

  async function openBucket() {
    const sandbox = createSandbox({ clock: manualClock(), quotas: "off" });
    await sandbox.handle(request("PUT", "/bucket"));
    return sandbox;
  }

  it.each([
    ["no XML", "enabled"],
    ["nothing", ""],
    ["an open tag", "<VersioningConfiguration><Status>Enabled"],
    ["another root", "<Versioning><Status>Enabled</Status></Versioning>"],
    ["another value", "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>"],
    [
      "elements for a text",
      "<VersioningConfiguration><Status><a/></Status></VersioningConfiguration>",
    ],
    [
      "a text twice",
      `<VersioningConfiguration>${"<Status>Enabled</Status>".repeat(2)}</VersioningConfiguration>`,
    ],
    [
      "a document type",
      `<!DOCTYPE x [<!ENTITY a "b">]><VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`,
    ],
    ["depth", `<VersioningConfiguration>${"<a>".repeat(100_000)}`],
    ["half a declaration", `<?xml version="1.0"`],
  ])("with %s is MalformedXML", async (_, body) => {
    const sandbox = await openBucket();
    const answer = await sandbox.handle(put(body));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("<Code>MalformedXML</Code>");
  });

  it("with a number that is none is MalformedXML", async () => {
    const sandbox = await openBucket();
    const body = `<LifecycleConfiguration><Rule><Status>Enabled</Status><Expiration><Days>soon</Days></Expiration></Rule></LifecycleConfiguration>`;
    const answer = await sandbox.handle(put(body, "/bucket?lifecycle"));
    expect(answer.body).toContain("<Code>MalformedXML</Code>");
  });

  it("of four megabytes is too big", async () => {
    const sandbox = await openBucket();
    const answer = await sandbox.handle(put(Buffer.alloc(4 * 1024 * 1024 + 1, 32)));
    expect(answer.body).toContain("<Code>MaxMessageLengthExceeded</Code>");
  });

  it("in a query is InvalidArgument", async () => {
    const sandbox = await openBucket();
    const answer = await sandbox.handle(request("GET", "/bucket?max-keys=many"));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("<Code>InvalidArgument</Code>");
  });
});

describe("any request", () => {
  const word = fc.oneof(
    fc.constantFrom("", "bucket", "key", "tagging", "versions", "delete", "versionId", "uploadId"),
    fc.constantFrom("..", "%", "%zz", "%00", "%2F", "a b", "ü", "<&>", "\u0000", "x-id=GetObject"),
    fc.string({ maxLength: 12 }),
  );
  const xml = fc.oneof(
    fc.string(),
    fc
      .array(word, { maxLength: 6 })
      .map((w) => `<Delete><Object><${w.join("><")}></Object></Delete>`),
    fc.constantFrom("<Tagging><TagSet><Tag>a</Tag></TagSet></Tagging>", "<Delete/>", "<Tagging/>"),
  );
  const header = fc.oneof(
    fc.record({ "x-amz-copy-source": word }),
    fc.record({ range: word }),
    fc.record({ "x-amz-tagging": word, "x-amz-expected-bucket-owner": word }),
    fc.record({ "if-modified-since": word, expires: word }),
    fc.record({ "x-amz-checksum-crc32": word }),
    fc.record({ "content-md5": word }),
    fc.record({ host: word }),
    fc.record({
      "x-amz-content-sha256": fc.constant("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
      "x-amz-trailer": word,
    }),
    fc.record({ authorization: word.map((w) => `AWS4-HMAC-SHA256 Credential=a/b/c/s3/${w}`) }),
  );

  it("gets an answer below 500, or 501", async () => {
    const sandbox = createSandbox({ clock: manualClock(), quotas: "off" });
    await sandbox.handle(request("PUT", "/bucket"));
    await sandbox.handle(request("PUT", "/bucket/key", { body: Buffer.from("content") }));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"),
        fc.array(word, { maxLength: 3 }),
        fc.array(word, { maxLength: 3 }),
        header,
        xml,
        async (method, path, query, more, body) => {
          const { status } = await sandbox.handle({
            method,
            path: `/${["bucket", ...path].join("/")}`,
            query: query.join("&"),
            headers: { host: "localhost", "x-amz-security-token": "s3", ...more },
            body: Buffer.from(body),
          });
          expect(status === 501 || (status >= 200 && status < 500)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
