import { PutObjectCommand } from "@aws-sdk/client-s3";
import { HttpResponse } from "@smithy/core/protocols";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import { downloadFile, fileOf } from "../../../lib/fleet/software/download.js";
import {
  createFirmwareBucket,
  firmwareBucketName,
} from "../../../lib/fleet/software/firmware-bucket.js";
import { presign } from "../../../lib/sandbox/door/presign.js";
import { ACCOUNT, openTestFleet, REGION } from "../../fleet.js";

const HELLO = Buffer.from("FLEETLAB FIRMWARE");
const sha256 = createHash("sha256").update(HELLO).digest("hex");

/** A fleet whose bucket holds one file, and the link to it. */
async function openBucket() {
  const test = openTestFleet();
  const { fleet, settle, clock } = test;
  await settle(createFirmwareBucket(fleet));
  const Bucket = firmwareBucketName(fleet);
  await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key: "a/Van_v1.zip", Body: HELLO })));
  const linkTo = (bucket: string, endpoint = "http://sandbox.localhost") =>
    presign({
      endpoint,
      bucket,
      key: "a/Van_v1.zip",
      region: REGION,
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: "test" },
      now: new Date(clock.now()),
      expiresInSeconds: 60,
    });
  return { ...test, linkTo, url: linkTo(Bucket) };
}

/** Answer every S3 request of a fleet, and count them. */
function answerAll(fleet: Fleet, statusCode: number, body: Readable, headers = {}) {
  const asked: string[] = [];
  const handle = (request: { readonly hostname: string }) => {
    asked.push(request.hostname);
    return Promise.resolve({ response: new HttpResponse({ statusCode, headers, body }) });
  };
  Object.assign(fleet.s3.config, { requestHandler: { handle } });
  return asked;
}

describe("downloadFile", () => {
  it("gives back the bytes of a presigned URL", async () => {
    const { fleet, settle, url } = await openBucket();

    const bytes = await settle(downloadFile(fleet, { url, sha256 }));

    expect(Buffer.from(bytes)).toEqual(HELLO);
  });

  it("refuses bytes with another digest than the job document's", async () => {
    const { fleet, settle, url } = await openBucket();
    const flip = (piece: Uint8Array) =>
      Uint8Array.from(piece, (byte, i) => byte ^ (i === 0 ? 1 : 0));

    const garbled = settle(downloadFile(fleet, { url, sha256 }, { line: flip }));

    await expect(garbled).rejects.toMatchObject({ name: "DownloadError", stage: "digest" });
  });

  it("does not even ask for a file without a digest", async () => {
    const { fleet, settle, url, calls } = await openBucket();

    const download = settle(downloadFile(fleet, { url, sha256: undefined }));

    await expect(download).rejects.toMatchObject({ stage: "digest" });
    expect(calls("GetObject")).toEqual([]);
  });

  it("says what S3 answered when the link has expired, without the link", async () => {
    const { fleet, settle, clock, url } = await openBucket();
    await clock.advance(120_000);

    const download = settle(downloadFile(fleet, { url, sha256 }));

    await expect(download).rejects.toMatchObject({
      stage: "download",
      message: "S3 answered 403.",
    });
  });

  it.each([
    ["another bucket", (own: string) => own.replace("iot-firmware", "other-firmware")],
    ["another host", (own: string) => own.replace("sandbox.localhost", "evil.example")],
    ["another loopback port", (own: string) => own.replace("localhost", "localhost:8080")],
    [
      "a host that only looks like ours",
      (own: string) => own.replace("localhost", "localhost.evil.example"),
    ],
    [
      "a user in front of the host",
      (own: string) => own.replace("http://", "http://sandbox.localhost@evil.example:80/"),
    ],
    ["a path that leaves the bucket", (own: string) => own.replace("/a/", "/../secrets/")],
    ["a file of the machine", () => "file:///etc/passwd"],
    ["no URL at all", () => "not a url"],
  ])("D35: does not fetch from %s", async (_, change) => {
    const { fleet, settle, url } = await openBucket();
    const asked = answerAll(fleet, 200, Readable.from([HELLO]));

    const download = settle(downloadFile(fleet, { url: change(url), sha256 }));

    await expect(download).rejects.toMatchObject({ stage: "download" });
    expect(asked).toEqual([]);
  });

  it.each([
    ["path style", (bucket: string) => `https://s3.${REGION}.amazonaws.com/${bucket}/f.zip`],
    ["host style", (bucket: string) => `https://${bucket}.s3.${REGION}.amazonaws.com/f.zip`],
    ["the global host", (bucket: string) => `https://${bucket}.s3.amazonaws.com/f.zip`],
  ])("fetches from the fleet's bucket on AWS, in %s", async (_, urlOf) => {
    const { fleet, settle } = openTestFleet({ target: "aws" });
    answerAll(fleet, 200, Readable.from([HELLO]));

    const url = urlOf(firmwareBucketName(fleet));
    const bytes = await settle(downloadFile(fleet, { url, sha256 }));

    expect(Buffer.from(bytes)).toEqual(HELLO);
  });

  it.each([
    ["without TLS", (bucket: string) => `http://${bucket}.s3.amazonaws.com/f.zip`],
    ["from loopback", (bucket: string) => `http://127.0.0.1:4566/${bucket}/f.zip`],
    ["from another host", (bucket: string) => `https://${bucket}.s3.amazonaws.com.evil.example/f`],
    ["from another bucket", () => "https://somebody.s3.amazonaws.com/f.zip"],
  ])("D35: on AWS does not fetch %s", async (_, urlOf) => {
    const { fleet, settle } = openTestFleet({ target: "aws" });
    const asked = answerAll(fleet, 200, Readable.from([HELLO]));

    const download = settle(downloadFile(fleet, { url: urlOf(firmwareBucketName(fleet)), sha256 }));

    await expect(download).rejects.toMatchObject({ stage: "download" });
    expect(asked).toEqual([]);
  });

  it("follows no redirect", async () => {
    const { fleet, settle, url } = await openBucket();
    const location = { location: "https://evil.example/firmware.zip" };
    const asked = answerAll(fleet, 307, Readable.from([HELLO]), location);

    const download = settle(downloadFile(fleet, { url, sha256 }));

    await expect(download).rejects.toMatchObject({ message: "S3 answered 307." });
    expect(asked).toEqual(["sandbox.localhost"]);
  });

  it("gives up a file that is larger than it may be, before it has all of it", async () => {
    const { fleet, settle, url } = await openBucket();
    let sent = 0;
    const endless = new Readable({
      read() {
        sent += 1024;
        this.push(Buffer.alloc(1024));
      },
    });
    answerAll(fleet, 200, endless);

    const download = settle(downloadFile(fleet, { url, sha256 }, { mostBytes: 10_000 }));

    await expect(download).rejects.toMatchObject({
      message: "The file has more than 10,000 bytes.",
    });
    expect(endless.destroyed).toBe(true);
    expect(sent).toBeLessThan(1_000_000);
  });

  it("gives up a download that hangs", async () => {
    const { fleet, url } = await openBucket();
    const silent = new Readable({ read() {} });
    answerAll(fleet, 200, silent);

    const download = downloadFile(fleet, { url, sha256 }, { timeoutMs: 1 });

    await expect(download).rejects.toMatchObject({ stage: "download" });
    expect(silent.destroyed).toBe(true);
  });

  it("refuses an empty file", async () => {
    const { fleet, settle, url } = await openBucket();
    answerAll(fleet, 200, Readable.from([]));

    const download = settle(downloadFile(fleet, { url, sha256 }));

    await expect(download).rejects.toMatchObject({ message: "The file is empty." });
  });

  it("D34: shows the link without its signature in debug mode", async () => {
    const { fleet, settle, url, lines } = await openBucket();
    fleet.debug = true;

    await settle(downloadFile(fleet, { url, sha256 }));

    expect(lines.join("\n")).toContain("Van_v1.zip?[presigned: redacted] · 200");
    expect(lines.join("\n")).not.toContain("X-Amz-Signature");
  });
});

describe("fileOf", () => {
  it("is the file's name alone", () => {
    expect(fileOf("https://b.s3.amazonaws.com/a/Van%20v1.zip?X-Amz-Signature=1")).toBe(
      "Van v1.zip",
    );
  });
});
