/** What one page of any list comes to. */
export interface Page<T> {
  readonly items: readonly T[] | undefined;
  readonly next: string | undefined;
}

/**
 * Follow a list from token to token, and give back the items of each page.
 *
 * The last page has no token. A page may be short and still have one, so only its absence ends the
 * walk; an account with much in it is walked no further than `most` pages.
 */
export async function pagesOf<T>(
  list: (token: string | undefined) => Promise<Page<T>>,
  most = Number.POSITIVE_INFINITY,
): Promise<T[][]> {
  const pages: T[][] = [];
  let token: string | undefined;
  do {
    const { items = [], next } = await list(token);
    pages.push([...items]);
    token = next;
  } while (token !== undefined && pages.length < most);
  return pages;
}

/** How many items the longest page has. */
export function longest(pages: readonly (readonly unknown[])[]): number {
  return Math.max(...pages.map((page) => page.length));
}
