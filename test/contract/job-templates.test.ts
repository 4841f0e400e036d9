import {
  CreateJobTemplateCommand,
  DeleteJobTemplateCommand,
  DescribeJobCommand,
  DescribeJobTemplateCommand,
  DescribeManagedJobTemplateCommand,
  GetJobDocumentCommand,
  ListJobTemplatesCommand,
  ListManagedJobTemplatesCommand,
  type CreateJobTemplateCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { makeJob, makeThing } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, conflict, invalid, notFound } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

const document = '{"operation":"reboot"}';
const timeoutConfig = { inProgressTimeoutInMinutes: 5 };
const look = (jobTemplateId: string) => iot.send(new DescribeJobTemplateCommand({ jobTemplateId }));
const remove = (jobTemplateId: string) => iot.send(new DeleteJobTemplateCommand({ jobTemplateId }));
type Input = Partial<CreateJobTemplateCommandInput>;
const create = (jobTemplateId: string, rest: Input = {}) =>
  iot.send(
    new CreateJobTemplateCommand({
      description: "Reboot",
      document,
      tags: markTags,
      ...rest,
      jobTemplateId,
    }),
  );

async function make(rest?: Input) {
  const jobTemplateId = target.name("template");
  target.cleanUp(`job template ${jobTemplateId}`, () => remove(jobTemplateId));
  const made = await create(jobTemplateId, rest);
  return { ...answerOf(made), jobTemplateId };
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJobTemplate.html
describe("CreateJobTemplate", () => {
  it("answers with ARN and id", async () => {
    const made = await make();

    expect(made).toEqual({
      jobTemplateId: made.jobTemplateId,
      jobTemplateArn: target.arn(`jobtemplate/${made.jobTemplateId}`),
    });
  });

  it("copies a job", async () => {
    const { thingArn } = await makeThing(target);
    const { jobArn } = await makeJob(target, { targets: [thingArn], document, timeoutConfig });

    const { jobTemplateId } = await make({ jobArn, document: undefined });

    expect(await look(jobTemplateId)).toMatchObject({ document, timeoutConfig });
  });

  it("refuses an id that is taken with 409", async () => {
    const { jobTemplateId } = await make();

    await expect(create(jobTemplateId, { description: "Other" })).rejects.toMatchObject(conflict);
  });

  it.each([
    ["an id with a blank", "contract reboot", {}],
    ["a document that is no JSON", "contract-none", { document: "reboot" }],
  ])("refuses %s with 400", async (_, jobTemplateId, rest) => {
    await expect(create(jobTemplateId, rest)).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJobTemplate.html
describe("DescribeJobTemplate", () => {
  it("tells the whole template", async () => {
    const made = await make({ timeoutConfig });

    expect(answerOf(await look(made.jobTemplateId))).toMatchObject({
      ...made,
      description: "Reboot",
      document,
      timeoutConfig,
      createdAt: expect.any(Date),
    });
  });

  it("refuses an unknown template with 404", async () => {
    await expect(look(target.name("template"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/developerguide/create-job-from-template.html
describe("A job from a template", () => {
  it("takes over what it does not say itself", async () => {
    const { jobTemplateArn } = await make({ timeoutConfig });
    const { thingArn } = await makeThing(target);

    const { jobId } = await makeJob(target, { targets: [thingArn], jobTemplateArn });

    const { job } = await iot.send(new DescribeJobCommand({ jobId }));
    expect(job).toMatchObject({ jobTemplateArn, timeoutConfig });
    const found = await iot.send(new GetJobDocumentCommand({ jobId }));
    expect(found.document).toBe(document);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobTemplates.html
describe("ListJobTemplates", () => {
  it("goes on with another template on the next page", async () => {
    for (let i = 0; i < 2; i++) await make();

    const pages = await target.eventually(async () => {
      const found = await pagesOf(async (nextToken) => {
        const page = await iot.send(new ListJobTemplatesCommand({ maxResults: 1, nextToken }));
        return { items: page.jobTemplates, next: page.nextToken };
      }, 2);
      expect(found.flat()).toHaveLength(2);
      return found;
    });

    expect(longest(pages)).toBe(1);
    expect(new Set(pages.flat().map(({ jobTemplateId }) => jobTemplateId)).size).toBe(2);
    expect(pages.flat()[0]).toMatchObject({
      jobTemplateArn: expect.stringContaining(":jobtemplate/"),
      createdAt: expect.any(Date),
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJobTemplate.html
describe("DeleteJobTemplate", () => {
  it("deletes a template, and refuses one that is not there with 404", async () => {
    const { jobTemplateId } = await make();

    await remove(jobTemplateId);

    await expect(look(jobTemplateId)).rejects.toMatchObject(notFound);
    await expect(remove(target.name("template"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListManagedJobTemplates.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeManagedJobTemplate.html
describe("ListManagedJobTemplates and DescribeManagedJobTemplate", () => {
  it("tell AWS's own templates, whose ARNs name no account", async () => {
    const { managedJobTemplates = [] } = await iot.send(new ListManagedJobTemplatesCommand({}));

    const arn = `arn:aws:iot:${target.region}::jobtemplate/AWS-Run-Command:1.0`;
    expect(managedJobTemplates).toContainEqual(
      expect.objectContaining({ templateName: "AWS-Run-Command", templateArn: arn }),
    );
    const found = await iot.send(
      new DescribeManagedJobTemplateCommand({ templateName: "AWS-Run-Command" }),
    );
    expect(found).toMatchObject({ templateArn: arn, templateVersion: "1.0" });
    expect(found.documentParameters).toContainEqual(
      expect.objectContaining({ key: "command", optional: false }),
    );
  });

  it("make a job with the parameters filled in", async () => {
    const { thingArn } = await makeThing(target);
    const { jobId } = await makeJob(target, {
      targets: [thingArn],
      jobTemplateArn: `arn:aws:iot:${target.region}::jobtemplate/AWS-Run-Command:1.0`,
      documentParameters: { command: "echo,hello" },
    });

    const { document: filled } = await iot.send(new GetJobDocumentCommand({ jobId }));

    expect(filled).toContain('"command":"echo,hello"');
  });

  it("refuse a template that is not there with 404", async () => {
    await expect(
      iot.send(new DescribeManagedJobTemplateCommand({ templateName: "AWS-Nope" })),
    ).rejects.toMatchObject(notFound);
  });
});
