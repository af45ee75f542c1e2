/** How members' add-ons hear of a server key's new encryption subkey: an answer that nobody asked for. */
import { domainOf, makeMailbox, parseAddress, requestAddress } from "../../../mail/mailbox.js";
import { writeRequestMail } from "../../../mail/request-mail.js";
import { writeAnswer } from "../../../membership/answers.js";
import { newRequestId } from "../../../membership/requests.js";
import { parseFingerprint, sealingHalf } from "../../../protocol/keys.js";
import { newMessageId } from "../../../protocol/seal.js";
import type { ListsInUse } from "../../kept/lists-in-use.js";
import { codeForLog, type Log } from "../../kept/log.js";
import type { FullStore } from "../../kept/membership-store.js";
import { askerOf } from "./asked.js";

/**
 * Puts the certificate of today into the outbox for every member of a list, sealed to each. A member whose key can't be
 * used is left out: they get no posts either.
 */
export async function tellServerKey(
  parts: {
    readonly store: FullStore;
    readonly lists: ListsInUse;
    readonly log: Log;
    readonly now: () => number;
  },
  listId: number,
): Promise<void> {
  const { store, lists, log } = parts;
  const list = await store.listById(listId);
  if (list?.listKeyFingerprint === undefined) return;
  const now = new Date(parts.now());
  const server = await lists.serverKey(list);
  const address = parseAddress(list.address);
  const head = await store.recordHead(list.id);
  for (const member of await store.members(list.id)) {
    try {
      const { key, name } = await askerOf(member);
      const recipient = parseAddress(member.address);
      const sealed = await writeAnswer(
        {
          request: newRequestId(),
          date: now,
          list: { address, key: parseFingerprint(list.listKeyFingerprint) },
          result: { kind: "server-key", head },
          server: sealingHalf(server),
        },
        server,
        key,
      );
      const mail = writeRequestMail({
        kind: "answer",
        list: address,
        from: makeMailbox(list.name, requestAddress(address)),
        to: makeMailbox(name, recipient),
        date: now,
        messageId: newMessageId(domainOf(address)),
        sealed,
      });
      await store.addNote(list.id, recipient, mail, now.getTime());
    } catch (error) {
      log.warn("answer-not-sealed", { list: list.address, code: codeForLog(error) });
    }
  }
}
