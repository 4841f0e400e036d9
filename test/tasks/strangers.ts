import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateBillingGroupCommand,
  CreateCommandCommand,
  CreateJobCommand,
  CreateJobTemplateCommand,
  CreateKeysAndCertificateCommand,
  CreatePackageCommand,
  CreatePackageVersionCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
} from "@aws-sdk/client-iot";
import { CreateBucketCommand, PutBucketTaggingCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Fleet } from "../../lib/aws/connect.js";

/** Somebody else's tags: the workshop's key with another value is not ours either. */
const Tags = [
  { Key: "owner", Value: "logistics" },
  { Key: "workshop", Value: "pottery" },
];
const tags = { owner: "logistics", workshop: "pottery" };

/** `name-1` to `name-n`, of which the first few are called as the workshop would call its own. */
function names(n: number, name: string, likeOurs: readonly string[] = []): string[] {
  return Array.from({ length: n }, (_, i) => likeOurs[i] ?? `${name}-${i + 1}`);
}

/**
 * Two hundred resources of somebody else in the account, some named as the workshop names its own:
 * none of them has the workshop's tag or attribute.
 *
 * @param areInTheWay true gives some the very names that the default fleet needs, so that it cannot
 * be built beside them
 */
export async function createStrangers(
  fleet: Fleet,
  { areInTheWay = true }: { readonly areInTheWay?: boolean } = {},
): Promise<number> {
  const { iot, iam, s3, region, account } = fleet;
  const [type, group] = areInTheWay ? ["SUVVehicle", "US_Fleet"] : ["BusVehicle", "DE_Fleet"];
  const all: Promise<unknown>[] = [];
  const each = (list: readonly string[], create: (name: string) => Promise<unknown>) =>
    all.push(...list.map(create));

  const types = names(20, "Forklift", [type]);
  each(types, (thingTypeName) =>
    iot.send(new CreateThingTypeCommand({ thingTypeName, tags: Tags })),
  );
  each(names(30, "Depot", [group, "SedanVehicle_Devices_Old"]), (thingGroupName) =>
    iot.send(new CreateThingGroupCommand({ thingGroupName, tags: Tags })),
  );
  each(names(50, "Crane", ["Vehicle-VIN-900", "Vehicle-VIN-0001"]), (thingName) =>
    iot.send(
      new CreateThingCommand({
        thingName,
        attributePayload: { attributes: { workshop: "pottery" } },
      }),
    ),
  );
  each(names(15, "crane-os", [type]), async (packageName) => {
    await iot.send(new CreatePackageCommand({ packageName, tags }));
    await iot.send(new CreatePackageVersionCommand({ packageName, versionName: "1.0.0", tags }));
  });
  each(names(10, "iot-firmware-of-cranes", [`iot-firmware-${region}-0badcafe`]), async (Bucket) => {
    await s3.send(
      new CreateBucketCommand({
        Bucket,
        ...(region !== "us-east-1" && {
          CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" },
        }),
      }),
    );
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: Tags } }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "SedanVehicle_v1_0_0.zip", Body: "theirs" }));
  });
  each(names(10, "IoTJobsRole-of-cranes", [`IoTJobsRole-${region}-0badcafe`]), async (RoleName) => {
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Service: "iot.amazonaws.com" }, Action: "sts:AssumeRole" },
      ],
    });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, Tags }));
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
    });
    const policy = { RoleName, PolicyName: "ReadFirmware", PolicyDocument };
    await iam.send(new PutRolePolicyCommand(policy));
  });
  each(names(5, "crane"), () => iot.send(new CreateKeysAndCertificateCommand({})));
  each(names(5, "crane"), (policyName) =>
    iot.send(
      new CreatePolicyCommand({
        policyName,
        policyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "iot:Connect", Resource: "*" }],
        }),
      }),
    ),
  );
  each(names(5, "cranes"), (billingGroupName) =>
    iot.send(new CreateBillingGroupCommand({ billingGroupName, tags: Tags })),
  );
  each(names(5, "lift"), (commandId) =>
    iot.send(
      new CreateCommandCommand({
        commandId,
        namespace: "AWS-IoT",
        payload: { content: Buffer.from("{}"), contentType: "application/json" },
        tags: Tags,
      }),
    ),
  );
  each(names(5, "grease"), (jobTemplateId) =>
    iot.send(
      new CreateJobTemplateCommand({
        jobTemplateId,
        document: "{}",
        description: "grease",
        tags: Tags,
      }),
    ),
  );
  await Promise.all(all);
  const made = all.length + 15;
  const jobs = names(200 - made, "inspect", ["upgrade-SedanVehicle-1-0-0", "check-tires-99"]);
  await Promise.all(
    jobs.map((jobId) =>
      iot.send(
        new CreateJobCommand({
          jobId,
          targets: [`arn:aws:iot:${region}:${account}:thing/Crane-3`],
          document: "{}",
          tags: Tags,
        }),
      ),
    ),
  );
  return made + jobs.length;
}
