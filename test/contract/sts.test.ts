import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { openTarget } from "./target.js";

const target = await openTarget();
const { sts } = target;

// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
describe("GetCallerIdentity", () => {
  it("tells who calls", async () => {
    const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand({}));

    expect(Account).toBe(target.account);
    expect(Arn).toMatch(new RegExp(`^arn:aws:(iam|sts)::${target.account}:`));
    expect(UserId).toMatch(/^[\w:@.=,+-]+$/);
  });
});
