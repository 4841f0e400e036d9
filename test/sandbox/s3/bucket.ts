import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Sandbox } from "../../../lib/sandbox/index.js";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

export const Bucket = "firmware";
export const here = { LocationConstraint: REGION } as const;

/** A bucket in a fresh sandbox, versioned on demand. */
export async function openBucket(versioning?: "Enabled" | "Suspended") {
  const opened = openSandbox();
  await opened.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: here }));
  if (versioning) await version(opened.s3, versioning);
  return opened;
}

export async function version(s3: S3Client, Status: "Enabled" | "Suspended"): Promise<void> {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
}

export async function put(s3: S3Client, Key: string, Body = Key): Promise<string> {
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  return VersionId ?? "";
}

export async function text(
  s3: S3Client,
  Key: string,
  VersionId?: string,
): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return Body?.transformToString();
}

/** A request as other clients might send it, from this account and Region. */
export async function raw(
  sandbox: Sandbox,
  request: { method?: string; path: string; query?: string; headers?: object; body?: string },
) {
  const { method = "GET", path, query = "", headers = {}, body = "" } = request;
  const scope = `${ACCOUNT}/20260101/${REGION}/s3/aws4_request`;
  const answer = await sandbox.handle({
    method,
    path,
    query,
    headers: { host: "localhost", authorization: `Credential=${scope}`, ...headers },
    body: Buffer.from(body),
  });
  return { ...answer, body: Buffer.from(answer.body).toString() };
}

/** All pages of ListObjectVersions, each given on before the next is asked for. */
export async function* versionPages(s3: S3Client, MaxKeys: number) {
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys, ...markers }));
    yield page;
    if (!page.IsTruncated) return;
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

export const refusal = (name: string, status: number) => ({
  name,
  $metadata: { httpStatusCode: status },
});
