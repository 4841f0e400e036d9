import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createGate } from "../../../lib/sandbox/server/gate.js";

describe("a gate", () => {
  it("has room for so many bytes and no more, in the order in which they came", async () => {
    const gate = createGate(100);
    const log: string[] = [];
    const enter = async (name: string, bytes: number) => {
      const leave = await gate.enter(bytes);
      log.push(name);
      return leave;
    };

    const a = await enter("a", 60);
    const waiting = [enter("b", 60), enter("c", 10), enter("d", 1_000)];
    await delay(0);
    expect(log).toEqual(["a"]);
    a();
    a();
    const [b, c] = await Promise.all(waiting.slice(0, 2));
    expect(log).toEqual(["a", "b", "c"]);
    b?.();
    await delay(0);
    expect(log).toEqual(["a", "b", "c"]);
    c?.();
    await waiting[2];
    expect(log).toEqual(["a", "b", "c", "d"]);
  });
});
