import { IAMClient } from "@aws-sdk/client-iam";
import { IoTClient } from "@aws-sdk/client-iot";
import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { IoTJobsDataPlaneClient } from "@aws-sdk/client-iot-jobs-data-plane";
import { BucketLocationConstraint, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { loadSharedConfigFiles } from "@smithy/core/config";
import { ConnectError } from "./errors.js";
import { isLoopback, readSandboxFile, sandboxHome } from "./local.js";
import { patientHandler } from "./patience.js";

/** The account at the other end, as the SDK's own configuration leads to it. */
export interface AwsAccount {
  readonly region: string;
  /** Its twelve digits. */
  readonly account: string;
  /** Addresses that the environment or a profile sets in place of AWS's own. */
  readonly endpoints: readonly string[];
}

/**
 * Find out which account and Region the SDK's configuration leads to. Calls STS GetCallerIdentity once.
 *
 * @throws ConnectError when the way leads to no account: an unknown profile, no Region or a mistyped
 * one, no valid credentials, or addresses that are not AWS's
 */
export async function findAccount(options: {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}): Promise<AwsAccount> {
  const { region: given, profile } = options;
  if (profile) await requireProfile(profile, "");
  const config = {
    requestHandler: patientHandler,
    ...(given && { region: given }),
    ...(profile && { profile }),
  } as object;
  const probe = new STSClient(config);
  const region = await probe.config.region().catch(async (error: unknown) => {
    await requireProfileOfEnvironment();
    throw regionError(error);
  });
  const endpoints = await configuredEndpoints(region);
  const identity = await probe
    .send(new GetCallerIdentityCommand({}))
    .catch(async (error: unknown) => {
      // Other ways to credentials may do without it, so it is blamed only when none did.
      if (isCredentialsError(error)) await requireProfileOfEnvironment();
      throw identityError(error, region);
    });
  return { region, account: identity.Account ?? "", endpoints };
}

async function requireProfileOfEnvironment(): Promise<void> {
  const profile = process.env["AWS_PROFILE"];
  if (profile) await requireProfile(profile, ", which AWS_PROFILE names,");
}

async function requireProfile(profile: string, source: string): Promise<void> {
  // Not from the SDK's memory: whoever has just mended the file runs the cell again.
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const names = new Set(
    [...Object.keys(configFile), ...Object.keys(credentialsFile)].filter(
      // Sections of other kinds come by names with a dot.
      (name) => !/^(sso-session|services)\./.test(name),
    ),
  );
  if (names.has(profile)) return;
  const known =
    names.size > 0 ? `There ${names.size === 1 ? "is" : "are"}: ${[...names].join(", ")}.` : "";
  throw new ConnectError(
    `The profile "${profile}"${source} is not in ~/.aws/config or ~/.aws/credentials. ` +
      `${known || "There is none at all."} ` +
      `A terminal makes it: aws configure --profile ${/^[\w.-]+$/.test(profile) ? profile : "name"}`,
  );
}

function regionError(error: unknown): ConnectError {
  const { message } = error as Error;
  if (/not accepted/.test(message)) {
    return new ConnectError(`${message} Regions are called like us-east-1.`, { cause: error });
  }
  const other = process.env["AWS_DEFAULT_REGION"];
  const ignored = other
    ? ` AWS_DEFAULT_REGION is ${other}, but only Python and the AWS CLI read that variable; JavaScript reads AWS_REGION.`
    : "";
  return new ConnectError(`No AWS Region is set.${ignored} ${REGION_WAYS}`, { cause: error });
}

const REGION_WAYS = `Any one of these sets it:
  1. connect({ target: "aws", region: "us-east-1" })
  2. the environment variable AWS_REGION, before the kernel starts
  3. a terminal: aws configure set region us-east-1`;

/**
 * Where the six clients would go instead of to AWS: with the exports of a sandbox still set, a card
 * that says "a real AWS account" would be wrong, and so would everything after it.
 */
async function configuredEndpoints(region: string): Promise<readonly string[]> {
  const clients = [
    new IoTClient({ region }),
    new IoTDataPlaneClient({ region }),
    new IoTJobsDataPlaneClient({ region }),
    new S3Client({ region }),
    new IAMClient({ region }),
    new STSClient({ region }),
  ];
  const urls = new Set<string>();
  for (const { config } of clients) {
    const url = await config.serviceConfiguredEndpoint?.();
    if (url) urls.add(url);
  }
  for (const url of urls) requireRemote(url);
  return [...urls];
}

function requireRemote(url: string): void {
  const read = URL.canParse(url) ? new URL(url) : undefined;
  if (read?.protocol === "https:" && !isLoopback(read.hostname)) return;
  const variables = Object.keys(process.env).filter(
    (name) => name.startsWith("AWS_ENDPOINT_URL") && process.env[name] === url,
  );
  const where = variables.length > 0 ? variables.join(" and ") : "your AWS configuration";
  throw new ConnectError(
    `Calls would go to ${url}, which ${where} sets, and not to AWS. Any one of these helps:
  1. to AWS: a terminal without the exports that "npm run sandbox" prints (AWS_ENDPOINT_URL and its keys), and start again from there
  2. to the sandbox: connect({ target: "sandbox" })`,
  );
}

function isCredentialsError(error: unknown): boolean {
  return /CredentialsProvider/.test((error as Error).name);
}

function identityError(error: unknown, region: string): ConnectError {
  const { name, message, code } = error as Error & { readonly code?: string };
  const isUnknownHost = code === "ENOTFOUND" || code === "EAI_AGAIN";
  if (isUnknownHost && !isKnownRegion(region)) {
    return new ConnectError(
      `AWS has no Region "${region}" that this version of the SDK knows, and its address was not found ` +
        `(${code}: ${message}). Did you mean ${nearestRegion(region)}?`,
      { cause: error },
    );
  }
  if (name === "TimeoutError" || /^E[A-Z]/.test(code ?? "")) {
    return new ConnectError(
      `AWS could not be reached (${code ?? name}: ${message}). Is this machine online, and may it call ` +
        `amazonaws.com? The sandbox needs no network: connect({ target: "sandbox" })`,
      { cause: error },
    );
  }
  // An expired SSO session comes as a provider's error; only the message tells it from no session.
  const problem =
    /Expired/.test(name) || /expired/.test(message)
      ? "Your AWS credentials have expired."
      : isCredentialsError(error)
        ? "No AWS credentials were found."
        : `AWS did not accept the credentials (${name}: ${message}).${sandboxKeys()}`;
  return new ConnectError(
    `${problem} Any one of these helps:
  1. a terminal: aws sso login (or aws login), then run this cell again
  2. a terminal: aws configure, with an access key of a user who may use AWS IoT
  3. connect({ target: "aws", profile: "name-in-~/.aws/config" }), or AWS_PROFILE before the kernel starts
Or stay on the sandbox, which needs none: connect({ target: "sandbox" })`,
    { cause: error },
  );
}

/** The keys are exported beside the address, and may outlive it. */
function sandboxKeys(): string {
  const key = process.env["AWS_ACCESS_KEY_ID"];
  const own = readSandboxFile(sandboxHome())?.credentials?.accessKeyId;
  return key && key === own
    ? " AWS_ACCESS_KEY_ID holds the key of this project's sandbox, which AWS does not know."
    : "";
}

/** The Regions that S3 names; it leaves out its default. */
const REGIONS: readonly string[] = ["us-east-1", ...Object.values(BucketLocationConstraint)];

function isKnownRegion(region: string): boolean {
  return REGIONS.includes(region);
}

function nearestRegion(region: string): string {
  const near = (name: string) => distance(name, region.toLowerCase());
  return [...REGIONS].sort((a, b) => near(a) - near(b))[0] as string;
}

/** Letters to insert, delete, replace or swap with their neighbour, to make `b` of `a`. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      (rows[i] as number[])[j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(a.length, b.length);
}
