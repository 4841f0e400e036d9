import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox } from "../clients.js";

describe("GetCallerIdentity https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html", () => {
  it("tells the caller's account, user and id", async () => {
    const { sts } = openSandbox();
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:user/workshop`,
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/) as string,
    });
  });

  it("tells the same caller the same id", async () => {
    const { sts } = openSandbox();
    const first = await sts.send(new GetCallerIdentityCommand({}));
    const second = await openSandbox({ seed: "another" }).sts.send(
      new GetCallerIdentityCommand({}),
    );
    expect(second.UserId).toBe(first.UserId);
  });
});

describe("operations that are not written", () => {
  it("answer 501 with their name", async () => {
    const { sts } = openSandbox();
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/x`;
    await expect(
      sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session" })),
    ).rejects.toMatchObject({
      message: expect.stringContaining("sts:AssumeRole") as string,
      $metadata: { httpStatusCode: 501 },
    });
  });
});
