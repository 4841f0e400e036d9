import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createKeyPool, type KeyPairPem } from "../../../lib/sandbox/pki/key-pool.js";

/** A pool whose keys are numbers, found when the test says so. */
function numbered(ahead: number, atOnce = 1) {
  const searches: ((error?: Error) => void)[] = [];
  let count = 0;
  const find = () =>
    new Promise<KeyPairPem>((resolve, reject) => {
      const number = String(++count);
      searches.push((error) =>
        error ? reject(error) : resolve({ publicKey: number, privateKey: number }),
      );
    });
  const pool = createKeyPool({ find, ahead, atOnce });
  /** End the oldest search, and let its consequences happen. */
  const end = async (error?: Error) => {
    searches.shift()?.(error);
    await delay(0);
  };
  return { take: async () => (await pool.take()).publicKey, searches, end, begun: () => count };
}

describe("a pool of keys", () => {
  it("looks for none before somebody asks, then for a few ahead", async () => {
    const { take, searches, end, begun } = numbered(2);
    expect(begun()).toBe(0);

    const first = take();
    await end();
    await end();
    await end();

    expect(await first).toBe("1");
    expect([begun(), searches.length]).toEqual([3, 0]);
    expect([await take(), await take()]).toEqual(["2", "3"]);
  });

  it("serves in the order of asking, with no more searches at once than it may", async () => {
    const { take, searches, end } = numbered(0, 2);
    const all = [take(), take(), take(), take()];

    expect(searches).toHaveLength(2);
    for (let i = 0; i < 4; i++) {
      await end();
      expect(searches.length).toBeLessThanOrEqual(2);
    }

    expect(await Promise.all(all)).toEqual(["1", "2", "3", "4"]);
  });

  it("tells one who waits when a search fails, and goes on for the others", async () => {
    const { take, end } = numbered(0);
    const all = Promise.allSettled([take(), take()]);

    await end(new Error("no entropy"));
    await end();

    expect((await all).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  });

  it("does not search on and on in vain when nobody waits", async () => {
    const { take, end, begun } = numbered(3);
    const one = take();
    await end();
    await one;
    await end(new Error("no entropy"));

    expect(begun()).toBe(2);
    void take();
    expect(begun()).toBe(3);
  });

  it("finds real keys", async () => {
    const pool = createKeyPool({ ahead: 0 });

    const [one, two] = await Promise.all([pool.take(), pool.take()]);

    expect(one.publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect(one.privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(one.privateKey).not.toBe(two.privateKey);
  });
});
