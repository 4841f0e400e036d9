import {
  DescribeThingCommand,
  DescribeThingRegistrationTaskCommand,
  ListThingRegistrationTaskReportsCommand,
  ListThingRegistrationTasksCommand,
  ListThingsCommand,
  StartThingRegistrationTaskCommand,
  StopThingRegistrationTaskCommand,
  type StartThingRegistrationTaskCommandInput,
} from "@aws-sdk/client-iot";
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION, type SandboxClients } from "../clients.js";
import { createRole } from "../jobs/fleet.js";
import { CSR, ROLE, template } from "./templates.js";

let clients: SandboxClients;
beforeEach(async () => {
  clients = openSandbox();
  const { s3 } = clients;
  await createRole(clients, {
    RoleName: "provisioning",
    Action: "s3:GetObject",
    Resource: "*",
  });
  await s3.send(
    new CreateBucketCommand({
      Bucket: "input",
      CreateBucketConfiguration: { LocationConstraint: REGION as "eu-west-1" },
    }),
  );
});

const upload = (Body: string) =>
  clients.s3.send(new PutObjectCommand({ Bucket: "input", Key: "devices.json", Body }));
const start = async (rest: Partial<StartThingRegistrationTaskCommandInput> = {}) => {
  const { taskId } = await clients.iot.send(
    new StartThingRegistrationTaskCommand({
      templateBody: template({ CertificateSigningRequest: { Ref: "Own" } }),
      inputFileBucket: "input",
      inputFileKey: "devices.json",
      roleArn: ROLE,
      ...rest,
    }),
  );
  return taskId as string;
};
const look = (taskId: string) =>
  clients.iot.send(new DescribeThingRegistrationTaskCommand({ taskId }));
const stop = (taskId: string) => clients.iot.send(new StopThingRegistrationTaskCommand({ taskId }));
const links = async (taskId: string, reportType: "RESULTS" | "ERRORS") =>
  (await clients.iot.send(new ListThingRegistrationTaskReportsCommand({ taskId, reportType })))
    .resourceLinks ?? [];

/** What a link leads to, line by line. */
async function read(link: string): Promise<unknown[]> {
  const { pathname, search, host } = new URL(link);
  const { status, body } = await clients.sandbox.handle({
    method: "GET",
    path: pathname,
    query: search.slice(1),
    headers: { host },
    body: new Uint8Array(),
  });
  const text = Buffer.from(body).toString();
  expect(status, text).toBe(200);
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

const line = (SerialNumber: string, Own = CSR) => JSON.stringify({ SerialNumber, Own });

describe("a task of bulk registration", () => {
  it("registers line by line on the sandbox's clock, and reports what came of each", async () => {
    await upload([line("1"), "", line("2", "no request"), "{", line("3"), "[1]", ""].join("\n"));

    const taskId = await start();
    expect(await look(taskId)).toMatchObject({
      taskId,
      status: "InProgress",
      successCount: 0,
      failureCount: 0,
      percentageProgress: 0,
      roleArn: ROLE,
      inputFileBucket: "input",
      inputFileKey: "devices.json",
    });
    expect(await links(taskId, "RESULTS")).toEqual([]);

    await clients.sandbox.advance(1_000);
    expect(await look(taskId)).toMatchObject({ successCount: 1, percentageProgress: 20 });
    await clients.sandbox.advance(100);
    expect(await look(taskId)).toMatchObject({ failureCount: 1, percentageProgress: 40 });
    await clients.sandbox.advance(300);
    expect(await look(taskId)).toMatchObject({
      status: "Completed",
      successCount: 2,
      failureCount: 3,
      percentageProgress: 100,
    });

    const [results = ""] = await links(taskId, "RESULTS");
    expect(await read(results)).toMatchObject([
      {
        lineNumber: 1,
        response: {
          CertificatePem: expect.stringMatching(/BEGIN/),
          ResourceArns: { device: expect.stringMatching(/car-1$/) },
        },
      },
      { lineNumber: 4, response: { ResourceArns: { device: expect.stringMatching(/car-3$/) } } },
    ]);
    const [errors = ""] = await links(taskId, "ERRORS");
    expect(await read(errors)).toMatchObject([
      { lineNumber: 2, errorMessage: expect.stringMatching(/signing request/) },
      { lineNumber: 3, errorMessage: expect.stringMatching(/not valid JSON/) },
      { lineNumber: 5, errorMessage: expect.stringMatching(/object of texts/) },
    ]);
    await clients.iot.send(new DescribeThingCommand({ thingName: "car-3" }));
    // Of the line that failed nothing is left.
    const { things = [] } = await clients.iot.send(new ListThingsCommand({}));
    expect(things.map(({ thingName }) => thingName)).toEqual(["car-1", "car-3"]);
  });

  it("keeps its reports out of sight, and forgets all after thirty days", async () => {
    await upload(line("1"));
    const taskId = await start();
    await clients.sandbox.advance(60_000);
    const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(["input"]);

    await clients.sandbox.advance(31 * 86_400_000);

    await expect(look(taskId)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    const state = clients.sandbox.state(ACCOUNT, REGION);
    expect([state.registrationLines.size, state.objectVersions.size]).toEqual([0, 1]);
  });

  it("can be stopped; what was registered stays, and the next may begin", async () => {
    await upload([line("1"), line("2"), line("3")].join("\n"));
    const taskId = await start();
    await expect(start()).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringMatching(/one at a time/),
    });
    await clients.sandbox.advance(1_000);

    await stop(taskId);
    await clients.sandbox.advance(60_000);

    expect(await look(taskId)).toMatchObject({ status: "Cancelled", successCount: 1 });
    expect(await read((await links(taskId, "RESULTS"))[0] as string)).toHaveLength(1);
    await expect(stop(taskId)).rejects.toMatchObject({ name: "InvalidRequestException" });
    const next = await start();
    const list = async (status?: "Cancelled") =>
      (await clients.iot.send(new ListThingRegistrationTasksCommand({ status }))).taskIds;
    expect(await list()).toEqual([next, taskId]);
    expect(await list("Cancelled")).toEqual([taskId]);
  });

  it.each<[string, Partial<StartThingRegistrationTaskCommandInput>, RegExp]>([
    ["there is no such object", { inputFileKey: "none.json" }, /no object none.json/],
    ["there is no such bucket", { inputFileBucket: "nobodys" }, /bucket nobodys/],
  ])("fails when %s, and says so", async (_, rest, message) => {
    const taskId = await start(rest);

    await clients.sandbox.advance(2_000);

    expect(await look(taskId)).toMatchObject({
      status: "Failed",
      message: expect.stringMatching(message),
    });
  });

  it("is refused with a template or a role that is none", async () => {
    await expect(start({ templateBody: "{}" })).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringMatching(/no Resources/),
    });
    await expect(start({ roleArn: `${ROLE}-none` })).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringMatching(/unable to assume/),
    });
    await expect(links("none", "ERRORS")).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});
