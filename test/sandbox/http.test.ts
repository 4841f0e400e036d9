import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openStore } from "../../lib/sandbox/state/store.js";
import type { WireRequest, WireResponse } from "../../lib/sandbox/http/wire.js";
import { openSandbox } from "./clients.js";
import { damaged, furnish, likely, unlikely } from "./requests.js";
import { tries } from "../tries.js";

/** What an answer must never show: where our code lies. */
const INSIDES = /\n\s+at .+:\d+:\d+|node:internal|\/lib\/sandbox\/|\.ts:\d+/;

function check(request: WireRequest, { status, headers, body }: WireResponse): void {
  const shown = `${request.method} ${request.path.slice(0, 200)} → ${status}`;
  expect(status, shown).toBeGreaterThanOrEqual(200);
  expect(status, shown).toBeLessThan(600);
  expect(status, shown).not.toBe(500);
  expect(Buffer.from(body).toString("utf8")).not.toMatch(INSIDES);
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
}

describe("any HTTP request", () => {
  const errors: unknown[][] = [];
  beforeEach(() => {
    errors.length = 0;
    vi.spyOn(console, "error").mockImplementation((...said) => void errors.push(said));
  });
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ["that is none", unlikely, 40, 30],
    ["that a client could mean", likely, 60, 40],
    ["that was one before it was damaged", damaged, 60, 30],
  ])("gets an answer: one %s", { timeout: 300_000 }, async (_, request, numRuns, size) => {
    const steps = fc.array(request, { minLength: size, maxLength: size });
    await fc.assert(
      fc.asyncProperty(steps, async (requests) => {
        const clients = openSandbox();
        const { sandbox, clock } = clients;
        errors.length = 0;
        await furnish(clients);
        expect(errors).toEqual([]);
        for (const one of requests) {
          const answer = await sandbox.handle(one);
          expect(errors).toEqual([]);
          check(one, answer);
          await clock.advance(1000);
        }
      }),
      { numRuns: tries(numRuns) },
    );
  });

  it("does not stop the store on disk", { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "fleetlab-http-"));
    const failures: unknown[] = [];
    const store = openStore(folder);
    const clients = openSandbox({ store, onStoreFailure: (error) => failures.push(error) });
    const { sandbox } = clients;
    await furnish(clients);
    try {
      await fc.assert(
        fc.asyncProperty(fc.oneof(likely, damaged), async (request) => {
          await sandbox.handle(request);
          expect(failures).toEqual([]);
        }),
        { numRuns: tries(600) },
      );
    } finally {
      await sandbox.close();
      rmSync(folder, { recursive: true });
    }
  });
});
