import { accessDenied } from "./existing-buckets.js";
import { WireError } from "../http/wire.js";
import { isObject, listed } from "../door/policy-json.js";

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
    /** Is there such a role, user or account? */
    readonly isPrincipal: (name: string) => boolean;
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
    const { Principal } = statement;
    const named = isObject(Principal) ? listed(Principal["AWS"]).map(String) : [];
    if (!named.every((name) => isPrincipal(name))) throw malformed("Invalid principal in policy");
    const isOurs = listed(statement["Resource"]).every((resource) =>
      new RegExp(`^arn:aws:s3:::(${bucket.replaceAll(".", "\\.")}|\\*)(/.*)?$`, "s").test(
        String(resource),
      ),
    );
    if (!isOurs) throw malformed("Policy has invalid resource");
    if (blocksPublic && isPublic(statement)) {
      throw accessDenied(
        `Access Denied: the policy of ${bucket} is public, and public policies are blocked by the ` +
          "BlockPublicPolicy block public access setting.",
      );
    }
  }
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
