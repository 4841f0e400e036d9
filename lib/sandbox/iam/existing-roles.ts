import { NoSuchEntityException, type Role } from "@aws-sdk/client-iam";
import { createHash } from "node:crypto";
import { encodeRfc3986, WireError } from "../http/wire.js";
import { fault, paged } from "../state/operation.js";
import type { RoleRecord } from "./records.js";
import type { State } from "./tables.js";

/* What all IAM operations on roles need. Names are unique whatever their case. */

export function roleOf(state: State, { RoleName }: { readonly RoleName: string }): RoleRecord {
  return (
    state.roles.get(RoleName.toLowerCase()) ??
    fault(NoSuchEntityException, `The role with name ${RoleName} cannot be found.`)
  );
}

export function saveRole(state: State, record: RoleRecord): void {
  state.roles.set((record.role.RoleName as string).toLowerCase(), record);
}

/** A role as answers carry it: its document is percent-encoded (RFC 3986). */
export function shownRole(role: Role): Role {
  return { ...role, AssumeRolePolicyDocument: encodeRfc3986(role.AssumeRolePolicyDocument ?? "") };
}

/** One page of a list, in IAM's words. AWS gives 100 unless told otherwise, and never more than 1,000. */
export function markedPage<R>(
  input: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined },
  question: unknown,
  entries: (after: string | undefined) => Iterable<[string, R]>,
): { items: R[]; rest: { IsTruncated: boolean; Marker?: string } } {
  const { items, nextToken } = paged({
    page: { nextToken: input.Marker, maxResults: input.MaxItems ?? 100 },
    question,
    entries,
    largest: 1000,
    badToken: () => {
      throw new WireError("ValidationError", 400, "Invalid Marker.");
    },
  });
  const rest = { IsTruncated: nextToken !== undefined };
  return { items, rest: nextToken === undefined ? rest : { ...rest, Marker: nextToken } };
}

/** The same over what one role has of something, by name. */
export function markedNames(
  input: {
    readonly RoleName: string;
    readonly Marker?: string | undefined;
    readonly MaxItems?: number | undefined;
  },
  question: string,
  names: readonly string[],
) {
  return markedPage(input, [question, input.RoleName.toLowerCase()], (after) =>
    [...names]
      .sort()
      .filter((name) => after === undefined || name > after)
      .map((name): [string, string] => [name, name]),
  );
}

/** An id in IAM's alphabet: four letters that say of what, and 17 characters that look random. */
export function iamId(kind: "AROA" | "AIDA", seed: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bytes = createHash("sha256").update(seed).digest().subarray(0, 17);
  return kind + [...bytes].map((byte) => alphabet.charAt(byte & 31)).join("");
}
