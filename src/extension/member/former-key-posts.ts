import { MembershipError } from "../../membership/file/errors.js";
import { certified, keyOf } from "../keys/certify-key.js";
import { needSecretOf } from "../keys/unlocked.js";
import { AddonError } from "../platform/errors.js";
import { host, type SentMail } from "../platform/host.js";
import { awake } from "../platform/keep-awake.js";
import { withLock } from "../platform/locks.js";
import { load } from "../records/storage.js";
import type { Stored, StoredList } from "../records/stored.js";
import type { FormerKeyAnswer, Incoming, SealedAgainState } from "../requests/incoming.js";
import { askServer, forgetPending, pendingFor } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";
import { FORMER_KEY_POST_LIMIT, formerKeyRecord, type StoredFormerKeyPost } from "./former-key-record.js";
import { knownList } from "./membership-changes.js";

/**
 * A post of one's own that came under a list key that is no longer used: the server passes it on to nobody, and says so. It is
 * taken from where what was sent is kept, sealed under the key of today and sent, by itself and once; if that key isn't here
 * yet, the owners are asked for it, and the post waits.
 *
 * It never leaves but sealed under a list key that an owner has signed. The server says which post; what is believed of that
 * is no more than that it may be sent again, once, as long as a post is young (`worker/seal-again.ts`).
 */

/** How long the list key is not asked for again. The server asks the owners once an hour at most. */
const ASK_AGAIN_MS = 60 * 60_000;

/**
 * Takes the server's word that a post was under a former list key. Called each time its mail is seen.
 * @throws ListSealError `no-such-list`, `left-list`, `read-only`, `own-key-revoked`, `no-member-key`, `key-locked`; what is
 *   thrown by sealing and by `SentMail.send`: then it is taken again with the next look
 */
export function takeFormerKeyAnswer(answer: FormerKeyAnswer): Promise<Incoming> {
  const { list } = answer;
  return withLock("sealing-again", async () => {
    const { posts } = await formerKeyRecord.load();
    const before = posts.find((post) => isSame(post, answer));
    // the server was told twice, or the key has changed once more: what was sent once is not sent again
    if (before !== undefined && before.state !== "waiting") {
      const state = before.wanted === answer.wanted ? stateOf(before) : "once";
      return { kind: "own-post", list, state };
    }
    const post: StoredFormerKeyPost = {
      askedAt: null,
      ...before,
      list,
      messageId: answer.messageId,
      sentAs: answer.sentAs ?? null,
      wanted: answer.wanted,
      toldAt: answer.date,
      state: "waiting",
    };
    await keep(post);
    return { kind: "own-post", list, state: await goOn(post) };
  });
}

/**
 * Goes on with the posts that wait, of one list or of all. Call it when a list key has come, or a key was unlocked. Never
 * rejects: what can't be sent now waits on.
 */
export async function sealWaiting(list?: string): Promise<void> {
  await withLock("sealing-again", async () => {
    const { posts } = await formerKeyRecord.load();
    for (const post of posts) {
      if (post.state !== "waiting" || (list !== undefined && post.list !== list)) continue;
      await goOn(post).catch(() => undefined);
    }
  }).catch(() => undefined);
}

const isSame = (post: StoredFormerKeyPost, of: { readonly list: string; readonly messageId: string }) =>
  post.list === of.list && post.messageId === of.messageId;

function stateOf({ state }: StoredFormerKeyPost): SealedAgainState {
  switch (state) {
    case "sent":
    case "outbox":
      return state;
    case "waiting":
      return "waits";
    case "sending":
      return "once";
  }
}

async function keep(post: StoredFormerKeyPost): Promise<void> {
  await formerKeyRecord.update((before) => {
    const others = before.posts.filter((one) => !isSame(one, post));
    return {
      stored: { ...before, posts: [...others, post].slice(-FORMER_KEY_POST_LIMIT) },
      result: undefined,
    };
  });
}

/** One step with a post that waits. */
async function goOn(post: StoredFormerKeyPost): Promise<SealedAgainState> {
  const stored = await load();
  const list = postable(stored, post.list);
  const { sentMail } = host();
  if (![list, ...list.formerListKeys].some((key) => fingerprintOf(key) === post.wanted)) {
    await askListKey(stored, list, post);
    return sentMail === null ? "waits-to-write" : "waits";
  }
  if (sentMail === null) return "to-write";
  return awake(() => sealAgain(stored, list, post, sentMail));
}

const fingerprintOf = (
  key: Pick<StoredList, "listKeyFingerprint"> | { readonly fingerprint: string },
): string => ("fingerprint" in key ? key.fingerprint : key.listKeyFingerprint);

function postable(stored: Stored, address: string): StoredList {
  const list = knownList(stored, address);
  if (list === undefined) throw new AddonError("no-such-list", "no such list is here");
  if (list.membership === "left") throw new AddonError("left-list", "one has left the list");
  if (list.role === "read-only") throw new MembershipError("read-only", "the list takes no posts from one");
  return list;
}

async function sealAgain(
  stored: Stored,
  list: StoredList,
  post: StoredFormerKeyPost,
  sentMail: SentMail,
): Promise<SealedAgainState> {
  const own = keyOf(stored, list.memberKey);
  if (own.revokedAt !== null) throw new AddonError("own-key-revoked", "one's own key is revoked");
  const secret = await needSecretOf(own);
  const author = { ...(await certified(list, own, secret)), secret };
  const { messageId, sentAs } = post;
  for (const fetched of sentAs === null ? [] : await sentMail.find(sentAs)) {
    const mail = await fetched();
    const now = new Date().toISOString();
    const made = await runJob("seal-again", { mail, ...author, messageId, now });
    if (made.kind === "not-here") continue;
    if (made.kind === "too-old") return "too-old";
    const { subject, notice, header, parts } = made.sealed;
    // noted first: should this page end while it is sent, it is not sent twice
    await keep({ ...post, state: "sending" });
    try {
      const mailToList = { from: author.key.address, to: list.address, subject, notice, header, parts };
      const state = await sentMail.send(mailToList);
      await keep({ ...post, state });
      return state;
    } catch (error) {
      // the mail server has it not; and of one Message-ID the list's server takes one
      await keep(post);
      throw error;
    }
  }
  return "to-write";
}

/** Asks the owners for the list key of today, unless that is on its way. What can't be sent waits in the list's card. */
async function askListKey(stored: Stored, list: StoredList, post: StoredFormerKeyPost): Promise<void> {
  const { posts } = await formerKeyRecord.load();
  const since = Date.now() - ASK_AGAIN_MS;
  const asked = posts.some(
    (each) => each.list === list.address && each.askedAt !== null && Date.parse(each.askedAt) > since,
  );
  const waiting = (await pendingFor(list.address)).filter(({ do: what }) => what === "list-key");
  if (asked || waiting.some(({ failure }) => failure === null)) return;
  for (const { id } of waiting) await forgetPending(id);
  await askServer({ command: { do: "list-key" }, list, key: keyOf(stored, list.memberKey) });
  await keep({ ...post, askedAt: new Date().toISOString() });
}
