/** Distinct items kept in order while they come and go. */
export interface SortedList<T> {
  add(item: T): void;
  remove(item: T): void;
  /** The items in order, without the leading ones that are `before` where the caller begins. */
  from(before: (item: T) => boolean): Iterable<T>;
}

const blockSize = 512;

/**
 * Items in sorted blocks of bounded size.
 *
 * One sorted array would move 100,000 entries for each new name; a block moves a few hundred.
 */
export function createSortedList<T>(
  compare: (a: T, b: T) => number,
  items: Iterable<T>,
): SortedList<T> {
  const sorted = [...items].sort(compare);
  const blocks: T[][] = [];
  for (let at = 0; at < sorted.length; at += blockSize) {
    blocks.push(sorted.slice(at, at + blockSize));
  }

  /** The block that holds the first item not before, else the last one; and where it is in it. */
  function locate(before: (item: T) => boolean): { index: number; block: T[]; at: number } {
    const index = firstIndex(blocks, (block) => before(block.at(-1) as T));
    const found = Math.max(0, Math.min(index, blocks.length - 1));
    const block = blocks[found] ?? [];
    return { index: found, block, at: firstIndex(block, before) };
  }

  return {
    add(item) {
      const last = blocks.at(-1);
      // Most come in order: read back from a store, or under names that count up.
      if (last && last.length < blockSize && compare(last.at(-1) as T, item) < 0) {
        last.push(item);
        return;
      }
      const { index, block, at } = locate((other) => compare(other, item) < 0);
      const present = block[at];
      if (present !== undefined && compare(present, item) === 0) return;
      block.splice(at, 0, item);
      if (blocks.length === 0) blocks.push(block);
      if (block.length > 2 * blockSize) blocks.splice(index + 1, 0, block.splice(blockSize));
    },
    remove(item) {
      const { index, block, at } = locate((other) => compare(other, item) < 0);
      const present = block[at];
      if (present === undefined || compare(present, item) !== 0) return;
      block.splice(at, 1);
      if (block.length === 0) blocks.splice(index, 1);
    },
    *from(before) {
      const start = locate(before);
      for (let index = start.index; index < blocks.length; index++) {
        const block = blocks[index] ?? [];
        for (let at = index === start.index ? start.at : 0; at < block.length; at++) {
          yield block[at] as T;
        }
      }
    },
  };
}

/** Binary search: `before` holds for all items left of the answer and for none from it on. */
function firstIndex<T>(items: readonly T[], before: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
