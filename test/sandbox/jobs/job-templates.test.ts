import {
  CreateJobTemplateCommand,
  DeleteJobTemplateCommand,
  DescribeJobTemplateCommand,
  GetJobDocumentCommand,
  ListTagsForResourceCommand,
  paginateListJobTemplates,
  type CreateJobTemplateCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, REGION } from "../clients.js";
import { openFleet, publish, versionArn } from "./fleet.js";

const arnOf = (id: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:jobtemplate/${id}`;
const jobArn = `arn:aws:iot:${REGION}:${ACCOUNT}:job/job`;

async function withTemplates() {
  const fleet = await openFleet(1);
  const { iot } = fleet;
  const template = (input: Partial<CreateJobTemplateCommandInput> = {}) =>
    iot.send(
      new CreateJobTemplateCommand({
        jobTemplateId: "tpl",
        description: "Reboot",
        document: '{"operation":"reboot"}',
        ...input,
      }),
    );
  const describeOne = (jobTemplateId = "tpl") =>
    iot.send(new DescribeJobTemplateCommand({ jobTemplateId }));
  return { ...fleet, template, describeOne };
}

const timeoutConfig = { inProgressTimeoutInMinutes: 7 };
const maintenanceWindows = [{ startTime: "cron(0 18 ? * MON *)", durationInMinutes: 60 }];

describe("CreateJobTemplate (API_CreateJobTemplate)", () => {
  it("keeps a document and how it is to run", async () => {
    const fleet = await withTemplates();
    await publish(fleet, "app", "1.0.0");
    const destinationPackageVersions = [versionArn("app", "1.0.0")];

    const { $metadata: _, ...made } = await fleet.template({
      timeoutConfig,
      maintenanceWindows,
      destinationPackageVersions,
      tags: [{ Key: "k", Value: "v" }],
    });
    const { $metadata: __, ...found } = await fleet.describeOne();
    const { tags } = await fleet.iot.send(
      new ListTagsForResourceCommand({ resourceArn: arnOf("tpl") }),
    );

    expect(made).toEqual({ jobTemplateId: "tpl", jobTemplateArn: arnOf("tpl") });
    expect(found).toEqual({
      jobTemplateId: "tpl",
      jobTemplateArn: arnOf("tpl"),
      description: "Reboot",
      document: '{"operation":"reboot"}',
      createdAt: new Date(fleet.clock.now()),
      timeoutConfig,
      maintenanceWindows,
      destinationPackageVersions,
    });
    expect(tags).toEqual([{ Key: "k", Value: "v" }]);
  });

  it("takes from a job what the request does not say", async () => {
    const { create, template, describeOne } = await withTemplates();
    const abortConfig = {
      criteriaList: [
        {
          failureType: "ALL" as const,
          action: "CANCEL" as const,
          thresholdPercentage: 50,
          minNumberOfExecutedThings: 2,
        },
      ],
    };
    await create({ document: '{"from":"job"}', abortConfig, timeoutConfig });

    await template({
      jobArn,
      document: undefined,
      timeoutConfig: { inProgressTimeoutInMinutes: 9 },
    });

    expect(await describeOne()).toMatchObject({
      document: '{"from":"job"}',
      abortConfig,
      timeoutConfig: { inProgressTimeoutInMinutes: 9 },
    });
  });

  it("refuses an id that is taken", async () => {
    const { template } = await withTemplates();
    await template();

    await expect(template()).rejects.toMatchObject({
      name: "ConflictException",
      resourceId: "tpl",
      $metadata: { httpStatusCode: 409 },
    });
  });

  it.each([
    ["no document", { document: undefined }],
    ["a document that is not JSON", { document: "{" }],
    ["an id with a dot", { jobTemplateId: "a.b" }],
    ["a timeout of 0", { timeoutConfig: { inProgressTimeoutInMinutes: 0 } }],
    [
      "a window that is no cron expression",
      { maintenanceWindows: [{ startTime: "daily", durationInMinutes: 60 }] },
    ],
    [
      "a window of 1,431 minutes",
      { maintenanceWindows: [{ startTime: "cron(0 18 ? * MON *)", durationInMinutes: 1431 }] },
    ],
  ])("refuses %s", async (_, input) => {
    const { template } = await withTemplates();

    await expect(template(input)).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuses an unknown job with 404", async () => {
    const { template } = await withTemplates();

    await expect(template({ jobArn })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("a job from a template", () => {
  it("has the template's document and configurations, but for those it names itself", async () => {
    const { iot, create, template, job } = await withTemplates();
    const jobExecutionsRolloutConfig = { maximumPerMinute: 3 };
    await template({ timeoutConfig, jobExecutionsRolloutConfig });

    await create({
      document: undefined,
      jobTemplateArn: arnOf("tpl"),
      timeoutConfig: { inProgressTimeoutInMinutes: 9 },
    });

    expect(await job()).toMatchObject({
      description: "Reboot",
      jobTemplateArn: arnOf("tpl"),
      jobExecutionsRolloutConfig,
      timeoutConfig: { inProgressTimeoutInMinutes: 9 },
    });
    expect(await iot.send(new GetJobDocumentCommand({ jobId: "job" }))).toMatchObject({
      document: '{"operation":"reboot"}',
    });
  });

  it("has no document of its own, and needs a template that is there", async () => {
    const { create, template } = await withTemplates();
    await template();

    await expect(create({ jobTemplateArn: arnOf("tpl") })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await expect(
      create({ document: undefined, jobTemplateArn: arnOf("nope") }),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("ListJobTemplates (API_ListJobTemplates)", () => {
  it("pages in order", async () => {
    const { iot, template, clock } = await withTemplates();
    for (const jobTemplateId of ["c", "a", "b"]) await template({ jobTemplateId });

    const pages = [];
    for await (const page of paginateListJobTemplates({ client: iot, pageSize: 2 }, {})) {
      pages.push(page.jobTemplates);
    }

    expect(pages.map((page) => page?.map((one) => one.jobTemplateId))).toEqual([["a", "b"], ["c"]]);
    expect(pages[1]).toEqual([
      {
        jobTemplateId: "c",
        jobTemplateArn: arnOf("c"),
        description: "Reboot",
        createdAt: new Date(clock.now()),
      },
    ]);
  });
});

describe("DeleteJobTemplate (API_DeleteJobTemplate)", () => {
  it("deletes it once", async () => {
    const { iot, template, describeOne } = await withTemplates();
    await template();
    const remove = () => iot.send(new DeleteJobTemplateCommand({ jobTemplateId: "tpl" }));

    await remove();

    const missing = { name: "ResourceNotFoundException", $metadata: { httpStatusCode: 404 } };
    await expect(describeOne()).rejects.toMatchObject(missing);
    await expect(remove()).rejects.toMatchObject(missing);
  });
});
