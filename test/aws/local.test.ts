import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { findSandbox, readSandboxFile, sandboxHome, startSandbox } from "../../lib/aws/local.js";
import { emptyFolder, homeWith, listen, sandboxFile } from "./home.js";

describe("findSandbox", () => {
  it("finds the sandbox that its file describes and that answers as it", async () => {
    const { url } = await listen('{"instance":"instance-1"}');

    const found = await findSandbox(homeWith(sandboxFile(url)));

    expect(found).toMatchObject({ url, credentials: { account: "111122223333" } });
  });

  it("finds none where there never was one", async () => {
    expect(await findSandbox(emptyFolder())).toBeUndefined();
  });

  it("finds none behind the file of a dead one", async () => {
    const { url, close } = await listen("");
    await close();

    expect(await findSandbox(homeWith(sandboxFile(url)))).toBeUndefined();
  });

  it.each([
    ["another sandbox", '{"instance":"instance-2"}'],
    ["a program that speaks JSON", "{}"],
    ["a program that answers null", "null"],
    ["a program that speaks HTML", "<html>"],
  ])("does not take %s at the port for its own", async (_, body) => {
    const { url } = await listen(body);

    expect(await findSandbox(homeWith(sandboxFile(url)))).toBeUndefined();
  });

  it.each(["", "{oops", "null", "5", '"text"', "[]", "{}"])(
    "takes a file that says %j for none",
    async (text) => {
      expect(await findSandbox(homeWith(text))).toBeUndefined();
    },
  );

  it("does not take a program that says nothing of itself for a file that says nothing either", async () => {
    const { url } = await listen("{}");

    expect(await findSandbox(homeWith({ url }))).toBeUndefined();
  });
});

describe("readSandboxFile", () => {
  it("tells what cannot be read from what is not there", () => {
    const home = emptyFolder();

    expect(readSandboxFile(home)).toBeUndefined();
    expect(() => readSandboxFile(join(homeWith("{}"), "sandbox.json"))).toThrow("ENOTDIR");
  });
});

describe("startSandbox", () => {
  it("starts none when one is up", async () => {
    const { url } = await listen('{"instance":"instance-1"}');

    const found = await startSandbox(homeWith(sandboxFile(url)));

    expect(found.url).toBe(url);
  });
});

describe("sandboxHome", () => {
  it("is a folder of this project", () => {
    vi.stubEnv("FLEETLAB_HOME", undefined);

    expect(sandboxHome()).toBe(join(process.cwd(), ".fleetlab", "sandbox"));
    vi.unstubAllEnvs();
  });

  it("is the folder that FLEETLAB_HOME names, as a whole path", () => {
    vi.stubEnv("FLEETLAB_HOME", "own/home");

    expect(sandboxHome()).toBe(join(process.cwd(), "own", "home"));
    vi.unstubAllEnvs();
  });
});
