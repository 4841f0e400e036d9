import {
  CreateJobTemplateCommand,
  DescribeJobTemplateCommand,
  DescribeManagedJobTemplateCommand,
  GetJobDocumentCommand,
  ListJobTemplatesCommand,
  ListManagedJobTemplatesCommand,
  paginateListManagedJobTemplates,
  type CreateJobCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { clientsOf, openSandbox, REGION } from "../clients.js";
import { createRole, fillBucket, openFleet, roleArn } from "./fleet.js";

const arnOf = (name: string, version = "1.0") =>
  `arn:aws:iot:${REGION}::jobtemplate/${name}:${version}`;

const names = [
  "AWS-Download-File",
  "AWS-Install-Application",
  "AWS-Reboot",
  "AWS-Remove-Application",
  "AWS-Restart-Application",
  "AWS-Run-Command",
  "AWS-Start-Application",
  "AWS-Stop-Application",
];

const notFound = { name: "ResourceNotFoundException", $metadata: { httpStatusCode: 404 } };
const invalid = { name: "InvalidRequestException", $metadata: { httpStatusCode: 400 } };

describe("ListManagedJobTemplates (API_ListManagedJobTemplates)", () => {
  it("tells AWS's templates in any account and Region, with their ARNs there", async () => {
    const { iot, sandbox } = openSandbox();

    const { managedJobTemplates = [] } = await iot.send(new ListManagedJobTemplatesCommand({}));
    const elsewhere = await clientsOf(sandbox, "444455556666", "us-east-1").iot.send(
      new ListManagedJobTemplatesCommand({ templateName: "AWS-Reboot" }),
    );

    expect(managedJobTemplates.map(({ templateName }) => templateName)).toEqual(names);
    expect(managedJobTemplates).toContainEqual({
      templateArn: arnOf("AWS-Remove-Application"),
      templateName: "AWS-Remove-Application",
      description: "A managed job template for uninstalling one or more applications.",
      environments: ["LINUX"],
      templateVersion: "1.0",
    });
    expect(elsewhere.managedJobTemplates?.map(({ templateArn }) => templateArn)).toEqual([
      "arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0",
    ]);
  });

  it("pages, filters by name, and keeps them apart from one's own", async () => {
    const { iot } = openSandbox();

    const pages = [];
    for await (const page of paginateListManagedJobTemplates({ client: iot, pageSize: 3 }, {})) {
      pages.push(page.managedJobTemplates?.map(({ templateName }) => templateName));
    }
    const list = (input: object) => iot.send(new ListManagedJobTemplatesCommand(input));

    expect(pages.map((page) => page?.length)).toEqual([3, 3, 2]);
    expect(pages.flat()).toEqual(names);
    expect((await list({ templateName: "AWS-Nope" })).managedJobTemplates).toEqual([]);
    expect((await iot.send(new ListJobTemplatesCommand({}))).jobTemplates).toEqual([]);
    await expect(list({ maxResults: 251 })).rejects.toMatchObject(invalid);
    await expect(list({ nextToken: "x" })).rejects.toMatchObject(invalid);
  });
});

describe("DescribeManagedJobTemplate (API_DescribeManagedJobTemplate)", () => {
  // https://docs.aws.amazon.com/iot/latest/developerguide/job-template-manage-cli-create.html
  it("tells document and parameters", async () => {
    const { iot } = openSandbox();

    const { $metadata: _, ...found } = await iot.send(
      new DescribeManagedJobTemplateCommand({ templateName: "AWS-Download-File" }),
    );

    const { documentParameters = [], document = "", ...template } = found;
    expect(template).toEqual({
      templateName: "AWS-Download-File",
      templateArn: arnOf("AWS-Download-File"),
      description: "A managed job template for downloading a file.",
      templateVersion: "1.0",
      environments: ["LINUX"],
    });
    expect(documentParameters.map(({ key, optional }) => [key, optional])).toEqual([
      ["downloadUrl", false],
      ["filePath", false],
      ["runAsUser", true],
      ["pathToHandler", true],
    ]);
    expect(documentParameters[2]).toEqual({
      key: "runAsUser",
      description: expect.stringContaining("another user"),
      regex: "(.){0,256}",
      example: "user1",
      optional: true,
    });
    expect(document).toBe(
      '{"version":"1.0","steps":[{"action":{"name":"Download-File","type":"runHandler","input":{"handler":"download-file.sh","args":["${aws:iot:parameter:downloadUrl}","${aws:iot:parameter:filePath}"],"path":"${aws:iot:parameter:pathToHandler}"},"runAsUser":"${aws:iot:parameter:runAsUser}"}}]}',
    );
  });

  it.each(names)("has in %s every parameter that its document asks for", async (templateName) => {
    const { iot } = openSandbox();

    const { documentParameters = [], document = "" } = await iot.send(
      new DescribeManagedJobTemplateCommand({ templateName, templateVersion: "1.0" }),
    );

    const asked = [...document.matchAll(/\$\{aws:iot:parameter:(\w+)\}/g)].map(([, key]) => key);
    expect(documentParameters.map(({ key }) => key).sort()).toEqual(asked.sort());
    for (const { example = "-", regex = "" } of documentParameters) {
      expect(example).toMatch(new RegExp(`^${regex}$`));
    }
  });

  it.each([
    [{ templateName: "AWS-Nope" }, notFound],
    [{ templateName: "AWS-Reboot", templateVersion: "2.0" }, notFound],
    [{ templateName: "AWS-Reboot", templateVersion: "latest" }, invalid],
    [{ templateName: "A".repeat(65) }, invalid],
  ])("refuses %j", async (input, refusal) => {
    const { iot } = openSandbox();

    await expect(iot.send(new DescribeManagedJobTemplateCommand(input))).rejects.toMatchObject(
      refusal,
    );
  });
});

describe("CreateJob from a managed template", () => {
  async function withJob(name: string, input: Partial<CreateJobCommandInput> = {}) {
    const fleet = await openFleet(1);
    const create = () =>
      fleet.create({ document: undefined, jobTemplateArn: arnOf(name), ...input });
    const document = async (beforeSubstitution: boolean) => {
      const { document: text = "" } = await fleet.iot.send(
        new GetJobDocumentCommand({ jobId: "job", beforeSubstitution }),
      );
      return JSON.parse(text) as { steps: [{ action: object }] };
    };
    return { ...fleet, create, document };
  }

  it("fills in the parameters, those that are not given with nothing", async () => {
    const documentParameters = { command: 'echo,"hi",C:\\,$1' };
    const fleet = await withJob("AWS-Run-Command", { documentParameters });

    const { $metadata: _, ...made } = await fleet.create();
    await fleet.clock.advance(1_000);

    expect(made).toMatchObject({
      jobId: "job",
      description: "A managed job template for running a shell command.",
    });
    const action = {
      name: "Run-Command",
      type: "runCommand",
      input: { command: documentParameters.command },
      runAsUser: "",
    };
    expect(await fleet.document(false)).toEqual({ version: "1.0", steps: [{ action }] });
    const { execution } = await fleet.start("car-001");
    expect(JSON.parse(execution?.jobDocument ?? "")).toEqual({
      version: "1.0",
      steps: [{ action }],
    });
    expect((await fleet.document(true)).steps[0].action).toMatchObject({
      input: { command: "${aws:iot:parameter:command}" },
    });
    expect(await fleet.job()).toMatchObject({
      jobTemplateArn: arnOf("AWS-Run-Command"),
      documentParameters,
    });
  });

  it("needs none for a reboot, and takes settings of the request's own", async () => {
    const timeoutConfig = { inProgressTimeoutInMinutes: 5 };
    const fleet = await withJob("AWS-Reboot", { description: "again", timeoutConfig });

    expect(await fleet.create()).toMatchObject({ description: "again" });

    expect((await fleet.document(false)).steps[0].action).toEqual({
      name: "Reboot",
      type: "runHandler",
      input: { handler: "reboot.sh", path: "" },
      runAsUser: "",
    });
    expect(await fleet.job()).toMatchObject({ timeoutConfig });
    expect(await fleet.job()).not.toHaveProperty("documentParameters");
  });

  it("signs a URL that a parameter has a placeholder for", async () => {
    const downloadUrl = `\${aws:iot:s3-presigned-url:https://s3.${REGION}.amazonaws.com/firmware/a.zip}`;
    const fleet = await withJob("AWS-Download-File", {
      documentParameters: { downloadUrl, filePath: "/tmp/a.zip" },
      presignedUrlConfig: { roleArn },
    });
    await fillBucket(fleet, { "a.zip": "A" });
    await createRole(fleet);
    await fleet.create();
    await fleet.clock.advance(1_000);

    const { execution } = await fleet.start("car-001");

    const { steps } = JSON.parse(execution?.jobDocument ?? "") as {
      steps: [{ action: { input: { args: string[] } } }];
    };
    const [url, path] = steps[0].action.input.args;
    expect(url).toMatch(/X-Amz-Signature=/);
    expect(path).toBe("/tmp/a.zip");
  });

  it("can become a template of one's own, with its parameters in it", async () => {
    const fleet = await withJob("AWS-Install-Application", {
      documentParameters: { packages: "vim", runAsUser: "root" },
    });
    const { jobArn } = await fleet.create();
    await fleet.iot.send(
      new CreateJobTemplateCommand({ jobTemplateId: "own", description: "d", jobArn }),
    );

    const { document } = await fleet.iot.send(
      new DescribeJobTemplateCommand({ jobTemplateId: "own" }),
    );

    expect(JSON.parse(document ?? "")).toMatchObject({
      steps: [{ action: { input: { args: ["vim"], path: "" }, runAsUser: "root" } }],
    });
  });

  it.each<[string, string, object, object]>([
    ["a parameter that is missing", "AWS-Run-Command", {}, invalid],
    [
      "one of two that is missing",
      "AWS-Download-File",
      { documentParameters: { filePath: "/" } },
      invalid,
    ],
    [
      "a parameter that the template does not have",
      "AWS-Run-Command",
      { documentParameters: { command: "ls", pathToHandler: "/" } },
      invalid,
    ],
    [
      "a parameter that is too long",
      "AWS-Reboot",
      { documentParameters: { runAsUser: "u".repeat(257) } },
      invalid,
    ],
    ["an empty parameter", "AWS-Run-Command", { documentParameters: { command: "" } }, invalid],
    ["a document beside it", "AWS-Reboot", { document: "{}" }, invalid],
    ["an unknown template", "AWS-Nope", {}, notFound],
    ["another version", "AWS-Reboot", { jobTemplateArn: arnOf("AWS-Reboot", "2.0") }, notFound],
    [
      "a template of another Region",
      "AWS-Reboot",
      { jobTemplateArn: "arn:aws:iot:ap-south-1::jobtemplate/AWS-Reboot:1.0" },
      notFound,
    ],
  ])("refuses %s", async (_, name, input, refusal) => {
    const { create } = await withJob(name, input);

    await expect(create()).rejects.toMatchObject(refusal);
  });

  it("refuses parameters for a template of one's own", async () => {
    const { iot, create } = await openFleet(1);
    const { jobTemplateArn } = await iot.send(
      new CreateJobTemplateCommand({ jobTemplateId: "own", description: "d", document: "{}" }),
    );
    const input = { document: undefined, jobTemplateArn };

    await expect(create({ ...input, documentParameters: { a: "b" } })).rejects.toMatchObject(
      invalid,
    );

    await create(input);
  });
});
