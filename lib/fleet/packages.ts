import {
  CreatePackageCommand,
  CreatePackageVersionCommand,
  GetPackageCommand,
  GetPackageConfigurationCommand,
  GetPackageVersionCommand,
  paginateListPackageVersions,
  UpdatePackageConfigurationCommand,
  UpdatePackageVersionCommand,
  type GetPackageVersionResponse,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../aws/connect.js";
import { FleetError, isNotFound, unlessMissing, unlessTaken } from "../aws/errors.js";
import { many, type ManyResult } from "../aws/many.js";
import { waitUntil } from "../aws/wait.js";
import type { Firmware } from "./firmware.js";
import { rememberSetting } from "./notes.js";
import { checkName, checkNames, packageName, versionName } from "./names.js";
import { requireOurs } from "./tags.js";

/**
 * Create a software package for each name: the container that its versions hang on.
 *
 * Calls GetPackage for each, then CreatePackage for those that are missing. A second call changes
 * nothing. A package that somebody else made stands in `failed`.
 *
 * @throws InvalidInputError before any call, when a name is illegal
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackage.html
 */
export async function createPackages(fleet: Fleet, names: readonly string[]): Promise<ManyResult> {
  checkNames(names, packageName);
  return many(
    fleet,
    { title: "Packages", items: names, total: names.length, name: (name) => name },
    async (name) => {
      if (await findPackage(fleet, name)) {
        // We are about to publish versions under it.
        await requireOurs(fleet, `The software package ${name}`, packageArn(fleet, name));
        return "existed";
      }
      const created = await unlessTaken(
        fleet.iot.send(
          new CreatePackageCommand({
            packageName: name,
            description: `Firmware of the ${name}`,
            tags: { ...fleet.tags },
          }),
        ),
      );
      return created ? "done" : "existed";
    },
  );
}

/**
 * Register each firmware as a version of its package, with its digest, and publish it.
 *
 * Calls GetPackageVersion for each, then as needed CreatePackageVersion and UpdatePackageVersion
 * (`PUBLISH`). A draft that an interrupted run left behind is completed and published; a published
 * version is immutable: with other bytes than these it stands in `failed`, and so does every version
 * of a package that somebody else made.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/software-package-catalog.html
 */
export async function publishVersions(
  fleet: Fleet,
  firmware: readonly Firmware[],
): Promise<ManyResult> {
  const name = ({ packageName, versionName }: Firmware) => `${packageName} ${versionName}`;
  const owners = new Map<string, Promise<void>>();
  const requireOurPackage = (of: string): Promise<void> => {
    const owner =
      owners.get(of) ?? requireOurs(fleet, `The software package ${of}`, packageArn(fleet, of));
    owners.set(of, owner);
    return owner;
  };
  return many(
    fleet,
    { title: "Versions", items: firmware, total: firmware.length, name },
    async (release) => {
      checkName(release.packageName, packageName);
      checkName(release.versionName, versionName);
      await requireOurPackage(release.packageName);
      const key = { packageName: release.packageName, versionName: release.versionName };
      const content = {
        artifact: {
          s3Location: { bucket: release.bucket, key: release.key, version: release.objectVersion },
        },
        attributes: { sha256: release.sha256 },
      };
      const found = await findPackageVersion(fleet, release.packageName, release.versionName);
      if (found && found.status !== "DRAFT") return requireSameBytes(found, release);
      if (found) {
        await fleet.iot.send(new UpdatePackageVersionCommand({ ...key, ...content }));
      } else {
        await fleet.iot.send(
          new CreatePackageVersionCommand({ ...key, ...content, tags: { ...fleet.tags } }),
        );
      }
      await fleet.iot.send(new UpdatePackageVersionCommand({ ...key, action: "PUBLISH" }));
      return "done";
    },
  );
}

/** A published version is frozen, so all that can be done about other bytes is to say so. */
function requireSameBytes(found: GetPackageVersionResponse, release: Firmware): "existed" {
  const { packageName: name, versionName: version } = release;
  const isSame =
    found.attributes?.["sha256"] === release.sha256 &&
    found.artifact?.s3Location?.version === release.objectVersion;
  if (isSame) return "existed";
  throw new FleetError(
    `${name} ${version} is published with another file than ${release.key} in its present object ` +
      `version, and published versions never change. Publish these bytes under a new version.`,
  );
}

/** A package version as AWS describes it, or undefined when there is none. Calls GetPackageVersion. */
export async function findPackageVersion(
  fleet: Fleet,
  name: string,
  version: string,
): Promise<GetPackageVersionResponse | undefined> {
  return unlessMissing(
    fleet.iot.send(new GetPackageVersionCommand({ packageName: name, versionName: version })),
  );
}

/** The published versions of a package; none when there is no such package. Calls ListPackageVersions. */
export async function* listPublishedVersions(fleet: Fleet, name: string): AsyncIterable<string> {
  const pages = paginateListPackageVersions(
    { client: fleet.iot, pageSize: 100 },
    { packageName: name, status: "PUBLISHED" },
  );
  try {
    for await (const page of pages) {
      for (const { versionName } of page.packageVersionSummaries ?? []) {
        if (versionName) yield versionName;
      }
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** True when there is a package of that name. Calls GetPackage. */
export async function findPackage(fleet: Fleet, name: string): Promise<boolean> {
  return !!(await unlessMissing(fleet.iot.send(new GetPackageCommand({ packageName: name }))));
}

/** `arn:aws:iot:<region>:<account>:package/<name>` */
export function packageArn(fleet: Fleet, name: string): string {
  return `arn:aws:iot:${fleet.region}:${fleet.account}:package/${name}`;
}

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
  return {
    isEnabled: config?.enabled ?? false,
    ...(config?.roleArn && { roleArn: config.roleArn }),
  };
}

/** How long a new role may take to be usable in another service, in milliseconds. */
const ROLE_TIMEOUT_MS = 60_000;

/**
 * Let successful jobs update the `$package` shadow, with this role.
 *
 * Remembers the setting as it was, then calls UpdatePackageConfiguration, again and again while AWS
 * says that the new role cannot be assumed yet. A second call with the same role changes nothing.
 *
 * @throws WaitTimeoutError when the role is still not usable after a minute
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/preparing-to-use-software-package-catalog.html
 */
export async function enablePackageConfiguration(
  fleet: Fleet,
  roleArn: string,
): Promise<PackageConfiguration> {
  const before = await getPackageConfiguration(fleet);
  if (before.isEnabled && before.roleArn === roleArn) return before;
  await rememberSetting(fleet, "packageConfiguration", before);
  await waitUntil(
    fleet,
    { until: "the new role can be used", everyMs: 3_000, timeoutMs: ROLE_TIMEOUT_MS },
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
  return { isEnabled: true, roleArn };
}

/** AWS has no error of its own for a role that has not spread yet; only the message tells. */
export function isRoleNotReady(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (error.name === "ValidationException" || error.name === "InvalidRequestException") &&
    /assume|role/i.test(error.message)
  );
}
