import { createHmac } from "node:crypto";
import { isEqual } from "../door/equal.js";

/** What a link to the live page opens, and for how long. */
export interface Session {
  readonly account: string;
  readonly region: string;
  /** Its requests may come through a proxy, under whatever name that has. */
  readonly isProxied: boolean;
  /** Milliseconds since the epoch, in real time. */
  readonly until: number;
}

export interface Sessions {
  /** The word that opens a session, which a link carries behind its `#`: browsers send that to nobody. */
  open(session: Omit<Session, "until">): string;
  /** The session that a word opens; undefined for any other word, and for one that is too old. */
  read(word: string): Session | undefined;
}

/** A link is good for so long, in milliseconds: it stands in a notebook that is opened again next week. */
const LIFE_MS = 7 * 24 * 3600 * 1000;

/**
 * Sessions that nobody has to remember: each word says what it opens, and is signed. So it outlives a
 * restart of the sandbox, and a page that is open goes on by itself.
 *
 * A word opens the live page and nothing else: it is no key of AWS's, and none can be made of it.
 *
 * @param secret what the words are signed with, made from the sandbox's own keys
 * @param now real time: a link ages also where the sandbox's clock stands still
 */
export function createSessions(secret: string, now: () => number = Date.now): Sessions {
  const key = createHmac("sha256", secret).update("fleetlab live page").digest();
  const signatureOf = (text: string): string =>
    createHmac("sha256", key).update(text).digest("base64url").slice(0, 32);

  return {
    open({ account, region, isProxied }) {
      const until = now() + LIFE_MS;
      const text = Buffer.from(JSON.stringify([account, region, isProxied, until])).toString(
        "base64url",
      );
      return `${text}.${signatureOf(text)}`;
    },
    read(word) {
      const [text = "", signature = ""] = word.split(".");
      if (!isEqual(signatureOf(text), signature)) return undefined;
      const said = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown[];
      const [account, region, isProxied, until] = said as [string, string, boolean, number];
      return now() < until ? { account, region, isProxied, until } : undefined;
    },
  };
}
