/**
 * The items of a list as an array: a notebook cell has no `for await` of its own.
 *
 * @param most items to take at most; the source is not read any further. Default: all.
 */
export async function collect<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const collected: T[] = [];
  if (most <= 0) return collected;
  for await (const item of items) {
    collected.push(item);
    if (collected.length >= most) break;
  }
  return collected;
}
