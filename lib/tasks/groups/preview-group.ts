import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { DEFAULT_PREFIX, ownName } from "../../aws/ownership.js";
import type { NewDynamicGroup } from "../../fleet/search/dynamic-groups.js";
import {
  deviceQuery,
  groupNameOf,
  readCriteria,
  type DeviceCriteria,
} from "../../fleet/search/fleet-query.js";
import { countThings } from "../../fleet/search/fleet-index.js";
import { checkName, thingGroupName } from "../../fleet/registry/names.js";
import { queryInWords } from "../../fleet/search/query-words.js";
import { count } from "../../show/progress.js";
import { facts } from "../../show/table.js";
import { showMatches } from "./test-query.js";

/** What a group shall be: criteria, or a query of your own. */
export interface GroupWishes extends DeviceCriteria {
  /**
   * Default: made from the criteria, where they have at most one country and one version. In a class
   * it begins with the prefix.
   */
  readonly name?: string;
  /** Instead of criteria. It needs a name. */
  readonly query?: string;
}

/** A dynamic group that has been thought through: `createDynamicGroup()` takes it as it is. */
export interface GroupPreview extends NewDynamicGroup {
  /** Devices that match now. */
  readonly count: number;
}

/**
 * Show what a dynamic group would be, before it is created: its name, its criteria, its query, how
 * many devices match now and the first of them.
 *
 * Calls GetStatistics once, and SearchIndex once when something matches. Creates nothing.
 *
 * @throws InvalidInputError when a criterion breaks its rule, there are criteria beside a query, or
 * the name is missing or illegal
 * @throws InvalidQueryException when AWS cannot read the query: `testQuery()` says more
 */
export async function previewGroup(fleet: Fleet, wishes: GroupWishes): Promise<GroupPreview> {
  const { name: wishedName, query: ownQuery, ...given } = wishes;
  if (ownQuery !== undefined && Object.keys(given).length > 0) {
    throw new InvalidInputError(
      "a new group",
      wishes,
      "have either a query or criteria",
      "Put the criteria into the query, or leave the query out.",
    );
  }
  const criteria = ownQuery === undefined ? ownCriteria(fleet, given) : {};
  const query = ownQuery ?? deviceQuery(criteria);
  const found = wishedName ?? (ownQuery === undefined ? groupNameOf(given) : undefined);
  if (found === undefined) {
    throw new InvalidInputError(
      "a new group",
      wishes,
      "have a name of its own: only one country and one version make a short one",
      'Add it, such as { name: "North_Devices" }.',
    );
  }
  const name = checkName(ownName(fleet, found), thingGroupName);
  const matching = await countThings(fleet, query);
  fleet.output.show(
    facts([
      ["Group", name],
      ...(ownQuery === undefined ? criteriaInWords(criteria) : []),
      ["Query", query],
      ["In words", queryInWords(query)],
      ["Vehicles now", matching === 0 ? "none: the group would be empty" : count(matching)],
    ]),
  );
  await showMatches(fleet, query, matching);
  const country = ownQuery === undefined ? readCriteria(criteria).countries[0] : undefined;
  return { name, query, count: matching, ...(country !== undefined && { country }) };
}

/** In a class, what no type of ours restricts to our vehicles, the prefix does. */
function ownCriteria(fleet: Fleet, criteria: DeviceCriteria): DeviceCriteria {
  const { prefix } = fleet;
  const isApart =
    prefix === DEFAULT_PREFIX ||
    criteria.prefix !== undefined ||
    criteria.thingType?.startsWith(prefix);
  return isApart || Object.keys(criteria).length === 0 ? criteria : { ...criteria, prefix };
}

function criteriaInWords(criteria: DeviceCriteria): [string, string][] {
  const { thingType, countries, versions } = readCriteria(criteria);
  return [
    ["Countries", countries.join(", ") || "any"],
    ["Thing type", thingType ?? "any"],
    ["Versions", versions.join(", ") || "any"],
    ["Battery", criteria.battery ? `${criteria.battery.trim()} %` : "any"],
  ];
}
