import { isObject } from "../http/json.js";
import { accessDenied } from "./existing-buckets.js";
import { WireError } from "../http/wire.js";
import { listed } from "../door/policy-json.js";
import { isLike } from "../door/wildcards.js";

/** AWS's quota for one bucket policy, in bytes. */
const LARGEST_POLICY = 20 * 1024;

/**
 * Refuse a bucket policy that S3 would refuse: no policy at all, one for another bucket or for somebody
 * who is not there, or a public one where Block Public Access forbids it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function checkBucketPolicy(
  text: string,
  bucket: string,
  options: {
    readonly blocksPublic: boolean;
    /** Is there such a principal of that kind? */
    readonly isPrincipal: (kind: string, name: string) => boolean;
  },
): void {
  const { blocksPublic, isPrincipal } = options;
  if (Buffer.byteLength(text) > LARGEST_POLICY) {
    throw new WireError("PolicyTooLarge", 400, `A bucket policy may have ${LARGEST_POLICY} bytes.`);
  }
  const policy = parsed(text);
  const { Version } = policy;
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17") {
    throw malformed("The policy must contain a valid version string");
  }
  const statements = listed(policy["Statement"]);
  if (statements.length === 0) throw malformed("Missing required field Statement");
  for (const statement of statements) {
    if (!isObject(statement)) throw malformed("Syntax errors in policy.");
    const missing = ["Effect", "Principal", "Action", "Resource"].find(
      (field) => statement[field] === undefined && statement[`Not${field}`] === undefined,
    );
    if (missing) throw malformed(`Missing required field ${missing}`);
    if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") {
      throw malformed(`Invalid effect: ${String(statement["Effect"]).slice(0, 100)}`);
    }
    checkPrincipals(statement["Principal"] ?? statement["NotPrincipal"], isPrincipal);
    checkActions(statement, bucket);
    if (blocksPublic && isPublic(statement)) {
      throw accessDenied(
        `Access Denied: the policy of ${bucket} is public, and public policies are blocked by the ` +
          "BlockPublicPolicy block public access setting.",
      );
    }
  }
}

function checkPrincipals(
  principal: unknown,
  isPrincipal: (kind: string, name: string) => boolean,
): void {
  if (principal === "*") return;
  if (!isObject(principal)) throw malformed("Invalid policy syntax.");
  const named = Object.entries(principal).flatMap(([kind, value]) =>
    listed(value).map((name) => [kind, String(name)] as const),
  );
  if (named.length === 0) throw malformed("Missing required field Principal cannot be empty!");
  if (!named.every(([kind, name]) => isPrincipal(kind, name))) {
    throw malformed("Invalid principal in policy");
  }
}

/** Actions whose names say what they are for; of others nothing is concluded. */
const BUCKET_ACTION = /^s3:(list|get|put|delete)bucket/i;
const OBJECT_ACTION =
  /^s3:((get|put|delete|restore)object|abortmultipartupload|listmultipartuploadparts)/i;

/** Actions of S3, on this bucket and its objects, and each on something that it is for. */
function checkActions(statement: Readonly<Record<string, unknown>>, bucket: string): void {
  const actions = listed(statement["Action"] ?? statement["NotAction"]).map(String);
  if (!actions.every((action) => action === "*" || /^s3:[a-z*?]+$/i.test(action))) {
    throw malformed("Policy has invalid action");
  }
  const resources = listed(statement["Resource"] ?? statement["NotResource"]).map(
    (resource) => /^arn:aws:s3:::(.+)$/s.exec(String(resource))?.[1] ?? "",
  );
  if (!resources.every((resource) => isLike(resource.split("/")[0] ?? "", bucket))) {
    throw malformed("Policy has invalid resource");
  }
  if (statement["Action"] === undefined || statement["Resource"] === undefined) return;
  const isOfBucket = resources.some((resource) => !resource.includes("/"));
  // A star in the place of the bucket's end covers what comes after it too.
  const isOfObjects = resources.some((resource) => /\/|\*$/.test(resource));
  const isLost = actions.some(
    (action) =>
      (BUCKET_ACTION.test(action) && !isOfBucket) || (OBJECT_ACTION.test(action) && !isOfObjects),
  );
  if (isLost) throw malformed("Action does not apply to any resource(s) in statement");
}

/** Everybody is let in, and no condition narrows it down. */
function isPublic(statement: Readonly<Record<string, unknown>>): boolean {
  const { Effect, Principal, Condition } = statement;
  const whom = isObject(Principal) ? listed(Principal["AWS"]) : [Principal];
  return Effect === "Allow" && whom.includes("*") && Condition === undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  const refusal = malformed("Policies must be valid JSON and the first byte must be '{'");
  if (!text.startsWith("{")) throw refusal;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw refusal;
  }
}

function malformed(message: string): WireError {
  return new WireError("MalformedPolicy", 400, message);
}
