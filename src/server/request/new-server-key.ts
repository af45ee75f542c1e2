/** How add-ons hear of a server's keys: answers that nobody asked for. */
import type { Unsolicited } from "../../membership/request/answer-result.js";
import { newRequestId } from "../../membership/request/request.js";
import { armorSealingKey, parseSealingKey } from "../../openpgp/keys.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import { codeForLog, type Log } from "../base/log.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import { everyMember } from "../store/roster-pages.js";
import type { Addressee, List, Member, Store } from "../store/store.js";
import { answerMail } from "./answer-mail.js";
import { askerOf } from "./request-context.js";

/** What telling needs. */
export interface ServerKeyNoticeContext {
  readonly store: Store;
  readonly lists: ListsInUse;
  readonly log: Pick<Log, "warn">;
  readonly now: () => number;
}

/**
 * Puts the certificate of today into the queue for every member of a list, sealed to each. A member whose key can't be
 * used is left out: they get no posts either.
 */
export async function tellServerKey(parts: ServerKeyNoticeContext, listId: number): Promise<void> {
  const list = await parts.store.listById(listId);
  if (list === undefined) return;
  const head = await parts.store.recordHead(list.id);
  await tell(parts, list, everyMember(parts.store, list.id), { kind: "server-key", head });
}

/**
 * Tells the owners of another server key that the operator has made, signed by the one that they know. @returns how many
 * @throws ListSealError for a certificate that can't be read
 */
export async function offerServerKey(
  parts: ServerKeyNoticeContext,
  list: List,
  certificate: Uint8Array,
): Promise<number> {
  const owners = await parts.store.owners(list.id);
  const armored = armorSealingKey(await parseSealingKey("server", certificate));
  const head = await parts.store.recordHead(list.id);
  await tell(parts, list, owners, { kind: "server-key-offer", head, certificate: armored });
  return owners.length;
}

async function tell(
  { store, lists, log, now: clock }: ServerKeyNoticeContext,
  list: List,
  members: Iterable<Member> | AsyncIterable<Member>,
  result: Unsolicited,
): Promise<void> {
  if (list.listKeyFingerprint === undefined) return;
  const server = await lists.serverKey(list);
  const key = parseListKeyId(list.listKeyFingerprint);
  for await (const member of members) {
    try {
      const addressee: Addressee = {
        kind: "member",
        memberId: member.id,
        ...(result.kind === "server-key-offer" && { needs: "owner" }),
      };
      const said = { request: newRequestId(), date: new Date(clock()), key, result, addressee };
      const mail = await answerMail({ list, server, log }, await askerOf(member), said);
      if (mail !== undefined) await store.addMail(mail, clock());
    } catch (error) {
      log.warn("answer-not-sealed", { list: list.address, code: codeForLog(error) });
    }
  }
}
