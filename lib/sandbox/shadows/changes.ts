import { news } from "../state/news.js";
import {
  updated,
  type JsonObject,
  type ShadowDocument,
  type ShadowUpdate,
} from "./shadow-documents.js";
import type { State } from "./tables.js";

/* The one place where shadows change, whoever asks for it, so that whoever listens hears of everything. */

/** A shadow was updated or deleted. */
export interface ShadowChange {
  readonly kind: "update" | "delete";
  readonly thingName: string;
  /** Empty for the classic shadow. */
  readonly shadowName: string;
  readonly before: ShadowDocument | undefined;
  readonly after: ShadowDocument;
  /** What the one who asked for it is answered, the token of the request included. */
  readonly answer: JsonObject;
  readonly clientToken: string | undefined;
}

export const shadowChanged = news<ShadowChange>("a shadow changed");

/**
 * Apply an update, keep what comes of it and tell of it.
 *
 * @returns the answer: only the sections sent, without delta
 * @throws ShadowRefusal when the version is not the current one or the document gets too large
 */
export function changeShadow(
  state: State,
  thingName: string,
  shadowName: string,
  update: ShadowUpdate,
): JsonObject {
  const before = state.shadows.get(`${thingName}/${shadowName}`);
  const { after, answer } = updated(before, update, secondsOf(state));
  const { clientToken } = update;
  return keep(state, { kind: "update", thingName, shadowName, before, after, answer, clientToken });
}

/** Delete a shadow that is there. The version stays behind: one that is made anew goes on from it. */
export function removeShadow(
  state: State,
  thingName: string,
  shadowName: string,
  before: ShadowDocument,
  clientToken: string | undefined,
): JsonObject {
  const after = { version: before.version };
  const answer = {
    version: before.version,
    timestamp: secondsOf(state),
    ...(clientToken !== undefined && { clientToken }),
  };
  return keep(state, { kind: "delete", thingName, shadowName, before, after, answer, clientToken });
}

function keep(state: State, change: ShadowChange): JsonObject {
  state.shadows.set(`${change.thingName}/${change.shadowName}`, change.after);
  state.tell(shadowChanged, change);
  return change.answer;
}

/** The time of a shadow: whole seconds since the epoch. */
export function secondsOf(state: State): number {
  return Math.floor(state.now().getTime() / 1000);
}
