import {
  CreateProvisioningClaimCommand,
  CreateProvisioningTemplateCommand,
  CreateProvisioningTemplateVersionCommand,
  DeleteProvisioningTemplateCommand,
  DeleteProvisioningTemplateVersionCommand,
  DeleteThingCommand,
  DescribeProvisioningTemplateCommand,
  DescribeProvisioningTemplateVersionCommand,
  DescribeThingCommand,
  DescribeThingRegistrationTaskCommand,
  ListProvisioningTemplatesCommand,
  ListProvisioningTemplateVersionsCommand,
  ListThingRegistrationTaskReportsCommand,
  ListThingRegistrationTasksCommand,
  RegisterThingCommand,
  StartThingRegistrationTaskCommand,
  StopThingRegistrationTaskCommand,
  UpdateProvisioningTemplateCommand,
} from "@aws-sdk/client-iot";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { makeBucket, makeRole } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { invalid, notFound, refused, taken } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { iot, s3 } = target;

const templateBody = JSON.stringify({
  Parameters: { Name: { Type: "String" } },
  Resources: {
    thing: { Type: "AWS::IoT::Thing", Properties: { ThingName: { Ref: "Name" } } },
  },
});

async function make() {
  const templateName = target.name("tmpl").slice(0, 36);
  const { roleArn } = await makeRole(target);
  target.cleanUp(`provisioning template ${templateName}`, () =>
    iot.send(new DeleteProvisioningTemplateCommand({ templateName })),
  );
  const made = await target.eventually(() =>
    iot.send(
      new CreateProvisioningTemplateCommand({
        templateName,
        templateBody,
        provisioningRoleArn: roleArn,
        enabled: true,
        tags: markTags,
      }),
    ),
  );
  return { templateName, roleArn, made };
}

function newThing(): string {
  const thingName = target.name("thing");
  target.cleanUp(`thing ${thingName}`, () => iot.send(new DeleteThingCommand({ thingName })));
  return thingName;
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplate.html
describe("Provisioning templates", () => {
  it("are made, told of, changed and refused when the name is taken", async () => {
    const { templateName, roleArn, made } = await make();
    expect(made).toMatchObject({
      templateName,
      templateArn: target.arn(`provisioningtemplate/${templateName}`),
      defaultVersionId: 1,
    });
    await expect(
      iot.send(
        new CreateProvisioningTemplateCommand({
          templateName,
          templateBody,
          provisioningRoleArn: roleArn,
        }),
      ),
    ).rejects.toMatchObject(taken);

    await iot.send(
      new UpdateProvisioningTemplateCommand({ templateName, description: "new", enabled: false }),
    );

    expect(await iot.send(new DescribeProvisioningTemplateCommand({ templateName }))).toMatchObject(
      {
        templateName,
        templateBody,
        description: "new",
        enabled: false,
        provisioningRoleArn: roleArn,
        type: "FLEET_PROVISIONING",
        creationDate: expect.any(Date),
      },
    );
    const claim = new CreateProvisioningClaimCommand({ templateName });
    await expect(iot.send(claim)).rejects.toMatchObject(invalid);
  });

  it("have up to five versions, of which the default stays", async () => {
    const { templateName } = await make();
    const add = (setAsDefault = false) =>
      iot.send(
        new CreateProvisioningTemplateVersionCommand({ templateName, templateBody, setAsDefault }),
      );
    expect(await add(true)).toMatchObject({ templateName, versionId: 2, isDefaultVersion: true });
    for (let i = 0; i < 3; i++) await add();
    await expect(add()).rejects.toMatchObject(refused("VersionsLimitExceededException", 409));

    const remove = (versionId: number) =>
      iot.send(new DeleteProvisioningTemplateVersionCommand({ templateName, versionId }));
    await expect(remove(2)).rejects.toMatchObject(refused("DeleteConflictException", 409));
    await remove(1);

    const look = (versionId: number) =>
      iot.send(new DescribeProvisioningTemplateVersionCommand({ templateName, versionId }));
    expect(await look(2)).toMatchObject({ versionId: 2, isDefaultVersion: true, templateBody });
    await expect(look(1)).rejects.toMatchObject(notFound);
    const pages = await pagesOf(async (nextToken) => {
      const page = await iot.send(
        new ListProvisioningTemplateVersionsCommand({ templateName, maxResults: 2, nextToken }),
      );
      return { items: page.versions, next: page.nextToken };
    }, 4);
    expect(longest(pages)).toBe(2);
    expect(pages.flat().map(({ versionId }) => versionId)).toEqual(
      expect.arrayContaining([2, 3, 4, 5]),
    );
  });

  it("are listed until they are deleted, and give claims of five minutes", async () => {
    const { templateName } = await make();
    const names = async () => {
      const { templates = [] } = await iot.send(new ListProvisioningTemplatesCommand({}));
      return templates.map((one) => one.templateName);
    };
    await target.eventually(async () => expect(await names()).toContain(templateName));
    const claim = await iot.send(new CreateProvisioningClaimCommand({ templateName }));
    expect(claim).toMatchObject({
      certificateId: expect.stringMatching(/^[0-9a-f]{64}$/),
      certificatePem: expect.stringMatching(/BEGIN CERTIFICATE/),
      keyPair: { PrivateKey: expect.stringMatching(/PRIVATE KEY/) },
      expiration: expect.any(Date),
    });

    await iot.send(new DeleteProvisioningTemplateCommand({ templateName }));

    await target.eventually(() =>
      expect(
        iot.send(new DescribeProvisioningTemplateCommand({ templateName })),
      ).rejects.toMatchObject(notFound),
    );
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterThing.html
describe("RegisterThing", () => {
  it("makes what the template says", async () => {
    const thingName = newThing();

    const made = await iot.send(
      new RegisterThingCommand({ templateBody, parameters: { Name: thingName } }),
    );

    expect(Object.values(made.resourceArns ?? {})).toEqual([target.arn(`thing/${thingName}`)]);
    await iot.send(new DescribeThingCommand({ thingName }));
  });

  it("refuses a template that is none", async () => {
    await expect(
      iot.send(new RegisterThingCommand({ templateBody: "no JSON", parameters: {} })),
    ).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_StartThingRegistrationTask.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingRegistrationTaskReports.html
describe("A task of bulk registration", () => {
  it("registers what stands in a file, and reports on it", async () => {
    const Bucket = await makeBucket(target);
    const thingName = newThing();
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: "devices.json",
        Body: `{"Name":"${thingName}"}\n{"Wrong":"x"}\n`,
      }),
    );
    const { roleArn } = await makeRole(target, {
      Action: ["s3:GetObject", "iot:*"],
      Resource: "*",
    });
    const { taskId } = await target.eventually(() =>
      iot.send(
        new StartThingRegistrationTaskCommand({
          templateBody,
          inputFileBucket: Bucket,
          inputFileKey: "devices.json",
          roleArn,
        }),
      ),
    );

    const look = () => iot.send(new DescribeThingRegistrationTaskCommand({ taskId }));
    await target.eventually(async () => {
      expect(await look()).toMatchObject({
        taskId,
        status: "Completed",
        successCount: 1,
        failureCount: 1,
        percentageProgress: 100,
      });
    });
    const { taskIds } = await iot.send(new ListThingRegistrationTasksCommand({}));
    expect(taskIds).toContain(taskId);
    for (const reportType of ["RESULTS", "ERRORS"] as const) {
      const report = new ListThingRegistrationTaskReportsCommand({ taskId, reportType });
      const { resourceLinks } = await iot.send(report);
      expect(resourceLinks).toEqual([expect.stringMatching(/^https?:/)]);
    }
    await iot.send(new DescribeThingCommand({ thingName }));
    const stop = new StopThingRegistrationTaskCommand({ taskId });
    await expect(iot.send(stop)).rejects.toMatchObject(invalid);
  });
});
