// A page without a browser: what it asks for, and what it makes of the answers.

import { Writable } from "node:stream";
import type { Live } from "../../../lib/sandbox/live/live.js";
import type { Update } from "../../../lib/sandbox/live/update.js";
import { applyUpdate, emptyModel } from "../../../lib/sandbox/live/page/model.mjs";
import { ACCOUNT, REGION } from "../clients.js";

export interface OpenPage {
  readonly model: ReturnType<typeof emptyModel>;
  readonly updates: Update[];
  /** All that came, as text. */
  readonly text: () => string;
  /** The id of the last update, which a browser gives when it comes again. */
  readonly lastId: () => string | undefined;
  /** Read nothing more until `wake`, as a laptop that sleeps. */
  sleep(): void;
  wake(): void;
  leave(): Promise<void>;
}

export interface PageOptions {
  readonly query?: string;
  readonly lastId?: string | undefined;
  /** Default: one of `ACCOUNT` and `REGION`. */
  readonly session?: string | undefined;
  /** What the page knows already. */
  readonly model?: ReturnType<typeof emptyModel>;
}

export function sessionOf(live: Live): string {
  return live.open({ account: ACCOUNT, region: REGION }) as string;
}

/** Open a page, and wait for what it gets first. @throws what it is refused with */
export async function openPage(live: Live, options: PageOptions = {}): Promise<OpenPage> {
  const { query = "", lastId, session = sessionOf(live), model = emptyModel() } = options;
  const answer = await live.answer({
    method: "GET",
    path: "/_fleetlab/stream",
    query,
    headers: {
      host: "127.0.0.1:4566",
      "x-fleetlab-session": session,
      ...(lastId !== undefined && { "last-event-id": lastId }),
    },
    body: new Uint8Array(),
  });
  if (!answer.stream) throw new Error(`${answer.status}: ${answer.body as string}`);
  const updates: Update[] = [];
  let text = "";
  let rest = "";
  let id: string | undefined;
  let held: (() => void) | undefined;
  let isAsleep = false;
  const to = new Writable({
    highWaterMark: 1,
    write(bytes: Buffer, _, done) {
      const take = (): void => {
        text += bytes.toString("utf8");
        rest += bytes.toString("utf8");
        const events = rest.split("\n\n");
        rest = events.pop() ?? "";
        for (const event of events) {
          const [, said, data = ""] = /^id: (.*)\ndata: (.*)$/s.exec(event) ?? [];
          const update = JSON.parse(data) as Update;
          id = said;
          updates.push(update);
          applyUpdate(model, update, 0);
        }
        done();
      };
      if (isAsleep) held = take;
      else take();
    },
  });
  answer.stream(to);
  await live.flush();
  return {
    model,
    updates,
    text: () => text,
    lastId: () => id,
    sleep: () => void (isAsleep = true),
    wake() {
      isAsleep = false;
      held?.();
      held = undefined;
    },
    async leave() {
      to.destroy();
      await new Promise((resolve) => to.once("close", resolve));
    },
  };
}
