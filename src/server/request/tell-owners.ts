import { parseAddress } from "../../mail/mailbox.js";
import { refusalCodes } from "../../membership/file/errors.js";
import { type RequestResult, reportEvents } from "../../membership/request/answer-result.js";
import { ListSealError } from "../../openpgp/errors.js";
import { type OpeningKey, parseSealingKey } from "../../openpgp/keys.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import { POLL_MS } from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { Addressee, List, ListStore, NewMail, PendingReply, Replies } from "../store/store.js";
import { answerMail } from "./answer-mail.js";

/**
 * The worker that seals what commands have to tell: their answers, and reports to others. The commands have written it
 * down with what they did (store/apply-command.ts), so that a server that stops in between tells it when it runs again: a
 * revoked key, or an invitation that was used twice, is an alarm that must not be lost.
 */

/** How many are looked at at once: each may carry a command of 64 kB. */
const BATCH = 32;

export interface OwnerNotifierOptions {
  readonly store: ListStore & Replies;
  readonly lists: ListsInUse;
  readonly log: Log;
  readonly now: () => number;
  /** Says that there is mail in the outbox. */
  readonly told: () => void;
}

export class OwnerNotifier {
  readonly #options: OwnerNotifierOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: OwnerNotifierOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  /** Says that there is something to tell. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.tellAll()
      .catch((error: unknown) => this.#options.log.error("answer-failed", { code: codeForLog(error) }))
      .finally(() => {
        this.#running = undefined;
        if (this.#again) {
          this.#again = false;
          this.wake();
        }
      });
  }

  /** Finishes what it is at, and stops. The rest is told by the next run. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Seals all that waits. */
  async tellAll(): Promise<void> {
    const { store, log, now, told } = this.#options;
    // what can't be sealed by a fault of our own (a key file) waits, and keeps nobody else waiting
    let after = 0;
    while (!this.#stopped) {
      const replies = await store.pendingReplies(after, BATCH);
      if (replies.length === 0) return;
      for (const reply of replies) {
        if (this.#stopped) return;
        try {
          await store.finishPendingReply(reply, await this.#mail(reply), now());
        } catch (error) {
          log.error("answer-failed", { code: codeForLog(error) });
          after = Math.max(after, reply.id);
        }
      }
      told();
    }
  }

  async #mail(reply: PendingReply): Promise<NewMail | undefined> {
    const { store, log, now } = this.#options;
    const { listId, to, requestId, server } = reply;
    const list = await store.listById(listId);
    if (list?.listKeyFingerprint === undefined) return undefined;
    const result = resultOf(reply);
    if (result === undefined) return undefined;
    const said = {
      request: requestId,
      date: new Date(now()),
      key: parseListKeyId(list.listKeyFingerprint),
      result,
      addressee: addresseeOf(reply),
      ...(to.inReplyTo === undefined ? {} : { inReplyTo: to.inReplyTo }),
    };
    const speaker = { list, server: await this.#key(list, server), log };
    try {
      const key = await parseSealingKey("member", to.certificate);
      return await answerMail(speaker, { key, address: parseAddress(to.address), name: to.name }, said);
    } catch (error) {
      // a certificate that was good once
      if (!(error instanceof ListSealError)) throw error;
      log.warn("answer-not-sealed", { list: list.address, code: codeForLog(error) });
      return undefined;
    }
  }

  /** The key that whoever asked knows, or today's if its time is over. */
  async #key(list: List, fingerprint: string): Promise<OpeningKey<"server">> {
    const { lists } = this.#options;
    const current = await lists.serverKey(list);
    if (current.fingerprint === fingerprint) return current;
    const former = (await lists.formerServerKeys(list)).find(({ key }) => key.fingerprint === fingerprint);
    return former?.key ?? current;
  }
}

/** What became of a command is its asker's to know, whatever they are by then; a report is for members, or owners, of then. */
function addresseeOf({ word, member }: PendingReply): Addressee {
  if (member === undefined) return { kind: "anybody" };
  const asOwner = member.isOwner && word !== "revoked";
  return { kind: "member", memberId: member.id, ...(asOwner ? { needs: "owner" } : {}) };
}

function resultOf({ kind, word, head, signed }: PendingReply): RequestResult | undefined {
  if (kind === "report") {
    const event = reportEvents.find((one) => one === word);
    return event && { kind: "report", event, head, signed };
  }
  if (word === "done") return { kind: "done", head };
  const code = refusalCodes.find((one) => one === word);
  return code && { kind: "refused", code };
}
