/** What receives mail, put together without fronts and without delivery, so that a test can leave out one part of it. */

import { RateLimiter, RequestLimiter } from "../../src/server/in/rate-limits.js";
import type { ReceptionParts } from "../../src/server/in/reception.js";
import { Heads } from "../../src/server/kept/heads.js";
import { ListsInUse } from "../../src/server/kept/lists-in-use.js";
import { openLog } from "../../src/server/kept/log.js";
import { openStore } from "../../src/server/kept/open-store.js";
import { openTokens } from "../../src/server/kept/tokens.js";
import { Gate } from "../../src/server/out/gate.js";
import { Standing } from "../../src/server/out/standing.js";
import type { PlayServer } from "./play-server.js";
import { readHere } from "./read-here.js";

/** The parts of a reception on what `play` has stored, and how to let go of them. */
export async function receptionParts(
  { place, folder, sink }: PlayServer,
  more: Partial<ReceptionParts> = {},
): Promise<{ readonly parts: ReceptionParts; close(): Promise<void> }> {
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
      standing: new Standing({ store, log, now, wake }),
      gate: new Gate({ store, heads }),
      tokens: await openTokens(folder.tokenSecret),
      relay: () => ({ protocol: "smtp", host: "127.0.0.1", port: sink.port, tls: "none" }),
      hasRoom: async () => true,
      tally: () => undefined,
      ...more,
    },
    close: () => store.close(),
  };
}
