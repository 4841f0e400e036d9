import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

/** Both in PEM. */
export interface KeyPairPem {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** Keys that take long to find, found beside everything else. */
export interface KeyPool {
  /** A pair that nobody else gets; whoever comes first is served first. */
  take(): Promise<KeyPairPem>;
}

const generate = promisify(generateKeyPair);

/** A new 2048-bit RSA key pair, found on a thread of Node's own: it takes from 50 ms to half a second. */
export function findKeyPair(): Promise<KeyPairPem> {
  return generate("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
}

/**
 * @param options.ahead how many pairs are found before somebody asks; none until the first has asked,
 *   since most never do
 * @param options.atOnce how many are looked for at the same time: the threads are few, and the disk
 *   needs them too
 */
export function createKeyPool({
  find = findKeyPair,
  ahead = 4,
  atOnce = 1,
}: {
  readonly find?: () => Promise<KeyPairPem>;
  readonly ahead?: number;
  readonly atOnce?: number;
} = {}): KeyPool {
  const found: KeyPairPem[] = [];
  const waiting: Place[] = [];
  let searches = 0;

  const search = (): void => {
    while (searches < atOnce && found.length + searches < waiting.length + ahead) {
      searches++;
      find().then(
        (pair) => {
          searches--;
          const next = waiting.shift();
          if (next) next.resolve(pair);
          else found.push(pair);
          search();
        },
        (error: unknown) => {
          searches--;
          waiting.shift()?.reject(error);
          // Without anybody to tell, it is tried again when the next one asks.
          if (waiting.length > 0) search();
        },
      );
    }
  };

  return {
    take: () =>
      new Promise((resolve, reject) => {
        const pair = found.shift();
        if (pair) resolve(pair);
        else waiting.push({ resolve, reject });
        search();
      }),
  };
}

/** Of somebody in line. */
interface Place {
  readonly resolve: (pair: KeyPairPem) => void;
  readonly reject: (error: unknown) => void;
}
