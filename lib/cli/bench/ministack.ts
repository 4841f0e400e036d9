import {
  AttachPolicyCommand,
  CreateKeysAndCertificateCommand,
  CreatePolicyCommand,
  IoTClient,
} from "@aws-sdk/client-iot";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { projectRoot } from "../project.js";
import { freePort } from "./free-port.js";
import { residentMiB } from "./scenario.js";

const run = promisify(execFile);

/** What is measured beside ours, and what its TLS needs. */
const PACKAGES = ["ministack==1.5.33", "cryptography==50.0.2"];

/** Its own Python, kept from one measurement to the next. */
const VENV = join(projectRoot, "build", "ministack");

/** How long it may take to come up, in milliseconds. */
const START_MS = 60_000;

/**
 * Another local AWS with a message broker: ministack, from PyPI into a Python of its own under `build/`.
 *
 * @returns undefined, having told why, when it cannot be installed or does not come up
 */
export async function startMinistack(tell: (line: string) => void) {
  const program = join(VENV, "bin", "ministack");
  try {
    await run(join(VENV, "bin", "python"), ["-c", "import ministack, cryptography"]).catch(
      async () => {
        tell(`installing ${PACKAGES.join(" and ")} from PyPI`);
        await run("python3", ["-m", "venv", VENV]);
        const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        await run(join(VENV, "bin", "python"), [...pip, ...PACKAGES]);
      },
    );
  } catch (error) {
    tell(`ministack is left out, it cannot be installed: ${(error as Error).message}`);
    return undefined;
  }
  const home = mkdtempSync(join(tmpdir(), "fleetlab-ministack-"));
  const [port, mqttPort] = [await freePort(), await freePort()];
  const env = { ...process.env, GATEWAY_PORT: String(port), IOT_MTLS_PORT: String(mqttPort) };
  const child = spawn(program, [], { cwd: home, env, stdio: "ignore" });
  const close = (): void => {
    child.kill();
    rmSync(home, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + START_MS;
  try {
    for (;;) {
      const health = await fetch(`${url}/_ministack/health`).catch(() => undefined);
      const body = (await health?.json()) as { readonly iot_mtls?: string } | undefined;
      if (body?.iot_mtls === "listening") break;
      if (performance.now() > deadline || child.exitCode !== null)
        throw new Error("it does not come up");
      await delay(200);
    }
    const credentials = { accessKeyId: "111122223333", secretAccessKey: "test" };
    const iot = new IoTClient({ endpoint: url, credentials, region: "us-east-1" });
    const ca = Buffer.from(await (await fetch(`${url}/_ministack/iot/ca.pem`)).arrayBuffer());
    const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
    const policyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
    });
    await iot.send(new CreatePolicyCommand({ policyName: "bench", policyDocument }));
    await iot.send(
      new AttachPolicyCommand({ policyName: "bench", target: made.certificateArn as string }),
    );
    return {
      iot,
      ca,
      port: mqttPort,
      device: { cert: made.certificatePem as string, key: made.keyPair?.PrivateKey as string },
      residentMiB: () => residentMiB(child.pid),
      close,
    };
  } catch (error) {
    close();
    tell(`ministack is left out: ${(error as Error).message}`);
    return undefined;
  }
}
