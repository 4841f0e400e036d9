import { timingSafeEqual } from "node:crypto";

/** In constant time, so that no caller can feel its way to a signature or a secret. */
export function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
