import { Readable } from "node:stream";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { maskAccount, maskedWhenShown, redactedJson, redactText } from "../../lib/aws/redact.js";

const PRESIGNED =
  "https://b.s3.eu-west-1.amazonaws.com/SedanVehicle_v1_0_0.zip?versionId=abc&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
  "&X-Amz-Credential=ASIAIOSFODNN7EXAMPLE%2F20260101%2Feu-west-1%2Fs3%2Faws4_request" +
  "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE&X-Amz-Signature=0123456789abcdef&X-Amz-SignedHeaders=host";
const KEY = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nq83vEjRWeJ\n-----END RSA PRIVATE KEY-----`;

describe("redactText", () => {
  it.each([
    ["an account alone", "111122223333", "********3333"],
    ["an account at the end of a sentence", "of account 111122223333.", "of account ********3333."],
    ["an account in brackets", "(111122223333)", "(********3333)"],
    ["an account in JSON", '{"Account":"111122223333"}', '{"Account":"********3333"}'],
    ["an account in a path", "/111122223333/x", "/********3333/x"],
    ["an account before a host name", "111122223333.s3.aws", "********3333.s3.aws"],
    [
      "an ARN",
      "arn:aws:iot:eu-west-1:111122223333:thing/a",
      "arn:aws:iot:eu-west-1:********3333:thing/a",
    ],
    [
      "an ARN without Region",
      "arn:aws:iam::111122223333:role/r",
      "arn:aws:iam::********3333:role/r",
    ],
    [
      "an ARN in a URL",
      "?arn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole",
      "?arn=arn%3Aaws%3Aiam%3A%3A********3333%3Arole",
    ],
    [
      "an account in JSON in a URL, as IAM gives a policy",
      "%22aws%3ASourceAccount%22%3A%22111122223333%22%7D",
      "%22aws%3ASourceAccount%22%3A%22********3333%22%7D",
    ],
    ["two accounts", "111122223333 and 444455556666", "********3333 and ********6666"],
    ["an access key", "the key AKIAIOSFODNN7EXAMPLE", "the key [access key: redacted]"],
    ["a temporary access key", "ASIAIOSFODNN7EXAMPLE/2026", "[access key: redacted]/2026"],
    ["a private key", `before\n${KEY}\nafter`, "before\n[private key: redacted]\nafter"],
    ["a private key cut short", KEY.slice(0, 50), "[private key: redacted]"],
    [
      "a secret in JSON in a text",
      '"secretAccessKey": "abc/+def"',
      '"secretAccessKey": "[redacted]"',
    ],
    [
      "a secret in JSON in JSON",
      '{\\"sessionToken\\":\\"abc==\\"}',
      '{\\"sessionToken\\":\\"[redacted]\\"}',
    ],
    ["a secret as a variable", "AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=[redacted]"],
  ])("hides %s", (_, given, shown) => {
    expect(redactText(given)).toBe(shown);
  });

  it.each([
    ["on its own", PRESIGNED],
    ["in a job document", JSON.stringify({ files: { url: PRESIGNED } })],
    [
      "in a document in a document",
      JSON.stringify({ document: JSON.stringify({ url: PRESIGNED }) }),
    ],
    ["in HTML", `<a href="${PRESIGNED.replaceAll("&", "&amp;")}">`],
    ["with escaped ampersands", `{"url":"${PRESIGNED.replaceAll("&", "\\u0026")}"}`],
    ["without its beginning", PRESIGNED.slice(PRESIGNED.indexOf("X-Amz-Algorithm"))],
    ["in lower case", PRESIGNED.toLowerCase()],
  ])("hides what makes a presigned URL usable, %s", (_, given) => {
    const shown = redactText(given);

    expect(shown).not.toMatch(/0123456789abcdef|IQoJb3JpZ2luX2VjEXAMPLE|ASIAIOSFODNN7EXAMPLE/i);
  });

  it("keeps of a presigned URL where it points", () => {
    expect(redactText(`get ${PRESIGNED} now`)).toBe(
      "get https://b.s3.eu-west-1.amazonaws.com/SedanVehicle_v1_0_0.zip?[presigned: redacted] now",
    );
  });

  it.each([
    ["epoch milliseconds", "1767225600000"],
    ["epoch milliseconds in JSON", '{"timestamp":1767225600123}'],
    ["epoch seconds with a fraction", "1767225600.123456"],
    ["a fraction of twelve digits", "0.123456789012"],
    ["a number of twelve digits with a fraction", "123456789012.5"],
    ["a VIN name", "Vehicle-VIN-001"],
    ["a VIN name with many digits", "Vehicle-VIN-123456789012"],
    ["an ordinary number", "10000 of 123456"],
    ["a number of eleven digits", "12345678901"],
    ["a version", "1.0.0"],
    ["a long version", "2026.123456789012.1"],
    ["a UUID that ends in digits", "9b2c1d3e-4f5a-4b6c-8d7e-123456789012"],
    ["a digest", "a123456789012b"],
    ["a date", "2026-01-01T00:00:00.000Z"],
    ["a URL with an ordinary query", "https://docs.aws.amazon.com/x?a=1&b=2"],
    ["a public key", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"],
    ["a word about secrets", "the secretAccessKey is missing; no sessionToken was given"],
  ])("leaves %s alone", (_, given) => {
    expect(redactText(given)).toBe(given);
  });
});

describe("redactedJson", () => {
  it.each([
    "secretAccessKey",
    "SecretAccessKey",
    "sessionToken",
    "SessionToken",
    "accessKeyId",
    "AccessKeyId",
    "privateKey",
    "PrivateKey",
    "certificatePem",
    "password",
    "Authorization",
    "X-Amz-Security-Token",
  ])("hides the value of %s, at any depth", (name) => {
    const shown = redactedJson({ outer: [{ [name]: "told-nobody" }] });

    expect(shown).not.toContain("told-nobody");
    expect(shown).toContain(`"${name}": "[redacted]"`);
  });

  it("hides credentials in a document that is a string", () => {
    const shown = redactedJson({ document: JSON.stringify({ secretAccessKey: "told-nobody" }) });

    expect(shown).not.toContain("told-nobody");
  });

  it("shows bytes that hold JSON as that JSON, redacted", () => {
    const payload = Buffer.from(
      JSON.stringify({ state: { url: PRESIGNED, privateKey: "told-nobody" } }),
    );

    const shown = redactedJson({ payload });

    expect(JSON.parse(shown)).toEqual({
      payload: {
        state: {
          url: `${PRESIGNED.split("?")[0]}?[presigned: redacted]`,
          privateKey: "[redacted]",
        },
      },
    });
  });

  it.each([
    ["bytes", new Uint8Array([80, 75, 3, 4]), '"<4 bytes>"'],
    ["bytes that only begin like JSON", Buffer.from("{oops"), '"<5 bytes>"'],
    ["a stream", Readable.from(["x"]), '"<stream>"'],
    ["a web stream", new ReadableStream(), '"<stream>"'],
    ["a date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["a big integer", 12n, '"12"'],
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["a version of twelve digits, as a number", 123456789012, "123456789012"],
  ])("shows %s", (_, given, shown) => {
    expect(redactedJson(given)).toBe(shown);
  });

  it("leaves out the SDK's metadata and keeps everything else in order", () => {
    const shown = redactedJson({
      b: 1,
      a: { $metadata: {}, x: [true] },
      $metadata: { attempts: 1 },
    });

    expect(shown).toBe('{\n  "b": 1,\n  "a": {\n    "x": [\n      true\n    ]\n  }\n}');
  });
});

describe("maskAccount", () => {
  it("keeps the last four digits", () => {
    expect(maskAccount("111122223333")).toBe("********3333");
  });
});

describe("maskedWhenShown", () => {
  it("prints without secrets at any depth, and keeps the values", () => {
    const record = { name: "a", inner: { urls: [PRESIGNED] }, at: new Date(0) };

    const masked = maskedWhenShown(record);

    expect(masked).toEqual(record);
    expect(inspect(masked, { depth: 9 })).not.toContain("X-Amz-Signature");
    expect(inspect(masked)).toContain("1970-01-01");
  });
});
