/**
 * Something that a room tells of while it happens, for whoever stands above and wants to know: the arrow
 * between rooms points down, as with a `Port`, but nobody has to listen.
 */
export interface News<E> {
  readonly name: string;
  /** Only a type: nothing is here at run time. */
  readonly event?: E;
}

export function news<E>(name: string): News<E> {
  return { name };
}
