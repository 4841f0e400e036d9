import { execFile, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { pythonWithBoto3 } from "./python.js";
import { newHome, removeHome } from "./server.js";

const run = promisify(execFile);
const PROGRAM = join(projectRoot, "lib", "dist", "cli", "sandbox.js");
const python = await pythonWithBoto3();

let home: string;
/** The lines that `npm run sandbox` says to run, and nothing else. */
let printed: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  // A folder that a shell would break in two.
  home = join(newHome(), "it's a home");
  const sandbox = spawn(process.execPath, [PROGRAM, "--ephemeral", "--quotas", "off"], {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => sandbox.once("exit", () => resolve()));
  stop = async () => {
    sandbox.kill();
    await ended;
  };
  let output = "";
  for await (const text of sandbox.stdout.setEncoding("utf8")) {
    output += text;
    if (output.includes("Ctrl-C")) break;
  }
  printed = (output.match(/^ {2}export .*$/gm) ?? []).join("\n");
});
afterAll(async () => {
  await stop();
  removeHome(join(home, ".."));
});

/** In a shell that knows nothing but what was printed. */
async function inShell(command: string, exports = printed): Promise<string> {
  const { stdout } = await run("/bin/sh", ["-c", `${exports}\n${command}`], {
    // No HOME: neither profiles nor settings of whoever runs the tests.
    env: { PATH: process.env["PATH"] },
  });
  return stdout;
}

describe.skipIf(process.platform === "win32")("with nothing but the printed exports", () => {
  it.skipIf(!python)(
    "boto3 goes to https:// and the address of DescribeEndpoint",
    async () => {
      const script = join(projectRoot, "test", "sandbox", "https.py");

      expect(await inShell(`'${python}' '${script}'`)).toBe("ok\n");
    },
    120_000,
  );

  it.skipIf(!python).each([
    ["first", 26, []],
    ["newer", 41, []],
  ])(
    "the %s Python workshop's menu items work, %i of them",
    async (release, items, missing) => {
      const script = join(projectRoot, "test", "sandbox", "original_walk.py");

      const lines = (await inShell(`'${python}' '${script}' ${release}`)).trim().split("\n");

      const after = (start: string) =>
        lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
      expect(after("not here: ")).toEqual(missing);
      expect(after("ok: ")).toHaveLength(items);
      expect(lines).toHaveLength(items + missing.length);
    },
    240_000,
  );

  it("the JavaScript SDK does the same", async () => {
    const require = createRequire(join(projectRoot, "lib", "index.ts"));
    const script = join(home, "device.cjs");
    writeFileSync(
      script,
      `const iot = require(${JSON.stringify(require.resolve("@aws-sdk/client-iot"))});
       const data = require(${JSON.stringify(require.resolve("@aws-sdk/client-iot-data-plane"))});
       const main = async () => {
         const control = new iot.IoTClient({});
         await control.send(new iot.CreateThingCommand({ thingName: "car-2" }));
         const asked = new iot.DescribeEndpointCommand({ endpointType: "iot:Data-ATS" });
         const { endpointAddress } = await control.send(asked);
         const device = new data.IoTDataPlaneClient({ endpoint: "https://" + endpointAddress });
         const payload = JSON.stringify({ state: { reported: { a: 1 } } });
         await device.send(new data.UpdateThingShadowCommand({ thingName: "car-2", payload }));
         const shadow = await device.send(new data.GetThingShadowCommand({ thingName: "car-2" }));
         console.log(JSON.parse(Buffer.from(shadow.payload).toString()).state.reported.a);
       };
       main();`,
    );

    const node = `AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true '${process.execPath}'`;
    expect(await inShell(`${node} "${script}"`)).toBe("1\n");
  });

  it("curl trusts the address, also by its names", async () => {
    const ask = (url: string) => inShell(`curl -sS "${url}/_fleetlab"`);
    const address = "${AWS_ENDPOINT_URL#http://}";

    expect(await ask(`https://${address}`)).toContain("fleetlab");
    expect(await ask(`https://localhost:\${AWS_ENDPOINT_URL##*:}`)).toContain("fleetlab");
    expect(await ask(`http://${address}`)).toContain("fleetlab");
  });

  it("curl without them does not", async () => {
    const address = /AWS_ENDPOINT_URL=http:\/\/(\S+)/.exec(printed)?.[1];

    await expect(inShell(`curl -sS "https://${address}/_fleetlab"`, "")).rejects.toThrow(
      /certificate/,
    );
  });

  it("leave the public authorities trusted", async () => {
    const bundle = await inShell(`grep -c BEGIN "$AWS_CA_BUNDLE"`);
    const roots = await inShell(`'${process.execPath}' -p "tls.rootCertificates.length"`);

    expect(Number(bundle)).toBeGreaterThan(Number(roots));
    expect(await inShell(`test "$AWS_CA_BUNDLE" = "$SSL_CERT_FILE" && echo same`)).toBe("same\n");
  });
});
