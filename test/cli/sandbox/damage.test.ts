import { CreateThingCommand, DescribeThingCommand, IoTClient } from "@aws-sdk/client-iot";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSandbox, readSandboxFile, type LocalSandbox } from "../../../lib/aws/local.js";
import { credentialsOf } from "../../../lib/cli/sandbox/credentials.js";
import { newHome, removeHome, startServer } from "../../sandbox/server.js";
import { sandbox } from "./program.js";

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

/** What a crash, a full disk or an editor leaves of a small file. */
const DAMAGE = ["", "{", "null", "[]", "{}", '{"url":5,"accessKeyId":""}', "\0\0\0\0"];

const SOON = { timeout: 10_000 };

const damage = (file: string, text: string): void => writeFileSync(join(home, file), text);

function iotOf({ url, credentials }: LocalSandbox): IoTClient {
  return new IoTClient({ endpoint: url, credentials, region: "us-east-1", maxAttempts: 1 });
}

describe("a damaged credentials.json", () => {
  it.each(DAMAGE)("of %j is restored from sandbox.json", (text) => {
    const credentials = credentialsOf(home);
    const file = { url: "http://127.0.0.1:4566", pid: 1, instance: "x", credentials };
    damage("sandbox.json", JSON.stringify(file));
    damage("credentials.json", text);

    expect(credentialsOf(home)).toEqual(credentials);
    const kept = JSON.parse(readFileSync(join(home, "credentials.json"), "utf8")) as object;
    expect(kept).toEqual(credentials);
  });

  it("is replaced by new keys of the same account when sandbox.json is damaged too", async () => {
    const first = await startServer(home);
    await iotOf(first).send(new CreateThingCommand({ thingName: "Kept" }));
    await first.stop();
    damage("credentials.json", "");
    damage("sandbox.json", "");

    const second = await startServer(home);
    const found = await iotOf(second).send(new DescribeThingCommand({ thingName: "Kept" }));
    await second.stop();

    expect(found.thingName).toBe("Kept");
    expect(second.credentials.secretAccessKey).not.toBe(first.credentials.secretAccessKey);
  });

  it("that is a folder is named in one message", async () => {
    mkdirSync(join(home, "credentials.json"));

    expect(await sandbox(home)).toEqual({
      code: 1,
      output: expect.stringMatching(/^\n[^\n]*credentials\.json[^\n]*\n\n {2}Delete it[^\n]*\n\n$/),
    });
  });
});

describe("a damaged sandbox.json", () => {
  it.each(DAMAGE)("of %j is as good as none", (text) => {
    damage("sandbox.json", text);

    expect(readSandboxFile(home)).toBeUndefined();
  });

  it("is written anew by the sandbox that runs", async () => {
    const server = await startServer(home);
    for (const text of DAMAGE) {
      damage("sandbox.json", text);
      await expect.poll(() => findSandbox(home), SOON).toMatchObject({ url: server.url });
    }
    rmSync(join(home, "sandbox.json"));
    await expect.poll(() => findSandbox(home), SOON).toMatchObject({ url: server.url });
    await server.stop();
  });
});

describe("a damaged lock", () => {
  it("with something in it is taken like any other", async () => {
    damage("lock", "not ours");

    const server = await startServer(home);
    await server.stop();
  });

  it("that is a folder is named in one message", async () => {
    mkdirSync(join(home, "lock"));

    for (const args of [[], ["--stop"], ["--reset"]]) {
      expect(await sandbox(home, ...args)).toEqual({
        code: 1,
        output: expect.stringMatching(/^\n[^\n]*lock[^\n]*\n\n {2}Delete it[^\n]*\n\n$/),
      });
    }
  });
});
