import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../lib/aws/clock.js";
import { isRegion } from "../../../lib/sandbox/door/regions.js";
import { amzDateOf } from "../../../lib/sandbox/door/signature.js";
import { createSandbox } from "../../../lib/sandbox/index.js";
import { memoryStore } from "../../../lib/sandbox/state/store.js";

const ACCOUNT = "111122223333";
const SERVICES = ["iot", "iotdata", "iot-jobs-data", "s3", "iam", "sts"];

/** A request to create something, signed for a Region; where signatures are checked, by the wrong secret. */
async function ask(
  service: string,
  region: string,
  options: { isPresigned?: boolean; isOpen?: boolean } = {},
) {
  const clock = manualClock();
  const store = memoryStore();
  const keys = { accessKeyId: ACCOUNT, secretAccessKey: "secret", account: ACCOUNT };
  const sandbox = createSandbox({
    clock,
    store,
    quotas: "off",
    auth: options.isOpen ? "off" : { credentials: [keys] },
  });
  const date = amzDateOf(new Date(clock.now()));
  const credential = `${ACCOUNT}/${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(credential)}&X-Amz-Date=${date}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=00`;
  const { status, body, headers } = await sandbox.handle({
    method: "POST",
    path: "/things/car-1",
    query: options.isPresigned ? query : "",
    headers: {
      host: "127.0.0.1",
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      ...(!options.isPresigned && { authorization, "x-amz-date": date }),
    },
    body: Buffer.from("{}"),
  });
  return {
    status,
    text: Buffer.from(body).toString() + (headers["x-amzn-errortype"] ?? ""),
    kept: [...store.load()],
  };
}

describe("Regions", () => {
  it("are those that the SDK knows, in AWS's public partitions", () => {
    const require = createRequire(import.meta.url);
    const entry = require.resolve("@aws-sdk/util-endpoints");
    const path = entry.replace(/dist-cjs.*$/, "dist-cjs/lib/aws/partitions.json");
    const { partitions } = JSON.parse(readFileSync(path, "utf8")) as {
      partitions: { id: string; regions: Record<string, unknown> }[];
    };
    const known = partitions.flatMap(({ id, regions }) =>
      Object.keys(regions).map((name) => ({ id, name })),
    );
    const expected = known.filter(
      ({ id, name }) => ["aws", "aws-cn", "aws-us-gov"].includes(id) && !name.endsWith("-global"),
    );

    expect(expected.length).toBeGreaterThan(30);
    expect(known.filter(({ name }) => isRegion(name))).toEqual(expected);
  });
});

const UNKNOWN = [
  "eu-nowhere-1",
  "us-east-11",
  "US-EAST-1",
  "us-iso-east-1",
  "aws-global",
  "constructor",
  "__proto__",
  "\u001b[31mred",
  "a".repeat(300),
  "a".repeat(2_000),
];

describe("a request that is signed for no Region", () => {
  it.each(SERVICES)("is refused by %s in its own form, and leaves nothing", async (service) => {
    for (const region of UNKNOWN) {
      for (const isPresigned of [false, true]) {
        for (const isOpen of [false, true]) {
          const { status, text, kept } = await ask(service, region, { isPresigned, isOpen });
          const code =
            service !== "s3"
              ? /^(iot|iotdata|iot-jobs-data)$/.test(service)
                ? "InvalidSignatureException"
                : "SignatureDoesNotMatch"
              : isPresigned
                ? "AuthorizationQueryParametersError"
                : "AuthorizationHeaderMalformed";
          expect(status, region).toBe(service === "s3" ? 400 : 403);
          expect(text).toContain(code);
          expect(text).toContain("GovCloud");
          expect(text).not.toContain("\u001b");
          expect(text.length).toBeLessThan(700);
          expect(kept).toEqual([]);
        }
      }
    }
  });

  it("is refused whatever the name is", async () => {
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    const unknown = name.filter((text) => !/[/,\s]/.test(text) && !isRegion(text));
    await fc.assert(
      fc.asyncProperty(unknown, async (region) => {
        expect([400, 403]).toContain((await ask("iot", region, { isOpen: true })).status);
      }),
      { numRuns: 50 },
    );
  });

  it.each(["us-east-1", "cn-north-1", "us-gov-west-1", "ap-southeast-7"])(
    "is none when it says %s",
    async (region) => {
      expect((await ask("iot", region, { isOpen: true })).status).toBe(200);
    },
  );
});
