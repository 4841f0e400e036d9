import { isAbove, isBelow, lowerCased } from "../query/match.js";
import { addSlot, type Posting, removeSlot, slotsOf } from "./posting.js";
import type { FieldValue, PatternPart, Range } from "../query/query.js";
import { createSortedList, type SortedList } from "../../state/sorted-list.js";
import { numericValue, patternTest, wordsOf } from "../query/values.js";

/** The postings of one field. */
export interface FieldIndex {
  readonly field: string;
  readonly words: Map<string, Posting>;
  /** Documents that have the field at all. */
  present: Posting | undefined;
  /** Made by the first search that needs it and kept up from then on; so is `numbers`. */
  sortedWords?: SortedList<string>;
  numbers?: { readonly postings: Map<number, Posting>; readonly sorted: SortedList<number> };
}

export type ValuesOfSlot = (slot: number) => readonly FieldValue[];

export function createFieldIndex(field: string): FieldIndex {
  return { field, words: new Map(), present: undefined };
}

export function addValues(index: FieldIndex, slot: number, values: readonly FieldValue[]): void {
  index.present = addSlot(index.present, slot);
  for (const value of values) {
    for (const word of wordsOf(value)) insert(index.words, index.sortedWords, word, slot);
    if (index.numbers) addNumber(index, index.numbers, slot, value);
  }
}

export function removeValues(index: FieldIndex, slot: number, values: readonly FieldValue[]): void {
  index.present = removeSlot(index.present, slot);
  for (const value of values) {
    for (const word of wordsOf(value)) withdraw(index.words, index.sortedWords, word, slot);
    const number = index.numbers && numericValue(index.field, value);
    if (number === undefined) continue;
    withdraw(index.numbers?.postings, index.numbers?.sorted, number, slot);
  }
}

/** The postings of the words that a pattern accepts; from its literal prefix on, if it has one. */
export function* postingsOfPattern(
  index: FieldIndex,
  parts: readonly PatternPart[],
): Generator<Posting> {
  const accepts = patternTest(parts);
  const [first] = parts;
  if (!first || "wildcard" in first) {
    for (const [word, posting] of index.words) if (accepts(word)) yield posting;
    return;
  }
  const prefix = first.literal.toLowerCase();
  for (const word of sortedWords(index).from((other) => other < prefix)) {
    if (!word.startsWith(prefix)) return;
    if (accepts(word)) yield* posted(index.words, word);
  }
}

export function* postingsOfTexts(index: FieldIndex, range: Range<string>): Generator<Posting> {
  const bounds = lowerCased(range);
  for (const word of sortedWords(index).from((other) => isBelow(bounds, other))) {
    if (isAbove(bounds, word)) return;
    yield* posted(index.words, word);
  }
}

export function* postingsOfNumbers(
  index: FieldIndex,
  range: Range<number>,
  valuesOf: ValuesOfSlot,
): Generator<Posting> {
  const { postings, sorted } = numbersOf(index, valuesOf);
  for (const number of sorted.from((other) => isBelow(range, other))) {
    if (isAbove(range, number)) return;
    yield* posted(postings, number);
  }
}

function* posted<K>(postings: ReadonlyMap<K, Posting>, key: K): Generator<Posting> {
  const posting = postings.get(key);
  if (posting !== undefined) yield posting;
}

function sortedWords(index: FieldIndex): SortedList<string> {
  return (index.sortedWords ??= createSortedList(ascending, index.words.keys()));
}

function numbersOf(index: FieldIndex, valuesOf: ValuesOfSlot): NonNullable<FieldIndex["numbers"]> {
  if (index.numbers) return index.numbers;
  const postings = new Map<number, Posting>();
  for (const slot of index.present === undefined ? [] : slotsOf(index.present)) {
    for (const value of valuesOf(slot)) {
      const number = numericValue(index.field, value);
      if (number !== undefined) postings.set(number, addSlot(postings.get(number), slot));
    }
  }
  return (index.numbers = { postings, sorted: createSortedList(ascending, postings.keys()) });
}

function addNumber(
  index: FieldIndex,
  { postings, sorted }: NonNullable<FieldIndex["numbers"]>,
  slot: number,
  value: FieldValue,
): void {
  const number = numericValue(index.field, value);
  if (number !== undefined) insert(postings, sorted, number, slot);
}

function insert<K>(
  postings: Map<K, Posting>,
  sorted: SortedList<K> | undefined,
  key: K,
  slot: number,
): void {
  const before = postings.get(key);
  const after = addSlot(before, slot);
  if (after !== before) postings.set(key, after);
  if (before === undefined) sorted?.add(key);
}

function withdraw<K>(
  postings: Map<K, Posting> | undefined,
  sorted: SortedList<K> | undefined,
  key: K,
  slot: number,
): void {
  const before = postings?.get(key);
  const after = removeSlot(before, slot);
  if (after !== undefined) {
    if (after !== before) postings?.set(key, after);
  } else if (before !== undefined) {
    postings?.delete(key);
    sorted?.remove(key);
  }
}

function ascending<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
