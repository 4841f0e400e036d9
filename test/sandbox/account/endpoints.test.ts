import { DescribeEndpointCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { openSandbox } from "../clients.js";

describe("DescribeEndpoint (API_DescribeEndpoint)", () => {
  it.each([undefined, "iot:Data", "iot:Data-ATS", "iot:Jobs"])(
    "answers %s with the sandbox's own host and port, without a scheme",
    async (endpointType) => {
      const { iot } = openSandbox({ endpoint: () => "http://127.0.0.1:4566" });

      const { endpointAddress } = await iot.send(new DescribeEndpointCommand({ endpointType }));

      expect(endpointAddress).toBe("127.0.0.1:4566");
    },
  );

  it.each([
    ["iot:CredentialProvider", "role aliases"],
    ["iot:DeviceAdvisor", "Device Advisor"],
  ])("refuses %s by name: nothing answers there", async (endpointType, missing) => {
    const { iot } = openSandbox();

    await expect(iot.send(new DescribeEndpointCommand({ endpointType }))).rejects.toMatchObject({
      name: "NotImplementedException",
      message: expect.stringContaining(missing) as string,
      $metadata: { httpStatusCode: 501 },
    });
  });

  it("refuses an unknown type", async () => {
    const { iot } = openSandbox();

    await expect(
      iot.send(new DescribeEndpointCommand({ endpointType: "iot:Nope" })),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      $metadata: { httpStatusCode: 400 },
    });
  });
});
