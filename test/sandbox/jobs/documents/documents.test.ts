import { IAMClient } from "@aws-sdk/client-iam";
import {
  CreateJobCommand,
  CreatePackageVersionCommand,
  CreateThingCommand,
  GetJobDocumentCommand,
  IoTClient,
  UpdatePackageCommand,
  type CreateJobCommandInput,
} from "@aws-sdk/client-iot";
import {
  IoTJobsDataPlaneClient,
  StartNextPendingJobExecutionCommand,
} from "@aws-sdk/client-iot-jobs-data-plane";
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { createSandbox } from "../../../../lib/sandbox/index.js";
import { createControl } from "../../../../lib/sandbox/control.js";
import { serve } from "../../../../lib/sandbox/server.js";
import { clientsOf, REGION, ACCOUNT } from "../../clients.js";
import {
  createRole,
  fillBucket,
  openFleet,
  publish,
  roleArn,
  thingArn,
  versionArn,
} from "../fleet.js";

const presignedUrlConfig = { roleArn };
const toApp = { destinationPackageVersions: [versionArn("app", "1.0.0")], presignedUrlConfig };

/** One car; package `app` 1.0.0 with two attributes and an artifact; a role that reads the bucket. */
async function withApp(options?: Parameters<typeof openFleet>[1]) {
  const fleet = await openFleet(1, options);
  const { iot } = fleet;
  await fillBucket(fleet, { "fw/app 1.bin": "APP", "doc.json": '{"from":"s3"}' });
  await createRole(fleet);
  await publish(fleet, "app", "1.0.0", {
    attributes: { url: 'a"b', size: "7", "a:b": "colon" },
    artifact: { s3Location: { bucket: "firmware", key: "fw/app 1.bin" } },
  });
  const documentOf = async (input: Partial<CreateJobCommandInput>, beforeSubstitution = false) => {
    await fleet.begin(input);
    const { document } = await iot.send(
      new GetJobDocumentCommand({ jobId: "job", beforeSubstitution }),
    );
    return document;
  };
  /** What the device gets, as the value of `x` in the document. */
  const deviceValue = async (text: string, input: Partial<CreateJobCommandInput> = toApp) => {
    await fleet.begin({ document: JSON.stringify({ x: text }), ...input });
    const { execution } = await fleet.start("car-001");
    return (JSON.parse(execution?.jobDocument ?? "{}") as { x: unknown }).x;
  };
  return { ...fleet, documentOf, deviceValue };
}

describe("documentSource (API_CreateJob)", () => {
  it.each([
    `https://s3.${REGION}.amazonaws.com/firmware/doc.json`,
    "https://s3.amazonaws.com/firmware/doc.json",
    `https://firmware.s3.${REGION}.amazonaws.com/doc.json`,
  ])("reads %s once", async (documentSource) => {
    const { s3, iot, documentOf } = await withApp();

    const first = await documentOf({ document: undefined, documentSource });
    await s3.send(new PutObjectCommand({ Bucket: "firmware", Key: "doc.json", Body: "{}" }));
    const { document } = await iot.send(new GetJobDocumentCommand({ jobId: "job" }));

    expect([first, document]).toEqual(['{"from":"s3"}', '{"from":"s3"}']);
  });

  it.each([
    ["an unknown object", "https://s3.amazonaws.com/firmware/nope"],
    ["an unknown bucket", "https://s3.amazonaws.com/nope/doc.json"],
    ["another host", "https://example.com/firmware/doc.json"],
    ["no URL", "s3://firmware/doc.json"],
    ["a bucket alone", "https://s3.amazonaws.com/firmware/"],
    ["an object that is not JSON", "https://s3.amazonaws.com/firmware/fw/app%201.bin"],
    ["1,351 characters", `https://s3.amazonaws.com/${"x".repeat(1326)}`],
  ])("refuses %s", async (_, documentSource) => {
    const { create } = await withApp();

    await expect(create({ document: undefined, documentSource })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});

describe("placeholders for packages (preparing-jobs-for-service-package-catalog)", () => {
  it("become attributes and links, and the rest of the document stays as it is", async () => {
    const { iot, documentOf } = await withApp();
    const document =
      '{ "one": "v-${aws:iot:package:app:version:1.0.0:attributes:url}",' +
      ' "all" : "${aws:iot:package:app:version:1.0.0:attributes}",\n' +
      '  "url":"${aws:iot:package:app:version:1.0.0:artifact:s3-presigned-url}" }';

    const resolved = await documentOf({ document, ...toApp });
    const before = await iot.send(
      new GetJobDocumentCommand({ jobId: "job", beforeSubstitution: true }),
    );

    expect(resolved).toBe(
      '{ "one": "v-a\\"b", "all" : {"url":"a\\"b","size":"7","a:b":"colon"},\n' +
        `  "url":"\${aws:iot:s3-presigned-url-v2:https://s3.${REGION}.amazonaws.com/firmware/fw/app%201.bin}" }`,
    );
    expect(before.document).toBe(document);
  });

  it.each([
    ["attributes:a:b", "colon"],
    ["attributes:size", "7"],
    ["attributes", { url: 'a"b', size: "7", "a:b": "colon" }],
  ])("may leave both names empty when there is one destination: %s", async (part, expected) => {
    const { deviceValue } = await withApp();

    expect(await deviceValue(`\${aws:iot:package::version::${part}}`)).toEqual(expected);
  });

  it.each(["artifact", "artifact-location"])(
    "spell the link with %s, and it fetches the artifact",
    async (word) => {
      const { sandbox, deviceValue } = await withApp();

      const link = await deviceValue(`\${aws:iot:package::version::${word}:s3-presigned-url}`);
      const { pathname, search } = new URL(String(link));
      const answer = await sandbox.handle({
        method: "GET",
        path: pathname,
        query: search.slice(1),
        headers: { host: "sandbox.localhost" },
        body: new Uint8Array(),
      });

      expect(Buffer.from(answer.body).toString()).toBe("APP");
    },
  );

  it("follow $default as it is when the job is created", async () => {
    const { iot, start, begin, job } = await withApp();
    const makeDefault = (defaultVersionName: string) =>
      iot.send(new UpdatePackageCommand({ packageName: "app", defaultVersionName }));
    await makeDefault("1.0.0");
    await publish({ iot }, "app", "2.0.0", { attributes: { size: "8" } });
    await begin({
      ...toApp,
      destinationPackageVersions: [versionArn("app", "$default")],
      document: '{"size":"${aws:iot:package:app:version:$default:attributes:size}"}',
    });
    await makeDefault("2.0.0");

    const { execution } = await start("car-001");

    expect(execution?.jobDocument).toBe('{"size":"7"}');
    expect(await job()).toMatchObject({
      destinationPackageVersions: [versionArn("app", "$default")],
    });
  });

  const p = "aws:iot:package";
  it.each([
    ["an unknown attribute", "${aws:iot:package::version::attributes:nope}"],
    ["a version that is no destination", "${aws:iot:package:app:version:2.0.0:attributes:size}"],
    ["a package that is no destination", "${aws:iot:package:other:version:1.0.0:attributes:size}"],
    ["$default without it in the destinations", `\${${p}:app:version:$default:attributes:size}`],
    ["$null", `\${${p}:app:version:$null:attributes:size}`],
    ["an empty package name alone", `\${${p}::version:1.0.0:attributes:size}`],
    ["an empty version name alone", `\${${p}:app:version::attributes:size}`],
    ["all attributes inside a text", `x\${${p}::version::attributes}`],
    ["no end", `\${${p}::version::attributes:size`],
    ["another placeholder inside", `\${${p}::version::attributes:\${aws:iot:x}}`],
    ["an unknown placeholder", "${aws:iot:parameter:size}"],
    ["an unknown part", `\${${p}::version::recipe}`],
  ])("refuse %s", async (_, text) => {
    const { create } = await withApp();

    await expect(create({ ...toApp, document: JSON.stringify({ x: text }) })).rejects.toMatchObject(
      {
        name: "InvalidRequestException",
        message: expect.stringContaining("Invalid job document"),
      },
    );
  });

  it("refuse all attributes as the name of a member", async () => {
    const { create } = await withApp();

    await expect(
      create({ ...toApp, document: '{"${aws:iot:package::version::attributes}":1}' }),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuse empty names with several destinations, and an eleventh placeholder", async () => {
    const fleet = await withApp();
    await publish(fleet, "map", "1.0.0", { attributes: { size: "9" } });
    const text = "${aws:iot:package::version::attributes:size}";

    await expect(
      fleet.create({
        presignedUrlConfig,
        destinationPackageVersions: [versionArn("app", "1.0.0"), versionArn("map", "1.0.0")],
        document: JSON.stringify({ x: text }),
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining("exactly one") });
    const document = (count: number) => JSON.stringify(Array.from({ length: count }, () => text));
    await expect(fleet.create({ ...toApp, document: document(11) })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await fleet.create({ ...toApp, document: document(10) });
  });

  it("refuse a version without an artifact, and a link without a role", async () => {
    const fleet = await withApp();
    await publish(fleet, "bare", "1.0.0");
    const document = '{"x":"${aws:iot:package::version::artifact:s3-presigned-url}"}';

    await expect(
      fleet.create({
        document,
        presignedUrlConfig,
        destinationPackageVersions: [versionArn("bare", "1.0.0")],
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining("no associated artifact") });
    await expect(
      fleet.create({ document, destinationPackageVersions: [versionArn("app", "1.0.0")] }),
    ).rejects.toMatchObject({ message: expect.stringContaining("presignedUrlConfig.roleArn") });
  });
});

describe("destinationPackageVersions (API_CreateJob)", () => {
  it.each([
    ["an unknown package", versionArn("nope", "1.0.0"), "ResourceNotFoundException"],
    ["an unknown version", versionArn("app", "9.9.9"), "ResourceNotFoundException"],
    ["a package without a default", versionArn("app", "$default"), "InvalidRequestException"],
    [
      "another account's",
      `arn:aws:iot:${REGION}:444455556666:package/app/version/1.0.0`,
      "InvalidRequestException",
    ],
    ["no version's ARN", `arn:aws:iot:${REGION}:${ACCOUNT}:package/app`, "InvalidRequestException"],
  ])("refuse %s", async (_, arn, name) => {
    const { create } = await withApp();

    await expect(create({ destinationPackageVersions: [arn] })).rejects.toMatchObject({ name });
  });

  it("refuse a draft, a package twice, and a 26th", async () => {
    const fleet = await withApp();
    await fleet.iot.send(
      new CreatePackageVersionCommand({ packageName: "app", versionName: "draft" }),
    );
    await publish(fleet, "app", "2.0.0");
    const refused = (...arns: string[]) =>
      expect(fleet.create({ destinationPackageVersions: arns })).rejects.toMatchObject({
        name: "InvalidRequestException",
      });

    await refused(versionArn("app", "draft"));
    await refused(versionArn("app", "1.0.0"), versionArn("app", "2.0.0"));
    await refused(...Array.from({ length: 26 }, () => versionArn("app", "1.0.0")));
  });
});

describe("placeholders for S3 (create-manage-jobs, presigned URLs)", () => {
  it.each([
    ["plain, path style", "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/firmware/doc.json}"],
    [
      "plain, virtual-host style",
      "${aws:iot:s3-presigned-url:https://firmware.s3.eu-west-1.amazonaws.com/doc.json}",
    ],
    [
      "encoded",
      "${aws:iot:s3-presigned-url-v2:https://s3.eu-west-1.amazonaws.com/firmware/doc%2Ejson}",
    ],
  ])("are shown as they are and fetched from S3 over HTTP: %s", async (_, text) => {
    let url = "";
    const fleet = await withApp({ endpoint: () => url });
    const server = await serve({
      handle: fleet.sandbox.handle,
      control: createControl({ sandbox: fleet.sandbox, identity: {} }),
      port: 0,
    });
    url = server.url;
    try {
      const link = String(await fleet.deviceValue(text, { presignedUrlConfig }));
      const shown = await fleet.iot.send(new GetJobDocumentCommand({ jobId: "job" }));
      const answer = await fetch(link);

      expect(shown.document).toBe(JSON.stringify({ x: text }));
      expect(await answer.text()).toBe('{"from":"s3"}');
      // It is made when the device asks, and counts from then.
      await fleet.clock.advance(3_600_000);
      expect((await fetch(link)).status).toBe(200);
      await fleet.clock.advance(1);
      const late = await fetch(link);
      expect(late.status).toBe(403);
      expect(await late.text()).toContain("<Message>Request has expired</Message>");
    } finally {
      await server.close();
    }
  });

  it("are signed with the keys that the sandbox checks, and end when the job says", async () => {
    const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "s3cr3t", account: ACCOUNT };
    // SDK clients sign at the machine's time, so the sandbox goes by it as well, and lags by nothing.
    const sandbox = createSandbox({
      quotas: "off",
      auth: { credentials: [keys] },
      lags: { jobsMs: 0, roleMs: 0 },
    });
    const signer = { region: REGION, credentials: keys, requestHandler: sandbox.requestHandler };
    const clients = {
      iot: new IoTClient(signer),
      iotJobs: new IoTJobsDataPlaneClient(signer),
      s3: new S3Client({ ...signer, forcePathStyle: true }),
      iam: new IAMClient(signer),
      clock: { advance: async () => {} },
    };
    await fillBucket(clients, { "doc.json": "D" });
    await createRole(clients);
    await clients.iot.send(new CreateThingCommand({ thingName: "car" }));
    await clients.iot.send(
      new CreateJobCommand({
        jobId: "job",
        targets: [thingArn("car")],
        document: '["${aws:iot:s3-presigned-url:https://s3.amazonaws.com/firmware/doc.json}"]',
        presignedUrlConfig: { roleArn, expiresInSec: 60 },
      }),
    );
    const { execution } = await clients.iotJobs.send(
      new StartNextPendingJobExecutionCommand({ thingName: "car" }),
    );
    const [link = ""] = JSON.parse(execution?.jobDocument ?? "[]") as string[];
    const fetched = async (url: string) => {
      const { pathname, search } = new URL(url);
      const { status } = await sandbox.handle({
        method: "GET",
        path: pathname,
        query: search.slice(1),
        headers: { host: "sandbox.localhost" },
        body: new Uint8Array(),
      });
      return status;
    };

    expect(await fetched(link)).toBe(200);
    expect(await fetched(link.replace("doc.json", "other.json"))).toBe(403);
    await sandbox.advance(62_000);
    expect(await fetched(link)).toBe(403);
    // The keys of its links are not those of the account, which live in the time of clients.
    expect(new URL(link).searchParams.get("X-Amz-Credential")).toMatch(/^ASIAAKIDEXAMPLE\//);
  });

  it("name a version, also of an artifact", async () => {
    const fleet = await openFleet(1);
    await fillBucket(fleet, {});
    await fleet.s3.send(
      new PutBucketVersioningCommand({
        Bucket: "firmware",
        VersioningConfiguration: { Status: "Enabled" },
      }),
    );
    const put = (Body: string) =>
      fleet.s3.send(new PutObjectCommand({ Bucket: "firmware", Key: "a+b.bin", Body }));
    const { VersionId = "" } = await put("old");
    await put("new");
    await createRole(fleet);
    await publish(fleet, "app", "1.0.0", {
      artifact: { s3Location: { bucket: "firmware", key: "a+b.bin", version: VersionId } },
    });
    await fleet.begin({
      ...toApp,
      document: '{"x":"${aws:iot:package::version::artifact:s3-presigned-url}"}',
    });

    const { document } = await fleet.iot.send(new GetJobDocumentCommand({ jobId: "job" }));
    const { execution } = await fleet.start("car-001");
    const { x } = JSON.parse(execution?.jobDocument ?? "") as { x: string };

    expect(document).toBe(
      `{"x":"\${aws:iot:s3-presigned-url-v2:https://s3.${REGION}.amazonaws.com/firmware/a%2Bb.bin%3FversionId%3D${VersionId}}"}`,
    );
    expect(new URL(x).pathname).toBe("/firmware/a%2Bb.bin");
    expect(new URL(x).searchParams.get("versionId")).toBe(VersionId);
  });

  it("let a device upload under a name of its own", async () => {
    const fleet = await openFleet(1);
    await fillBucket(fleet, {});
    await createRole(fleet, { Action: "s3:PutObject" });
    const key = "logs/${thingName}/${jobId}-${executionNumber}.txt";
    const document = `{"x":"\${aws:iot:s3-presigned-url-upload:https://s3.amazonaws.com/firmware/${key}}"}`;
    await fleet.begin({ document, presignedUrlConfig });
    const { execution } = await fleet.start("car-001");
    const { x } = JSON.parse(execution?.jobDocument ?? "") as { x: string };
    const { pathname, search } = new URL(x);
    const send = (method: string) =>
      fleet.sandbox.handle({
        method,
        path: pathname,
        query: search.slice(1),
        headers: { host: "sandbox.localhost" },
        body: Buffer.from("log"),
      });

    expect(pathname).toBe("/firmware/logs/car-001/job-1.txt");
    expect((await send("PUT")).status).toBe(200);
  });

  const upload = (key: string) =>
    `\${aws:iot:s3-presigned-url-upload:https://s3.amazonaws.com/firmware/${key}}`;
  it.each([
    ["another host", "${aws:iot:s3-presigned-url:https://example.com/firmware/doc.json}"],
    ["no key", "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/firmware/}"],
    ["no URL", "${aws:iot:s3-presigned-url:}"],
    [
      "an unknown version",
      "${aws:iot:s3-presigned-url-v2:https://s3.amazonaws.com/firmware/doc.json%3FversionId%3Dnope}",
    ],
    [
      "a bucket in another Region",
      "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/far-away/doc.json}",
    ],
    [
      "an object that the role may not read",
      "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/secrets/doc.json}",
    ],
    ["an upload that the role may not make", upload("log.txt")],
    ["an unknown variable", upload("${serialNumber}")],
    ["a variable three times", upload("${jobId}/${jobId}/${jobId}")],
  ])("refuse %s", async (_, text) => {
    const { sandbox, create } = await withApp();
    await clientsOf(sandbox, ACCOUNT, "us-east-1").s3.send(
      new CreateBucketCommand({ Bucket: "far-away" }),
    );

    await expect(
      create({ presignedUrlConfig, document: JSON.stringify({ x: text }) }),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringContaining("Invalid job document"),
    });
  });
});
