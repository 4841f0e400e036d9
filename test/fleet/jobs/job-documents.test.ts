import { describe, expect, it } from "vitest";
import {
  customDocument,
  documentText,
  hasLinks,
  otaDocument,
} from "../../../lib/fleet/jobs/job-documents.js";

describe("otaDocument", () => {
  it("D24, D38: asks the catalog for the link, and for the attributes with the digest", () => {
    expect(otaDocument("Van", "1.1.0")).toEqual({
      operation: "install",
      ota: {
        packages: {
          Van: {
            version: "1.1.0",
            attributes: "${aws:iot:package:Van:version:1.1.0:attributes}",
            artifact: {
              s3PresignedUrl: "${aws:iot:package:Van:version:1.1.0:artifact:s3-presigned-url}",
            },
          },
        },
      },
    });
  });

  it("D29: refuses names that would end the placeholder early", () => {
    expect(() => otaDocument("Van}", "1.1.0")).toThrow("a package name");
    expect(() => otaDocument("Van", "1.1.0:x")).toThrow("a package version");
  });
});

describe("customDocument", () => {
  it("fills in what nobody has said", () => {
    expect(customDocument({ operation: "check-tires" })).toEqual({
      operation: "check-tires",
      parameters: {},
      metadata: { version: "1.0.0", description: "Custom job: check-tires" },
    });
  });
});

describe("documentText", () => {
  it("takes objects and texts", () => {
    expect(documentText({ a: [1, { b: null }] })).toBe('{"a":[1,{"b":null}]}');
    expect(documentText(' { "a" : 1 } ')).toBe(' { "a" : 1 } ');
  });

  it.each(["", "{", "[1]", "null", '"text"', "7"])("refuses %j, which is no object", (text) => {
    expect(() => documentText(text)).toThrow("be a JSON object");
  });

  it("refuses an array, and what JSON cannot express", () => {
    const circle: { self?: object } = {};
    circle.self = circle;

    expect(() => documentText([1])).toThrow("be a JSON object");
    expect(() => documentText(circle)).toThrow("circular");
    expect(() => documentText({ n: 1n })).toThrow("BigInt");
  });

  it("counts bytes, not characters", () => {
    const withBytes = (bytes: number) => ({ text: "é".repeat((bytes - 11) / 2) });

    expect(Buffer.byteLength(documentText(withBytes(32_767)))).toBe(32_767);
    expect(() => documentText(withBytes(32_769))).toThrow(
      '"32,769 bytes" cannot be a job document: it must have at most 32,768 bytes',
    );
  });

  it("refuses an eleventh placeholder", () => {
    const links = (n: number) => Array(n).fill("${aws:iot:s3-presigned-url:https://x/y}");

    expect(() => documentText({ links: links(10) })).not.toThrow();
    expect(() => documentText({ links: links(11) })).toThrow("at most 10 placeholders");
  });
});

describe("hasLinks", () => {
  it.each([
    [documentText(otaDocument("Van", "1")), true],
    ['{"a":"${aws:iot:s3-presigned-url-v2:https://s3.x.amazonaws.com/b/k}"}', true],
    ['{"a":"${aws:iot:package:Van:version:1:attributes}"}', false],
    ['{"operation":"check-tires"}', false],
  ])("of %s is %s", (text, answer) => {
    expect(hasLinks(text)).toBe(answer);
  });
});
