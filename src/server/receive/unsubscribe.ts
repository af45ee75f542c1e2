/**
 * Leaving by List-Unsubscribe: a link or an address with a token, from a copy's own header (RFC 2369, RFC 8058).
 *
 * Who holds a member's mail can take them off the list by it: that person's provider, or somebody at their unlocked
 * computer. They could also delete the mail. It is an entry of the record like any removal, the owners are told, and so
 * is the one who left; coming back needs a new invitation.
 */
import { NOTICE_INTERVAL_MS } from "../base/limits.js";
import type { Log } from "../base/log.js";
import { ownersOf } from "../delivery/suspension.js";
import {
  Conflict,
  LastOwner,
  type List,
  type ListStore,
  type Member,
  type Queue,
  type Roster,
} from "../store/store.js";
import type { Tokens } from "../store/tokens.js";
import type { Language } from "../texts/language.js";

interface LeavingParts {
  readonly store: Roster & Queue;
  readonly tokens: Tokens;
  readonly log: Log;
  readonly now: () => number;
  readonly wake: () => void;
}

/** The member whom a token lets leave `list`, `undefined` if it is nobody's (any more). */
export async function memberOfLink(
  { store, tokens }: Pick<LeavingParts, "store" | "tokens">,
  list: List,
  token: string,
): Promise<Member | undefined> {
  const id = tokens.readLeave(list.id, token);
  const member = id === undefined ? undefined : await store.memberById(id);
  return member?.listId === list.id ? member : undefined;
}

/** The list's language, for whoever has a token of its: a member, or somebody who was one. */
export async function languageOfLink(
  { store, tokens }: { readonly store: ListStore; readonly tokens: Tokens },
  list: List,
  token: string,
): Promise<{ readonly language?: Language }> {
  if (tokens.readLeave(list.id, token) === undefined) return {};
  const { language } = await store.listSettings(list.id);
  return { language };
}

/** What became of somebody who followed the link. `last-owner`: somebody else has to own the list first. */
export type UnsubscribeResult = "left" | "unknown" | "last-owner";

/** Takes the holder of `token` off the list. The last owner stays: the link is in the clear in every copy. */
export async function leaveByLink(
  parts: LeavingParts,
  list: List,
  token: string,
): Promise<UnsubscribeResult> {
  const { store, log, now, wake } = parts;
  const member = await memberOfLink(parts, list, token);
  if (member === undefined) return "unknown";
  const entry = ({ address, fingerprint }: Member) =>
    ({ do: "remove", address, fingerprint, by: "link", at: new Date(now()).toISOString() }) as const;
  try {
    await store.removeMember(list.id, member.address, entry, member.id);
  } catch (error) {
    if (error instanceof LastOwner) {
      log.warn("leave-refused", { list: list.address, member: member.id, code: "last-owner" });
      return "last-owner";
    }
    // two clicks at one time: the other was first
    if (error instanceof Conflict) return "unknown";
    throw error;
  }
  log.info("member-left", { list: list.address, member: member.id, code: "link" });
  for (const owner of await ownersOf(store, list.id)) {
    await store.queueNotice(owner.id, `member-left ${member.id}`, now(), NOTICE_INTERVAL_MS);
  }
  wake();
  return "left";
}
