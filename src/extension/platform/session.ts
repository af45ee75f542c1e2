import { browser, type Runtime } from "./browser.js";
import { CheckError, oneOf } from "./check.js";

/**
 * `storage.session`: kept in memory until the program ends; no content script can read it.
 *
 * QUIRK: Firefox 153 gives a frame of ours inside a web page what a content script has, and so no `storage.session`. There
 * the background reads and writes for the frame.
 */
export interface Session {
  get(key: string): Promise<Readonly<Record<string, unknown>>>;
  set(values: Readonly<Record<string, unknown>>): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Records that the background keeps for frames: unlocked member keys, and an invitation or an author's key on its way to the options page. */
const recordName = oneOf("unlocked", "offered", "compare");

const inBackground: Session = {
  async get(key) {
    const value: unknown = await browser.runtime.sendMessage({ session: "get", key });
    return value === null || value === undefined ? {} : { [key]: value };
  },
  async set(values) {
    for (const [key, value] of Object.entries(values))
      await browser.runtime.sendMessage({ session: "set", key, value });
  },
  async remove(key) {
    await browser.runtime.sendMessage({ session: "remove", key });
  },
};

/** The session's storage, wherever this page is. */
export function session(): Session {
  const { storage } = browser;
  return "session" in storage && storage.session !== undefined ? storage.session : inBackground;
}

interface Wish {
  readonly session: "get" | "set" | "remove";
  readonly key: ReturnType<typeof recordName>;
  readonly value: unknown;
}

function wishIn(message: unknown): Wish | undefined {
  if (typeof message !== "object" || message === null || !("session" in message) || !("key" in message))
    return;
  try {
    const value = "value" in message ? message.value : undefined;
    return { session: oneOf("get", "set", "remove")(message.session), key: recordName(message.key), value };
  } catch (error) {
    if (error instanceof CheckError) return undefined;
    throw error;
  }
}

/**
 * The background's side. Call it in the background of a browser, while it starts.
 *
 * Attack: a content script that a page has taken over asks for unlocked keys. The browser's own word on the sender must be
 * that it is one of our pages.
 */
export function keepSessionForFrames(): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    const wish = wishIn(message);
    if (wish === undefined) return undefined;
    const isOurs =
      sender.id === browser.runtime.id && sender.url?.startsWith(browser.runtime.getURL("")) === true;
    return isOurs ? answer(wish) : Promise.resolve(null);
  });
}

async function answer({ session: wish, key, value }: Wish): Promise<unknown> {
  const { session: kept } = browser.storage;
  if (wish === "get") return (await kept.get(key))[key] ?? null;
  if (wish === "set") await kept.set({ [key]: value });
  else await kept.remove(key);
  return null;
}
