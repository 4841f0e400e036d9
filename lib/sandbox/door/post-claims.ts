import { addressOf } from "../http/protocols/s3-request.js";
import { postFormOf, type PostForm } from "../http/post-form.js";
import { WireError } from "../http/wire.js";
import type { WireRequest } from "../http/wire.js";
import { credentialOf } from "./auth-claims.js";
import { refusalsOf } from "./auth-refusals.js";
import { isEqual } from "./equal.js";
import type { OtherClaim } from "./other-claim.js";
import { checkPostPolicy } from "./post-policy.js";
import { sign, signingKey } from "./signature.js";
import { signV2 } from "./signature-v2.js";

/**
 * What a browser's form claims: a policy, signed, that says which fields and file it may carry.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
 */
export function claimOfPost(request: WireRequest): OtherClaim | undefined {
  const { bucket, path } = addressOf(request);
  if (request.method !== "POST" || bucket === "" || path !== "/") return undefined;
  const isForm = request.query === "" && request.headers["authorization"] === undefined;
  if (!isForm) return undefined;
  const form = postFormOf(request);
  if (!form) {
    throw new WireError(
      "PreconditionFailed",
      412,
      "At least one of the pre-conditions you specified did not hold",
      { Condition: "Bucket POST must be of the enclosure-type multipart/form-data" },
    );
  }
  if (!form.fields.has("key")) throw missing("key");
  const claim = signedWith(form);
  return {
    ...claim,
    bucket,
    check(secretAccessKey, now) {
      if (secretAccessKey !== undefined) claim.prove(secretAccessKey);
      const policy = form.fields.get("policy");
      if (policy !== undefined) checkPostPolicy(policy, { form, bucket, now });
    },
  };
}

interface SignedForm {
  readonly accessKeyId: string;
  readonly region?: string;
  prove(secretAccessKey: string): void;
}

function signedWith(form: PostForm): SignedForm {
  const { fields } = form;
  const isVersion4 = [...fields.keys()].some((name) =>
    /^x-amz-(signature|algorithm|credential|date)$/.test(name),
  );
  if (isVersion4) return signedWithVersion4(fields);
  if (!["policy", "signature", "awsaccesskeyid"].some((name) => fields.has(name))) {
    // Nobody in particular: only an open sandbox obeys, as it does to every unsigned request.
    return { accessKeyId: "", prove: () => refuse(refusalsOf("s3").missing()) };
  }
  const accessKeyId = needed(fields, "AWSAccessKeyId");
  const signature = needed(fields, "Signature");
  const policy = needed(fields, "policy");
  return {
    accessKeyId,
    prove(secretAccessKey) {
      check(signV2(secretAccessKey, policy), { accessKeyId, signature, stringToSign: policy });
    },
  };
}

function signedWithVersion4(fields: ReadonlyMap<string, string>): SignedForm {
  const algorithm = needed(fields, "X-Amz-Algorithm");
  const credential = needed(fields, "X-Amz-Credential");
  const date = needed(fields, "X-Amz-Date");
  const signature = needed(fields, "X-Amz-Signature");
  const policy = needed(fields, "policy");
  if (algorithm !== "AWS4-HMAC-SHA256") {
    throw argument(
      "X-Amz-Algorithm",
      algorithm,
      'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
    );
  }
  const { accessKeyId, scope } = credentialOf(credential, date, (reason) =>
    argument("X-Amz-Credential", credential, reason),
  );
  return {
    accessKeyId,
    region: scope.region,
    prove(secretAccessKey) {
      const key = signingKey(secretAccessKey, scope);
      check(sign(key, policy), { accessKeyId, signature, stringToSign: policy });
    },
  };
}

function check(
  expected: string,
  given: {
    readonly accessKeyId: string;
    readonly signature: string;
    readonly stringToSign: string;
  },
): void {
  if (!isEqual(expected, given.signature)) throw refusalsOf("s3").mismatch(given);
}

function needed(fields: ReadonlyMap<string, string>, name: string): string {
  return fields.get(name.toLowerCase()) ?? refuse(missing(name));
}

function missing(name: string): WireError {
  return argument(
    name,
    "",
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
  );
}

function argument(name: string, value: string, message: string): WireError {
  return new WireError("InvalidArgument", 400, message, {
    ArgumentName: name,
    ArgumentValue: value.slice(0, 200),
  });
}

function refuse(error: WireError): never {
  throw error;
}
