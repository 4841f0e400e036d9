import { IAMClient } from "@aws-sdk/client-iam";
import { IoTClient } from "@aws-sdk/client-iot";
import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { IoTJobsDataPlaneClient } from "@aws-sdk/client-iot-jobs-data-plane";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import { manualClock, type ManualClock } from "../../lib/aws/clock.js";
import { createSandbox, type Sandbox, type SandboxOptions } from "../../lib/sandbox/index.js";
import { readyKeys } from "../ready-keys.js";

/** The account that the clients below belong to, in an open sandbox. */
export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";

export interface SandboxClients {
  readonly sandbox: Sandbox;
  readonly clock: ManualClock;
  readonly iot: IoTClient;
  readonly iotData: IoTDataPlaneClient;
  readonly iotJobs: IoTJobsDataPlaneClient;
  readonly s3: S3Client;
  readonly iam: IAMClient;
  readonly sts: STSClient;
}

/** A fresh sandbox in this process, on a clock of the test's own, and real SDK clients to call it. */
export function openSandbox(options: Omit<SandboxOptions, "clock"> = {}): SandboxClients {
  const clock = manualClock();
  const sandbox = createSandbox({
    clock,
    seed: "test",
    quotas: "off",
    keyPairs: readyKeys,
    ...options,
  });
  return { sandbox, clock, ...clientsOf(sandbox) };
}

/** SDK clients of another account or Region on the same sandbox. */
export function clientsOf(sandbox: Sandbox, account = ACCOUNT, region = REGION) {
  const common = {
    region,
    credentials: { accessKeyId: account, secretAccessKey: "test" },
    requestHandler: sandbox.requestHandler,
    // The SDK backs off on the real clock; a test retries at once or not at all.
    retryStrategy: new ConfiguredRetryStrategy(1, () => 0),
  };
  return {
    iot: new IoTClient(common),
    iotData: new IoTDataPlaneClient(common),
    iotJobs: new IoTJobsDataPlaneClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    iam: new IAMClient(common),
    sts: new STSClient(common),
  };
}
