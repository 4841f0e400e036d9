import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSortedList } from "../../../lib/sandbox/state/sorted-list.js";

const ascending = (a: number, b: number): number => a - b;

describe("createSortedList", () => {
  it("keeps distinct items in order while they come and go", () => {
    // Long runs split blocks, long removals empty them.
    const change = fc.record({
      from: fc.integer({ min: 0, max: 4_000 }),
      length: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2_500 })),
      isAdded: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(4_000)),
        fc.array(change, { maxLength: 6 }),
        fc.integer({ min: -1, max: 7_000 }),
        (initial, changes, start) => {
          const list = createSortedList(ascending, initial);
          const truth = new Set(initial);
          for (const { from, length, isAdded } of changes) {
            for (let item = from; item < from + length; item++) {
              if (isAdded) list.add(item);
              else list.remove(item);
              if (isAdded) truth.add(item);
              else truth.delete(item);
            }
            const expected = [...truth].sort(ascending);
            expect([...list.from(() => false)]).toEqual(expected);
            expect([...list.from((item) => item < start)]).toEqual(
              expected.filter((item) => item >= start),
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
