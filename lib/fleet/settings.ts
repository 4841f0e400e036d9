import { ConflictException, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import type { Fleet } from "../aws/connect.js";
import { getShadow } from "./shadows.js";

/**
 * Where we keep what account-wide settings were before the workshop changed them: a shadow of a
 * name that is no thing. It is there before any bucket is, any machine finds it, and neither the
 * registry nor the index shows it.
 */
export const SETTINGS_OWNER = "fleetlab-workshop";
export const SETTINGS_SHADOW = "settings-before";

/** Settings as they were, by name. */
export type SettingsBefore = Readonly<Record<string, unknown>>;

/**
 * Keep what an account-wide setting was before we change it, so that cleanup can put it back.
 *
 * Calls GetThingShadow, then UpdateThingShadow when the setting is not kept yet: only the first
 * value of a name is somebody else's, later ones are our own.
 */
export async function rememberSetting(
  fleet: Fleet,
  name: string,
  value: unknown,
  triesLeft = 5,
): Promise<void> {
  const shadow = await getShadow(fleet, SETTINGS_OWNER, SETTINGS_SHADOW);
  if (shadow?.state.reported?.[name] !== undefined) return;
  // As text: a setting nests deeper than a shadow may.
  const state = { reported: { [name]: JSON.stringify(value) } };
  try {
    await fleet.iotData.send(
      new UpdateThingShadowCommand({
        thingName: SETTINGS_OWNER,
        shadowName: SETTINGS_SHADOW,
        payload: Buffer.from(JSON.stringify({ state, ...(shadow && { version: shadow.version }) })),
      }),
    );
  } catch (error) {
    // Somebody wrote between our look and our write: look again, theirs may be the same setting.
    if (!(error instanceof ConflictException) || triesLeft === 0) throw error;
    await rememberSetting(fleet, name, value, triesLeft - 1);
  }
}

/** What `rememberSetting` has kept; empty when nothing was changed yet. Calls GetThingShadow. */
export async function settingsBefore(fleet: Fleet): Promise<SettingsBefore> {
  const shadow = await getShadow(fleet, SETTINGS_OWNER, SETTINGS_SHADOW);
  const entries = Object.entries(shadow?.state.reported ?? {});
  return Object.fromEntries(entries.map(([name, text]) => [name, JSON.parse(String(text))]));
}
