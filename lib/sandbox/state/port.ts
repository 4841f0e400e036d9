/**
 * A question that a lower room asks and a higher room answers, so that the arrows between rooms point
 * down: the lower one declares it with the type of the answer, the higher one lists the answer in its
 * `room.ts`, and operations ask with `state.ask(port)`.
 *
 * Functions of an answer take the state as the asking room sees it. Where a room needs more tables
 * than that it may rely on them: whoever runs has the tables of all rooms.
 */
export interface Port<A> {
  readonly name: string;
  /** Only a type: nothing is here at run time. */
  readonly answer?: A;
}

export interface Answer {
  readonly port: Port<unknown>;
  readonly answer: unknown;
}

export function port<A>(name: string): Port<A> {
  return { name };
}

export function answer<A>(to: Port<A>, with_: A): Answer {
  return { port: to, answer: with_ };
}
