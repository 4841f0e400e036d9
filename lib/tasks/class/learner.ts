import { checkPrefix, type Fleet } from "../../aws/connect.js";

/**
 * The same account as a learner of it: what is handed this fleet works under their prefix, so that
 * `catchUp(asLearner(fleet, "Ada-"), { to: "05-simulation" })` helps Ada. Calls nothing; clients,
 * limits and counts are the given fleet's.
 *
 * @throws InvalidInputError when the prefix is not one that `connect()` takes
 */
export function asLearner(fleet: Fleet, prefix: string): Fleet {
  return { ...fleet, prefix: checkPrefix(prefix) };
}
