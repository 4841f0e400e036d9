import { CopyObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../lib/aws/clock.js";
import { createSandbox } from "../../../lib/sandbox/index.js";
import {
  canonicalRequest,
  sign,
  signingKey,
  stringToSign,
} from "../../../lib/sandbox/door/signature.js";
import { ACCOUNT, REGION } from "../clients.js";
import { Bucket, openBucket, raw } from "./bucket.js";

/** A header's bytes as Node hands them over: a character each. */
const bytes = (text: string) => Buffer.from(text).toString("latin1");

describe("a header that is no ASCII https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html", () => {
  const path = "/firmware/a";

  it.each([
    [
      "test_—_file%E2%80%94_é_2?.pdf",
      "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?=",
    ],
    ["ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="],
    ["à la carte", "=?UTF-8?Q?=C3=A0_la_carte?="],
    ["�������", "=?UTF-8?B?77+977+977+977+977+977+977+9?="],
    ["!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"],
  ])("as metadata, %s, comes back in mail's writing", async (text, written) => {
    const { sandbox, s3 } = await openBucket();
    const head = async () =>
      (await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }))).Metadata?.["a"];

    await raw(sandbox, { method: "PUT", path, headers: { "x-amz-meta-a": bytes(text) } });
    expect(await head()).toBe(written);
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Metadata: { a: written } }));
    expect(await head()).toBe(written);
  });

  it.each([
    ["=?UTF-8?Q?actually-ascii?=", "actually-ascii"],
    ["=?utf-8?b?YWJj?=", "abc"],
    ["=?UTF-8?Q?a_b?= =?UTF-8?Q?=5F?=", "a b_"],
    ["=?UTF-8?B?AAECAw==?=", "=?UTF-8?B?AAECAw==?="],
  ])("as metadata in mail's writing, %s, is read", async (written, shown) => {
    const { s3 } = await openBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Metadata: { a: written } }));
    const CopySource = `${Bucket}/a`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: "b", CopySource }));
    for (const Key of ["a", "b"]) {
      const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
      expect(Metadata).toEqual({ a: shown });
    }
  });

  it("as another header comes back byte by byte", async () => {
    const { sandbox } = await openBucket();
    const given = { "cache-control": bytes("ÄMÄ—"), "content-disposition": "caf\xe9" };
    await raw(sandbox, { method: "PUT", path, headers: given });
    expect((await raw(sandbox, { path })).headers).toMatchObject(given);
  });

  it("names tags and the source of a copy", async () => {
    const { sandbox } = await openBucket();
    await raw(sandbox, {
      method: "PUT",
      path: "/firmware/%C3%BC",
      headers: { "x-amz-tagging": bytes("ü=ä") },
    });
    const copied = await raw(sandbox, {
      method: "PUT",
      path: "/firmware/b",
      headers: { "x-amz-copy-source": bytes("firmware/ü") },
    });
    expect(copied.status).toBe(200);
    const tags = await raw(sandbox, { path: "/firmware/b", query: "tagging" });
    expect(tags.body).toContain("<Key>ü</Key><Value>ä</Value>");
  });

  it.each([
    ["UTF-8", bytes("à—é\u00a0x"), "à—é\u00a0x"],
    ["ISO-8859-1", "caf\xe9", "café"],
  ])("is signed by its characters, sent as %s", async (_, sent, signed) => {
    const clock = manualClock();
    const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const auth = { credentials: [{ ...keys, account: ACCOUNT }] };
    const sandbox = createSandbox({ clock, auth });
    const scope = { date: "20260101", region: REGION, service: "s3" };
    const amzDate = "20260101T000000Z";
    const payloadHash = "UNSIGNED-PAYLOAD";
    const headers = {
      host: "localhost",
      "x-amz-content-sha256": payloadHash,
      "x-amz-date": amzDate,
    };
    const named = (value: string) => ({
      ...headers,
      "cache-control": value,
      "x-amz-meta-a": value,
    });
    const signedHeaders = Object.keys(named("")).sort();
    const request = { method: "PUT", path, query: "" };
    const canonical = canonicalRequest(
      { ...request, headers: named(signed) },
      { service: "s3", signedHeaders, payloadHash },
    );
    const signature = sign(
      signingKey(keys.secretAccessKey, scope),
      stringToSign(amzDate, scope, canonical),
    );
    const authorization =
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/${REGION}/s3/aws4_request, ` +
      `SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;

    const answer = await sandbox.handle({
      ...request,
      headers: { ...named(sent), authorization },
      body: Buffer.from(""),
    });

    expect(Buffer.from(answer.body).toString()).toContain("NoSuchBucket");
  });
});
