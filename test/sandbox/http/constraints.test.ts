import {
  CreateJobCommand,
  CreateThingTypeCommand,
  DescribeEndpointCommand,
  GetPercentilesCommand,
  GetStatisticsCommand,
  ListCertificatesCommand,
  ListJobsCommand,
  SetV2LoggingOptionsCommand,
  UntagResourceCommand,
  type IoTClient,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { openSandbox } from "../clients.js";

// Lengths, ranges and patterns of the service model, where nothing else would refuse the value.
// Each page: https://docs.aws.amazon.com/iot/latest/apireference/API_<operation>.html
const beyond: readonly [string, (iot: IoTClient) => Promise<unknown>][] = [
  ["thingGroupId", (iot) => iot.send(new ListJobsCommand({ thingGroupId: "no/id" }))],
  [
    "tagKeys.1.member",
    (iot) =>
      iot.send(new UntagResourceCommand({ resourceArn: "arn:aws:iot:x:1:job/j", tagKeys: ["a*"] })),
  ],
  [
    "percents.2.member",
    (iot) => iot.send(new GetPercentilesCommand({ queryString: "*", percents: [50, 100.5] })),
  ],
  [
    "aggregationField",
    (iot) => iot.send(new GetStatisticsCommand({ queryString: "*", aggregationField: "" })),
  ],
  [
    "endpointType",
    (iot) => iot.send(new DescribeEndpointCommand({ endpointType: "x".repeat(129) })),
  ],
  [
    "eventConfigurations.1.member.logDestination",
    (iot) =>
      iot.send(
        new SetV2LoggingOptionsCommand({
          disableAllLogs: true,
          eventConfigurations: [{ eventType: "ERROR", logDestination: "a b" }],
        }),
      ),
  ],
  ["marker", (iot) => iot.send(new ListCertificatesCommand({ marker: "x".repeat(1025) }))],
  [
    "thingTypeProperties.mqtt5Configuration.propagatingAttributes.1.member.userPropertyKey",
    (iot) =>
      iot.send(
        new CreateThingTypeCommand({
          thingTypeName: "t",
          thingTypeProperties: {
            mqtt5Configuration: { propagatingAttributes: [{ userPropertyKey: "a b" }] },
          },
        }),
      ),
  ],
  [
    "jobTemplateArn",
    (iot) =>
      iot.send(
        new CreateJobCommand({
          jobId: "j",
          targets: ["arn:aws:iot:x:1:thing/t"],
          jobTemplateArn: "t",
        }),
      ),
  ],
  [
    "destinationPackageVersions.1.member",
    (iot) =>
      iot.send(
        new CreateJobCommand({
          jobId: "j",
          targets: ["arn:aws:iot:x:1:thing/t"],
          document: "{}",
          destinationPackageVersions: ["a/1"],
        }),
      ),
  ],
];

describe("a value beyond what the model allows", () => {
  it.each(beyond)("is refused by the name of its member: %s", async (member, send) => {
    const { iot } = openSandbox();

    await expect(send(iot)).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringContaining(`at '${member}' failed to satisfy constraint: `),
    });
  });
});
