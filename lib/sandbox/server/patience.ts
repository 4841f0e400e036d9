/** How long the server waits for its clients, each in milliseconds. */
export interface Patience {
  /** For the first byte of a connection, and for a TLS handshake. */
  readonly silenceMs: number;
  /** For the head of a request. */
  readonly headMs: number;
  /** For the next bytes of a body; on the whole it has to come faster. */
  readonly quietMs: number;
  /** For a client to stop sending what was refused. */
  readonly lingerMs: number;
  /** For the next request on a connection: longer than a learner thinks between two cells. */
  readonly keepAliveMs: number;
  /** For requests under way, when it is told to close. */
  readonly graceMs: number;
}

export const PATIENCE: Patience = {
  silenceMs: 15_000,
  headMs: 20_000,
  quietMs: 20_000,
  lingerMs: 10_000,
  keepAliveMs: 75_000,
  graceMs: 2_000,
};
