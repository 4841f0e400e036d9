import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Service } from "../../lib/aws/pacing/quotas.js";
import { projectRoot } from "../../lib/cli/project.js";
import { services } from "../../lib/sandbox/services.js";

const packages: Readonly<Record<Service, string>> = {
  iot: "client-iot",
  iotdata: "client-iot-data-plane",
  "iot-jobs-data": "client-iot-jobs-data-plane",
  s3: "client-s3",
  iam: "client-iam",
  sts: "client-sts",
};

/**
 * The operations that a file calls, as `client-iot:CreateThing`. It calls what it imports: the
 * compiler refuses an import without a use.
 */
function operationsIn(source: string): string[] {
  const imports = source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/(client-[a-z0-9-]+)"/g);
  return [...imports].flatMap(([, names = "", from]) =>
    [...names.matchAll(/\b(\w+)Command\b/g)].map(([, name]) => `${from}:${name}`),
  );
}

describe("operationsIn", () => {
  it("finds commands with the client they belong to, by their own names", () => {
    const source = [
      'import { CreateThingCommand, type Tag } from "@aws-sdk/client-iot";',
      'import {\n  GetObjectCommand as Get,\n  type S3Client,\n} from "@aws-sdk/client-s3";',
      'import { DeleteThingCommand } from "./other.js";',
    ].join("\n");

    expect(operationsIn(source)).toEqual(["client-iot:CreateThing", "client-s3:GetObject"]);
  });
});

describe("The contract tests", () => {
  it("call every operation that the sandbox has", () => {
    const folder = join(projectRoot, "test", "contract");
    const called = new Set(
      readdirSync(folder)
        // Words that tests call operations by count as well; what only makes or cleans up does not.
        .filter((name) => /(\.test|-words)\.ts$/.test(name))
        .flatMap((name) => operationsIn(readFileSync(join(folder, name), "utf8"))),
    );
    const written = Object.entries(services).flatMap(([service, { operations }]) =>
      [...operations.keys()].map((name) => `${packages[service as Service]}:${name}`),
    );

    expect(written.filter((operation) => !called.has(operation))).toEqual([]);
  });
});
