import {
  GetPackageConfigurationCommand,
  UpdatePackageConfigurationCommand,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { waitUntil } from "../../aws/wait.js";
import { checkName, roleArn as roleArnRule } from "../registry/names.js";
import { rememberSetting } from "../shadows/notes.js";

/** Whether successful jobs write what they installed into the device's `$package` shadow. */
export interface PackageConfiguration {
  readonly isEnabled: boolean;
  readonly roleArn?: string;
}

/**
 * Read the account-wide package configuration. Calls GetPackageConfiguration.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackageConfiguration.html
 */
export async function getPackageConfiguration(fleet: Fleet): Promise<PackageConfiguration> {
  const { versionUpdateByJobsConfig: config } = await fleet.iot.send(
    new GetPackageConfigurationCommand({}),
  );
  return maskedWhenShown({
    isEnabled: config?.enabled ?? false,
    ...(config?.roleArn && { roleArn: config.roleArn }),
  });
}

/** How long a new role may take to be usable in another service, in milliseconds. */
const ROLE_TIMEOUT_MS = 60_000;

/**
 * Let successful jobs update the `$package` shadow, with this role.
 *
 * Remembers the setting as it was, then calls UpdatePackageConfiguration, again and again while AWS
 * says that the new role cannot be assumed yet. A second call with the same role changes nothing.
 *
 * @throws InvalidInputError before any call, when `roleArn` is no role's ARN
 * @throws WaitTimeoutError when the role is still not usable after a minute
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/preparing-to-use-software-package-catalog.html
 */
export async function enablePackageConfiguration(
  fleet: Fleet,
  roleArn: string,
): Promise<PackageConfiguration> {
  checkName(roleArn, roleArnRule);
  const before = await getPackageConfiguration(fleet);
  if (before.isEnabled && before.roleArn === roleArn) return before;
  await rememberSetting(fleet, "packageConfiguration", before);
  await waitUntil(
    fleet,
    {
      until: "the new role can be used",
      everyMs: 3_000,
      timeoutMs: ROLE_TIMEOUT_MS,
      isPassable: true,
    },
    async () => {
      try {
        await fleet.iot.send(
          new UpdatePackageConfigurationCommand({
            versionUpdateByJobsConfig: { enabled: true, roleArn },
          }),
        );
        return { ready: true };
      } catch (error) {
        if (isRoleNotReady(error)) return { waiting: `AWS says "${error.message}"` };
        throw error;
      }
    },
  );
  return maskedWhenShown({ isEnabled: true, roleArn });
}

/**
 * Stop jobs from updating the `$package` shadow. The role stays, so that enabling is one call.
 *
 * Remembers the setting as it was, then calls UpdatePackageConfiguration. A second call changes
 * nothing. The setting holds for the whole account: whoever else relies on it loses it too.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackageConfiguration.html
 */
export async function disablePackageConfiguration(fleet: Fleet): Promise<PackageConfiguration> {
  const before = await getPackageConfiguration(fleet);
  if (!before.isEnabled) return before;
  await rememberSetting(fleet, "packageConfiguration", before);
  await fleet.iot.send(
    new UpdatePackageConfigurationCommand({ versionUpdateByJobsConfig: { enabled: false } }),
  );
  return getPackageConfiguration(fleet);
}

/** AWS has no error of its own for a role that has not spread yet; only the message tells. */
export function isRoleNotReady(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (error.name === "ValidationException" || error.name === "InvalidRequestException") &&
    /assume|role/i.test(error.message)
  );
}
