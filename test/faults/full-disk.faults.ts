import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateThingCommand, DescribeThingCommand, IoTClient } from "@aws-sdk/client-iot";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSandbox, type LocalSandbox } from "../../lib/aws/local.js";
import { result } from "../cli/project-copy.js";
import { sandboxProgram } from "../../lib/cli/project.js";
import { sandbox, startBehind } from "../cli/sandbox/program.js";

/** A disk of 8 MB, for whoever may mount one. */
const disk = mkdtempSync(join(tmpdir(), "fleetlab-disk-"));
const mount = () =>
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]).status === 0;
const unmount = () => spawnSync("umount", [disk]);
const canMount = process.platform === "linux" && process.getuid?.() === 0 && mount();
if (canMount) unmount();
const home = join(disk, "home");

/** What the launcher says of a full disk: one sentence, the way out, and no stack. */
const ONE_MESSAGE = /^\nThe disk is full[^\n]*\.\n\n( {2}\S[^\n]*\n)+\n$/;
/** The same as the last word, once, after what LMDB prints by itself. */
const LAST_WORD =
  /^(?![^]*disk is full[^]*disk is full)[^]*\nThe disk is full[^\n]*\.\n\n( {2}\S[^\n]*\n)+\n$/;

afterAll(() => rmdirSync(disk));

function fill(): void {
  for (const size of [100_000, 1_000, 1]) {
    for (let n = 0; ; n++) {
      try {
        writeFileSync(join(disk, `filler-${size}-${n}`), Buffer.alloc(size));
      } catch {
        break;
      }
    }
  }
}

const clean = () => spawnSync("sh", ["-c", `rm -f "${disk}"/filler-*`]);

/** A sandbox whose words are read. */
async function start() {
  const child = spawn(process.execPath, [sandboxProgram], {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = result(child);
  for (;;) {
    const found = await findSandbox(home);
    if (found) return { ...found, child, ended };
    if (child.exitCode !== null) throw new Error((await ended).output);
    await new Promise((next) => setTimeout(next, 20));
  }
}

const settings = ({ url: endpoint, credentials }: LocalSandbox) => ({
  endpoint,
  credentials,
  region: "us-east-1",
  maxAttempts: 1,
});

describe.skipIf(!canMount)("on a full disk", () => {
  beforeEach(() => {
    mount();
    mkdirSync(home);
  });
  afterEach(() => void unmount());

  it("a sandbox that runs says so once, ends, and keeps what it acknowledged", async () => {
    const first = await start();
    const iot = new IoTClient(settings(first));
    await iot.send(new CreateThingCommand({ thingName: "Kept" }));
    fill();
    const things = async () => {
      for (let n = 0; ; n++) await iot.send(new CreateThingCommand({ thingName: `Thing-${n}` }));
    };

    await expect(things()).rejects.toThrow();
    expect(await first.ended).toEqual({ code: 1, output: expect.stringMatching(LAST_WORD) });

    clean();
    const second = await start();
    const kept = new IoTClient(settings(second)).send(
      new DescribeThingCommand({ thingName: "Kept" }),
    );
    expect((await kept).thingName).toBe("Kept");
    second.child.kill();
    await second.ended;
  });

  it("an object that does not fit is one message too", async () => {
    const first = await start();
    const s3 = new S3Client({ ...settings(first), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "firmware" }));
    const put = s3.send(
      new PutObjectCommand({ Bucket: "firmware", Key: "big", Body: Buffer.alloc(20_000_000) }),
    );

    await expect(put).rejects.toThrow();
    expect(await first.ended).toEqual({ code: 1, output: expect.stringMatching(LAST_WORD) });
  });

  it("a start is one message, and --reset --yes still empties", async () => {
    const first = await start();
    first.child.kill();
    await first.ended;
    rmSync(join(home, "sandbox.json"));
    fill();

    expect(await sandbox(home)).toEqual({ code: 1, output: expect.stringMatching(ONE_MESSAGE) });
    expect(await sandbox(home, "--reset", "--yes")).toMatchObject({ code: 0 });
  });

  it("a first start is one message, in a terminal and in a notebook", async () => {
    fill();

    expect(await sandbox(home)).toEqual({ code: 1, output: expect.stringMatching(ONE_MESSAGE) });
    expect(await startBehind(home)).toEqual({
      code: 1,
      output: expect.stringMatching(/^SandboxStartError: [^\n]*the disk is full[^\n]*\n[^\n]*\n$/),
    });
  });
});
