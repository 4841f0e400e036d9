import { ConflictException, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import type { Fleet } from "../../aws/connect.js";
import { deleteShadow, getShadow, listNamedShadows, reportState } from "./shadows.js";

/**
 * Where the workshop keeps its own notes in the account: shadows of a name that is no thing. They
 * are there before any bucket is, any machine finds them, and neither the registry nor the index
 * shows them.
 */
export const NOTES_OWNER = "fleetlab-workshop";

/** What account-wide settings were before the workshop changed them. */
export const SETTINGS_SHADOW = "settings-before";

/** Settings as they were, by name. */
type SettingsBefore = Readonly<Record<string, unknown>>;

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
  const shadow = await getShadow(fleet, NOTES_OWNER, SETTINGS_SHADOW);
  if (shadow?.state.reported?.[name] !== undefined) return;
  // As text: a setting nests deeper than a shadow may.
  const state = { reported: { [name]: JSON.stringify(value) } };
  try {
    await fleet.iotData.send(
      new UpdateThingShadowCommand({
        thingName: NOTES_OWNER,
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
  return notes(fleet, SETTINGS_SHADOW);
}

/** Forget one setting, once it has been put back. Calls UpdateThingShadow. */
export async function forgetSetting(fleet: Fleet, name: string): Promise<void> {
  await reportState(fleet, NOTES_OWNER, { [name]: null }, SETTINGS_SHADOW);
}

/**
 * Keep the plan of this fleet's prefix, so that later notebooks know it. Calls GetThingShadow, then
 * UpdateThingShadow when another plan is kept, or none.
 */
export async function rememberPlan(fleet: Fleet, plan: unknown): Promise<void> {
  const text = JSON.stringify(plan);
  if (JSON.stringify(await rememberedPlan(fleet)) === text) return;
  await reportState(fleet, NOTES_OWNER, { plan: text }, planShadow(fleet));
}

/** The plan that was kept last for this fleet's prefix, or undefined. Calls GetThingShadow. */
export async function rememberedPlan(fleet: Fleet): Promise<unknown> {
  return (await notes(fleet, planShadow(fleet)))["plan"];
}

/** Notebooks that leave nothing in the account which would tell of them, but for a mark. */
export type Marked = "06" | "07" | "10" | "11";

/**
 * Note beside this prefix's plan that the checkpoint of a notebook was met, for a class's board. Calls
 * GetThingShadow, then UpdateThingShadow when there is a plan without that mark.
 */
export async function markReached(fleet: Fleet, notebook: Marked): Promise<void> {
  const { plan, reached } = await notes(fleet, planShadow(fleet));
  const before = marksIn(reached);
  if (plan === undefined || before.includes(notebook)) return;
  const text = JSON.stringify([...before, notebook]);
  await reportState(fleet, NOTES_OWNER, { reached: text }, planShadow(fleet));
}

/**
 * Note beside this prefix's plan which notebook was begun last, by its number. Calls GetThingShadow, then
 * UpdateThingShadow when there is a plan that says another one.
 */
export async function markBegun(fleet: Fleet, notebook: string): Promise<void> {
  const { plan, begun } = await notes(fleet, planShadow(fleet));
  if (plan === undefined || begun === notebook) return;
  await reportState(fleet, NOTES_OWNER, { begun: JSON.stringify(notebook) }, planShadow(fleet));
}

/** What was noted of the way of a prefix through the notebooks. */
export interface NotedWay {
  /** The notebooks whose marks {@link markReached} has left. */
  readonly reached: ReadonlySet<string>;
  /** The number of the notebook that was begun last, as {@link markBegun} has it. */
  readonly begun: string | undefined;
}

/** What was noted under this prefix. Calls GetThingShadow. */
export async function notedWay(fleet: Fleet): Promise<NotedWay> {
  const { reached, begun } = await notes(fleet, planShadow(fleet));
  return {
    reached: new Set(marksIn(reached)),
    begun: typeof begun === "string" ? begun : undefined,
  };
}

function marksIn(reached: unknown): string[] {
  return Array.isArray(reached) ? reached.map(String) : [];
}

/** How the names of shadows with plans begin. */
const PLAN = "plan-";

/** The name of the shadow with the plan of this prefix. One shadow a prefix: thirty learners' plans would not fit into one. */
export function planShadow(fleet: Fleet): string {
  return `${PLAN}${fleet.prefix}`;
}

/** The names of all notes in the account, of every prefix. Calls ListNamedShadowsForThing. */
export async function listNotes(fleet: Fleet): Promise<string[]> {
  return listNamedShadows(fleet, NOTES_OWNER);
}

/** The prefixes of all fleets whose plan is noted in the account. Calls ListNamedShadowsForThing. */
export async function plannedPrefixes(fleet: Fleet): Promise<string[]> {
  const names = await listNotes(fleet);
  return names.filter((name) => name.startsWith(PLAN)).map((name) => name.slice(PLAN.length));
}

/** The prefixes of the other fleets whose plan is noted in the account. Calls ListNamedShadowsForThing. */
export async function otherPrefixes(fleet: Fleet): Promise<string[]> {
  return (await plannedPrefixes(fleet)).filter((prefix) => prefix !== fleet.prefix);
}

/**
 * Delete one of the workshop's notes. Calls DeleteThingShadow.
 *
 * @param name as {@link listNotes} has it
 * @returns true when there was such a note
 */
export async function deleteNote(fleet: Fleet, name: string): Promise<boolean> {
  return deleteShadow(fleet, NOTES_OWNER, name);
}

async function notes(fleet: Fleet, shadowName: string): Promise<Record<string, unknown>> {
  const shadow = await getShadow(fleet, NOTES_OWNER, shadowName);
  const entries = Object.entries(shadow?.state.reported ?? {});
  return Object.fromEntries(entries.map(([name, text]) => [name, JSON.parse(String(text))]));
}
