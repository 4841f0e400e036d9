import {
  DescribeThingRegistrationTaskCommand,
  paginateListThingRegistrationTasks,
  StartThingRegistrationTaskCommand,
  StopThingRegistrationTaskCommand,
  type Status,
} from "@aws-sdk/client-iot";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError, NotOursError, WaitTimeoutError } from "../../aws/errors.js";
import { interruptible } from "../../aws/interrupt.js";
import { readKeys } from "../../aws/mqtt/key-files.js";
import { ownName } from "../../aws/ownership.js";
import { redactText } from "../../aws/redact.js";
import { waitUntil } from "../../aws/wait.js";
import { createDevicePolicy } from "../identity/device-policy.js";
import { requestOfKept } from "../identity/signing-request.js";
import { checkName, thingGroupName, thingName, thingTypeName } from "../registry/names.js";
import { countryGroupName } from "../registry/thing-groups.js";
import { createFirmwareBucket, firmwareBucketName } from "../software/firmware-bucket.js";
import { isRoleNotReady } from "../software/package-configuration.js";
import { createRegistrationRole } from "../software/roles.js";
import { registrationTemplate, type RegistrationLine } from "./registration-template.js";

/** A vehicle to be registered. */
export interface VehicleToRegister {
  readonly name: string;
  readonly type: string;
  /** Its group is that of the country. */
  readonly country: string;
}

export interface RegistrationWishes {
  /**
   * `certificate`: a private key is made here for each vehicle, and AWS IoT signs a request of it.
   * Default `none`.
   */
  readonly identity?: "certificate" | "none";
}

/** A task of AWS IoT that registers vehicles line by line. */
export interface RegistrationTask {
  readonly taskId: string;
  /** Lines of its input. */
  readonly vehicles: number;
  /** The names of the vehicles, in the order of the lines. */
  readonly names: readonly string[];
  /** Left out, since their certificates are here already. */
  readonly existed: readonly string[];
}

/** How long a new role may take to be usable in another service, in milliseconds. */
const ROLE_TIMEOUT_MS = 60_000;

/**
 * Have AWS IoT register vehicles by itself: one call, however many they are. It goes on while this
 * machine sleeps, ten vehicles a second, and reports at the end.
 *
 * Makes the firmware bucket, the role and, for certificates, keys and the device policy; uploads one
 * line for each vehicle (PutObject), and calls StartThingRegistrationTask, again while AWS says that the
 * new role cannot be assumed yet. There is one task at a time in an account. What is there already
 * stays as it is, and a vehicle whose certificate is on this machine is left out: so a second call
 * registers what the first has not.
 *
 * @throws InvalidInputError when a name is illegal, or there are no vehicles
 * @throws InvalidRequestException when another task is running
 * @throws NotOursError when bucket, role or policy were not made by the workshop
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/bulk-provisioning.html
 */
export async function startRegistration(
  fleet: Fleet,
  vehicles: Iterable<VehicleToRegister>,
  { identity = "none" }: RegistrationWishes = {},
): Promise<RegistrationTask> {
  if (identity !== "certificate" && identity !== "none") {
    throw new InvalidInputError("an identity", identity, "be certificate or none");
  }
  const { bucket, roleArn, policyName } = await prepare(fleet, identity);
  const names: string[] = [];
  const existed: string[] = [];
  const lines: string[] = [];
  for (const { name, type, country } of vehicles) {
    checkName(name, thingName);
    if (identity === "certificate" && readKeys(fleet, name)) {
      existed.push(name);
      continue;
    }
    const line: RegistrationLine = {
      ThingName: name,
      ThingType: checkName(type, thingTypeName),
      Group: checkName(countryGroupName(fleet, country), thingGroupName),
      Country: country,
      ...(identity === "certificate" && { CSR: requestOfKept(fleet, name) }),
    };
    names.push(name);
    lines.push(`${JSON.stringify(line)}\n`);
  }
  if (lines.length === 0) {
    throw new InvalidInputError(
      "the vehicles of a registration",
      existed.length === 0 ? "none" : `${existed.length} that have their certificates`,
      "be at least one that has to be registered",
    );
  }
  const moment = new Date(fleet.clock.now()).toISOString().replaceAll(/[:.]/g, "-");
  const key = `${inputPrefix(fleet)}${moment}.json`;
  await fleet.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: lines.join("") }));
  const taskId = await start(fleet, {
    templateBody: JSON.stringify(registrationTemplate(policyName)),
    inputFileBucket: bucket,
    inputFileKey: key,
    roleArn,
  });
  return { taskId, vehicles: lines.length, names, existed };
}

async function prepare(fleet: Fleet, identity: "certificate" | "none") {
  const { name: bucket } = await createFirmwareBucket(fleet);
  const { arn: roleArn } = await createRegistrationRole(fleet);
  const policyName = identity === "certificate" ? await createDevicePolicy(fleet) : undefined;
  return { bucket, roleArn, policyName };
}

function inputPrefix(fleet: Fleet): string {
  // Of all that a thing's name takes, S3 keys of AWS IoT have no colon.
  return ownName(fleet, "registration-").replaceAll(":", "_");
}

async function start(
  fleet: Fleet,
  input: ConstructorParameters<typeof StartThingRegistrationTaskCommand>[0],
): Promise<string> {
  const patience = {
    until: "the new role can be used",
    everyMs: 3_000,
    timeoutMs: ROLE_TIMEOUT_MS,
    isPassable: true,
  };
  return waitUntil(fleet, patience, async () => {
    try {
      const { taskId = "" } = await fleet.iot.send(new StartThingRegistrationTaskCommand(input));
      return { ready: taskId };
    } catch (error) {
      if (isRoleNotReady(error)) return { waiting: `AWS says "${error.message}"` };
      throw error;
    }
  });
}

/** How a task stands. */
export interface RegistrationState {
  readonly status: Status;
  readonly succeeded: number;
  readonly failed: number;
  /** Why a task has Failed as a whole, such as a role that may not read the input. */
  readonly message: string | undefined;
  readonly startedAt: Date | undefined;
  readonly changedAt: Date | undefined;
}

/**
 * How a task stands. Calls DescribeThingRegistrationTask.
 *
 * @throws ResourceNotFoundException when there is no such task; AWS keeps them for thirty days
 */
export async function describeRegistration(
  fleet: Fleet,
  taskId: string,
): Promise<RegistrationState> {
  const found = await fleet.iot.send(new DescribeThingRegistrationTaskCommand({ taskId }));
  return {
    status: found.status ?? "InProgress",
    succeeded: found.successCount ?? 0,
    failed: found.failureCount ?? 0,
    message: found.message === undefined ? undefined : redactText(found.message),
    startedAt: found.creationDate,
    changedAt: found.lastModifiedDate,
  };
}

/** Between two looks, in milliseconds. */
const LOOK_MS = 10_000;

/**
 * Wait until a task is over, with a line that shows how far it is. On the sandbox its clock is set
 * ahead, so minutes at AWS are as long as the work takes here.
 *
 * Calls DescribeThingRegistrationTask every ten seconds.
 *
 * @throws FleetError when the task as a whole failed, with the reason; lines that failed are data
 * @throws WaitTimeoutError after a second for each vehicle, and a minute
 * @throws InterruptedError on SIGINT; the task goes on, and stopRegistration() ends it
 */
export async function waitForRegistration(
  fleet: Fleet,
  { taskId, vehicles }: Pick<RegistrationTask, "taskId" | "vehicles">,
): Promise<RegistrationState> {
  const startedAt = fleet.clock.now();
  const timeoutMs = 60_000 + vehicles * 1000;
  const courseOf = (state: RegistrationState | undefined, isOver: boolean) => ({
    title: "Registration",
    finished: (state?.succeeded ?? 0) + (state?.failed ?? 0),
    total: vehicles,
    failed: state?.failed ?? 0,
    throttles: 0,
    seconds: (fleet.clock.now() - startedAt) / 1000,
    isOver,
  });
  const line = fleet.output.progress(courseOf(undefined, false));
  let state: RegistrationState | undefined;
  try {
    await interruptible(async (signal) => {
      for (;;) {
        state = await describeRegistration(fleet, taskId);
        line.update(courseOf(state, false));
        if (state.status !== "InProgress" && state.status !== "Cancelling") return;
        if (fleet.clock.now() - startedAt > timeoutMs) {
          throw new WaitTimeoutError(
            `Gave up waiting for the registration ${taskId}: ${state.succeeded} of ${vehicles} are registered.`,
          );
        }
        await fleet.passTime(LOOK_MS, signal);
      }
    });
  } finally {
    line.end(courseOf(state, true));
  }
  const over = state as unknown as RegistrationState;
  if (over.status !== "Failed") return over;
  throw new FleetError(
    `The registration ${taskId} failed: ${over.message ?? "AWS does not say why"}.`,
  );
}

/** The tasks of this fleet that are running: one at most. Calls ListThingRegistrationTasks, and Describe… for each. */
export async function runningRegistrations(fleet: Fleet): Promise<string[]> {
  const running: string[] = [];
  const pages = paginateListThingRegistrationTasks({ client: fleet.iot }, { status: "InProgress" });
  for await (const { taskIds = [] } of pages) {
    for (const taskId of taskIds) if (await isOurTask(fleet, taskId)) running.push(taskId);
  }
  return running;
}

async function isOurTask(fleet: Fleet, taskId: string): Promise<boolean> {
  const found = await fleet.iot.send(new DescribeThingRegistrationTaskCommand({ taskId }));
  const { inputFileBucket, inputFileKey = "" } = found;
  return (
    inputFileBucket === firmwareBucketName(fleet) && inputFileKey.startsWith(inputPrefix(fleet))
  );
}

/**
 * Stop a task. Vehicles that are registered stay, and so do its reports. Calls
 * DescribeThingRegistrationTask, twice, and StopThingRegistrationTask. A second call does nothing.
 *
 * @returns true when this call stopped it
 * @throws ResourceNotFoundException when there is no such task
 * @throws NotOursError when its input is not of this fleet
 */
export async function stopRegistration(fleet: Fleet, taskId: string): Promise<boolean> {
  if (!(await isOurTask(fleet, taskId))) {
    throw new NotOursError(`The registration ${taskId} was not started by this fleet.`);
  }
  const { status } = await describeRegistration(fleet, taskId);
  if (status !== "InProgress") return false;
  await fleet.iot.send(new StopThingRegistrationTaskCommand({ taskId }));
  return true;
}
