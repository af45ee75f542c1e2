import type { ComposeDetails } from "../../platform/thunderbird.js";

/** What is going on in the compose windows right now; in memory, since the page is kept awake while it goes on. */

/** What a person wrote, kept until it is certain that the sealed form has left. */
export interface OriginalMail {
  readonly details: ComposeDetails;
  readonly files: readonly File[];
  /** Ids of the sealed attachments that stand in the composer in their place. */
  readonly sealed: readonly number[];
  /** The languages in which the spelling was checked. */
  readonly dictionaries: readonly string[];
  /** Lets the event page sleep again. */
  readonly release: () => void;
}

const running = new Map<number, AbortController>();
const originals = new Map<number, OriginalMail>();

export function isSealing(tabId: number): boolean {
  return running.has(tabId);
}

/** From Send until it is certain what became of it: the composer holds what was sealed, nothing else may touch it. */
export function isBusy(tabId: number): boolean {
  return running.has(tabId) || originals.has(tabId);
}

/** Marks the window as being sealed; the signal is aborted when the person stops it. */
export function begin(tabId: number): AbortSignal {
  running.get(tabId)?.abort();
  const controller = new AbortController();
  running.set(tabId, controller);
  return controller.signal;
}

export function end(tabId: number): void {
  running.delete(tabId);
}

export function stop(tabId: number): void {
  running.get(tabId)?.abort();
}

export function keepOriginal(tabId: number, original: OriginalMail): void {
  originals.get(tabId)?.release();
  originals.set(tabId, original);
}

/** Takes the original out; it is given once. */
export function takeOriginal(tabId: number): OriginalMail | undefined {
  const original = originals.get(tabId);
  originals.delete(tabId);
  original?.release();
  return original;
}

const keeping = new Map<number, Promise<void>>();

/** Notes that a sealed draft is being put on the server. `work` never rejects. */
export function noteKeeping(tabId: number, work: Promise<void>): Promise<void> {
  keeping.set(tabId, work);
  return work.finally(() => {
    if (keeping.get(tabId) === work) keeping.delete(tabId);
  });
}

/** Waits until a sealed draft that is on its way to the server is there, and known: sending takes it away. */
export async function whenKept(tabId: number): Promise<void> {
  await keeping.get(tabId);
}

const settling = new Map<number, Promise<void>>();

/** What a window quotes is settled once; who asks again waits for the same work, and after a failure it starts over. */
export function settleOnce(tabId: number, settle: () => Promise<void>): Promise<void> {
  const known = settling.get(tabId);
  if (known !== undefined) return known;
  const work = settle().catch((error: unknown) => {
    settling.delete(tabId);
    throw error;
  });
  settling.set(tabId, work);
  return work;
}

const drafts = new Map<number, readonly (number | null)[]>();

/** Sealed drafts that are of no use once the mail has left: kept beyond its window, which closes in the same moment. */
export function keepDrafts(tabId: number, ids: readonly (number | null)[]): void {
  drafts.set(tabId, ids);
}

/** Takes them out; they are given once. */
export function takeDrafts(tabId: number): readonly (number | null)[] {
  const ids = drafts.get(tabId) ?? [];
  drafts.delete(tabId);
  return ids;
}

const requests = new Map<number, string>();

/** Notes that this window holds a request to a list's server, which the person sends. */
export function holdRequest(tabId: number, request: string): void {
  requests.set(tabId, request);
}

/** Takes it out; it is given once. It outlives the window, which closes when it is sent. */
export function takeHeldRequest(tabId: number): string | undefined {
  const request = requests.get(tabId);
  requests.delete(tabId);
  return request;
}

/** A compose window was closed: what was kept for it is let go. */
export function closeWork(tabId: number): void {
  takeOriginal(tabId);
  running.get(tabId)?.abort();
  running.delete(tabId);
  settling.delete(tabId);
}
