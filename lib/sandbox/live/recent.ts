/** The latest of many, each with the number under which it came: the first is 1. */
export interface Recent<T> {
  /** The number of the latest; 0 before the first. */
  readonly last: number;
  add(item: T): void;
  /** Those behind that number that fit, oldest first: at most so many of the latest, and how many are left out. */
  after(
    number: number,
    most: number,
    fits?: (item: T) => boolean,
  ): { readonly items: T[]; readonly left: number };
  /** Those behind that number that are not kept any more. */
  lost(number: number): number;
}

/** @param size how many are kept */
export function createRecent<T>(size: number): Recent<T> {
  const items: T[] = [];
  let last = 0;
  return {
    get last() {
      return last;
    },
    add(item) {
      items[last % size] = item;
      last++;
    },
    after(number, most, fits = () => true) {
      const found: T[] = [];
      let left = 0;
      for (let at = last; at > Math.max(number, last - size); at--) {
        const item = items[(at - 1) % size] as T;
        if (!fits(item)) continue;
        if (found.length < most) found.push(item);
        else left++;
      }
      return { items: found.reverse(), left };
    },
    lost: (number) => Math.max(0, last - size - number),
  };
}
