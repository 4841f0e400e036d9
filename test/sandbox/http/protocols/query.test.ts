import * as iam from "@aws-sdk/client-iam";
import type { StaticOperationSchema } from "@smithy/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../../lib/aws/clock.js";
import { createSandbox } from "../../../../lib/sandbox/index.js";
import { awsQuery } from "../../../../lib/sandbox/http/protocols/query.js";
import type { WireRequest } from "../../../../lib/sandbox/http/wire.js";

const schemas = Object.values(iam)
  .filter((value) => Array.isArray(value))
  .filter((value): value is StaticOperationSchema => value[0] === 9);
const protocol = awsQuery("https://iam.amazonaws.com/doc/2010-05-08/")(schemas);

function form(body: string): WireRequest {
  return {
    method: "POST",
    path: "/",
    query: "",
    headers: { host: "localhost", "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(`Version=2010-05-08&${body}`),
  };
}

function read(body: string): object {
  const request = form(body);
  const route = protocol.route(request);
  if (!route) throw new Error("no such action");
  return protocol.read(route, request);
}

describe("a form https://smithy.io/2.0/aws/protocols/aws-query-protocol.html", () => {
  it("is read by the operation's schema", () => {
    expect(
      read("Action=CreateRole&RoleName=r&Description=a+b%2Bc&MaxSessionDuration=3600&Other=1"),
    ).toEqual({ RoleName: "r", Description: "a b+c", MaxSessionDuration: 3600 });
  });

  it("has lists with numbers, in the order of the numbers", () => {
    const tags = [10, 2, 1].map((n) => `Tags.member.${n}.Key=k${n}&Tags.member.${n}.Value=${n}`);
    expect(read(`Action=TagRole&RoleName=r&${tags.join("&")}`)).toMatchObject({
      Tags: [
        { Key: "k1", Value: "1" },
        { Key: "k2", Value: "2" },
        { Key: "k10", Value: "10" },
      ],
    });
  });

  it("has an empty list by its name alone", () => {
    expect(read("Action=TagRole&RoleName=r&Tags=")).toMatchObject({ Tags: [] });
  });

  it("may stand in the query of a GET", () => {
    const request = { ...form(""), method: "GET", query: "Action=ListRoles&MaxItems=5" };
    const route = protocol.route(request);
    expect(route?.schema[2]).toBe("ListRoles");
    expect(route && protocol.read(route, request)).toEqual({ MaxItems: 5 });
  });

  it.each([
    "Action=TagRole&RoleName=r&Tags.member.x.Key=a",
    "Action=TagRole&RoleName.member.1=r",
    "Action=TagRole&RoleName=r&Tags.member.1=a",
    "Action=ListRoles&MaxItems=many",
    "Action=CreateRole&RoleName.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s=1",
  ])("is MalformedInput as %s", (body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ name: "MalformedRequest" }));
  });
});

describe("an answer", () => {
  it("of success wraps the result and the request's id", async () => {
    const sandbox = createSandbox({ clock: manualClock() });
    const { status, headers, body } = await sandbox.handle(form("Action=ListRoles"));
    expect([status, headers["content-type"]]).toEqual([200, "text/xml"]);
    expect(body).toContain(
      '<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult>' +
        "<Roles/><IsTruncated>false</IsTruncated></ListRolesResult><ResponseMetadata><RequestId>",
    );
  });

  it("of an error carries the code without its suffix", async () => {
    const sandbox = createSandbox({ clock: manualClock() });
    const { status, body } = await sandbox.handle(form("Action=GetRole&RoleName=r"));
    expect(status).toBe(404);
    expect(body).toContain(
      '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>' +
        "<Code>NoSuchEntity</Code><Message>The role with name r cannot be found.</Message></Error>",
    );
  });

  it("of an unknown action is InvalidAction", async () => {
    const sandbox = createSandbox({ clock: manualClock() });
    const { status, body } = await sandbox.handle(form("Action=constructor"));
    expect(status).toBe(400);
    expect(body).toContain("<Code>InvalidAction</Code>");
  });

  it("of a missing member is a ValidationError", async () => {
    const sandbox = createSandbox({ clock: manualClock() });
    const { status, body } = await sandbox.handle(form("Action=GetRole"));
    expect(status).toBe(400);
    expect(body).toContain("<Code>ValidationError</Code>");
  });
});

describe("any form", () => {
  const part = fc.oneof(
    fc.constantFrom("RoleName", "Tags", "member", "1", "0", "Key", "Value", "PolicyDocument", ""),
    fc.constantFrom("__proto__", "constructor", "PolicyName", "AssumeRolePolicyDocument", "%", "+"),
    fc.string({ maxLength: 6 }),
  );
  const pair = fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 5 }), fc.oneof(fc.string(), fc.json()))
    .map(([name, value]) => `${name.join(".")}=${encodeURIComponent(value)}`);
  const action = fc.constantFrom("CreateRole", "TagRole", "PutRolePolicy", "ListRoles", "GetRole");

  it("gets an answer below 500, or 501", async () => {
    const sandbox = createSandbox({ clock: manualClock(), quotas: "off" });
    await fc.assert(
      fc.asyncProperty(action, fc.array(pair, { maxLength: 6 }), async (name, pairs) => {
        const body = [`Action=${name}`, "RoleName=r", "PolicyName=p", ...pairs].join("&");
        const { status } = await sandbox.handle(form(body));
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 1000 },
    );
  });
});
