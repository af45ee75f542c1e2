/** What the author of a post is told of its delivery: when they ask, and without being asked when copies have not gone out. */
import { isAddress } from "../../mail/mailbox.js";
import {
  MAX_MISSING_NAMED,
  type MissingMember,
  type PostDelivery,
} from "../../membership/request/post-delivery.js";
import { newRequestId } from "../../membership/request/request.js";
import { ListSealError } from "../../openpgp/errors.js";
import { parseFingerprint, parseSealingKey } from "../../openpgp/keys.js";
import { codeForLog } from "../base/log.js";
import type { Delivery, List, Member, MissingCounts, NewMail, Store } from "../store/store.js";
import { answerMail } from "./answer-mail.js";
import {
  type CommandNamed,
  type CommandResult,
  type RequestContext,
  type RequestServices,
  refusal,
} from "./request-context.js";

/** How many are looked at at once. */
const BATCH = 32;

/**
 * A member asks about a post of their own. Whatever is nobody's, or somebody else's, or waits for a moderator has one refusal: who
 * has read a post learns nothing by its message id.
 */
export async function deliveryToAuthor(
  { parts: { store }, list, now }: RequestContext,
  { fingerprint }: Member,
  { messageId }: CommandNamed<"delivery">,
): Promise<CommandResult> {
  const delivery = await store.deliveryOf(list.id, fingerprint, messageId, now.getTime());
  if (delivery?.readers === undefined) return refusal("unknown-post");
  const counts = await store.missingCounts(delivery);
  return { kind: "answer", result: await resultOf(store, delivery, delivery.readers, counts) };
}

async function resultOf(
  store: Store,
  delivery: Delivery,
  readers: number,
  counts: MissingCounts,
): Promise<{ readonly kind: "delivery" } & PostDelivery> {
  const { showsMembers } = await store.listSettings(delivery.listId);
  const missing: MissingMember[] = [];
  for (const { address, name, state } of showsMembers
    ? await store.missingReaders(delivery, MAX_MISSING_NAMED)
    : []) {
    if (isAddress(address)) missing.push({ address, name, state });
  }
  return {
    kind: "delivery",
    head: await store.recordHead(delivery.listId),
    messageId: delivery.messageId,
    // copies that were still to be counted when somebody joined again
    readers: Math.max(readers, counts.waiting + counts.failed),
    ...counts,
    ...(showsMembers ? { missing } : {}),
  };
}

/**
 * Looks at the posts whose time has come, and tells the authors of those of whom something else is true than they were told last:
 * before the first time, that everybody got it.
 *
 * Attack: whoever has a member's copy can write reports about it as they like. They change a number; when an author is told, and how
 * often at most, is decided by the post alone (`DELIVERY_CHECKS_MS`).
 */
export async function tellAuthors(
  parts: Pick<RequestServices, "store" | "lists" | "log" | "now" | "wake">,
): Promise<void> {
  const { store, log, now, wake } = parts;
  for (;;) {
    const due = await store.dueDeliveries(now(), BATCH);
    for (const delivery of due) {
      const told = await store.missingCounts(delivery);
      const isNews = told.waiting !== delivery.told.waiting || told.failed !== delivery.told.failed;
      // a fault of our own (a key file) is no author's, and keeps nobody else waiting: the next time is as good
      const mail = await (isNews ? newsFor(parts, delivery, told) : undefined)?.catch((error: unknown) => {
        log.error("answer-failed", { code: codeForLog(error) });
        return undefined;
      });
      await store.noteChecked(delivery, mail && { told, mail }, now());
      if (mail !== undefined) log.info("delivery-told", { post: delivery.postId, ...told });
    }
    if (due.length === 0) return;
    wake();
  }
}

/** The mail to the author; `undefined` if they are no member any more, or nothing can be sealed to them. */
async function newsFor(
  { store, lists, log, now }: Pick<RequestServices, "store" | "lists" | "log" | "now">,
  delivery: Delivery,
  counts: MissingCounts,
): Promise<NewMail | undefined> {
  const { listId, author, readers } = delivery;
  const list: List | undefined = await store.listById(listId);
  const member = await store.memberByFingerprint(listId, author);
  if (list?.listKeyFingerprint === undefined || member === undefined || readers === undefined)
    return undefined;
  if ((await store.listSettings(listId)).retired !== undefined) return undefined;
  try {
    return await answerMail(
      { list, server: await lists.serverKey(list), log },
      {
        key: await parseSealingKey("member", member.certificate),
        address: member.address,
        name: member.name,
        memberId: member.id,
      },
      {
        request: newRequestId(),
        date: new Date(now()),
        key: parseFingerprint(list.listKeyFingerprint),
        result: await resultOf(store, delivery, readers, counts),
        addressee: { kind: "member", memberId: member.id },
      },
    );
  } catch (error) {
    // a certificate that was good once
    if (!(error instanceof ListSealError)) throw error;
    log.warn("answer-not-sealed", { list: list.address, code: codeForLog(error) });
    return undefined;
  }
}
