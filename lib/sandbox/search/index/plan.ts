import { answersBareTerms, packageFieldTest, pointField } from "../query/document.js";
import {
  type FieldIndex,
  postingsOfNumbers,
  postingsOfPattern,
  postingsOfTexts,
} from "./field-index.js";
import { valueTest } from "../query/match.js";
import { addSlot, countOf, hasSlot, type Posting, slotsOf } from "./posting.js";
import type { FieldValue, Query, Term, ValueTest } from "../query/query.js";
import { wordsOf } from "../query/values.js";

/** How to find the documents of one query. */
export interface Plan {
  /** At least as many as match. */
  readonly estimate: number;
  /** All that match and maybe others, maybe twice. Missing: too many, so test every document. */
  readonly candidates?: () => Iterable<number>;
  readonly test: (slot: number) => boolean;
}

const noPlan: Plan = { estimate: 0, candidates: () => [], test: () => false };

/** What a plan reads. */
export interface Postings {
  readonly fields: ReadonlyMap<string, FieldIndex>;
  readonly valuesOf: (slot: number, field: FieldIndex) => readonly FieldValue[];
  /** Up to so many candidates are worth collecting before they are tested. */
  readonly sparse: number;
}

/**
 * Choose how to run a query.
 *
 * An AND is driven by its rarest operand and the others only test what that one finds, so a query
 * with one selective term touches few documents however large its other terms are.
 */
export function planOf(query: Query, postings: Postings): Plan {
  switch (query.kind) {
    case "all":
      return { estimate: Infinity, test: () => true };
    case "not": {
      const { test } = planOf(query.operand, postings);
      return { estimate: Infinity, test: (slot) => !test(slot) };
    }
    case "and": {
      const plans = query.operands.map((operand) => planOf(operand, postings));
      plans.sort((a, b) => (a.estimate < b.estimate ? -1 : Number(a.estimate > b.estimate)));
      const [rarest] = plans;
      return {
        estimate: rarest?.estimate ?? Infinity,
        ...(rarest?.candidates && { candidates: rarest.candidates }),
        test: (slot) => plans.every((plan) => plan.test(slot)),
      };
    }
    case "or":
      return anyOf(
        query.operands.map((operand) => planOf(operand, postings)),
        postings.sparse,
      );
    case "term":
      return anyOf(
        fieldsOfTerm(query, postings.fields).map((field) =>
          planOfTest(query.test, field, postings),
        ),
        postings.sparse,
      );
  }
}

function anyOf(plans: readonly Plan[], sparse: number): Plan {
  const [only, ...others] = plans;
  if (only && others.length === 0) return only;
  const estimate = plans.reduce((sum, plan) => sum + plan.estimate, 0);
  const test = (slot: number): boolean => plans.some((plan) => plan.test(slot));
  if (estimate > sparse) return { estimate, test };
  return {
    estimate,
    *candidates() {
      for (const plan of plans) yield* plan.candidates?.() ?? [];
    },
    test,
  };
}

function fieldsOfTerm({ field, test }: Term, fields: Postings["fields"]): readonly FieldIndex[] {
  if (test.kind === "geoDistance" && field !== undefined) {
    const points = fields.get(pointField(field));
    return points ? [points] : [];
  }
  const names = field === undefined ? answersBareTerms : packageFieldTest(field);
  if (names) return [...fields.values()].filter((index) => names(index.field));
  const index = field === undefined ? undefined : fields.get(field);
  return index ? [index] : [];
}

function planOfTest(test: ValueTest, field: FieldIndex, postings: Postings): Plan {
  switch (test.kind) {
    case "exists":
      return planOfPosting(field.present, postings.sparse);
    case "geoDistance": {
      // Places have no order in which near ones stand together: every one of them is measured.
      const verify = verifier(test, field, postings);
      return { ...planOfPosting(field.present, postings.sparse), test: verify };
    }
    case "text":
      return planOfText(test, field, postings);
    case "pattern":
      return planOfUnion(() => postingsOfPattern(field, test.parts), test, field, postings);
    case "textRange":
      return planOfUnion(() => postingsOfTexts(field, test.range), test, field, postings);
    case "numberRange": {
      const valuesOf = (slot: number): readonly FieldValue[] => postings.valuesOf(slot, field);
      const find = (): Iterable<Posting> => postingsOfNumbers(field, test.range, valuesOf);
      return planOfUnion(find, test, field, postings);
    }
  }
}

function planOfPosting(posting: Posting | undefined, sparse: number): Plan {
  if (posting === undefined) return noPlan;
  const plan: Plan = { estimate: countOf(posting), test: (slot) => hasSlot(posting, slot) };
  return plan.estimate > sparse ? plan : { ...plan, candidates: () => slotsOf(posting) };
}

/** The words of a phrase narrow the documents down; only reading one tells their order. */
function planOfText(
  test: ValueTest & { kind: "text" },
  field: FieldIndex,
  postings: Postings,
): Plan {
  const plans = wordsOf(test.text).map((word) =>
    planOfPosting(field.words.get(word), postings.sparse),
  );
  plans.sort((a, b) => a.estimate - b.estimate);
  const [rarest = noPlan, ...others] = plans;
  if (others.length === 0) return rarest;
  const verify = verifier(test, field, postings);
  return { ...rarest, test: (slot) => plans.every((plan) => plan.test(slot)) && verify(slot) };
}

/** The postings of many words or numbers. */
function planOfUnion(
  find: () => Iterable<Posting>,
  test: ValueTest,
  field: FieldIndex,
  postings: Postings,
): Plan {
  const union: Posting[] = [];
  let estimate = 0;
  for (const posting of find()) {
    union.push(posting);
    estimate += countOf(posting);
    if (estimate > postings.sparse) {
      return { estimate: Infinity, test: unionTest(find, verifier(test, field, postings)) };
    }
  }
  if (estimate === 0) return noPlan;
  return {
    estimate,
    *candidates() {
      for (const posting of union) yield* slotsOf(posting);
    },
    test: unionTest(() => union, verifier(test, field, postings)),
  };
}

// About what one page of results takes; a search that goes on is better off with the whole union.
const readsBeforeUnion = 1_000;

/** Read the first documents one by one, then merge all postings and look the others up. */
function unionTest(find: () => Iterable<Posting>, verify: Plan["test"]): Plan["test"] {
  let reads = 0;
  let union: { readonly posting: Posting | undefined } | undefined;
  return (slot) => {
    if (!union && reads++ < readsBeforeUnion) return verify(slot);
    union ??= { posting: merged(find()) };
    return union.posting !== undefined && hasSlot(union.posting, slot);
  };
}

function merged(found: Iterable<Posting>): Posting | undefined {
  let union: Posting | undefined;
  for (const posting of found) {
    for (const slot of slotsOf(posting)) union = addSlot(union, slot);
  }
  return union;
}

function verifier(test: ValueTest, field: FieldIndex, { valuesOf }: Postings): Plan["test"] {
  const accepts = valueTest(test);
  return (slot) => valuesOf(slot, field).some((value) => accepts(value, field.field));
}
