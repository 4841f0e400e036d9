import type { Fleet } from "../../aws/connect.js";
import { checkPrefix } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { DEFAULT_PREFIX } from "../../aws/ownership.js";
import { NOTES_OWNER } from "../../fleet/shadows/notes.js";
import { CLEAN_UP_OPERATIONS, PATH_OPERATIONS } from "./called-operations.js";
import { permissionsFor, type ResourceKind } from "./permissions.js";

/** An IAM policy of allowances. */
export interface IamPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: "Allow";
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
}

/** Read of everybody's groups: that alone tells dynamic groups from static ones when all are listed. */
const READ_OF_ALL: ReadonlySet<string> = new Set(["iot:DescribeThingGroup"]);

/** Characters of a managed policy, white space aside. */
const MOST_CHARACTERS = 6_144;
const QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";

/**
 * The IAM policy of one learner of a class: what the notebooks call, and on what has a name only under
 * their prefix. Make it a managed policy of theirs. Calls nothing.
 *
 * Where IAM knows no resource for an action, such as ListThings or UpdateIndexingConfiguration, it is
 * allowed on all; so are certificates, whose ids nobody chooses. What a class shares, the firmware bucket,
 * the two roles and the workshop's notes, each learner may change, since the last one takes it away.
 *
 * The document names no account: a policy of an account allows nothing in another one.
 *
 * @throws InvalidInputError for the default prefix, under which names have nothing in common, and for a
 * prefix that `connect()` does not take
 */
export function learnerPolicy(fleet: Fleet, prefix: string): IamPolicy {
  return policyOf(fleet, [prefix], PATH_OPERATIONS);
}

/**
 * The IAM policy of somebody who may see and remove what these prefixes have left, and create nothing:
 * what closeClass() calls, and the board. Calls nothing.
 *
 * @throws InvalidInputError as learnerPolicy(), and when so many prefixes make a policy longer than IAM takes
 */
export function cleanUpPolicy(fleet: Fleet, prefixes: readonly string[]): IamPolicy {
  return policyOf(fleet, prefixes, CLEAN_UP_OPERATIONS);
}

function policyOf(
  fleet: Fleet,
  prefixes: readonly string[],
  operations: readonly string[],
): IamPolicy {
  if (prefixes.length === 0) {
    throw new InvalidInputError("the prefixes of a policy", prefixes, "be at least one");
  }
  for (const prefix of prefixes.map(checkPrefix)) {
    if (!DEFAULT_PREFIX.startsWith(prefix)) continue;
    throw new InvalidInputError(
      "the prefix of a policy",
      prefix,
      "be one of a class: under the default one, types, groups and jobs have names with nothing in common",
      "Whoever has an account to themselves needs the permissions that the README lists.",
    );
  }
  const byKind = new Map<ResourceKind, Set<string>>();
  const ofAll = new Set<string>();
  for (const operation of operations) {
    for (const { action, on } of permissionsFor(operation) ?? []) {
      if (READ_OF_ALL.has(action)) ofAll.add(action);
      else for (const kind of on) byKind.set(kind, (byKind.get(kind) ?? new Set()).add(action));
    }
  }
  const policy: IamPolicy = {
    Version: "2012-10-17",
    Statement: [
      ...[...byKind].map(([kind, actions]) =>
        allow(kind, actions, resourcesOf(fleet, kind, prefixes)),
      ),
      allow("allgroups", ofAll, [`arn:aws:iot:${fleet.region}:*:thinggroup/*`]),
    ],
  };
  const { length } = JSON.stringify(policy);
  if (length <= MOST_CHARACTERS) return policy;
  throw new InvalidInputError(
    "the number of prefixes of a policy",
    prefixes.length,
    `make a document of at most ${MOST_CHARACTERS} characters, and this one has ${length}`,
    `Make several policies with some of the prefixes each, and attach them all. ${QUOTAS}`,
  );
}

const allow = (Sid: string, actions: ReadonlySet<string>, Resource: readonly string[]) =>
  ({ Sid, Effect: "Allow", Action: [...actions].sort(), Resource }) as const;

/** What actions on this kind are allowed on. `*` stands for the account: see above. */
function resourcesOf(fleet: Fleet, kind: ResourceKind, prefixes: readonly string[]): string[] {
  const iot = (what: string) => `arn:aws:iot:${fleet.region}:*:${what}`;
  const each = (what: string) => prefixes.map((prefix) => iot(`${what}/${prefix}*`));
  switch (kind) {
    case "any":
      return ["*"];
    case "thing":
      return [...each("thing"), iot(`thing/${NOTES_OWNER}`)];
    case "packageversion":
      return each("package").map((arn) => `${arn}/version/*`);
    case "index":
      return [iot("index/AWS_Things")];
    case "cert":
      return [iot("cert/*")];
    case "tagged":
      // Whose a thing is that somebody else has named alike is read from its tags.
      return [iot("*")];
    case "bucket":
      return ["arn:aws:s3:::iot-firmware-*"];
    case "object":
      return ["arn:aws:s3:::iot-firmware-*/*"];
    case "role":
      return ["arn:aws:iam::*:role/IoT*Role-*"];
    case "thinggroup":
    case "thingtype":
    case "package":
    case "job":
    case "command":
    case "policy":
      return each(kind);
  }
}
