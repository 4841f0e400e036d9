import type { Fleet } from "../../aws/connect.js";
import { hasPrefix, whoseName } from "../../aws/ownership.js";
import { isOurThing, listThings } from "../../fleet/registry/things.js";
import { count } from "../../show/progress.js";

/** Something of the workshop that stays. */
export interface Kept {
  readonly name: string;
  /** As the end of "it stays: …". */
  readonly why: string;
}

/** What of one kind is ours: what goes, and what stays. */
export interface Found {
  readonly names: readonly string[];
  readonly kept: readonly Kept[];
}

/** So many things, and one of them. */
interface Tally {
  things: number;
  example: string;
}

/** The things of the account, sorted by whose they are. */
export interface Survey {
  readonly found: Found;
  /** Names of the things that are ours. */
  readonly mine: ReadonlySet<string>;
  /** Names of the workshop's things with other prefixes: a class on one account. */
  readonly others: ReadonlySet<string>;
  /** Other prefixes whose fleet is planned in the account, whether or not it has things yet. */
  readonly prefixes: readonly string[];
  /** Whose a type, group, package or job is, as its name tells. */
  readonly whose: (name: string) => "ours" | "theirs" | "unknown";
  /** How many things the workshop did not make. */
  readonly strangers: number;
  /** Types that our own things have. */
  readonly myTypes: ReadonlySet<string>;
  /** Things that stay, by type. */
  readonly byType: ReadonlyMap<string, { readonly others: Tally; readonly strangers: Tally }>;
}

/** Told of everything that was looked at. */
export type Seen = () => void;

/**
 * How the vehicle of notebook 00 begins: it has a name of its own, to stay out of the counts of the
 * fleet, and is left over when that notebook was not finished.
 */
const FIRST = "First-";

/**
 * Look at every thing once. Calls ListThings, 250 a page; keeps the names of ours only.
 *
 * @param prefixes of other fleets that are planned in the account
 */
export async function survey(
  fleet: Fleet,
  prefixes: readonly string[],
  seen: Seen,
): Promise<Survey> {
  // "Van-2-001" is not ours when "Van-" is our prefix and somebody else's plan has "Van-2-".
  const longer = prefixes.filter((one) => one.startsWith(fleet.prefix));
  const isMine = (name: string): boolean => {
    const bare = name.startsWith(FIRST) ? name.slice(FIRST.length) : name;
    return hasPrefix(fleet, bare) && !longer.some((one) => bare.startsWith(one));
  };
  const mine = new Set<string>();
  const others = new Set<string>();
  const myTypes = new Set<string>();
  let strangers = 0;
  const byType = new Map<string, { others: Tally; strangers: Tally }>();
  for await (const thing of listThings(fleet)) {
    const { thingName: name = "", thingTypeName: type } = thing;
    const isWorkshops = isOurThing(thing);
    if (isWorkshops && isMine(name)) {
      mine.add(name);
      if (type !== undefined) myTypes.add(type);
    } else {
      if (isWorkshops) others.add(name);
      else strangers++;
      if (type !== undefined) {
        const tallies = byType.get(type) ?? {
          others: { things: 0, example: "" },
          strangers: { things: 0, example: "" },
        };
        byType.set(type, tallies);
        add(isWorkshops ? tallies.others : tallies.strangers, name);
      }
    }
    seen();
  }
  const why = `not of the prefix ${fleet.prefix}: connect({ prefix }) with theirs`;
  const kept = others.size === 0 ? [] : [{ name: toldOf(others), why }];
  const whose = (name: string) => whoseName(fleet, name, prefixes);
  const found = { names: [...mine], kept };
  return { found, mine, others, prefixes, whose, strangers, myTypes, byType };
}

function add(tally: Tally, name: string): void {
  tally.example ||= name;
  tally.things++;
}

/** `Ada-001`, or `Ada-001 and 11 more` */
export function toldOf(names: ReadonlySet<string>): string {
  return told({ things: names.size, example: names.values().next().value ?? "" });
}

/** `Ada-001`, or `Ada-001 and 11 more` */
export function told({ things, example }: Tally): string {
  return things === 1 ? example : `${example} and ${count(things - 1)} more`;
}
