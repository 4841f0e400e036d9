import { CreateRoleCommand } from "@aws-sdk/client-iam";
import {
  AddThingToThingGroupCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  ListJobsCommand,
} from "@aws-sdk/client-iot";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { declared } from "../../../lib/sandbox/services.js";
import { contentsOf } from "../../../lib/sandbox/state/contents.js";
import { memoryStore } from "../../../lib/sandbox/state/store.js";
import type { Change } from "../../../lib/sandbox/state/tables.js";
import { ACCOUNT, clientsOf, openSandbox, REGION } from "../clients.js";

/** A sandbox whose records can be counted as those of a store on disk. */
function openCounted() {
  const records = new Map<string, Change>();
  const store = memoryStore();
  const clients = openSandbox({
    store: {
      ...store,
      async commit(changes) {
        for (const change of changes) {
          const id = `${change.table}\n${change.key}`;
          if (change.record === undefined) records.delete(id);
          else records.set(id, change);
        }
        await store.commit(changes);
      },
    },
  });
  return { ...clients, contents: () => contentsOf(records.values(), declared) };
}

describe("contentsOf", () => {
  it("counts what people made as they call it, by Region where it belongs to one", async () => {
    const { sandbox, iot, iam, s3, clock, contents } = openCounted();
    const abroad = clientsOf(sandbox, ACCOUNT, "us-east-1").iot;
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "cars" }));
    for (const thingName of ["car-1", "car-2"]) {
      await iot.send(new CreateThingCommand({ thingName }));
      await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: "cars" }));
    }
    await abroad.send(new CreateThingCommand({ thingName: "car-1" }));
    const targets = [`arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/cars`];
    await iot.send(new CreateJobCommand({ jobId: "job", targets, document: "{}" }));
    await clock.advance(1_000);
    await iot.send(new ListJobsCommand({}));
    await iam.send(
      new CreateRoleCommand({
        RoleName: "jobs",
        AssumeRolePolicyDocument:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"iot.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
      }),
    );
    await s3.send(new CreateBucketCommand({ Bucket: "firmware" }));
    await s3.send(new PutObjectCommand({ Bucket: "firmware", Key: "a", Body: "x" }));

    expect(contents()).toEqual([
      { what: "things", region: REGION, count: 2 },
      { what: "things", region: "us-east-1", count: 1 },
      { what: "thing groups", region: REGION, count: 1 },
      { what: "memberships in thing groups", region: REGION, count: 2 },
      { what: "jobs", region: REGION, count: 1 },
      { what: "job executions", region: REGION, count: 2 },
      { what: "IAM roles", count: 1 },
      { what: "S3 buckets", count: 1 },
      { what: "versions of S3 objects", count: 1 },
    ]);
  });

  it("does not speak of the sandbox's own records", async () => {
    const { sandbox, contents } = openCounted();

    await sandbox.advance(300_000);

    expect(contents()).toEqual([]);
  });
});
