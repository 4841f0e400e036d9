import { DescribeThingCommand } from "@aws-sdk/client-iot";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect, type ConnectOptions } from "../../lib/aws/connect.js";
import { ConnectError, InvalidInputError } from "../../lib/aws/errors.js";
import { memoryOutput } from "../../lib/aws/output.js";
import { openTestFleet } from "../fleet.js";
import { emptyFolder, homeWith, listen, sandboxFile } from "./home.js";

const ACCOUNT = "111122223333";

/** No trace of AWS in the environment: no keys, no Region, no files, no instance to ask. */
beforeEach(() => {
  const folder = emptyFolder();
  for (const name of Object.keys(process.env)) if (/^AWS_/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", folder);
  vi.stubEnv("AWS_CONFIG_FILE", `${folder}/config`);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", `${folder}/credentials`);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true");
  vi.stubEnv("WORKSHOP_TARGET", undefined);
  vi.stubEnv("FLEETLAB_HOME", folder);
});
afterEach(() => vi.unstubAllEnvs());

/** What a sandbox of ours says of itself, and of its clock. */
const ANSWER = JSON.stringify({ instance: "instance-1", now: Date.now() });

/** STS as it answers to `error`, or to valid credentials. */
function sts(error?: Partial<Error> & { readonly code?: string }) {
  const mock = mockClient(STSClient);
  if (error) mock.on(GetCallerIdentityCommand).rejects(Object.assign(new Error(), error));
  else mock.on(GetCallerIdentityCommand).resolves({ Account: ACCOUNT });
  return mock;
}

const toAws = (options: ConnectOptions = {}) =>
  connect({ target: "aws", region: "eu-west-1", output: memoryOutput(), ...options });

describe("connect to AWS", () => {
  afterEach(() => mockClient(STSClient).restore());

  it("asks once who we are, and prints a card without the account's number", async () => {
    const mock = sts();
    const output = memoryOutput();

    const fleet = await toAws({ output });

    expect(mock.calls()).toHaveLength(1);
    expect(fleet).toMatchObject({ target: "aws", region: "eu-west-1", account: ACCOUNT });
    expect(output.lines).toHaveLength(1);
    expect(output.lines[0]).toMatch(/Connected to +a real AWS account/);
    expect(output.lines[0]).toMatch(/Region +eu-west-1/);
    expect(output.lines[0]).toMatch(/Account +\*{8}3333/);
    expect(output.lines[0]).toMatch(/Costs +nothing is created until you connect with/);
    expect(output.lines[0]).toMatch(/Device names +Vehicle-VIN-001/);
    expect(output.lines[0]).not.toContain(ACCOUNT);
  });

  it("says on the card that charges were accepted", async () => {
    sts();
    const output = memoryOutput();

    await toAws({ output, acceptCharges: true });

    expect(output.lines[0]).toMatch(/Costs +real charges, accepted/);
  });

  it("goes there when WORKSHOP_TARGET says so, to the Region of the environment", async () => {
    sts();
    vi.stubEnv("WORKSHOP_TARGET", "aws");
    vi.stubEnv("AWS_REGION", "ap-south-1");

    const fleet = await connect({ output: memoryOutput() });

    expect(fleet).toMatchObject({ target: "aws", region: "ap-south-1" });
  });

  it("names three ways to a Region when there is none", async () => {
    const mock = sts();

    const failed = connect({ target: "aws", output: memoryOutput() });

    await expect(failed).rejects.toThrow(ConnectError);
    await expect(failed).rejects.toThrow(
      /No AWS Region is set.*\n +1\. connect\(\{ target: "aws", region: .*\n +2\. .*AWS_REGION.*\n +3\. .*aws configure set region/,
    );
    expect(mock.calls()).toHaveLength(0);
  });

  it("names three ways to credentials, and the sandbox, when there are none", async () => {
    const failed = toAws();

    await expect(failed).rejects.toThrow(ConnectError);
    await expect(failed).rejects.toThrow(
      /^No AWS credentials were found\. .*\n +1\. .*aws sso login.*\n +2\. .*aws configure.*\n +3\. .*profile.*\n.*stay on the sandbox/,
    );
  });

  it.each([
    { name: "ExpiredTokenException", message: "The security token included is expired" },
    { name: "ExpiredToken", message: "The security token included in the request is expired" },
    {
      name: "CredentialsProviderError",
      message: "The SSO session associated with this profile has expired. Run aws sso login",
    },
    { name: "TokenProviderError", message: "Token is expired. To refresh this SSO session run" },
  ])("says that credentials have expired, and names three ways on: $name", async (error) => {
    sts(error);

    const failed = toAws();

    await expect(failed).rejects.toThrow(ConnectError);
    await expect(failed).rejects.toThrow(
      /^Your AWS credentials have expired\. .*\n +1\. .*aws sso login.*\n +2\. .*\n +3\. .*/,
    );
    await expect(failed).rejects.toMatchObject({ cause: error });
  });

  it("says what AWS said to credentials that it does not know", async () => {
    sts({ name: "InvalidClientTokenId", message: "The security token is invalid." });

    await expect(toAws()).rejects.toThrow(
      "AWS did not accept the credentials (InvalidClientTokenId: The security token is invalid.).",
    );
  });

  it.each(["ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT"])(
    "says that AWS cannot be reached, and blames no credentials: %s",
    async (code) => {
      sts({ message: `getaddrinfo ${code} sts.eu-west-1.amazonaws.com`, code });

      const failed = toAws();

      await expect(failed).rejects.toThrow(ConnectError);
      await expect(failed).rejects.toThrow(/^AWS could not be reached .*sandbox/s);
    },
  );
});

describe("connect to AWS on a wrong way", () => {
  afterEach(() => mockClient(STSClient).restore());

  it.each(["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_IOT_DATA_PLANE"])(
    "refuses to call a sandbox a real account: %s",
    async (variable) => {
      const mock = sts();
      vi.stubEnv(variable, "http://127.0.0.1:4599");

      const failed = toAws();

      await expect(failed).rejects.toThrow(ConnectError);
      await expect(failed).rejects.toThrow(
        `Calls would go to http://127.0.0.1:4599, which ${variable} sets, and not to AWS.`,
      );
      expect(mock.calls()).toHaveLength(0);
    },
  );

  it.each(["https://localhost:4566", "https://aws.localhost", "http://10.0.0.7:4566", "nonsense"])(
    "refuses %s too",
    async (url) => {
      sts();
      vi.stubEnv("AWS_ENDPOINT_URL", url);

      await expect(toAws()).rejects.toThrow(`Calls would go to ${url}`);
    },
  );

  it("refuses an address that a profile sets", async () => {
    sts();
    writeFileSync(
      process.env["AWS_CONFIG_FILE"] as string,
      "[profile home]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:4599\n",
    );
    vi.stubEnv("AWS_PROFILE", "home");

    await expect(toAws()).rejects.toThrow("which your AWS configuration sets, and not to AWS.");
  });

  it("goes to AWS when set addresses are to be ignored", async () => {
    sts();
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:4599");
    vi.stubEnv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");

    expect(await toAws()).toMatchObject({ target: "aws" });
  });

  it("says on the card which other address of AWS is called", async () => {
    sts();
    const url = "https://vpce-1.iot.eu-west-1.vpce.amazonaws.com";
    vi.stubEnv("AWS_ENDPOINT_URL_IOT", url);
    const output = memoryOutput();

    const fleet = await toAws({ output });

    expect(output.lines[0]).toContain(`Calls go to   ${url}`);
    expect(inspect(fleet)).toBe(output.lines[0]);
  });

  it("recognises the sandbox's key when AWS does not", async () => {
    sts({ name: "InvalidClientTokenId", message: "The security token is invalid." });
    vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile("http://127.0.0.1:4599")));
    vi.stubEnv("AWS_ACCESS_KEY_ID", "key");

    await expect(toAws()).rejects.toThrow(/holds the key of this project's sandbox/);
  });

  it("names a profile that does not exist, and those that do", async () => {
    const mock = sts();
    const { AWS_CONFIG_FILE: config = "", AWS_SHARED_CREDENTIALS_FILE: keys = "" } = process.env;
    const sections =
      "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-1\n[sso-session ours]\n";
    writeFileSync(config, sections);
    writeFileSync(keys, "[play]\naws_access_key_id = a\naws_secret_access_key = b\n");

    const failed = connect({ target: "aws", profile: "wrok", output: memoryOutput() });

    await expect(failed).rejects.toThrow(ConnectError);
    await expect(failed).rejects.toThrow(
      /^The profile "wrok" is not in .*There are: default, work, play\. .*aws configure --profile wrok$/,
    );
    expect(mock.calls()).toHaveLength(0);
  });

  it("names a profile of the environment that does not exist, with a Region and without", async () => {
    vi.stubEnv("AWS_PROFILE", "wrok");
    const message = /^The profile "wrok", which AWS_PROFILE names, is not in .*none at all/;

    await expect(toAws()).rejects.toThrow(message);
    await expect(connect({ target: "aws", output: memoryOutput() })).rejects.toThrow(message);
  });

  it("finds the profile once it is there, without a new kernel", async () => {
    sts();
    const options: ConnectOptions = { target: "aws", profile: "work", output: memoryOutput() };
    await expect(connect(options)).rejects.toThrow(/"work" is not in/);
    writeFileSync(process.env["AWS_CONFIG_FILE"] as string, "[profile work]\nregion = eu-west-1\n");

    await expect(connect({ ...options, region: "eu-west-1" })).resolves.toMatchObject({
      region: "eu-west-1",
    });
  });

  it.each([
    ["us-esat-1", "us-east-1"],
    ["eu-wset-1", "eu-west-1"],
    ["EU-WEST-1", "eu-west-1"],
    ["ap-northeast1", "ap-northeast-1"],
  ])("takes %s for a mistyped Region, not for a machine that is offline", async (given, meant) => {
    sts({ message: `getaddrinfo ENOTFOUND sts.${given}.amazonaws.com`, code: "ENOTFOUND" });

    const failed = toAws({ region: given });

    await expect(failed).rejects.toThrow(ConnectError);
    await expect(failed).rejects.toThrow(
      new RegExp(`AWS has no Region "${given}" .*Did you mean ${meant}\\?$`),
    );
  });

  it("says how a Region looks when it cannot be one", async () => {
    await expect(toAws({ region: "us east" })).rejects.toThrow(
      /"us east" is not a valid .*Regions are called like us-east-1/,
    );
  });

  it("says that JavaScript does not read AWS_DEFAULT_REGION", async () => {
    vi.stubEnv("AWS_DEFAULT_REGION", "eu-west-1");

    await expect(connect({ target: "aws", output: memoryOutput() })).rejects.toThrow(
      /^No AWS Region is set\. AWS_DEFAULT_REGION is eu-west-1, but .*JavaScript reads AWS_REGION\. .*\n +1\. /,
    );
  });
});

describe("connect to the sandbox", () => {
  it("goes there whatever the environment asks of AWS's addresses", async () => {
    const { url } = await listen(ANSWER);
    vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile(url)));
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    vi.stubEnv("AWS_USE_FIPS_ENDPOINT", "true");
    vi.stubEnv("AWS_USE_DUALSTACK_ENDPOINT", "true");

    const fleet = await connect({ output: memoryOutput() });

    expect(await fleet.iot.send(new DescribeThingCommand({ thingName: "a" }))).toMatchObject({
      $metadata: { httpStatusCode: 200 },
    });
  });

  it("finds the one that is up, and prints a card", async () => {
    const { url } = await listen(ANSWER);
    vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile(url)));
    const output = memoryOutput();

    const fleet = await connect({ output });

    expect(fleet).toMatchObject({ target: "sandbox", region: "us-east-1", account: ACCOUNT });
    expect(output.lines[0]).toMatch(/Connected to +the sandbox, a local AWS on this machine/);
    expect(output.lines[0]).toMatch(/Costs +nothing/);
    expect(output.lines[0]).not.toContain(ACCOUNT);
  });

  it("shares one clock between its connections, and with it their limits", async () => {
    const { url } = await listen(ANSWER);
    vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile(url)));

    const one = await connect({ output: memoryOutput() });
    const other = await connect({ output: memoryOutput() });

    expect(other.clock).toBe(one.clock);
  });

  it("runs ahead with a sandbox whose clock was set ahead", async () => {
    const ahead = 3_600_000;
    const { url } = await listen(
      JSON.stringify({ instance: "instance-1", now: Date.now() + ahead }),
    );
    vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile(url)));

    const fleet = await connect({ output: memoryOutput() });

    expect(fleet.clock.now() - Date.now()).toBeGreaterThan(ahead - 60_000);
  });

  it("says what to do about a sandbox that knows no clock", async () => {
    const { url } = await listen('{"instance":"instance-1"}');
    vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile(url)));

    await expect(connect({ output: memoryOutput() })).rejects.toThrow("npm run sandbox -- --stop");
  });

  it("is on two Regions for two connections", async () => {
    const { url } = await listen(ANSWER);
    vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile(url)));

    const fleets = [
      await connect({ output: memoryOutput(), region: "eu-west-1" }),
      await connect({ output: memoryOutput() }),
    ];

    expect(fleets.map(({ region }) => region)).toEqual(["eu-west-1", "us-east-1"]);
    expect(await fleets[0]?.iot.config.region()).toBe("eu-west-1");
  });
});

describe("connect", () => {
  it.each(["moon", "AWS", ""])("refuses the target %j", async (target) => {
    const refused = connect({ target: target as "aws", output: memoryOutput() });

    await expect(refused).rejects.toThrow(
      `"${target}" cannot be a target: it must be "sandbox" or "aws"`,
    );
  });

  it.each(["AWS", "prod", " aws", ""])(
    "refuses the target %j of WORKSHOP_TARGET",
    async (target) => {
      vi.stubEnv("WORKSHOP_TARGET", target);

      const refused = connect({ output: memoryOutput() });

      await expect(refused).rejects.toThrow(InvalidInputError);
      await expect(refused).rejects.toThrow(
        `"${target}" cannot be the environment variable WORKSHOP_TARGET: it must be "sandbox" or "aws"`,
      );
    },
  );

  it.each(["", "a b", "ä", "x/", "a:b", "a".repeat(21)])(
    "refuses the prefix %j",
    async (prefix) => {
      const refused = connect({ prefix, output: memoryOutput() });

      await expect(refused).rejects.toThrow(InvalidInputError);
      await expect(refused).rejects.toThrow(/must have 1 to 20 characters from a-z A-Z 0-9 _ -/);
    },
  );

  it.each(["a", "Vehicle-VIN-", "team_7-", "a".repeat(20)])(
    "takes the prefix %j",
    async (prefix) => {
      const { url } = await listen(ANSWER);
      vi.stubEnv("FLEETLAB_HOME", homeWith(sandboxFile(url)));

      const fleet = await connect({ prefix, output: memoryOutput() });

      expect(fleet.prefix).toBe(prefix);
    },
  );
});

describe("a fleet", () => {
  it("prints as its card when it ends a cell, not as six clients", () => {
    const { fleet } = openTestFleet();

    expect(inspect(fleet)).toMatch(/^Connected to +the sandbox/);
    expect(inspect(fleet)).not.toContain("middlewareStack");
    expect(inspect(fleet)).not.toContain(ACCOUNT);
  });

  it("keeps its own tag whatever tags are asked for", () => {
    const { fleet } = openTestFleet({ tags: { team: "a", workshop: "not ours" } });

    expect(fleet.tags).toEqual({ team: "a", workshop: "fleetlab" });
  });
});
