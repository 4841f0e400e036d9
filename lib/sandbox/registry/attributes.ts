import { InvalidRequestException } from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";

/** Attributes of a thing or a group. */
export type Attributes = Readonly<Record<string, string>>;

/** How many attributes a thing may have with and without a type, and a group. */
export const attributeLimits = { untypedThing: 3, typedThing: 50, thingGroup: 50 } as const;

// AWS bounds the total without printing the number; 47 KB is what is reported of it.
const largestTotalBytes = 47 * 1024;

/** What AttributePayload asks for. */
export interface AttributePayload {
  readonly attributes?: Record<string, string> | undefined;
  /** True adds to the stored attributes; false or absent replaces them. */
  readonly merge?: boolean | undefined;
}

/** The attributes after an update. No payload changes nothing; an empty value removes its attribute. */
export function patched(stored: Attributes, payload: AttributePayload | undefined): Attributes {
  if (!payload) return stored;
  const wanted = { ...(payload.merge ? stored : {}), ...payload.attributes };
  return Object.fromEntries(
    Object.entries(wanted)
      .filter(([, value]) => value !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Refuse more attributes than AWS keeps. `whose` begins the message. */
export function checkAttributes(attributes: Attributes, most: number, whose: string): void {
  const entries = Object.entries(attributes);
  if (entries.length > most) {
    fault(
      InvalidRequestException,
      `${whose} can have at most ${most} attributes, this would make ${entries.length}`,
    );
  }
  const total = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (total > largestTotalBytes) {
    fault(
      InvalidRequestException,
      `${whose} has ${total} bytes of attributes, more than ${largestTotalBytes}`,
    );
  }
}

/** Sorted by `patched`, so that equal content has equal text. */
export function areSame(a: Attributes, b: Attributes): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
