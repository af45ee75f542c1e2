/** What receives mail, put together without fronts and without delivery, so that a test can leave out one part of it. */
import { openLog } from "../../src/server/base/log.js";
import { RateLimiter, RequestLimiter } from "../../src/server/base/rate-limits.js";
import { RecipientGate } from "../../src/server/delivery/gate.js";
import { SuspensionReview } from "../../src/server/delivery/suspension.js";
import type { RouterContext } from "../../src/server/receive/router.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { openStore } from "../../src/server/store/open-store.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import { openTokens } from "../../src/server/store/tokens.js";
import type { PlayServer } from "./play-server.js";
import { readHere } from "./read-here.js";

/** The parts of a reception on what `play` has stored, and how to let go of them. */
export async function receptionParts(
  { place, folder, sink }: PlayServer,
  more: Partial<RouterContext> = {},
): Promise<{ readonly parts: RouterContext; close(): Promise<void> }> {
  const store = await openStore(place);
  const heads = new Heads(folder.heads);
  const log = openLog({ write: () => undefined });
  const now = more.now ?? (() => Date.now());
  const wake = () => undefined;
  return {
    parts: {
      store,
      heads,
      log,
      now,
      wake,
      lists: new ListsInUse(store, folder),
      reader: readHere,
      limiter: new RateLimiter(() => ({ author: Infinity, list: Infinity })),
      requests: new RequestLimiter(),
      standing: new SuspensionReview({ store, log, now, wake }),
      gate: new RecipientGate({ store, heads }),
      tokens: await openTokens(folder.tokenSecret),
      relay: () => ({ protocol: "smtp", host: "127.0.0.1", port: sink.port, tls: "none" }),
      hasRoom: async () => true,
      tally: () => undefined,
      publicUrl: () => undefined,
      ...more,
    },
    close: () => store.close(),
  };
}
