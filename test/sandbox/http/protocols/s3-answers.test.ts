import {
  CreateMultipartUploadCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { REGION } from "../../clients.js";
import { Bucket, openBucket, put, raw } from "../../s3/bucket.js";

const names = (xml: string) =>
  [...xml.matchAll(/<(\w+)[ >/]/g)].map(([, name]) => name).slice(1) as string[];

describe("S3's answers", () => {
  it.each([
    ["list-type=2&delimiter=/", "Name Prefix KeyCount MaxKeys Delimiter IsTruncated Contents Key"],
    ["", "Name Prefix Marker MaxKeys IsTruncated Contents Key LastModified ETag"],
    ["versions", "Name Prefix KeyMarker VersionIdMarker MaxKeys IsTruncated Version"],
    ["uploads", "Bucket KeyMarker UploadIdMarker NextKeyMarker NextUploadIdMarker MaxUploads"],
  ])("have their elements in AWS's order: ?%s", async (query, order) => {
    const { s3, sandbox } = await openBucket();
    await put(s3, "a");
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "a" }));
    const { body } = await raw(sandbox, { path: "/firmware", query });
    expect(names(body).join(" ")).toContain(order);
  });

  it("write times with milliseconds that are none, and leave keys alone", async () => {
    const { s3, sandbox, clock } = await openBucket();
    await clock.advance(1234);
    const key = "2026-01-01T00:00:00Z";
    await put(s3, key);
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: key }));
    const texts = [
      (await raw(sandbox, { path: "/" })).body,
      (await raw(sandbox, { path: "/firmware" })).body,
      (await raw(sandbox, { path: "/firmware", query: "uploads" })).body,
    ];
    expect(texts[0]).toContain("<CreationDate>2026-01-01T00:00:00.000Z</CreationDate>");
    expect(texts[1]).toContain("<LastModified>2026-01-01T00:00:01.000Z</LastModified>");
    expect(texts[1]).toContain(`<Key>${key}</Key>`);
    expect(texts[2]).toContain("<Initiated>2026-01-01T00:00:01.000Z</Initiated>");
    const headers = { "x-amz-copy-source": `firmware/${key}` };
    const copied = await raw(sandbox, { method: "PUT", path: "/firmware/b", headers });
    expect(copied.body).toContain("<LastModified>2026-01-01T00:00:01.000Z</LastModified>");
  });

  it("tell a bucket's Region with every list of its objects", async () => {
    const { sandbox } = await openBucket();
    for (const query of ["", "list-type=2", "versions"]) {
      const { headers, body } = await raw(sandbox, { path: "/firmware", query });
      expect(headers["x-amz-bucket-region"]).toBe(REGION);
      expect(body).not.toContain("BucketRegion");
    }
  });

  it("of a HEAD have the type that a body would have", async () => {
    const { sandbox, s3 } = await openBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1", ContentType: "text/x" }));
    const type = async (path: string, headers = {}) =>
      (await raw(sandbox, { method: "HEAD", path, headers })).headers["content-type"];
    expect(await type("/firmware")).toBe("application/xml");
    expect(await type("/nowhere")).toBe("application/xml");
    expect(await type("/firmware/b")).toBe("application/xml");
    expect(await type("/firmware/a")).toBe("text/x");
    expect(await type("/firmware/a", { "if-none-match": "*" })).toBeUndefined();
  });

  it("are empty where S3 says no content", async () => {
    const { sandbox } = await openBucket();
    const body = "<Tagging><TagSet/></Tagging>";
    const tagged = await raw(sandbox, { method: "PUT", path: "/firmware", query: "tagging", body });
    expect(tagged).toMatchObject({ status: 204, body: "" });
    const policy = JSON.stringify({
      Statement: {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: "arn:aws:s3:::firmware",
      },
    });
    const put = { method: "PUT", path: "/firmware", query: "policy", body: policy };
    expect(await raw(sandbox, put)).toMatchObject({ status: 204, body: "" });
  });
});

describe("S3's errors", () => {
  it.each([
    ["GET", "/nowhere", "", {}, "<BucketName>nowhere</BucketName><RequestId>"],
    ["GET", "/firmware/b", "", {}, "<Key>b</Key><RequestId>"],
    ["PATCH", "/firmware/b", "", {}, "<Method>PATCH</Method><ResourceType>"],
    ["GET", "/firmware", "policy", {}, "<BucketName>firmware</BucketName><RequestId>"],
    ["GET", "/firmware/a", "", { "if-match": "x" }, "<Condition>If-Match</Condition><RequestId>"],
    ["PUT", "/firmware/a", "", { "content-md5": "x" }, "<Content-MD5>x</Content-MD5><RequestId>"],
    [
      "PUT",
      "/firmware/a",
      "",
      { "content-md5": "CYketZBSTjX8czcs3cXVlg==" },
      "<ExpectedDigest>CYketZBSTjX8czcs3cXVlg==</ExpectedDigest><CalculatedDigest>1B2M2Y8AsgTpgAmY7PhCfg==</CalculatedDigest>",
    ],
    ["PUT", "/firmware/a", "", { "x-amz-tagging": "a,b" }, "<ArgumentName>x-amz-tagging<"],
    ["PUT", "/firmware", "versioning", {}, "</Message><RequestId>"],
  ])("say what AWS says: %s %s?%s %o", async (method, path, query, headers, members) => {
    const { sandbox, s3 } = await openBucket();
    await put(s3, "a");
    const { body } = await raw(sandbox, { method, path, query, headers });
    expect(body).toContain(members);
    expect(body).not.toContain("<Resource>");
  });

  it("name the method that a delete marker does not allow", async () => {
    const { sandbox, s3 } = await openBucket("Enabled");
    await s3.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const gone = await raw(sandbox, { method: "DELETE", path: "/firmware/a" });
    const query = `versionId=${gone.headers["x-amz-version-id"]}`;
    const { body, status } = await raw(sandbox, { path: "/firmware/a", query });
    expect(status).toBe(405);
    expect(body).toContain(
      "<Method>GET</Method><ResourceType>DeleteMarker</ResourceType><RequestId>",
    );
  });
});
