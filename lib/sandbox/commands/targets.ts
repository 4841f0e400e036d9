import type { State } from "./tables.js";

/** Who carries out a command: a registered thing, or whoever connects with a client id. */
export interface CommandTarget {
  readonly kind: "thing" | "client";
  readonly name: string;
}

/** What a target's ARN means; undefined when it is none of this account and Region. */
export function targetOf(state: State, arn: string): CommandTarget | undefined {
  const prefix = state.arn("");
  if (!arn.startsWith(prefix)) return undefined;
  const [, kind, name] = /^(thing|client)\/([^/+#]+)$/.exec(arn.slice(prefix.length)) ?? [];
  return name === undefined ? undefined : { kind: kind as CommandTarget["kind"], name };
}
