import {
  CreateThingCommand,
  CreateThingTypeCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingCommand,
  IoTClient,
} from "@aws-sdk/client-iot";
import { execFile } from "node:child_process";
import { statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSandboxFile, type LocalSandbox } from "../../lib/aws/local.js";
import { projectRoot, sandboxProgram } from "../../lib/cli/project.js";
import { newHome, removeHome, startServer } from "./server.js";

const run = promisify(execFile);
const LOCAL = pathToFileURL(join(projectRoot, "lib", "dist", "aws", "local.js")).href;

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

/** What a kernel does in `connect()`: find the sandbox of this home, or start it. In a process of its own. */
async function startInProcess(): Promise<string> {
  const script = `const { startSandbox } = await import(${JSON.stringify(LOCAL)});
    console.log((await startSandbox()).url);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, FLEETLAB_HOME: home },
  });
  return stdout.trim();
}

function sandbox(...args: string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [sandboxProgram, ...args], {
    env: { ...process.env, FLEETLAB_HOME: home },
  });
}

function iotOf({ url, credentials }: LocalSandbox): IoTClient {
  return new IoTClient({ endpoint: url, credentials, region: "us-east-1", maxAttempts: 1 });
}

interface Times {
  readonly now: number;
}

async function timeOf({ url }: LocalSandbox): Promise<number> {
  return ((await (await fetch(`${url}/_fleetlab`)).json()) as Times).now;
}

function letPass({ url, credentials }: LocalSandbox, advanceMs: number, secret?: string) {
  return fetch(`${url}/_fleetlab/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret ?? credentials.secretAccessKey}` },
    body: JSON.stringify({ advanceMs }),
  });
}

describe("kernels that start the sandbox at the same moment", () => {
  it("all find the one that stays", async () => {
    const urls = await Promise.all(Array.from({ length: 4 }, startInProcess));
    const { stdout } = await sandbox("--stop");

    expect(new Set(urls).size).toBe(1);
    expect(stdout).toContain(`Stopped the sandbox at ${urls[0]}`);
  });
});

describe("a sandbox that is started again", () => {
  it("has what it held, at the same address, with the same keys", async () => {
    const first = await startServer(home);
    await iotOf(first).send(new CreateThingCommand({ thingName: "Kept" }));
    await first.stop();

    const second = await startServer(home);
    const found = await iotOf(second).send(new DescribeThingCommand({ thingName: "Kept" }));
    await second.stop();

    expect(found.thingName).toBe("Kept");
    expect(second.url).toBe(first.url);
    expect(second.credentials).toEqual(first.credentials);
  });

  it("is as far ahead in time as it was, until it is emptied", async () => {
    const first = await startServer(home);
    const { now } = (await letPass(first, 86_400_000).then((answer) => answer.json())) as Times;
    await first.stop();

    const second = await startServer(home);
    const kept = await timeOf(second);
    await second.stop();
    await sandbox("--reset", "--yes");
    const third = await startServer(home);
    const emptied = await timeOf(third);
    await third.stop();

    expect(now).toBeGreaterThan(Date.now() + 86_000_000);
    expect(kept).toBeGreaterThanOrEqual(now);
    expect(emptied).toBeLessThan(now - 86_000_000);
  });

  it("is empty after --ephemeral", async () => {
    const first = await startServer(home, ["--ephemeral"]);
    await iotOf(first).send(new CreateThingCommand({ thingName: "Gone" }));
    await first.stop();

    const second = await startServer(home, ["--ephemeral"]);
    const search = iotOf(second).send(new DescribeThingCommand({ thingName: "Gone" }));

    await expect(search).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await second.stop();
  });

  it("is emptied by --reset --yes only, which shows first what would go", async () => {
    const server = await startServer(home);
    await iotOf(server).send(new CreateThingCommand({ thingName: "Kept" }));
    await expect(sandbox("--reset")).rejects.toThrow("Stop it first");
    await server.stop();

    // What is shown is what people made, as they call it.
    const shown = await sandbox("--reset");
    const emptied = await sandbox("--reset", "--yes");
    const after = await sandbox("--reset");

    expect(shown.stdout).toMatch(/^ +1 {2}things in us-east-1\n\nNothing/);
    expect(shown.stdout).toContain("Nothing was deleted");
    expect(emptied.stdout).toContain("Emptied");
    expect(after.stdout).toContain("The sandbox is empty");
  });

  it("says in one sentence that its data is damaged, and is emptied without opening it", async () => {
    const server = await startServer(home);
    await iotOf(server).send(new CreateThingCommand({ thingName: "Lost" }));
    await server.stop();
    truncateSync(join(home, "data", "records.log"), 400);

    const start = sandbox();
    await expect(start).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^\nThe sandbox's data in .* is damaged: .*\n\n .*--reset --yes\n\n?$/,
      ),
    });
    const shown = await sandbox("--reset");
    const emptied = await sandbox("--reset", "--yes");
    const again = await startServer(home);
    await again.stop();

    expect(shown.stdout).toMatch(/ is damaged: .*\n\nNothing was deleted/);
    expect(emptied.stdout).toBe("Emptied.\n");
  });

  it.skipIf(process.platform === "win32")("keeps its keys readable by the user alone", async () => {
    const server = await startServer(home);
    await server.stop();

    for (const file of ["credentials.json", "sandbox.json"]) {
      expect(statSync(join(home, file)).mode & 0o077, file).toBe(0);
    }
    expect(readSandboxFile(home)?.url).toBe(server.url);
  });
});

describe("npm run sandbox", () => {
  it("lets five minutes pass in a moment with --speed, for clients that live in real time", async () => {
    const server = await startServer(home, ["--ephemeral", "--speed", "10000"]);
    const iot = iotOf(server);
    const type = { thingTypeName: "Van" };

    await iot.send(new CreateThingTypeCommand(type));
    await iot.send(new DeprecateThingTypeCommand(type));
    // Thirty milliseconds are five minutes here.
    await expect
      .poll(() => iot.send(new DeleteThingTypeCommand(type)).then(() => "gone"))
      .toBe("gone");

    await server.stop();
  });

  it.each([
    [[], 403],
    [["--auth", "off"], 200],
  ])("with %j answers %i to who would move its clock with another key", async (args, status) => {
    const server = await startServer(home, ["--ephemeral", ...args]);

    const answers = [await letPass(server, 1), await letPass(server, 1, "another key")];
    await server.stop();

    expect(answers.map((answer) => answer.status)).toEqual([200, status]);
  });

  it.each([
    [["--port", "abc"], '--port takes a number from 0 to 65535, got "abc"'],
    [["--quotas", "some"], '--quotas takes aws or off, got "some"'],
    [["--auth", "none"], '--auth takes sigv4 or off, got "none"'],
    [["--speed", "fast", "--ephemeral"], '--speed takes a number from 1 to 10,000, got "fast"'],
    [["--speed", "60"], "--speed needs --ephemeral"],
    [["--bogus"], "Unknown option '--bogus'"],
  ])("refuses %j with the rule", async (args, message) => {
    await expect(sandbox(...args)).rejects.toThrow(message);
  });

  it("says so when the port is taken", async () => {
    const server = await startServer(home);
    const other = newHome();

    const taken = run(process.execPath, [sandboxProgram, "--port", new URL(server.url).port], {
      env: { ...process.env, FLEETLAB_HOME: other },
    });

    await expect(taken).rejects.toThrow("is taken. Choose another with --port");
    await server.stop();
    removeHome(other);
  });
});
