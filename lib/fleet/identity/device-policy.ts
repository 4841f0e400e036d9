import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  ListPolicyVersionsCommand,
  paginateListPolicies,
  paginateListTargetsForPolicy,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError, unlessMissing, unlessTaken } from "../../aws/errors.js";
import { isOurs, tagList } from "../../aws/ownership.js";
import { listTags, requireOurs } from "../registry/tags.js";

/** What a vehicle may do once it is connected: its shadows, its jobs, its commands. */
const DEVICE_RIGHTS = ["shadow", "jobs", "commands"] as const;

export type DeviceRight = (typeof DEVICE_RIGHTS)[number];

/** The thing of the connection, whatever the client calls itself. */
const THING = "${iot:Connection.Thing.ThingName}";

/** Below which topics each right lets a vehicle speak and listen: its own, and no other vehicle's. */
const TOPICS: Readonly<Record<DeviceRight, string>> = {
  shadow: `$aws/things/${THING}/shadow/*`,
  jobs: `$aws/things/${THING}/jobs/*`,
  commands: `$aws/commands/things/${THING}/executions/*`,
};

/**
 * The name of the one policy that all vehicles of this prefix share: no vehicle needs one of its own,
 * since the policy speaks of "the thing of this connection". With fewer rights it is another policy.
 */
function devicePolicyName(
  { prefix }: { readonly prefix: string },
  rights: readonly DeviceRight[] = DEVICE_RIGHTS,
): string {
  const isAll = DEVICE_RIGHTS.every((right) => rights.includes(right));
  const few = rights.length === 0 ? ["connect"] : rights;
  return [`${prefix}policy`, ...(isAll ? [] : few)].join(".");
}

/** True for a name that {@link devicePolicyName} gives under this prefix. */
function isDevicePolicyName(fleet: { readonly prefix: string }, name: string): boolean {
  const full = devicePolicyName(fleet);
  return name === full || name.startsWith(`${full}.`);
}

/** A policy as AWS IoT takes it. */
export interface DevicePolicy {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
  }[];
}

/**
 * The least that a vehicle needs: to connect under its own name, and to speak and listen below its own
 * reserved topics.
 */
export function devicePolicyDocument(rights: readonly DeviceRight[] = DEVICE_RIGHTS): DevicePolicy {
  const topics = DEVICE_RIGHTS.filter((right) => rights.includes(right)).map(
    (right) => TOPICS[right],
  );
  const on = (kind: string) => topics.map((topic) => `arn:aws:iot:*:*:${kind}/${topic}`);
  const allow = (Action: string | string[], Resource: string | string[]) => ({
    Effect: "Allow",
    Action,
    Resource,
  });
  return {
    Version: "2012-10-17",
    Statement: [
      allow("iot:Connect", `arn:aws:iot:*:*:client/${THING}`),
      ...(topics.length > 0
        ? [
            allow(["iot:Publish", "iot:Receive"], on("topic")),
            allow("iot:Subscribe", on("topicfilter")),
          ]
        : []),
    ],
  };
}

/**
 * Create the policy of this fleet's vehicles, or bring it to what it should say.
 *
 * Calls GetPolicy, then CreatePolicy; or ListTagsForResource and, when somebody has changed it,
 * CreatePolicyVersion, which first removes the oldest version when AWS's five are taken. A second call
 * changes nothing.
 *
 * @param rights what the vehicles may do beside connecting. Default: everything they need.
 * @returns its name
 * @throws NotOursError when a policy of that name was not made by the workshop
 * @throws InvalidInputError when there is no such right
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
 */
export async function createDevicePolicy(
  fleet: Fleet,
  rights: readonly DeviceRight[] = DEVICE_RIGHTS,
): Promise<string> {
  const unknown = rights.find((right) => !DEVICE_RIGHTS.includes(right));
  if (unknown !== undefined) {
    throw new InvalidInputError(
      "a right of a vehicle",
      unknown,
      `be one of ${DEVICE_RIGHTS.join(", ")}`,
    );
  }
  const ordered = DEVICE_RIGHTS.filter((right) => rights.includes(right));
  const policyName = devicePolicyName(fleet, ordered);
  const policyDocument = JSON.stringify(regional(fleet, devicePolicyDocument(ordered)));
  const create = () =>
    fleet.iot.send(
      new CreatePolicyCommand({ policyName, policyDocument, tags: tagList(fleet.tags) }),
    );
  const get = () => unlessMissing(fleet.iot.send(new GetPolicyCommand({ policyName })));
  let found = await get();
  if (!found) {
    if (await unlessTaken(create())) return policyName;
    found = await get();
  }
  await requireOurs(fleet, `The policy ${policyName}`, found?.policyArn ?? "");
  if (!isSameJson(found?.policyDocument, policyDocument)) {
    await setDocument(fleet, policyName, policyDocument);
  }
  return policyName;
}

/** AWS keeps five versions of a policy, and never throws one away by itself. */
const MOST_VERSIONS = 5;

async function setDocument(
  fleet: Fleet,
  policyName: string,
  policyDocument: string,
): Promise<void> {
  const { policyVersions = [] } = await fleet.iot.send(
    new ListPolicyVersionsCommand({ policyName }),
  );
  const others = policyVersions
    .filter(({ isDefaultVersion }) => !isDefaultVersion)
    .sort((a, b) => Number(a.createDate ?? 0) - Number(b.createDate ?? 0));
  if (policyVersions.length >= MOST_VERSIONS) {
    await fleet.iot.send(
      new DeletePolicyVersionCommand({ policyName, policyVersionId: others[0]?.versionId }),
    );
  }
  await fleet.iot.send(
    new CreatePolicyVersionCommand({ policyName, policyDocument, setAsDefault: true }),
  );
}

/**
 * Delete a policy of this fleet's vehicles, which no certificate may have any more.
 *
 * Calls GetPolicy, ListTagsForResource, ListPolicyVersions, DeletePolicyVersion for each but the
 * default, and DeletePolicy. A second call finds nothing.
 *
 * @returns true when there was something to delete
 * @throws NotOursError when it was not made by the workshop
 * @throws DeleteConflictException while something has it
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html
 */
export async function deleteDevicePolicy(fleet: Fleet, policyName: string): Promise<boolean> {
  const found = await unlessMissing(fleet.iot.send(new GetPolicyCommand({ policyName })));
  if (!found) return false;
  await requireOurs(fleet, `The policy ${policyName}`, found.policyArn ?? "");
  const { policyVersions = [] } = await fleet.iot.send(
    new ListPolicyVersionsCommand({ policyName }),
  );
  for (const { versionId: policyVersionId, isDefaultVersion } of policyVersions) {
    if (isDefaultVersion) continue;
    await fleet.iot.send(new DeletePolicyVersionCommand({ policyName, policyVersionId }));
  }
  await fleet.iot.send(new DeletePolicyCommand({ policyName }));
  return true;
}

/** The ids of the certificates that have a policy; none when there is no such policy. */
export async function certificatesWith(fleet: Fleet, policyName: string): Promise<Set<string>> {
  const ids = new Set<string>();
  const pages = paginateListTargetsForPolicy({ client: fleet.iot, pageSize: 250 }, { policyName });
  const all = async () => {
    for await (const { targets = [] } of pages) {
      for (const target of targets) {
        const [, id] = /:cert\/([0-9a-f]+)$/.exec(target) ?? [];
        if (id !== undefined) ids.add(id);
      }
    }
    return ids;
  };
  return (await unlessMissing(all())) ?? ids;
}

/** The same document for this account and Region alone, as AWS's own examples write it. */
function regional({ region, account }: Fleet, document: object): object {
  const here = JSON.stringify(document).replaceAll(
    "arn:aws:iot:*:*:",
    `arn:aws:iot:${region}:${account}:`,
  );
  return JSON.parse(here) as object;
}

function isSameJson(a: string | undefined, b: string): boolean {
  return a !== undefined && JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
}

/** The policies of this prefix's vehicles that the workshop made. Calls ListPolicies, and ListTagsForResource for each. */
export async function listDevicePolicies(fleet: Fleet): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateListPolicies({ client: fleet.iot, pageSize: 250 }, {})) {
    for (const { policyName = "", policyArn = "" } of page.policies ?? []) {
      if (!isDevicePolicyName(fleet, policyName)) continue;
      if (isOurs(await listTags(fleet, policyArn))) names.push(policyName);
    }
  }
  return names;
}
