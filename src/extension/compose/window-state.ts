import { count, flag, listOf, object, oneOf, orNull, text } from "../check.js";
import { browser } from "../platform.js";
import { type GuardName, guardNames } from "./guard-names.js";
import { type Hindrance, type Notice, notices } from "./status.js";

/** What is remembered of one compose window. It lives in `storage.session`, so that it survives the event page. */
export interface WindowState {
  readonly sealing: "off" | "on";
  /** `recipients`: follows the recipients. `hand`: the person pressed the button; it stays as they left it. */
  readonly decidedBy: "recipients" | "hand";
  readonly listAddress: string | null;
  readonly drafts: "this-computer" | "as-usual";
  /** The mail quotes what came sealed. */
  readonly quotesSealed: boolean;
  /** Questions to which the person has said: send it so. */
  readonly answered: readonly GuardName[];
  /** The readable draft that Thunderbird has saved outside of this computer. */
  readonly serverDraft: number | null;
  /** The sealed draft that was put on the server from this window. */
  readonly keptDraft: number | null;
  /** The sealed draft on the server that was opened in this window; the first save here takes its place. */
  readonly openedDraft: number | null;
  /** Something that the person should know, until they have looked at it. */
  readonly notice: Notice | null;
  /** `sealing`: a page that starts and finds this was ended while it sealed (see `recover.ts`). */
  readonly phase: "writing" | "sealing";
  readonly hindrance: Hindrance | null;
}

export const freshState: WindowState = {
  sealing: "off",
  decidedBy: "recipients",
  listAddress: null,
  drafts: "as-usual",
  quotesSealed: false,
  answered: [],
  serverDraft: null,
  keptDraft: null,
  openedDraft: null,
  notice: null,
  phase: "writing",
  hindrance: null,
};

const fields = object<Omit<WindowState, "hindrance">>({
  sealing: oneOf("off", "on"),
  decidedBy: oneOf("recipients", "hand"),
  listAddress: orNull(text),
  drafts: oneOf("this-computer", "as-usual"),
  quotesSealed: flag,
  answered: listOf(oneOf(...guardNames)),
  serverDraft: orNull(count),
  keptDraft: orNull(count),
  openedDraft: orNull(count),
  notice: orNull(oneOf(...notices)),
  phase: oneOf("writing", "sealing"),
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
