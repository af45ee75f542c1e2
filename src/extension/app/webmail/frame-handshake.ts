import { isAllowed } from "../../platform/background-calls.js";
import type { EventListening } from "../../platform/rpc/call.js";
import { hearOver, portOfPage } from "../../platform/rpc/frame-port.js";

/**
 * Our frame's side of the page that it stands in. The first message is the only one: what is shown can't be changed under a
 * person's eyes, and a frame can't be used as an oracle that is asked again and again.
 */

/** What came, and the way back. */
export interface Embedded<M> {
  readonly message: M;
  readonly port: MessagePort;
  /** Of the page, by the browser's own word. */
  readonly origin: string;
}

/**
 * Waits for what the page hands in. Never resolves if what comes first does not fit.
 * @param hear takes it: `(take) => hearing(table, { "frame:read": take })`
 */
export async function embedded<M>(
  hear: (take: (message: M) => void) => EventListening,
): Promise<Embedded<M>> {
  let origin = "";
  const port = await portOfPage(async (from) => {
    const allowed = await isAllowed(from);
    if (allowed) origin = from;
    return allowed;
  });
  const message = await new Promise<M>((resolve) => hearOver(port, hear(resolve), true));
  return { message, port, origin };
}

/**
 * An address that the page names, if it is one of the page's own; null otherwise.
 *
 * Attack: a page that has taken over its content script has a link to another site, or a script, shown among our own words.
 */
export function ofOrigin(address: string | null, origin: string): string | null {
  return address !== null && URL.canParse(address) && new URL(address).origin === origin ? address : null;
}
