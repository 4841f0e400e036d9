import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DialDevice } from "../lib/aws/mqtt/device-keys.js";
import type { Sandbox } from "../lib/sandbox/index.js";
import { openTestFleet, type TestFleet } from "./fleet.js";
import { wire } from "./sandbox/mqtt/wire.js";

export interface DeviceFleet extends TestFleet {
  /** Every line that the sandbox told of devices. */
  readonly told: string[];
  /** End every connection, and remove the keys. */
  close(): Promise<void>;
}

/** A fleet whose vehicles connect to the sandbox of this process, with a folder of keys of its own. */
export function openDeviceFleet(options: Parameters<typeof openTestFleet>[0] = {}): DeviceFleet {
  const keyFolder = join(mkdtempSync(join(tmpdir(), "fleetlab-keys-test-")), "keys");
  const told: string[] = [];
  let sandbox: Sandbox | undefined;
  const dial: DialDevice = ({ certificatePem }) => {
    const [near, far] = wire();
    sandbox?.devices.connect({
      stream: far,
      peer: { kind: "certificate", certificate: new X509Certificate(certificatePem) },
      isWebSocket: false,
      source: { ip: "127.0.0.1", port: 50_000 },
      target: { ip: "127.0.0.1", port: 8883 },
    });
    return near;
  };
  const test: TestFleet = openTestFleet({
    keyFolder,
    dial,
    // Time passes for both ends, and what was due has happened when it is over.
    passTime: async (ms) => {
      await test.clock.advance(ms);
      await test.sandbox.advance(0);
    },
    ...options,
    sandbox: { onDevice: (line) => told.push(line), quotas: "off", ...options.sandbox },
  });
  sandbox = test.sandbox;
  return {
    ...test,
    told,
    async close() {
      await test.sandbox.close();
      rmSync(join(keyFolder, ".."), { recursive: true, force: true });
    },
  };
}
