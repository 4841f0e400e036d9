import type { Fields } from "../query/document.js";
import { addValues, createFieldIndex, type FieldIndex, removeValues } from "./field-index.js";
import { planOf } from "./plan.js";
import type { FieldValue, Query } from "../query/query.js";
import { createSortedList, type SortedList } from "../../state/sorted-list.js";

/** The searchable side of a fleet: documents by name, found by query. */
export interface FleetIndex {
  /** Add a document, or replace the one of that name; only fields that differ cost anything. */
  put(name: string, fields: Fields): void;
  /** Does nothing when there is no such document. */
  delete(name: string): void;
  /**
   * The names of the documents that match, in the order of their UTF-16 code units.
   *
   * Lazy: the first names of a large answer come without the rest. Finish (or drop) the iteration
   * before the next `put` or `delete`; going on after one throws.
   *
   * @param after leave out names up to and including this one: where the last page ended
   */
  search(query: Query, after?: string): Iterable<string>;
  /** The fields of one document, rebuilt from the index. */
  fieldsOf(name: string): Fields | undefined;
  readonly size: number;
}

/**
 * One document. Two flat arrays and not a Map: at 100,000 things of 30 fields this is the
 * difference between 50 MB and 250 MB.
 */
interface Row {
  readonly name: string;
  readonly fields: readonly FieldIndex[];
  readonly values: readonly (FieldValue | readonly FieldValue[])[];
}

// Up to this share of the fleet, sorting the hits by name is cheaper than walking all names.
const sparseShare = 1 / 32;
const alwaysSparse = 16;

const emptyRow: Row = { name: "", fields: [], values: [] };

export function createFleetIndex(): FleetIndex {
  const fields = new Map<string, FieldIndex>();
  const rows: (Row | undefined)[] = [];
  const slots = new Map<string, number>();
  const freeSlots: number[] = [];
  // Made by the first search that walks the names, kept up from then on.
  let slotsByName: SortedList<number> | undefined;
  let changes = 0;

  const nameOf = (slot: number): string => rows[slot]?.name ?? "";
  const byName = (a: number, b: number): number => (nameOf(a) < nameOf(b) ? -1 : Number(a !== b));
  const valuesOf = (slot: number, field: FieldIndex): readonly FieldValue[] =>
    valuesIn(rows[slot] ?? emptyRow, field);

  function fieldIndex(name: string): FieldIndex {
    const known = fields.get(name);
    if (known) return known;
    const created = createFieldIndex(name);
    fields.set(name, created);
    return created;
  }

  function replace(slot: number, before: Row, after: Row): void {
    for (const [position, field] of before.fields.entries()) {
      const values = valuesAt(before, position);
      if (isSame(values, valuesIn(after, field, position))) continue;
      removeValues(field, slot, values);
    }
    for (const [position, field] of after.fields.entries()) {
      const values = valuesAt(after, position);
      if (isSame(values, valuesIn(before, field, position))) continue;
      addValues(field, slot, values);
    }
    for (const field of before.fields) {
      if (field.present === undefined) fields.delete(field.field);
    }
  }

  function* candidates(query: Query, after: string | undefined): Generator<string> {
    const sparse = Math.max(alwaysSparse, slots.size * sparseShare);
    const plan = planOf(query, { fields, valuesOf, sparse });
    const isPast = (slot: number): boolean => after === undefined || nameOf(slot) > after;
    if (plan.candidates) {
      const hits = new Set(plan.candidates());
      for (const slot of [...hits].filter(isPast).sort(byName)) {
        if (plan.test(slot)) yield nameOf(slot);
      }
      return;
    }
    slotsByName ??= createSortedList(byName, slots.values());
    for (const slot of slotsByName.from((other) => !isPast(other))) {
      if (plan.test(slot)) yield nameOf(slot);
    }
  }

  return {
    put(name, newFields) {
      changes++;
      const known = slots.get(name);
      const slot = known ?? freeSlots.pop() ?? rows.length;
      const row: Row = {
        name,
        fields: Array.from(newFields.keys(), fieldIndex),
        values: Array.from(newFields.values(), (values) =>
          values.length === 1 && values[0] !== undefined ? values[0] : values,
        ),
      };
      replace(slot, rows[slot] ?? emptyRow, row);
      rows[slot] = row;
      if (known !== undefined) return;
      slots.set(name, slot);
      slotsByName?.add(slot);
    },

    delete(name) {
      const slot = slots.get(name);
      if (slot === undefined) return;
      changes++;
      slotsByName?.remove(slot);
      replace(slot, rows[slot] ?? emptyRow, emptyRow);
      rows[slot] = undefined;
      slots.delete(name);
      freeSlots.push(slot);
    },

    *search(query, after) {
      const begun = changes;
      for (const name of candidates(query, after)) {
        yield name;
        if (changes !== begun)
          throw new Error("The index changed under a search: collect its names first.");
      }
    },

    fieldsOf(name) {
      const slot = slots.get(name);
      const row = slot === undefined ? undefined : rows[slot];
      return (
        row && new Map(row.fields.map((field, position) => [field.field, valuesAt(row, position)]))
      );
    },

    get size() {
      return slots.size;
    },
  };
}

function valuesAt(row: Row, position: number): readonly FieldValue[] {
  const values = row.values[position];
  if (values === undefined) return [];
  return typeof values === "object" ? values : [values];
}

/** @param guess where to look first: a changed document mostly keeps the order of its fields */
function valuesIn(row: Row, field: FieldIndex, guess = 0): readonly FieldValue[] {
  return valuesAt(row, row.fields[guess] === field ? guess : row.fields.indexOf(field));
}

function isSame(a: readonly FieldValue[], b: readonly FieldValue[]): boolean {
  return a.length === b.length && a.every((value, position) => value === b[position]);
}
