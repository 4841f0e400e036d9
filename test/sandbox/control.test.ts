import { describe, expect, it } from "vitest";
import { createControl } from "../../lib/sandbox/control.js";
import { createLive } from "../../lib/sandbox/live/live.js";
import { openSandbox } from "./clients.js";

const SECRET = "s3cr3t";
const DAYS_31 = 31 * 24 * 3_600_000;

function openControl(secret?: string) {
  const { sandbox, clock } = openSandbox();
  const control = createControl({
    sandbox,
    identity: { program: "fleetlab sandbox" },
    ...(secret !== undefined && { secret }),
  });
  const ask = async (method: string, path: string, body = "", authorization?: string) => {
    const answer = await control({
      method,
      path,
      query: "",
      headers: authorization === undefined ? {} : { authorization },
      body: Buffer.from(body),
    });
    return { status: answer.status, body: Buffer.from(answer.body).toString("utf8") };
  };
  return { sandbox, clock, ask };
}

describe("GET /_fleetlab", () => {
  it("tells who is there, and what time it is there", async () => {
    const { clock, sandbox, ask } = openControl(SECRET);
    await sandbox.advance(1_500);

    const { status, body } = await ask("GET", "/_fleetlab");

    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ program: "fleetlab sandbox", now: clock.now() + 1_500 });
  });

  it("is alone under its path, beside the clock", async () => {
    expect((await openControl().ask("GET", "/_fleetlab/other")).status).toBe(404);
  });
});

describe("POST /_fleetlab/refusals", () => {
  const path = "/_fleetlab/refusals";
  const openWithPage = () => {
    const { sandbox } = openSandbox();
    const live = createLive(sandbox, SECRET);
    const control = createControl({ sandbox, identity: {}, secret: SECRET, live });
    return async (body: string, authorization = `Bearer ${SECRET}`, method = "POST") => {
      const request = { method, path, query: "", headers: { authorization } };
      return (await control({ ...request, body: Buffer.from(body) })).status;
    };
  };

  it("asks for the key and a POST, and takes an account with or without a prefix", async () => {
    const ask = openWithPage();
    const body = '{"account":"111122223333"}';

    expect(await ask(body)).toBe(200);
    expect(await ask('{"account":"111122223333","prefix":"Ada-"}')).toBe(200);
    expect(await ask(body, "Bearer other")).toBe(403);
    expect(await ask(body, `Bearer ${SECRET}`, "GET")).toBe(405);
  });

  it.each(["", "null", "[]", "{}", '{"account":1}', '{"account":"111122223333","prefix":1}'])(
    "refuses the body %j",
    async (body) => expect(await openWithPage()(body)).toBe(400),
  );

  it("is not there without a live page", async () => {
    expect((await openControl(SECRET).ask("POST", path, "{}")).status).toBe(404);
  });
});

describe("POST /_fleetlab/clock", () => {
  const path = "/_fleetlab/clock";

  it.each([0, 0.5, 300_000, DAYS_31])("lets %d milliseconds pass", async (advanceMs) => {
    const { sandbox, clock, ask } = openControl();

    const { status, body } = await ask("POST", path, JSON.stringify({ advanceMs }));

    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ now: Math.floor(clock.now() + advanceMs) });
    expect(sandbox.clock.now()).toBe(clock.now() + advanceMs);
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    "300000",
    "{}",
    '{"advanceMs":"300000"}',
    '{"advanceMs":-1}',
    '{"advanceMs":1e999}',
    `{"advanceMs":${DAYS_31 + 1}}`,
  ])("refuses the body %j with the rule, and stands still", async (body) => {
    const { sandbox, clock, ask } = openControl();

    const refused = await ask("POST", path, body);

    expect(refused.status).toBe(400);
    expect(refused.body).toContain("a number of milliseconds from 0 to 2678400000 (31 days)");
    expect(sandbox.clock.now()).toBe(clock.now());
  });

  it.each([undefined, "", SECRET, "Bearer", "Bearer other", `bearer ${SECRET}x`])(
    "refuses %j where a key is asked for",
    async (authorization) => {
      const { sandbox, clock, ask } = openControl(SECRET);

      const refused = await ask("POST", path, '{"advanceMs":1}', authorization);

      expect(refused.status).toBe(403);
      expect(refused.body).toContain("Bearer <secretAccessKey of credentials.json>");
      expect(sandbox.clock.now()).toBe(clock.now());
    },
  );

  it("takes the key", async () => {
    const { ask } = openControl(SECRET);

    expect((await ask("POST", path, '{"advanceMs":1}', `Bearer ${SECRET}`)).status).toBe(200);
  });

  it("takes no other method", async () => {
    expect((await openControl().ask("GET", path)).status).toBe(405);
  });
});
