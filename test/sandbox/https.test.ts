import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { startPrinted, type PrintedSandbox } from "./printed-exports.js";
import { pythonWithBoto3 } from "./python.js";
import { newHome, removeHome } from "./server.js";

const python = await pythonWithBoto3();

let home: string;
let sandbox: PrintedSandbox;
const inShell: PrintedSandbox["inShell"] = (...args) => sandbox.inShell(...args);

beforeAll(async () => {
  // A folder that a shell would break in two.
  home = join(newHome(), "it's a home");
  sandbox = await startPrinted(home);
});
afterAll(async () => {
  await sandbox.stop();
  removeHome(join(home, ".."));
});

describe.skipIf(process.platform === "win32")("with nothing but the printed exports", () => {
  it.skipIf(!python)(
    "boto3 goes to https:// and the address of DescribeEndpoint",
    async () => {
      const script = join(projectRoot, "test", "sandbox", "https.py");

      expect(await inShell(`'${python}' '${script}'`)).toBe("ok\n");
    },
    120_000,
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
    const address = /AWS_ENDPOINT_URL=http:\/\/(\S+)/.exec(sandbox.printed)?.[1];

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
