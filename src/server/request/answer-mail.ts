/** What the server says to one person, sealed to them, as a mail. */
import { domainOf, makeMailbox, parseAddress, requestAddress } from "../../mail/mailbox.js";
import { writeRequestMail } from "../../mail/request-mail.js";
import type { RequestResult } from "../../membership/request/answer-result.js";
import { writeAnswer } from "../../membership/request/answers.js";
import type { RequestedList } from "../../membership/request/request.js";
import { ListSealError } from "../../openpgp/errors.js";
import { type OpeningKey, sealingHalf } from "../../openpgp/keys.js";
import { newMessageId } from "../../protocol/seal-post.js";
import { codeForLog, type Log } from "../base/log.js";
import type { Addressee, List, NewMail } from "../store/store.js";
import type { Requester } from "./request-context.js";

/** Who says it. */
export interface AnsweringServer {
  readonly list: List;
  /** The server key that whoever is told knows. */
  readonly server: OpeningKey<"server">;
  readonly log: Pick<Log, "warn">;
}

/** What is said. */
export interface AnswerToSend {
  /** Id of the request that is answered or reported. */
  readonly request: string;
  readonly date: Date;
  readonly key: RequestedList["key"];
  readonly result: RequestResult;
  readonly inReplyTo?: string;
  /** Who may get it when it leaves. */
  readonly addressee: Addressee;
}

/** The mail to `to`; `undefined` if nothing can be sealed to them: there is no way to tell them in private. */
export async function answerMail(
  { list, server, log }: AnsweringServer,
  to: Requester,
  { request, date, key, result, inReplyTo, addressee }: AnswerToSend,
): Promise<NewMail | undefined> {
  const address = parseAddress(list.address);
  const recipient = parseAddress(to.address);
  let sealed: Uint8Array;
  try {
    sealed = await writeAnswer(
      { request, date, list: { address, key }, result, server: sealingHalf(server) },
      server,
      to.key,
    );
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    log.warn("answer-not-sealed", { list: list.address, code: codeForLog(error) });
    return undefined;
  }
  const mail = writeRequestMail({
    kind: "answer",
    list: address,
    from: makeMailbox(list.name, requestAddress(address)),
    to: makeMailbox(to.name, recipient),
    date,
    messageId: newMessageId(domainOf(address)),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    sealed,
  });
  return { listId: list.id, to: addressee, recipient, mail };
}
