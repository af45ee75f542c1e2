/** Posts that wait for a moderator: shown without what is in them, and decided about. */
import { isAddress } from "../../mail/mailbox.js";
import { type HeldPost, MAX_HELD_SHOWN } from "../../membership/request/held-posts.js";
import { parseSealingKey } from "../../openpgp/keys.js";
import type { VerifiedCommand } from "../store/authorization.js";
import {
  type CommandNamed,
  type CommandResult,
  commandOutcome,
  type RequestContext,
  refusal,
} from "./request-context.js";

/**
 * What the server may tell of the posts that wait, oldest first: whose signature they bear, that key's address on the
 * roster, when they came and how large they are. What is in them moderators read in the copies for review.
 */
export async function heldPosts({ parts, list }: RequestContext): Promise<CommandResult> {
  const { store } = parts;
  const posts: HeldPost[] = [];
  for (const { id, messageId, accepted } of (await store.heldPosts(list.id)).slice(0, MAX_HELD_SHOWN)) {
    const post = await store.post(id);
    if (post === undefined) continue;
    const { fingerprint } = await parseSealingKey("member", post.author.certificate);
    const address = (await store.memberByFingerprint(list.id, fingerprint))?.address;
    posts.push({
      author: fingerprint,
      ...(address !== undefined && isAddress(address) ? { address } : {}),
      messageId,
      date: new Date(accepted),
      size: post.raw.length,
    });
  }
  return { kind: "answer", result: { kind: "held", head: await store.recordHead(list.id), posts } };
}

/** Lets a post out, or throws it away: the one whose author and Message-ID the moderator saw, and no other. */
export async function decide(
  { parts, list }: RequestContext,
  verified: VerifiedCommand,
  command: CommandNamed<"release" | "reject">,
): Promise<CommandResult> {
  const { store } = parts;
  const held = (await store.heldPosts(list.id)).filter((post) => post.messageId === command.messageId);
  for (const { id } of held) {
    const post = await store.post(id);
    if (post === undefined) continue;
    const author = await parseSealingKey("member", post.author.certificate);
    if (author.fingerprint !== command.author) continue;
    return commandOutcome(
      command.do === "release" ? await store.releasePost(verified, id) : await store.rejectPost(verified, id),
    );
  }
  return refusal("no-such-post");
}
