import { flag, object, oneOf, orNull, text } from "../check.js";
import { browser } from "../platform.js";
import type { Hindrance } from "./status.js";

/** What is remembered of one compose window. It lives in `storage.session`, so that it survives the event page. */
export interface WindowState {
  readonly sealing: "off" | "on";
  /** `recipients`: follows the recipients. `hand`: the person pressed the button; it stays as they left it. */
  readonly decidedBy: "recipients" | "hand";
  readonly listAddress: string | null;
  readonly drafts: "this-computer" | "as-usual";
  /** The mail quotes what came sealed. */
  readonly quotesSealed: boolean;
  /** The person has said that it may leave unsealed. */
  readonly clearAllowed: boolean;
  readonly hindrance: Hindrance | null;
}

export const freshState: WindowState = {
  sealing: "off",
  decidedBy: "recipients",
  listAddress: null,
  drafts: "as-usual",
  quotesSealed: false,
  clearAllowed: false,
  hindrance: null,
};

const fields = object<Omit<WindowState, "hindrance">>({
  sealing: oneOf("off", "on"),
  decidedBy: oneOf("recipients", "hand"),
  listAddress: orNull(text),
  drafts: oneOf("this-computer", "as-usual"),
  quotesSealed: flag,
  clearAllowed: flag,
});

const name = (tabId: number) => `compose-${tabId}`;
/** Hindrances are of the moment: they are kept with the page and gone when it sleeps, which only asks again. */
const hindrances = new Map<number, Hindrance>();

export async function stateOf(tabId: number): Promise<WindowState> {
  const found = await browser.storage.session.get(name(tabId));
  const hindrance = hindrances.get(tabId) ?? null;
  const kept = found[name(tabId)];
  return kept === undefined ? { ...freshState, hindrance } : { ...fields(kept), hindrance };
}

/** Changes what is remembered of a window and gives the new state. */
export async function changeState(tabId: number, change: Partial<WindowState>): Promise<WindowState> {
  const { hindrance, ...kept } = { ...(await stateOf(tabId)), ...change };
  if (hindrance === null) hindrances.delete(tabId);
  else hindrances.set(tabId, hindrance);
  await browser.storage.session.set({ [name(tabId)]: kept });
  return { ...kept, hindrance };
}

export async function forgetState(tabId: number): Promise<void> {
  hindrances.delete(tabId);
  await browser.storage.session.remove(name(tabId));
}
