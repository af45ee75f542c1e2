import { parseFingerprint } from "../../openpgp/keys.js";
import { keyOf } from "../keys/certify-key.js";
import { AddonError } from "../platform/errors.js";
import { load } from "../records/storage.js";
import type { AnswerResult } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { askServer, pendingFor } from "../requests/send-request.js";
import type { AskedCommand } from "../worker/jobs.js";
import { type HeldPostsOfList, heldRecord } from "./held-posts-record.js";

/**
 * Owners' and moderators' decisions about posts that wait. What is in a post they read in its copy for review; here stands
 * what the server may tell.
 */

async function ask(address: string, command: AskedCommand, about?: string): Promise<void> {
  const stored = await load();
  const list = stored.lists[address];
  if (list === undefined) throw new AddonError("no-such-list", "there is no such list");
  const key = keyOf(stored, list.memberKey);
  await askServer({ command, list, key, ...(about === undefined ? {} : { about }) });
}

/** What is known of a list's held posts; null if nobody has asked. */
export async function knownHeldPosts(address: string): Promise<HeldPostsOfList | null> {
  return (await heldRecord.load()).lists[address] ?? null;
}

/** Asks which posts wait, unless that is on its way. @throws ListSealError `no-such-list`, `no-member-key`, `key-locked` */
export async function askHeld(address: string): Promise<void> {
  if ((await pendingFor(address)).some(({ do: what }) => what === "held")) return;
  await ask(address, { do: "held" });
}

/**
 * Lets a post out, or throws it away. It stays in sight until the server has answered.
 * @throws ListSealError `no-such-list`, `no-member-key`, `key-locked`
 */
export async function decideHeld(
  address: string,
  decision: "release" | "reject",
  post: { readonly author: string; readonly messageId: string },
): Promise<void> {
  const { author, messageId } = post;
  await ask(address, { do: decision, author: parseFingerprint(author), messageId }, messageId);
}

/** The posts that wait. */
export async function heldAnswered(asked: PendingRequest, result: AnswerResult, date: Date): Promise<void> {
  if (result.kind !== "held") return;
  const posts = result.posts.map(({ author, address, messageId, date: taken, size }) => ({
    author,
    address: address ?? null,
    messageId,
    date: taken.toISOString(),
    size,
  }));
  await heldRecord.update((before) => ({
    stored: { ...before, lists: { ...before.lists, [asked.list]: { at: date.toISOString(), posts } } },
    result: undefined,
  }));
}

/** Decided: the post is out of sight. So it is if another moderator was earlier, or its time was over. */
export async function decided(asked: PendingRequest, result: AnswerResult): Promise<void> {
  if (result.kind === "refused" && result.code !== "no-such-post") return;
  await heldRecord.update((before) => {
    const known = before.lists[asked.list];
    if (known === undefined) return { stored: before, result: undefined };
    const posts = known.posts.filter(({ messageId }) => messageId !== asked.about);
    const lists = { ...before.lists, [asked.list]: { ...known, posts } };
    return { stored: { ...before, lists }, result: undefined };
  });
}
