import { startRoundcube } from "./roundcube/main.js";

/**
 * The content script: runs in the pages of the webmails that the person has allowed, and in all their frames. One adapter for
 * each webmail; the first that knows the page has it.
 */
const adapters = [startRoundcube];

declare global {
  /** In our own world of the page: the script may come twice into one that was open when its site was allowed. */
  var listsealHasStarted: true | undefined;
}

function start(): void {
  if (globalThis.listsealHasStarted === true) return;
  if (adapters.some((adapter) => adapter())) globalThis.listsealHasStarted = true;
}

start();
