import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addSlot,
  countOf,
  hasSlot,
  type Posting,
  removeSlot,
  slotsOf,
} from "../../../../lib/sandbox/search/index/posting.js";

const slotsIn = (posting: Posting | undefined): number[] =>
  posting === undefined ? [] : [...slotsOf(posting)];

describe("a posting", () => {
  it("is the set of its slots in every form it takes", () => {
    // Runs of slots make bit sets, single far ones keep arrays.
    const change = fc.record({
      from: fc.oneof(fc.nat(1_000), fc.nat(100_000)),
      length: fc.oneof(fc.constant(1), fc.nat(700)),
      isAdded: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        let posting: Posting | undefined;
        const truth = new Set<number>();
        for (const { from, length, isAdded } of changes) {
          for (let slot = from; slot < from + length; slot++) {
            posting = isAdded ? addSlot(posting, slot) : removeSlot(posting, slot);
            if (isAdded) truth.add(slot);
            else truth.delete(slot);
          }
          expect(slotsIn(posting)).toEqual([...truth].sort((a, b) => a - b));
          expect(posting === undefined ? 0 : countOf(posting)).toBe(truth.size);
          expect(posting !== undefined && hasSlot(posting, from)).toBe(truth.has(from));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is smallest for one document, for few and for most", () => {
    const few = addSlot(addSlot(undefined, 9), 4);
    let most: Posting | undefined;
    for (let slot = 0; slot < 10_000; slot++) most = addSlot(most, slot);

    expect(addSlot(undefined, 9)).toBe(9);
    expect(few).toEqual([4, 9]);
    expect(removeSlot(few, 4)).toBe(9);
    expect(removeSlot(9, 9)).toBeUndefined();
    expect(most).toHaveProperty("bits");
  });

  it("takes a slot twice as once, and one that it has not as nothing", () => {
    for (const slots of [[5], [5, 9], Array.from({ length: 600 }, (_, n) => n)]) {
      let posting: Posting | undefined;
      for (const slot of [...slots, ...slots]) posting = addSlot(posting, slot);

      expect(slotsIn(posting)).toEqual(slots);
      expect(slotsIn(removeSlot(posting, 50_000))).toEqual(slots);
    }
  });
});
