import {
  type BucketLocationConstraint,
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { ACCOUNT, clientsOf, openSandbox, REGION } from "../clients.js";
import { Bucket, here, openBucket, put, raw, refusal } from "./bucket.js";

describe("CreateBucket https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html", () => {
  it.each([
    "ab",
    "Capital",
    "a_b",
    "-a-b",
    "a..b",
    "192.168.1.2",
    "xn--abc",
    "x-s3alias",
    "x--ol-s3",
  ])("refuses the name %s", async (name) => {
    const { s3 } = openSandbox();
    const create = new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: here });
    await expect(s3.send(create)).rejects.toMatchObject(refusal("InvalidBucketName", 400));
  });

  it("refuses a bucket that is the caller's own outside us-east-1", async () => {
    const { s3 } = await openBucket();
    const again = new CreateBucketCommand({ Bucket, CreateBucketConfiguration: here });
    await expect(s3.send(again)).rejects.toMatchObject(refusal("BucketAlreadyOwnedByYou", 409));
  });

  it("answers 200 for a bucket that is the caller's own in us-east-1", async () => {
    const { s3 } = clientsOf(openSandbox().sandbox, ACCOUNT, "us-east-1");
    await s3.send(new CreateBucketCommand({ Bucket }));
    expect(await s3.send(new CreateBucketCommand({ Bucket }))).toMatchObject({
      Location: "/firmware",
    });
  });

  it("refuses a name that another account has", async () => {
    const { sandbox } = await openBucket();
    const { s3 } = clientsOf(sandbox, "999900001111");
    const create = new CreateBucketCommand({ Bucket, CreateBucketConfiguration: here });
    await expect(s3.send(create)).rejects.toMatchObject(refusal("BucketAlreadyExists", 409));
  });

  it("needs a location constraint outside us-east-1", async () => {
    // The JavaScript SDK would add the constraint by itself.
    const { status, body } = await raw(openSandbox().sandbox, { method: "PUT", path: "/firmware" });
    expect(status).toBe(400);
    expect(body).toContain("<Code>IllegalLocationConstraintException</Code>");
  });

  it("refuses another Region's constraint", async () => {
    const { s3 } = openSandbox();
    const CreateBucketConfiguration = { LocationConstraint: "eu-north-1" as const };
    const create = new CreateBucketCommand({ Bucket, CreateBucketConfiguration });
    await expect(s3.send(create)).rejects.toMatchObject(
      refusal("IllegalLocationConstraintException", 400),
    );
  });

  it("takes no constraint that names us-east-1", async () => {
    const { s3 } = clientsOf(openSandbox().sandbox, ACCOUNT, "us-east-1");
    const LocationConstraint = "us-east-1" as BucketLocationConstraint;
    const create = new CreateBucketCommand({
      Bucket,
      CreateBucketConfiguration: { LocationConstraint },
    });
    await expect(s3.send(create)).rejects.toMatchObject(refusal("InvalidLocationConstraint", 400));
  });
});

describe("a location constraint", () => {
  const place = async (region: string, LocationConstraint: string) => {
    const { s3 } = clientsOf(openSandbox().sandbox, ACCOUNT, region);
    const CreateBucketConfiguration = {
      LocationConstraint: LocationConstraint as BucketLocationConstraint,
    };
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    return (await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint;
  };

  it.each([
    ["eu-west-1", "us-east-1", "IllegalLocationConstraintException"],
    ["eu-west-1", "us-west-2", "IllegalLocationConstraintException"],
    ["eu-west-1", "bar", "IllegalLocationConstraintException"],
    ["us-west-1", "aws-global", "IllegalLocationConstraintException"],
    ["us-east-2", "EU", "IllegalLocationConstraintException"],
    ["us-east-1", "us-east-1", "InvalidLocationConstraint"],
    ["us-east-1", "foo", "InvalidLocationConstraint"],
    ["us-east-1", "eu-east-1", "InvalidLocationConstraint"],
    ["us-east-1", "aws-global", "InvalidLocationConstraint"],
  ])("in %s is not %s: %s", async (region, constraint, name) => {
    await expect(place(region, constraint)).rejects.toMatchObject(refusal(name, 400));
  });

  it.each([
    ["eu-west-1", "EU"],
    ["us-east-1", "EU"],
    ["us-east-1", "eu-central-1"],
    ["eu-west-1", "eu-west-1"],
  ])("made in %s is told as it was said: %s", async (region, constraint) => {
    expect(await place(region, constraint).catch((error: Error) => error.name)).toBe(constraint);
  });

  it("calls it EU, and means eu-west-1", async () => {
    const { s3 } = openSandbox();
    const CreateBucketConfiguration = { LocationConstraint: "EU" } as const;
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe("eu-west-1");
  });

  it("comes again without tags only", async () => {
    const { s3 } = clientsOf(openSandbox().sandbox, ACCOUNT, "us-east-1");
    const make = (CreateBucketConfiguration: object) =>
      s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    const Tags = [{ Key: "k", Value: "v" }];
    await make({ Tags });
    await make({});
    await expect(make({ Tags })).rejects.toMatchObject({
      ...refusal("BucketAlreadyOwnedByYou", 409),
      BucketName: Bucket,
    });
  });
});

describe("an expected owner", () => {
  it.each(["abcd", "0000", "0000000000020", "aa000000000$", ""])(
    "is an account, not %s",
    async (owner) => {
      const { s3 } = await openBucket();
      await put(s3, "a");
      const wrong = {
        ...refusal("InvalidBucketOwnerAWSAccountID", 400),
        message: `The value of the expected bucket owner parameter must be an AWS Account ID... [${owner}]`,
      };
      const input = { Bucket, ExpectedBucketOwner: owner };
      await expect(s3.send(new GetBucketLocationCommand(input))).rejects.toMatchObject(wrong);
      await expect(s3.send(new ListObjectsV2Command(input))).rejects.toMatchObject(wrong);
      const copy = {
        Bucket,
        Key: "b",
        CopySource: `${Bucket}/a`,
        ExpectedSourceBucketOwner: owner,
      };
      await expect(s3.send(new CopyObjectCommand(copy))).rejects.toMatchObject(wrong);
    },
  );
});

describe("a bucket belongs to one account and Region", () => {
  it("is denied to other accounts", async () => {
    const { sandbox } = await openBucket();
    const { s3 } = clientsOf(sandbox, "999900001111");
    await expect(s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(
      refusal("AccessDenied", 403),
    );
  });

  it("redirects callers of another Region", async () => {
    const { sandbox } = await openBucket();
    const { s3 } = clientsOf(sandbox, ACCOUNT, "us-west-2");
    const error: unknown = await s3
      .send(new ListObjectsV2Command({ Bucket }))
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject(refusal("PermanentRedirect", 301));
    expect(error).toHaveProperty(["$response", "headers", "x-amz-bucket-region"], REGION);
  });

  it("tells its Region to every Region", async () => {
    const { sandbox } = await openBucket();
    const { s3 } = clientsOf(sandbox, ACCOUNT, "us-west-2");
    expect(await s3.send(new GetBucketLocationCommand({ Bucket }))).toMatchObject({
      LocationConstraint: REGION,
    });
  });

  it("has no constraint to tell in us-east-1", async () => {
    const { s3 } = clientsOf(openSandbox().sandbox, ACCOUNT, "us-east-1");
    await s3.send(new CreateBucketCommand({ Bucket }));
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint).toBeUndefined();
  });

  it("refuses a caller who expects another owner", async () => {
    const { s3 } = await openBucket();
    const head = new HeadBucketCommand({ Bucket, ExpectedBucketOwner: "999900001111" });
    await expect(s3.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });

  it("is not there before it is made", async () => {
    const { s3 } = openSandbox();
    await expect(s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(
      refusal("NoSuchBucket", 404),
    );
  });

  it("is NotFound for HEAD, whose answer has no body", async () => {
    const { s3 } = openSandbox();
    await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject(
      refusal("NotFound", 404),
    );
  });

  it("is reached by its host name as well", async () => {
    const { s3, sandbox } = await openBucket();
    await put(s3, "a.bin", "content");
    for (const host of ["firmware.localhost:4500", `firmware.s3.${REGION}.amazonaws.com`]) {
      const { body } = await raw(sandbox, { path: "/a.bin", headers: { host } });
      expect(body).toBe("content");
    }
  });
});

describe("ListBuckets https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html", () => {
  it("lists the account's buckets of all Regions", async () => {
    const { sandbox, s3 } = await openBucket();
    const virginia = clientsOf(sandbox, ACCOUNT, "us-east-1");
    await virginia.s3.send(new CreateBucketCommand({ Bucket: "another" }));
    const stranger = clientsOf(sandbox, "999900001111", "us-east-1");
    await stranger.s3.send(new CreateBucketCommand({ Bucket: "foreign" }));

    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(["another", "firmware"]);
  });

  it("names each bucket's ARN, and knows no Region that is none", async () => {
    const { s3 } = await openBucket();
    const BucketArn = `arn:aws:s3:::${Bucket}`;
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets).toMatchObject([{ Name: Bucket, BucketArn }]);
    const { Buckets: found } = await s3.send(new ListBucketsCommand({ BucketRegion: REGION }));
    expect(found).toMatchObject([{ BucketRegion: REGION, BucketArn }]);
    const call = s3.send(new ListBucketsCommand({ BucketRegion: "eu-east-1" }));
    await expect(call).rejects.toMatchObject({
      ...refusal("InvalidArgument", 400),
      message: "Argument value eu-east-1 is not a valid AWS Region",
    });
  });

  it("pages", async () => {
    const { sandbox, s3 } = await openBucket();
    const virginia = clientsOf(sandbox, ACCOUNT, "us-east-1");
    await virginia.s3.send(new CreateBucketCommand({ Bucket: "another" }));

    const first = await s3.send(new ListBucketsCommand({ MaxBuckets: 1 }));
    const second = await s3.send(
      new ListBucketsCommand({ MaxBuckets: 1, ContinuationToken: first.ContinuationToken }),
    );
    expect(second.Buckets).toMatchObject([{ Name: "firmware", BucketRegion: REGION }]);
  });
});

describe("DeleteBucket https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html", () => {
  it("refuses while a delete marker is left", async () => {
    const { s3 } = await openBucket("Enabled");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "never-was" }));
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject(
      refusal("BucketNotEmpty", 409),
    );
  });

  it("removes an empty bucket", async () => {
    const { s3 } = await openBucket();
    await s3.send(new DeleteBucketCommand({ Bucket }));
    expect((await s3.send(new ListBucketsCommand({}))).Buckets).toEqual([]);
  });
});
