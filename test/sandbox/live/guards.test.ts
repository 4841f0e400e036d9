// Who may ask for the live page: over a real port, with the headers that browsers send.

import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createControl } from "../../../lib/sandbox/control.js";
import { createLive, type Live } from "../../../lib/sandbox/live/live.js";
import { createSessions } from "../../../lib/sandbox/live/sessions.js";
import { PANEL, STATES, VALUES } from "../../../lib/sandbox/live/page/colours.mjs";
import { serve, type SandboxServer } from "../../../lib/sandbox/server.js";
import { COLOURS, STATE_COLOURS } from "../../../lib/show/picture.js";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const SECRET = "s3cr3t";

describe("requests for the live page", () => {
  let server: SandboxServer;
  let live: Live;
  let host: string;

  beforeEach(async () => {
    const { sandbox } = openSandbox();
    live = createLive(sandbox, SECRET);
    const control = createControl({ sandbox, identity: {}, secret: SECRET, live });
    server = await serve({ handle: sandbox.handle, control, port: 0, patience: { graceMs: 0 } });
    host = new URL(server.url).host;
  });
  afterEach(async () => {
    live.close();
    await server.close();
  });

  function ask(path: string, headers: Record<string, string> = {}, method = "GET", body = "") {
    return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
      (resolve, reject) => {
        const asked = request(`${server.url}${path}`, { method, headers }, (answer) => {
          const done = (text: string) =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
          if (answer.headers["content-type"]?.startsWith("text/event-stream")) {
            asked.destroy();
            return done("");
          }
          let text = "";
          answer.setEncoding("utf8").on("data", (part: string) => (text += part));
          answer.on("end", () => done(text));
        });
        asked.on("error", reject);
        asked.end(body);
      },
    );
  }
  const word = (isProxied = false) =>
    live.open({ account: ACCOUNT, region: REGION, isProxied }) as string;
  const mine = () => ({ "x-fleetlab-session": word() });

  it("gives the page to everybody here, with nothing in it, and under a strict policy", async () => {
    const { status, headers, text } = await ask("/_fleetlab/");

    expect(status).toBe(200);
    expect(text).toContain("<!doctype html>");
    expect(headers["content-security-policy"]).toMatch(/default-src 'none'; script-src 'self'/);
    expect(headers["content-security-policy"]).toContain("require-trusted-types-for 'script'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  it.each(["main.mjs", "page.css", "icon.svg"])("gives %s of it", async (name) => {
    expect((await ask(`/_fleetlab/page/${name}`)).status).toBe(200);
  });

  it.each(["tsconfig.json", "../live.ts", "%2e%2e/live.ts", "", "main.mjs/x"])(
    "gives no other file: %j",
    async (name) => {
      expect([404, 403]).toContain((await ask(`/_fleetlab/page/${name}`)).status);
    },
  );

  it.each(["", "nonsense", "a.b", `${"x".repeat(5000)}.y`])(
    "tells nothing to whoever has no session: %j",
    async (session) => {
      const { status, text } = await ask("/_fleetlab/stream", { "x-fleetlab-session": session });

      expect(status).toBe(401);
      expect(text).toContain("connect()");
    },
  );

  it("takes a session of this sandbox's keys, and of no others", async () => {
    const foreign = createSessions("other").open({
      account: ACCOUNT,
      region: REGION,
      isProxied: false,
    });

    expect((await ask("/_fleetlab/stream", mine())).status).toBe(200);
    expect((await ask("/_fleetlab/stream", { "x-fleetlab-session": foreign })).status).toBe(401);
  });

  it.each([
    ["another origin", { origin: "https://example.org" }],
    ["an origin that is none", { origin: "null" }],
    ["another port of this machine", { origin: "http://127.0.0.1:1" }],
    ["another site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }],
    ["another page of the same site", { "sec-fetch-site": "same-site" }],
  ])("refuses %s, whatever it knows", async (_, headers) => {
    expect((await ask("/_fleetlab/stream", { ...mine(), ...headers })).status).toBe(403);
    expect((await ask("/_fleetlab/publish", { ...mine(), ...headers }, "POST", "{}")).status).toBe(
      403,
    );
  });

  it("takes the page's own origin, and a link from elsewhere to the page alone", async () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };

    expect((await ask("/_fleetlab/stream", { ...mine(), origin: `http://${host}` })).status).toBe(
      200,
    );
    expect((await ask("/_fleetlab/", link)).status).toBe(200);
    expect((await ask("/_fleetlab/stream", { ...mine(), ...link })).status).toBe(403);
    expect((await ask("/_fleetlab", link)).status).toBe(403);
  });

  it("answers under another name only to sessions of links through a proxy", async () => {
    const proxied = { "x-fleetlab-session": word(true), host: "hub.example.org" };

    expect((await ask("/_fleetlab/stream", { ...mine(), host: "evil.example" })).status).toBe(403);
    expect((await ask("/_fleetlab/stream", proxied)).status).toBe(200);
    expect((await ask("/_fleetlab", { host: "hub.example.org" })).status).toBe(403);
  });

  it("opens sessions for whoever has the keys", async () => {
    const wish = JSON.stringify({ account: ACCOUNT, region: REGION });
    const key = { authorization: `Bearer ${SECRET}` };
    const opened = await ask("/_fleetlab/sessions", key, "POST", wish);
    const { session } = JSON.parse(opened.text) as { session: string };

    expect((await ask("/_fleetlab/stream", { "x-fleetlab-session": session })).status).toBe(200);
    expect((await ask("/_fleetlab/sessions", {}, "POST", wish)).status).toBe(403);
    expect((await ask("/_fleetlab/sessions", key, "POST", "{}")).status).toBe(400);
    expect(
      (await ask("/_fleetlab/sessions", { ...key, origin: `http://${host}` }, "POST", wish)).status,
    ).toBe(403);
    expect(session).not.toContain(SECRET);
  });

  it.each([
    ["no JSON", "{", "JSON"],
    ["no topic", "{}", "topic"],
    ["a payload that is no text", '{"topic":"t","payload":1}', "payload"],
    ["QoS 2", '{"topic":"t","qos":2}', "QoS"],
    ["a wildcard", '{"topic":"a/#"}', "wildcards"],
  ])("publishes nothing with %s, and says why", async (_, body, why) => {
    const { status, text } = await ask("/_fleetlab/publish", mine(), "POST", body);

    expect(status).toBe(400);
    expect(text).toContain(why);
  });

  it("refuses a filter that is none, and other methods", async () => {
    expect((await ask("/_fleetlab/stream?messages=a%23", mine())).status).toBe(400);
    expect((await ask("/_fleetlab/stream", mine(), "POST")).status).toBe(405);
    expect((await ask("/_fleetlab/publish", mine())).status).toBe(405);
  });
});

describe("a session", () => {
  it("ends after a week", () => {
    let now = 0;
    const sessions = createSessions(SECRET, () => now);
    const word = sessions.open({ account: ACCOUNT, region: REGION, isProxied: false });
    now = 7 * 24 * 3_600_000 - 1;
    const before = sessions.read(word);
    now++;

    expect(before).toMatchObject({ account: ACCOUNT, region: REGION, isProxied: false });
    expect(sessions.read(word)).toBeUndefined();
  });
});

describe("the page's colours", () => {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };

  it("are those of the notebooks' pictures", () => {
    expect(STATES.light).toEqual(STATE_COLOURS);
    expect(VALUES.light).toEqual(COLOURS);
  });

  it.each(["light", "dark"] as const)("are seen on %s paper", (scheme) => {
    for (const colour of [...Object.values(STATES[scheme]), ...VALUES[scheme]]) {
      expect(contrast(colour, PANEL[scheme]), colour).toBeGreaterThanOrEqual(3);
    }
  });
});
