/**
 * The documents that hold one word, by slot number.
 *
 * Most words belong to one document (its name, its id), a few to half the fleet (a country). So a
 * posting is a bare number, a sorted array or a bit set, whichever is smallest; the functions below
 * change it in place where they can and return what to keep instead.
 */
export type Posting = number | number[] | Bits;

interface Bits {
  bits: Uint32Array;
  count: number;
}

const smallestBitSet = 512;

export function addSlot(posting: Posting | undefined, slot: number): Posting {
  if (posting === undefined || posting === slot) return slot;
  if (typeof posting === "number") return posting < slot ? [posting, slot] : [slot, posting];
  if (!Array.isArray(posting)) return addBit(posting, slot);

  const last = posting[posting.length - 1] ?? -1;
  if (slot > last) {
    posting.push(slot);
  } else {
    const at = positionOf(posting, slot);
    if (posting[at] === slot) return posting;
    posting.splice(at, 0, slot);
  }
  // An array takes 64 bits a slot, a bit set one bit for each slot up to the last.
  const isDense = posting.length >= smallestBitSet && posting.length * 64 > Math.max(slot, last);
  return isDense ? toBits(posting) : posting;
}

/** What is left of the posting; undefined when nothing is. */
export function removeSlot(posting: Posting | undefined, slot: number): Posting | undefined {
  if (posting === undefined || posting === slot) return undefined;
  if (typeof posting === "number") return posting;
  if (Array.isArray(posting)) {
    const at = positionOf(posting, slot);
    if (posting[at] === slot) posting.splice(at, 1);
    return posting.length === 1 ? posting[0] : posting;
  }
  if (hasSlot(posting, slot)) {
    posting.count--;
    posting.bits[slot >>> 5] = (posting.bits[slot >>> 5] ?? 0) & ~(1 << (slot & 31));
  }
  // Half of the way in, so that one slot coming and going does not convert it each time.
  return posting.count < smallestBitSet / 2 ? [...slotsOf(posting)] : posting;
}

export function hasSlot(posting: Posting, slot: number): boolean {
  if (typeof posting === "number") return posting === slot;
  if (Array.isArray(posting)) return posting[positionOf(posting, slot)] === slot;
  return (((posting.bits[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1;
}

export function countOf(posting: Posting): number {
  if (typeof posting === "number") return 1;
  return Array.isArray(posting) ? posting.length : posting.count;
}

export function* slotsOf(posting: Posting): Generator<number> {
  if (typeof posting === "number") {
    yield posting;
  } else if (Array.isArray(posting)) {
    for (const slot of posting) yield slot;
  } else {
    for (let word = 0; word < posting.bits.length; word++) {
      for (let rest = posting.bits[word] ?? 0; rest !== 0; rest &= rest - 1) {
        yield word * 32 + (31 - Math.clz32(rest & -rest));
      }
    }
  }
}

function toBits(slots: readonly number[]): Bits {
  const posting: Bits = { bits: new Uint32Array(0), count: 0 };
  for (const slot of slots) addBit(posting, slot);
  return posting;
}

function addBit(posting: Bits, slot: number): Bits {
  if (hasSlot(posting, slot)) return posting;
  const word = slot >>> 5;
  if (word >= posting.bits.length) {
    const grown = new Uint32Array(Math.ceil((word + 1) * 1.25));
    grown.set(posting.bits);
    posting.bits = grown;
  }
  posting.bits[word] = (posting.bits[word] ?? 0) | (1 << (slot & 31));
  posting.count++;
  return posting;
}

/** Where the slot is in the sorted array, or would have to go. */
function positionOf(slots: readonly number[], slot: number): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle] ?? Infinity) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
