import type { ShadowChange } from "../../shadows/changes.js";
import { deltaOf, shapedLike, type ShadowDocument } from "../../shadows/shadow-documents.js";
import { exchangeOf } from "../exchange.js";
import { serviceMessage } from "../messages.js";
import { publish } from "../publishing.js";
import type { State } from "../tables.js";

/**
 * Publish what became of a shadow, whoever changed it: a device over MQTT or HTTP, an operator, or the
 * jobs service.
 */
export function tellShadow(state: State, change: ShadowChange): void {
  // Thousands of things may report over HTTP with nobody listening.
  if (!exchangeOf(state).hasListeners) return;
  const { kind, thingName, shadowName, before, after, answer, clientToken } = change;
  const name = shadowName === "" ? "" : `/name/${shadowName}`;
  const tell = (tail: string, document: object): void =>
    publish(state, serviceMessage(`$aws/things/${thingName}/shadow${name}/${tail}`, document));
  const token = clientToken === undefined ? {} : { clientToken };
  const { timestamp } = answer;

  tell(`${kind}/accepted`, answer);
  if (kind === "delete") return;
  const delta = deltaOf(after.sections?.state ?? {});
  if (delta) {
    tell("update/delta", {
      version: after.version,
      timestamp,
      state: delta,
      metadata: shapedLike(delta, after.sections?.metadata.desired),
      ...token,
    });
  }
  tell("update/documents", {
    previous: before?.sections ? documentIn(before) : null,
    current: documentIn(after),
    timestamp,
    ...token,
  });
}

/** Without delta and without a time of its own. */
function documentIn({ sections, version }: ShadowDocument): object {
  return { ...sections, version };
}
