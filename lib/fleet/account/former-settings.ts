import {
  GetIndexingConfigurationCommand,
  UpdateIndexingConfigurationCommand,
  UpdatePackageConfigurationCommand,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { listDynamicGroups } from "../search/dynamic-groups.js";
import { indexingPutBack, type Indexing } from "../search/indexing-put-back.js";
import { forgetSetting, settingsBefore } from "../shadows/notes.js";
import {
  getPackageConfiguration,
  type PackageConfiguration,
} from "../software/package-configuration.js";
import { packageConfigRoleName } from "../software/roles.js";

/** What putting an account-wide setting back would do, or has done. */
export interface PutBack {
  readonly setting: "fleet indexing" | "package configuration";
  /** False when the setting is as it should be: nothing is called for it then. */
  readonly isChanged: boolean;
  /** What it will be: `as before the workshop: OFF`. */
  readonly to: string;
  /** What is not put back, and why: one sentence each. */
  readonly left: readonly string[];
}

/**
 * Work out what fleet indexing goes back to. Changes nothing.
 *
 * Calls GetThingShadow (our note of what it was), GetIndexingConfiguration and, when the workshop
 * has changed the setting, ListThingGroups with DescribeThingGroup for each group.
 *
 * @param leaving names of dynamic groups that will be gone by then
 * @returns undefined when the workshop has not changed the setting
 */
export async function planIndexing(
  fleet: Fleet,
  leaving: readonly string[] = [],
): Promise<PutBack | undefined> {
  return (await indexingOf(fleet, leaving))?.putBack;
}

/**
 * Put fleet indexing back to what it was before the workshop, except for what others need by now,
 * and forget the note.
 *
 * Calls as {@link planIndexing} does, then UpdateIndexingConfiguration when there is something to
 * change, and UpdateThingShadow. A second call finds no note and changes nothing.
 *
 * @returns undefined when the workshop has not changed the setting
 * @throws InvalidRequestException when AWS refuses, such as while dynamic groups are still there
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateIndexingConfiguration.html
 */
export async function restoreIndexing(
  fleet: Fleet,
  gone: readonly string[] = [],
): Promise<PutBack | undefined> {
  const found = await indexingOf(fleet, gone);
  if (!found) return undefined;
  if (found.putBack.isChanged) {
    await fleet.iot.send(new UpdateIndexingConfigurationCommand(found.next));
  }
  await forgetSetting(fleet, "indexing");
  return found.putBack;
}

async function indexingOf(
  fleet: Fleet,
  leaving: readonly string[],
): Promise<{ readonly putBack: PutBack; readonly next: Indexing } | undefined> {
  const before = (await settingsBefore(fleet))["indexing"] as Indexing | undefined;
  if (!before) return undefined;
  const answer = await fleet.iot.send(new GetIndexingConfigurationCommand({}));
  const now: Indexing = {
    thingIndexingConfiguration: answer.thingIndexingConfiguration,
    thingGroupIndexingConfiguration: answer.thingGroupIndexingConfiguration,
  };
  const queries = new Map<string, string>();
  for await (const { name, query } of listDynamicGroups(fleet)) {
    if (!leaving.includes(name)) queries.set(name, query);
  }
  const { next, isChanged, left } = indexingPutBack(before, now, queries);
  const mode = next.thingIndexingConfiguration?.thingIndexingMode ?? "OFF";
  return {
    next,
    putBack: {
      setting: "fleet indexing",
      isChanged,
      to: left.length === 0 ? `as before the workshop: ${mode}` : mode,
      left,
    },
  };
}

/**
 * Work out what the package configuration goes back to. Changes nothing.
 *
 * Calls GetThingShadow (our note of what it was) and GetPackageConfiguration.
 *
 * @returns undefined when the workshop has not changed the setting
 */
export async function planPackageConfiguration(fleet: Fleet): Promise<PutBack | undefined> {
  return (await packageConfigurationOf(fleet))?.putBack;
}

/**
 * Put the package configuration back to what it was before the workshop, and forget the note. When
 * somebody has given it another role since, it stays as they want it. Without a note, but with the
 * workshop's role, it is switched off: the role goes.
 *
 * Calls as {@link planPackageConfiguration} does, then UpdatePackageConfiguration when there is
 * something to change, and UpdateThingShadow. A second call finds no note and changes nothing.
 *
 * @returns undefined when the workshop has not changed the setting
 * @throws ValidationException when AWS refuses, such as when the former role is gone
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackageConfiguration.html
 */
export async function restorePackageConfiguration(fleet: Fleet): Promise<PutBack | undefined> {
  const found = await packageConfigurationOf(fleet);
  if (!found) return undefined;
  const { before, isNoted, putBack } = found;
  if (putBack.isChanged) {
    const { isEnabled: enabled, roleArn } = before;
    const versionUpdateByJobsConfig = { enabled, ...(enabled && roleArn && { roleArn }) };
    await fleet.iot.send(new UpdatePackageConfigurationCommand({ versionUpdateByJobsConfig }));
  }
  if (isNoted) await forgetSetting(fleet, "packageConfiguration");
  return putBack;
}

async function packageConfigurationOf(fleet: Fleet): Promise<
  | {
      readonly before: PackageConfiguration;
      readonly isNoted: boolean;
      readonly putBack: PutBack;
    }
  | undefined
> {
  const noted = (await settingsBefore(fleet))["packageConfiguration"] as
    | PackageConfiguration
    | undefined;
  const now = await getPackageConfiguration(fleet);
  const isOurRole = roleOf(now) === packageConfigRoleName(fleet);
  if (!noted && !(now.isEnabled && isOurRole)) return undefined;
  const before = noted ?? { isEnabled: false };
  const setting = "package configuration";
  const isNoted = noted !== undefined;
  if (now.isEnabled && !isOurRole) {
    const isAsBefore = before.isEnabled && before.roleArn === now.roleArn;
    const left = `it has the role ${roleOf(now)} since, which somebody else gave it`;
    return {
      before,
      isNoted,
      putBack: {
        setting,
        isChanged: false,
        to: shown(now),
        left: isAsBefore ? [] : [left],
      },
    };
  }
  const isChanged = now.isEnabled !== before.isEnabled || (before.isEnabled && isOurRole);
  return {
    before,
    isNoted,
    putBack: { setting, isChanged, to: `as before the workshop: ${shown(before)}`, left: [] },
  };
}

function shown(configuration: PackageConfiguration): string {
  return configuration.isEnabled ? `on, with the role ${roleOf(configuration)}` : "off";
}

/** A role's name from its ARN: `…:role/path/Name` */
function roleOf({ roleArn = "" }: PackageConfiguration): string {
  return roleArn.slice(roleArn.lastIndexOf("/") + 1);
}
