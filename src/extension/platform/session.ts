import type { SessionRecord, sessionCalls } from "./background-calls.js";
import { browser } from "./browser.js";
import { withLock } from "./locks.js";
import { askBackground } from "./rpc/messages.js";

/**
 * `storage.session`: kept in memory until the program ends; no content script can read it.
 *
 * QUIRK: Firefox 153 gives a frame of ours inside a web page what a content script has, and so no `storage.session`. There
 * the background reads and writes for the frame.
 */
export interface Session {
  /** @returns undefined if there is no such record */
  get(key: SessionRecord): Promise<unknown>;
  set(key: SessionRecord, value: unknown): Promise<void>;
  remove(key: SessionRecord): Promise<void>;
}

const ask = askBackground<typeof sessionCalls>();

const inBackground: Session = {
  get: async (key) => (await ask("session:get", { key })) ?? undefined,
  async set(key, value) {
    await ask("session:set", { key, value });
  },
  async remove(key) {
    await ask("session:remove", { key });
  },
};

const here: Session = {
  get: async (key) => (await browser.storage.session.get(key))[key],
  set: (key, value) => browser.storage.session.set({ [key]: value }),
  remove: (key) => browser.storage.session.remove(key),
};

/** The session's storage, wherever this page is. */
export function session(): Session {
  const { storage } = browser;
  return "session" in storage && storage.session !== undefined ? here : inBackground;
}

/**
 * A record that is for one taker, once: whoever comes at the same moment finds none. A page that comes to the front while it opens asks
 * twice, and what it was given the second time would take the place of what the person has begun with the first.
 * @returns undefined if there is none
 */
export function takeFromSession(key: SessionRecord): Promise<unknown> {
  return withLock("session", async () => {
    const found = await session().get(key);
    if (found !== undefined) await session().remove(key);
    return found;
  });
}
