import {
  DeleteTopicRuleCommand,
  DescribeEndpointCommand,
  GetV2LoggingOptionsCommand,
  SetV2LoggingOptionsCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { makeRole } from "./makers.js";
import { answerOf, invalid, refused } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
describe("DescribeEndpoint", () => {
  // The sandbox answers no credentials, and names no address where nobody would answer.
  const types = [
    "iot:Data-ATS",
    "iot:Jobs",
    ...(target.isSandbox ? [] : ["iot:CredentialProvider"]),
  ];
  it.each(types)(
    "gives the same address for %s each time, without a scheme",
    async (endpointType) => {
      const ask = async () =>
        (await iot.send(new DescribeEndpointCommand({ endpointType }))).endpointAddress;

      const address = await ask();

      expect(address).toMatch(/^[\w.-]+(:\d+)?$/);
      expect(await ask()).toBe(address);
    },
  );

  it("refuses an unknown type with 400", async () => {
    const asked = iot.send(new DescribeEndpointCommand({ endpointType: "iot:Nothing" }));

    await expect(asked).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteTopicRule.html
describe("DeleteTopicRule", () => {
  it("refuses a rule that is not there as one that is not the caller's", async () => {
    const ruleName = target.name("rule").replaceAll("-", "_");
    const deleted = iot.send(new DeleteTopicRuleCommand({ ruleName }));

    await expect(deleted).rejects.toMatchObject(refused("UnauthorizedException", 401));
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_SetV2LoggingOptions.html
describe("GetV2LoggingOptions and SetV2LoggingOptions", () => {
  const get = () => iot.send(new GetV2LoggingOptionsCommand({}));

  it.skipIf(!target.isSandbox)(
    "are not configured at first, and keep what is set (sandbox only: logs of the whole account)",
    async () => {
      const { roleArn } = await makeRole(target);

      await expect(get()).rejects.toMatchObject(refused("NotConfiguredException", 404));
      await target.eventually(() =>
        iot.send(new SetV2LoggingOptionsCommand({ roleArn, defaultLogLevel: "INFO" })),
      );

      expect(answerOf(await get())).toEqual({
        roleArn,
        defaultLogLevel: "INFO",
        disableAllLogs: false,
      });
    },
  );
});
