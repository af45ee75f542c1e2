/** A server as a process of its own, for tests that kill it: `node serve-entry.js SETTINGS` (ServeSettings as JSON). */

import { dataFolder } from "../../src/server/base/data-folder.js";
import { openLog } from "../../src/server/base/log.js";
import type { RelayOptions } from "../../src/server/delivery/relay.js";
import type { SmtpListenerOptions } from "../../src/server/receive/smtp.js";
import { STOP_PATIENCE_MS, stopWithin } from "../../src/server/serve/database-watch.js";
import { startService } from "../../src/server/serve/service.js";
import type { StorePlace } from "../../src/server/store/open-store.js";

/** What the process is told. */
export interface ServeSettings {
  readonly folder: string;
  readonly place: StorePlace;
  readonly relayPort: number;
  readonly lanes: number;
  readonly retryPauses?: readonly number[];
  readonly lease?: number;
  readonly explode?: RelayOptions;
  /** How far the clock is ahead, in milliseconds. */
  readonly clockAhead?: number;
  /** How far SIGUSR2 sets the clock forward each time; it puts the clock right if absent. */
  readonly clockStep?: number;
  /** How far the clock is ahead after each SIGUSR2, in turn; in place of `clockStep`. */
  readonly clockSwings?: readonly number[];
  readonly patience?: SmtpListenerOptions["patience"];
  /** How long it drains when it is told to stop, in milliseconds. */
  readonly stopPatience?: number;
}

const [, , text = ""] = process.argv;
if (text !== "") {
  const {
    folder,
    place,
    relayPort,
    patience,
    stopPatience = STOP_PATIENCE_MS,
    clockAhead = 0,
    clockStep,
    clockSwings,
    ...more
  }: ServeSettings = JSON.parse(text);
  let ahead = clockAhead;
  let swings = 0;
  process.on("SIGUSR2", () => {
    if (clockSwings === undefined) ahead = clockStep === undefined ? 0 : ahead + clockStep;
    else ahead = clockSwings[swings++ % clockSwings.length] ?? 0;
    process.stdout.write("the clock is set\n");
  });
  const log = openLog();
  const service = await startService({
    folder: dataFolder(folder),
    store: place,
    fronts: [{ protocol: "smtp", host: "127.0.0.1", port: 0, ...(patience && { patience }) }],
    relay: { protocol: "smtp", host: "127.0.0.1", port: relayPort, tls: "none" },
    log,
    now: () => Date.now() + ahead,
    ...more,
  });
  const stop = async () => process.exit((await stopWithin(stopPatience, service, log)) ? 0 : 1);
  process.once("SIGTERM", () => void stop());
  process.stdout.write(`listening ${service.fronts[0]?.port}\n`);
}
