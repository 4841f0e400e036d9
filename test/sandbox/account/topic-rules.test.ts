import { DeleteTopicRuleCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { openSandbox } from "../clients.js";

describe("DeleteTopicRule (API_DeleteTopicRule)", () => {
  it("denies access to a rule that is not there, as AWS does", async () => {
    const { iot } = openSandbox();

    await expect(
      iot.send(new DeleteTopicRuleCommand({ ruleName: "rule_1" })),
    ).rejects.toMatchObject({
      name: "UnauthorizedException",
      $metadata: { httpStatusCode: 401 },
    });
  });
});
