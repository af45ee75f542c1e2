/**
 * A mail to `<list>-request@`: open -> who signed -> asked before? -> carry out -> answer.
 *
 * The mail's own header decides nothing. Whoever is not proved by a signature hears one uniform reply and gets no mail; an
 * answer goes to the address that the roster, or an owner's introduction, gives for the key that signed, and at most once
 * an hour for one request: a captured request that is sent again and again floods nobody.
 */
import { type Address, domainOf, makeMailbox, parseAddress, requestAddress } from "../../../mail/mailbox.js";
import { writeRequestMail } from "../../../mail/request-mail.js";
import { type Answer, type Result, writeAnswer } from "../../../membership/answers.js";
import {
  assertRecent,
  claimedSigners,
  type RequestedList,
  verifySigned,
} from "../../../membership/requests.js";
import { revokedSince } from "../../../membership/revocation.js";
import { codeOf, errorCodes, ListSealError } from "../../../protocol/errors.js";
import { parseFingerprint, sealingHalf } from "../../../protocol/keys.js";
import { newMessageId } from "../../../protocol/seal.js";
import { NOTICE_INTERVAL_MS } from "../../kept/limits.js";
import { codeForLog } from "../../kept/log.js";
import type { Addressee, List, Member } from "../../kept/store.js";
import { writeServerKey } from "../reading/key-wire.js";
import type { Reader } from "../reading/reader.js";
import {
  type Asked,
  type Asker,
  askerOf,
  type Done,
  listKeysOf,
  type RequestParts,
  refusal,
  remembered,
  unproved,
} from "./asked.js";
import { type Newcomer, proveClaim, proveJoin } from "./joining.js";
import { carryOut } from "./member-commands.js";

/** What became of a mail to the request address. */
export type Taken =
  /** Its asker is proved, and an answer is on its way, unless it had one within the hour. */
  | { readonly kind: "answered"; readonly what: string; readonly code: string }
  /** Nothing is proved: a uniform refusal. `code` is for the log. */
  | { readonly kind: "refused"; readonly code: string };

/** What taking a request works with. */
export interface TakingParts extends RequestParts {
  readonly reader: Reader;
}

/**
 * Takes a mail for the request address of `list`.
 *
 * @throws ReadingEnded, and what is our own fault: the sender is told to try later
 */
export async function takeRequest(parts: TakingParts, list: List, raw: Uint8Array): Promise<Taken> {
  let asked: Asked;
  let inReplyTo: string | undefined;
  let proved: Newcomer;
  try {
    const now = new Date(parts.now());
    const mail = await open(parts, list, raw, now);
    if (mail.kind === "not-sealed") return { kind: "refused", code: "not-sealed" };
    if (mail.kind === "refused") return mail;
    inReplyTo = mail.messageId;
    asked = { parts, list, server: mail.server, opened: mail.opened, now };
    proved = await prove(asked, mail.from);
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    return { kind: "refused", code: error.code };
  }
  return answer(asked, proved, inReplyTo);
}

/**
 * Opens it with the list's server key, or with one that was replaced and whose time is not over: who has not heard of the
 * new one is answered by the one that they know.
 */
async function open({ lists, store, reader }: TakingParts, list: List, raw: Uint8Array, now: Date) {
  const former = (await lists.formerServerKeys(list)).filter(({ until }) => now.getTime() <= until);
  const present = await lists.serverKey(list);
  const keys = [present, ...former.map(({ key }) => key)];
  const mail = await reader.do("request", {
    raw,
    servers: await Promise.all(keys.map(writeServerKey)),
    list: { address: parseAddress(list.address), keys: await listKeysOf(store, list) },
  });
  return mail.kind === "opened" ? { ...mail, server: keys[mail.server] ?? present } : mail;
}

/** Finds who signed, and verifies it. @throws ListSealError */
async function prove(asked: Asked, from: Address | undefined): Promise<Newcomer> {
  const { command } = asked.opened.request;
  if (command.do === "claim") return proveClaim(asked, command);
  if (command.do === "join") return proveJoin(asked, command);
  const member = await signer(asked, from);
  const asker = await askerOf(member);
  // attack: a thief dates requests back to when the key was good; the roster's certificate is of now
  if (command.do !== "revoke" && (await revokedSince(asker.key.certificate, asked.now)) !== undefined) {
    throw new ListSealError("key-revoked", "signed by a key that its holder has revoked");
  }
  const signedAt = await verifySigned(asked.opened, [asker.key.certificate], asked.now);
  return {
    asker,
    signedAt,
    async carryOut() {
      assertRecent(asked.opened.request, signedAt, asked.now);
      return carryOut(asked, member);
    },
  };
}

/**
 * The member whose key says to have signed. GnuPG may sign with a subkey, and the roster knows primary keys: then the
 * mail's From says whose certificate to look at, and no more than that.
 *
 * @throws ListSealError `unknown-author`
 */
async function signer({ parts, list, opened }: Asked, from: Address | undefined): Promise<Member> {
  const { store } = parts;
  const [by, more] = await claimedSigners(opened);
  if (by === undefined || more !== undefined) throw unproved("not exactly one signature");
  const member =
    (await store.memberByFingerprint(list.id, by)) ??
    (from === undefined ? undefined : await store.memberByAddress(list.id, from));
  if (member === undefined) throw unproved("signed by nobody on the roster");
  return member;
}

async function answer(asked: Asked, proved: Newcomer, inReplyTo: string | undefined): Promise<Taken> {
  const { parts, list, opened, now } = asked;
  const { store } = parts;
  const { command } = opened.request;
  const memory = remembered(asked, proved.asker.key.fingerprint);
  const before = await store.firstAnswer(memory);
  if (before !== undefined && now.getTime() < before.answered + NOTICE_INTERVAL_MS) {
    return { kind: "answered", what: command.do, code: "repeat" };
  }
  const head = async () => store.recordHead(list.id);
  const done = before?.result === undefined ? await tryTo(asked, proved) : undefined;
  // a repeat gets the first answer, whatever the roster is now
  const result: Result =
    done === undefined
      ? firstResult(before?.result ?? "", await head())
      : done.result === "done"
        ? { kind: "done", head: await head() }
        : done.result;
  const kept = result.kind === "done" || result.kind === "refused" ? JSON.stringify(result) : undefined;
  await send(asked, proved.asker, result, inReplyTo);
  for (const { event, to, needs } of done?.reports ?? []) {
    const report = { kind: "report", event, head: await head(), signed: opened.signed } as const;
    await send(asked, to, report, undefined, needs);
  }
  await store.noteAnswer(memory, kept, now.getTime());
  await parts.heads.note(store);
  parts.wake();
  return { kind: "answered", what: command.do, code: result.kind === "refused" ? result.code : result.kind };
}

/** Carries it out, unless the list waits for its owner after a restore, or the request is from before that. */
async function tryTo(asked: Asked, proved: Newcomer): Promise<Done> {
  const { parts, list, opened } = asked;
  const paused = (await parts.heads.paused()).has(list.address);
  if (paused && opened.request.command.do !== "resume-server") return refusal("server-restored");
  const refusedBefore = await parts.ledger.refusedBefore(list.id);
  if (refusedBefore !== undefined && proved.signedAt.getTime() < refusedBefore) return refusal("too-old");
  try {
    return await proved.carryOut();
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    return refusal(codeOf(error, "damaged"));
  }
}

/** The first answer again, from the store. */
function firstResult(json: string, head: { readonly number: number; readonly hash: string }): Result {
  const kept: unknown = JSON.parse(json);
  const code =
    typeof kept === "object" && kept !== null && "code" in kept
      ? errorCodes.find((each) => each === kept.code)
      : undefined;
  return code === undefined ? { kind: "done", head } : { kind: "refused", code };
}

/** Who may get `result` when it leaves: what became of a command is its asker's to know, whatever they are by then. */
function addresseeOf({ memberId }: Asker, result: Result, needs?: "owner"): Addressee {
  if (memberId === undefined || result.kind === "done" || result.kind === "refused")
    return { kind: "anybody" };
  const office = needs ?? offices[result.kind];
  return office === undefined ? { kind: "member", memberId } : { kind: "member", memberId, needs: office };
}

const offices: Partial<Record<Result["kind"], "owner" | "moderator">> = {
  roster: "owner",
  receipts: "owner",
  "server-key-offer": "owner",
  held: "moderator",
};

/** Seals `result` for somebody and puts it into the queue. */
async function send(
  asked: Asked,
  to: Asker,
  result: Result,
  inReplyTo: string | undefined,
  needs?: "owner",
): Promise<void> {
  const { parts, list, server, opened, now } = asked;
  const address = parseAddress(list.address);
  const listOf: RequestedList = {
    address,
    key:
      list.listKeyFingerprint === undefined
        ? opened.request.list.key
        : parseFingerprint(list.listKeyFingerprint),
  };
  const said: Answer = {
    request: opened.request.id,
    date: now,
    list: listOf,
    result,
    server: sealingHalf(server),
  };
  let sealed: Uint8Array;
  try {
    sealed = await writeAnswer(said, server, to.key);
  } catch (error) {
    // a key that ran out: there is no way to tell its holder in private
    parts.log.warn("answer-not-sealed", { list: list.address, code: codeForLog(error) });
    return;
  }
  const recipient = parseAddress(to.address);
  const mail = writeRequestMail({
    kind: "answer",
    list: address,
    from: makeMailbox(list.name, requestAddress(address)),
    to: makeMailbox(to.name, recipient),
    date: now,
    messageId: newMessageId(domainOf(address)),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    sealed,
  });
  const addressee = addresseeOf(to, result, needs);
  await parts.store.addMail({ listId: list.id, to: addressee, recipient, mail }, now.getTime());
}
