import { IAMClient } from "@aws-sdk/client-iam";
import { IoTClient } from "@aws-sdk/client-iot";
import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { IoTJobsDataPlaneClient } from "@aws-sdk/client-iot-jobs-data-plane";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import type { MetadataBearer, Pluggable } from "@smithy/types";
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { inspect } from "node:util";
import { facts, type Shown } from "../show/table.js";
import { findAccount } from "./account.js";
import { budgetFolder } from "./pacing/budget.js";
import { createChargeGuard } from "./charges.js";
import { systemClock, type Clock } from "./clock.js";
import { watchCalls } from "./debug.js";
import { InvalidInputError } from "./errors.js";
import { isNotebook, redactConsole } from "./kernel.js";
import { createLimits, type LimitOverrides, type Limits } from "./pacing/limits.js";
import { livePageUrl, openLiveSession } from "./live-page.js";
import {
  sandboxHome,
  sandboxOfCopy,
  startSandbox,
  vehiclesHome,
  type LocalSandbox,
  type MqttEndpoint,
} from "./local.js";
import type { DialDevice } from "./mqtt/device-keys.js";
import { keepingAlive, type PassTime } from "./mqtt/open-connections.js";
import { defaultOutput, type Output } from "./output.js";
import { DEFAULT_PREFIX, fingerprint, workshopTags } from "./ownership.js";
import { createPacer, type CallCounts } from "./pacing/pacing.js";
import { createSilenceWatch, patientHandler } from "./patience.js";
import type { Service } from "./pacing/quotas.js";
import { maskAccount } from "./redact.js";
import { readRefusedCalls, type RefusedCall } from "./refused-calls.js";
import { moveSandboxClock, sandboxClock } from "./sandbox-clock.js";

/** Where calls go: the local AWS of this project, or an AWS account. */
export type Target = "sandbox" | "aws";

/** The context that every function of `fleetlab` takes first. Made by `connect()`. */
export interface Fleet {
  readonly target: Target;
  readonly region: string;
  /** The account's twelve digits. Shown masked; needed whole in ARNs. */
  readonly account: string;
  /** How names of devices begin. */
  readonly prefix: string;
  /** What everything we create is tagged with. */
  readonly tags: Readonly<Record<string, string>>;
  /** How fast each operation may go. */
  readonly limits: Limits;
  /** True shows each call with input, output, milliseconds and attempts, one call at a time. */
  debug: boolean;
  /** The SDK's clients, paced and watched: safe to use raw in any cell. */
  readonly iot: IoTClient;
  readonly iotData: IoTDataPlaneClient;
  readonly iotJobs: IoTJobsDataPlaneClient;
  readonly s3: S3Client;
  readonly iam: IAMClient;
  readonly sts: STSClient;
  /** Attempts and throttles so far. */
  readonly counts: CallCounts;
  /** The time of wherever calls go: on the sandbox, its own. */
  readonly clock: Clock;
  /** Let so many milliseconds pass: the sandbox's clock is set ahead, AWS's is waited for. */
  readonly passTime: PassTime;
  /** Where devices connect on the sandbox; undefined on AWS, which DescribeEndpoint tells. */
  readonly mqtt?: MqttEndpoint;
  /** Where a browser sees the fleet of the sandbox as it happens; undefined on AWS. */
  readonly livePage?: string;
  /** What the sandbox has refused lately to connections with this prefix, or to all; undefined on AWS. */
  readonly refusedCalls?: (prefix: string | undefined) => Promise<readonly RefusedCall[]>;
  /** The folder with the private keys of this fleet's vehicles, for this account and Region. */
  readonly keyFolder: string;
  /**
   * Ask leave for something that goes another way than by these clients, such as a message of a
   * vehicle, and wait for its turn as their calls do.
   */
  readonly admit: (service: Service, operation: string, signal: AbortSignal) => Promise<void>;
  /** How a vehicle reaches the broker; tests reach one in their own process. Default: TLS. */
  readonly dial?: DialDevice;
  readonly output: Output;
}

export interface ConnectOptions {
  /** Default: the environment variable `WORKSHOP_TARGET`, else `sandbox`. */
  readonly target?: Target;
  /** Default: what the SDK finds (environment, profile); on the sandbox `AWS_REGION`, else us-east-1. */
  readonly region?: string;
  /** A profile of `~/.aws/config`, for the target `aws`. */
  readonly profile?: string;
  /** How names of devices begin: 1 to 20 characters from `a-z A-Z 0-9 _ -`. Default `Vehicle-VIN-`. */
  readonly prefix?: string;
  /** Tags on everything we create, beside our own. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Rates of our own, in requests per second by operation: `{ CreateThing: 20 }`. */
  readonly limits?: LimitOverrides;
  /** The part of every rate that is ours, greater than 0 and at most 1. Default 1. */
  readonly share?: number;
  readonly debug?: boolean;
  /** Needed before anything is created on a real account. */
  readonly acceptCharges?: boolean;
  /** Where words go. Default: the notebook, or the terminal. */
  readonly output?: Output;
}

/**
 * Connect to the sandbox or to AWS, and print a card that says where you are.
 *
 * Starts this project's sandbox in the background when it is not up; a second call, here or in
 * another notebook, finds the same one. On AWS it calls STS GetCallerIdentity once.
 *
 * @throws ConnectError when there are no valid credentials or no Region, or when calls would not go to
 * AWS at all; it names the usual ways out
 * @throws InvalidInputError when an option breaks its rule
 * @throws SandboxStartError when the sandbox does not come up
 */
export async function connect(options: ConnectOptions = {}): Promise<Fleet> {
  if (isNotebook()) redactConsole(console);
  const target = checkTarget(options.target, "a target") ?? targetFromEnvironment();
  if (options.prefix !== undefined) checkPrefix(options.prefix);
  const parts = target === "aws" ? await partsOfAws(options) : await partsOfSandbox(options);
  const fleet = createFleet(parts);
  fleet.output.show(card(fleet, parts));
  return fleet;
}

/** The part of each rate that somebody has who looks into another's sandbox: they share no budget. */
const VISITORS_SHARE = 0.25;

/**
 * Connect to the sandbox of another copy of the project on this machine, such as that of another user of
 * a hub, and say nothing. It is not started: it and its files are that user's.
 *
 * @param project the folder of that copy
 * @returns undefined when no sandbox runs there
 * @throws FleetError when its keys are not this user's to read
 */
export async function connectToCopy(
  project: string,
  options: Pick<ConnectOptions, "region" | "prefix" | "output"> = {},
): Promise<Fleet | undefined> {
  const sandbox = await sandboxOfCopy(project);
  if (!sandbox) return undefined;
  return createFleet(await partsOf(sandbox, { ...options, share: VISITORS_SHARE }));
}

async function partsOfSandbox(options: ConnectOptions): Promise<FleetParts> {
  const sandbox = await startSandbox();
  // The project's sandbox is one for all its notebooks, and its quotas are as well. Their budget is
  // this user's: the folder is made here, and not as one for everybody.
  const budget = join(sandboxHome(), "budget");
  mkdirSync(budget, { recursive: true });
  return { ...(await partsOf(sandbox, options)), budget };
}

async function partsOf(sandbox: LocalSandbox, options: ConnectOptions): Promise<FleetParts> {
  const { url, credentials, mqtt } = sandbox;
  const region = options.region ?? process.env["AWS_REGION"] ?? "us-east-1";
  const page = await openLiveSession(sandbox, { region });
  const clock = sandboxClock(url);
  clock.moveTo(await moveSandboxClock(sandbox, 0));
  return {
    ...options,
    target: "sandbox",
    region,
    account: credentials.account,
    clientConfig: {
      endpoint: url,
      credentials,
      // Of whoever works with AWS too, the environment may ask for these; the SDK takes neither
      // together with an address of our own.
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
    },
    acceptCharges: true,
    clock,
    ...(mqtt && { mqtt }),
    ...(page && { livePage: livePageUrl(sandbox, page) }),
    refusedCalls: (prefix) => readRefusedCalls(sandbox, prefix),
    passTime: async (ms, signal) => clock.moveTo(await moveSandboxClock(sandbox, ms, signal)),
  };
}

async function partsOfAws(options: ConnectOptions): Promise<FleetParts> {
  const { region, account, endpoints } = await findAccount(options);
  return {
    ...options,
    target: "aws",
    region,
    account,
    endpoints,
    clientConfig: {
      ...(options.region && { region: options.region }),
      ...(options.profile && { profile: options.profile }),
    },
    acceptCharges: options.acceptCharges ?? false,
    budget: budgetFolder(),
  };
}

/** What the SDK's clients are made with. */
interface ClientConfig {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Tests reach a sandbox in their own process through this. */
  readonly requestHandler?: object;
  readonly retryStrategy?: object;
  readonly disableClockSkewCorrection?: boolean;
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
}

export interface FleetParts extends Omit<ConnectOptions, "region" | "target"> {
  readonly target: Target;
  readonly region: string;
  readonly account: string;
  readonly clientConfig: ClientConfig;
  readonly acceptCharges: boolean;
  readonly clock?: Clock;
  /** Addresses in place of AWS's own, for the card. */
  readonly endpoints?: readonly string[];
  readonly livePage?: string;
  readonly refusedCalls?: Fleet["refusedCalls"];
  readonly mqtt?: MqttEndpoint;
  /** Default: sleep on the clock. */
  readonly passTime?: PassTime;
  /** Default: in the project's `.fleetlab`, a folder for each account and Region. */
  readonly keyFolder?: string;
  readonly dial?: DialDevice;
  /** The folder through which notebooks share the account's limits. Default: this process has them to itself. */
  readonly budget?: string;
}

/** Put a fleet together from what `connect` found out, or from what a test wants it to be. */
export function createFleet(parts: FleetParts): Fleet {
  const { target, region, account, clock = systemClock } = parts;
  const output = parts.output ?? defaultOutput();
  const limits = createLimits({
    ...(parts.share !== undefined && { share: parts.share }),
    ...(parts.limits && { overrides: parts.limits }),
  });
  const pacer = createPacer({
    limits,
    clock,
    account: `${target}/${account}/${region}`,
    budget: parts.budget,
    isSequential: () => fleet.debug,
  });
  const watch = {
    clock,
    output,
    isSandbox: target === "sandbox",
    isDebug: () => fleet.debug,
    silence: createSilenceWatch(output),
    permit: createChargeGuard(parts.acceptCharges),
  };
  const prefix = parts.prefix ?? DEFAULT_PREFIX;
  const common = {
    requestHandler: patientHandler,
    ...parts.clientConfig,
    region,
    // Learners of one account may share its keys: this tells whose call one is, here and in CloudTrail.
    customUserAgent: [["fleetlab", prefix]],
  } as object;
  const s3Config = target === "sandbox" ? { ...common, forcePathStyle: true } : common;
  const passTime = parts.passTime ?? ((ms, signal) => clock.sleep(ms, signal));
  const paced = <C extends PluggableClient>(service: Service, client: C): C => {
    const stack = client.middlewareStack as {
      use(plugin: Pluggable<object, MetadataBearer>): void;
    };
    stack.use(watchCalls(service, watch));
    stack.use(pacer.plugin(service));
    return client;
  };

  const fleet: Fleet = {
    target,
    region,
    account,
    prefix,
    tags: { ...parts.tags, ...workshopTags },
    limits,
    debug: parts.debug ?? false,
    iot: paced("iot", new IoTClient(common)),
    iotData: paced("iotdata", new IoTDataPlaneClient(common)),
    iotJobs: paced("iot-jobs-data", new IoTJobsDataPlaneClient(common)),
    s3: paced("s3", new S3Client(s3Config)),
    iam: paced("iam", new IAMClient(common)),
    sts: paced("sts", new STSClient(common)),
    counts: pacer.counts,
    clock,
    ...(parts.mqtt && { mqtt: parts.mqtt }),
    ...(parts.livePage !== undefined && { livePage: parts.livePage }),
    ...(parts.refusedCalls && { refusedCalls: parts.refusedCalls }),
    ...(parts.dial && { dial: parts.dial }),
    keyFolder: parts.keyFolder ?? join(vehiclesHome(), `${target}-${fingerprint(parts)}`),
    async admit(service, operation, signal) {
      watch.permit(service, operation);
      await pacer.take(service, operation, signal);
    },
    passTime: target === "sandbox" ? keepingAlive(clock, passTime) : passTime,
    output,
  };
  // A fleet at the end of a cell prints as its card, not as six clients' insides.
  Object.defineProperty(fleet, inspect.custom, {
    enumerable: false,
    value: () => card(fleet, parts).text,
  });
  return fleet;
}

/** Each client's stack is typed by its own inputs; a plugin of ours fits them all. */
interface PluggableClient {
  readonly middlewareStack: { use(plugin: never): void };
}

function card(fleet: Fleet, parts: FleetParts): Shown {
  const { acceptCharges, endpoints = [], mqtt } = parts;
  const isSandbox = fleet.target === "sandbox";
  const cost = isSandbox
    ? "nothing"
    : acceptCharges
      ? "real charges, accepted"
      : "nothing is created until you connect with { acceptCharges: true }";
  return facts([
    ["Connected to", isSandbox ? "the sandbox, a local AWS on this machine" : "a real AWS account"],
    ["Region", fleet.region],
    ["Account", maskAccount(fleet.account)],
    ...endpoints.map((url) => ["Calls go to", url] as const),
    ...(mqtt
      ? ([
          ["Devices connect to", `mqtts://${mqtt.host}:${mqtt.port}`],
          ["CA file for them", shortPath(mqtt.caFile)],
        ] as const)
      : []),
    ...(fleet.livePage === undefined
      ? []
      : [["The fleet, live", { text: "open the live page", href: fleet.livePage }] as const]),
    ["Costs", cost],
    ["Device names", `${fleet.prefix}001 …`],
  ]);
}

/** As it is seen from here, where that is shorter. */
function shortPath(path: string): string {
  const seen = relative(process.cwd(), path);
  return seen.length < path.length ? seen : path;
}

function targetFromEnvironment(): Target {
  const given = process.env["WORKSHOP_TARGET"];
  return checkTarget(given, "the environment variable WORKSHOP_TARGET") ?? "sandbox";
}

function checkTarget(given: string | undefined, what: string): Target | undefined {
  if (given === undefined || given === "sandbox" || given === "aws") return given;
  throw new InvalidInputError(what, given, 'be "sandbox" or "aws"');
}

/** @throws InvalidInputError when names of devices cannot begin so */
export function checkPrefix(prefix: string): string {
  if (typeof prefix === "string" && /^[a-zA-Z0-9_-]{1,20}$/.test(prefix)) return prefix;
  throw new InvalidInputError(
    "a prefix for device names",
    prefix,
    "have 1 to 20 characters from a-z A-Z 0-9 _ -",
    "The rest of a name's 128 characters is for the number.",
  );
}
