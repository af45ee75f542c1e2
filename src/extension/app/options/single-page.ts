/**
 * One options page at a time. QUIRK: webext-bridge 6.0.1 knows one endpoint called "options": with two open pages the first
 * one's calls hang for ever. So the newest page works, and an older one steps back and says so.
 */

/** A channel as BroadcastChannel is one: what is posted reaches the other pages, not oneself. */
interface Channel {
  postMessage(message: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

const OPENED = "opened";

/** Tells older pages that this one works now. The promise settles when this one is older itself; it may never. */
export function takeOver(channel: Channel): Promise<void> {
  const stepped = new Promise<void>((resolve) => {
    channel.addEventListener("message", ({ data }) => {
      if (data === OPENED) resolve();
    });
  });
  channel.postMessage(OPENED);
  return stepped;
}
