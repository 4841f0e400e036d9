import { Duplex } from "node:stream";

/** Two ends of one connection, without a network. */
export function wire(): [Duplex, Duplex] {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(bytes, _, done) {
        // On the next turn, as a network would: nobody is called back by what it writes.
        setImmediate(() => other().push(bytes));
        done();
      },
      final(done) {
        setImmediate(() => other().push(null));
        done();
      },
    });
  const a: Duplex = make(() => b);
  const b: Duplex = make(() => a);
  a.on("close", () => setImmediate(() => b.destroy()));
  b.on("close", () => setImmediate(() => a.destroy()));
  for (const end of [a, b]) end.on("error", () => {});
  return [a, b];
}
