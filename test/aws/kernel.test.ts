import { ListThingsCommand } from "@aws-sdk/client-iot";
import { formatWithOptions, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { redactConsole } from "../../lib/aws/kernel.js";
import { packagesOf } from "../../lib/fleet/jobs/device-jobs.js";
import { createThing, findThing } from "../../lib/fleet/registry/things.js";
import { ACCOUNT, openTestFleet } from "../fleet.js";

const SIGNED = "https://b.s3.eu-west-1.amazonaws.com/k?X-Amz-Signature=5ec4e7";

/** A console like the kernel's, and what it printed. */
function openConsole() {
  const printed: string[] = [];
  const print = (...values: unknown[]) => void printed.push(formatWithOptions({}, ...values));
  const console = { log: print, info: print, warn: print, error: print, debug: print };
  redactConsole(console);
  return { console, printed };
}

describe("redactConsole", () => {
  it("masks what a learner logs, and what a cell ends with: texts, objects, errors", () => {
    const { console, printed } = openConsole();

    console.log(`arn:aws:iot:eu-west-1:${ACCOUNT}:thing/a`, [{ deep: { url: SIGNED } }]);
    console.info({ account: ACCOUNT });
    console.warn("see %s", SIGNED);
    console.error(new Error(`account ${ACCOUNT}`));
    console.debug(new Map([["url", SIGNED]]));

    expect(printed.join("\n")).not.toMatch(/111122223333|5ec4e7/);
    expect(printed[0]).toContain("arn:aws:iot:eu-west-1:********3333:thing/a [");
    expect(printed[2]).toBe("see https://b.s3.eu-west-1.amazonaws.com/k?[presigned: redacted]");
    expect(printed[3]).toMatch(/^Error: account \*{8}3333\n\s+at /);
  });

  it("prints everything else as the console does", () => {
    const { console, printed } = openConsole();
    const values = [
      "a",
      123456789012,
      1n,
      undefined,
      null,
      { a: [1, { b: "c" }] },
      [],
      new Date(0),
    ];

    for (const value of values) console.log(value);
    console.log("%s and %d", { a: 1 }, 2);

    expect(printed).toEqual([
      ...values.map((value) => formatWithOptions({}, value)),
      "{ a: 1 } and 2",
    ]);
  });

  describe("breaks long lines between words, as JupyterLab does not", () => {
    const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");
    const query = `shadow.reported.${"x".repeat(150)}`;
    const kinds: [string, unknown[]][] = [
      ["an error", [Object.assign(new Error(`${words} ${query} end`), { stack: "" })]],
      ["a text", [`${words} ${query} end`]],
      ["a text with values", ["%s", words, { query }, "end"]],
      ["a text in an object", [{ words, query, end: "end" }]],
      ["a text in a list", [[words, query, "end"]]],
      ["JSON", [JSON.stringify({ words, query, end: "end" })]],
    ];

    it.each(kinds)("of %s", (_, values) => {
      const { console, printed } = openConsole();

      console.log(...values);

      const lines = printed[0]!.split("\n").filter((line) => !line.includes(query));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
      const said = printed[0]!.match(/\w+/g) ?? [];
      expect(said).toEqual(expect.arrayContaining([...words.split(" "), "end"]));
      expect(printed[0]).toContain(query);
    });

    it("and keeps the indentation of a document", () => {
      const { console, printed } = openConsole();

      console.log(JSON.stringify({ a: { deep: words } }, undefined, 4));

      const lines = printed[0]!.split("\n");
      expect(lines.length).toBeGreaterThan(8);
      expect(lines.slice(2, -2).filter((line) => !/^ {8}\S/.test(line))).toEqual([]);
      expect(JSON.parse(printed[0]!.replace(/\n {8}(?=word)/g, " "))).toEqual({
        a: { deep: words },
      });
    });

    it("and leaves short lines, long words and drawn tables as they are", () => {
      const { console, printed } = openConsole();
      const drawn = `│ ${"a │ ".repeat(60)}`;

      console.log(`${"a ".repeat(49)}\n  ${"b".repeat(200)}\n${drawn}`);

      expect(printed).toEqual([`${"a ".repeat(49)}\n  ${"b".repeat(200)}\n${drawn}`]);
    });
  });

  it("shows control characters instead of sending them", () => {
    const { console, printed } = openConsole();

    console.log("a\u001b[31m");

    expect(printed).toEqual(["a␛[31m"]);
  });

  it("is put on once, however often a notebook connects", () => {
    const { console } = openConsole();
    const { log } = console;

    redactConsole(console);

    expect(console.log).toBe(log);
  });
});

describe("at the end of a cell", () => {
  it("a thing prints without the account's number, and keeps it", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createThing(fleet, { name: "a" }));

    const thing = await settle(findThing(fleet, "a"));

    expect(inspect(thing)).toContain(":********3333:thing/a");
    expect(inspect(thing)).not.toContain(ACCOUNT);
    expect(thing?.thingArn).toContain(ACCOUNT);
  });

  it("an answer of the SDK itself does too, at any depth", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createThing(fleet, { name: "a" }));

    const answer = await settle(fleet.iot.send(new ListThingsCommand({})));

    expect(inspect(answer, { depth: null })).toContain(":********3333:thing/a");
    expect(inspect(answer, { depth: null })).not.toContain(ACCOUNT);
    expect(inspect(answer)).toContain("httpStatusCode: 200");
  });

  it("the packages of a job document print without their links' signatures, and keep them", () => {
    const document = { Van: { version: "1.1.0", artifact: { s3PresignedUrl: SIGNED } } };

    const [shipped] = packagesOf(document);

    expect(inspect([shipped])).toContain("k?[presigned: redacted]");
    expect(inspect([shipped])).not.toContain("5ec4e7");
    expect(shipped?.url).toBe(SIGNED);
  });
});
