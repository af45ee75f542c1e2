/**
 * A mail to `<list>-request@`: open -> who signed -> asked before? -> carry out -> answer.
 *
 * The mail's own header decides nothing. Whoever is not proved by a signature hears one uniform reply and gets no mail; an
 * answer goes to the address that the roster, or an owner's introduction, gives for the key that signed, and at most once
 * an hour for one request: a captured request that is sent again and again floods nobody.
 */
import { type Address, parseAddress } from "../../mail/mailbox.js";
import { refusalCodes, refusalOf } from "../../membership/file/errors.js";
import type { RequestResult } from "../../membership/request/answer-result.js";
import { assertRecent, claimedSigners } from "../../membership/request/request.js";
import { ListSealError } from "../../openpgp/errors.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import { beforeRevocation } from "../../openpgp/revocation.js";
import { MEMBER_REQUESTS, NOTICE_INTERVAL_MS, OWNER_REQUESTS } from "../base/limits.js";
import { writeServerKey } from "../parse/key-transfer.js";
import { MAX_TRIES, Stale } from "../store/authorization.js";
import type { Addressee, FirstAnswer, List, Member, NewMail } from "../store/store.js";
import { answerMail } from "./answer-mail.js";
import { type JoiningMember, proveClaim, proveJoin } from "./joining.js";
import { carryOut } from "./member-commands.js";
import {
  askerOf,
  type CommandResult,
  listKeysOf,
  prove,
  type RequestContext,
  type Requester,
  type RequestServices,
  refusal,
  remembered,
  unproved,
} from "./request-context.js";

/** What became of a mail to the request address. */
export type RequestOutcome =
  /** Its asker is proved, and an answer is on its way, unless it had one within the hour. */
  | { readonly kind: "answered"; readonly what: string; readonly code: string }
  /** Its asker is proved, and has asked for too much within the hour: to be sent again later. `code` is for the log. */
  | { readonly kind: "too-many"; readonly code: string }
  /** Nothing is proved: a uniform refusal. `code` is for the log. */
  | { readonly kind: "refused"; readonly code: string };

/**
 * Takes a mail for the request address of `list`.
 *
 * @throws ReadingEnded, and what is our own fault: the sender is told to try later
 */
export async function takeRequest(
  parts: RequestServices,
  list: List,
  raw: Uint8Array,
): Promise<RequestOutcome> {
  // opened once: the octets go to another thread for good
  const mail = await open(parts, list, raw);
  if (mail.kind === "not-sealed") return { kind: "refused", code: "not-sealed" };
  if (mail.kind === "refused") return mail;
  let row: List | undefined = list;
  for (let tries = 1; row !== undefined; tries++) {
    try {
      return await takeOpened(parts, row, mail);
    } catch (error) {
      if (!(error instanceof Stale) || tries === MAX_TRIES) throw error;
    }
    // what was verified is not true any more: as if the request had come now
    row = await parts.store.listById(list.id);
    if ((await parts.store.listSettings(list.id)).retired !== undefined) break;
  }
  return { kind: "refused", code: "no-list" };
}

type OpenedMail = Extract<Awaited<ReturnType<typeof open>>, { readonly kind: "opened" }>;

async function takeOpened(parts: RequestServices, list: List, mail: OpenedMail): Promise<RequestOutcome> {
  let asked: RequestContext;
  let proved: JoiningMember;
  try {
    const now = new Date(parts.now());
    const { server, opened, messageId } = mail;
    const inReplyTo = messageId === undefined ? {} : { inReplyTo: messageId };
    asked = { parts, list, server, opened, ...inReplyTo, now };
    proved = await proveAsker(asked, mail.from);
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    return { kind: "refused", code: error.code };
  }
  return answer(asked, proved);
}

/**
 * Opens it with the list's server key, or with one that was replaced and whose time is not over: who has not heard of the
 * new one is answered by the one that they know.
 */
async function open({ lists, store, reader, now }: RequestServices, list: List, raw: Uint8Array) {
  const former = (await lists.formerServerKeys(list)).filter(({ until }) => now() <= until);
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
async function proveAsker(asked: RequestContext, from: Address | undefined): Promise<JoiningMember> {
  const { command } = asked.opened.request;
  if (command.do === "claim") return proveClaim(asked, command);
  if (command.do === "join") return proveJoin(asked, command);
  const member = await signer(asked, from);
  const { signedAt, isRevoked } = await prove(asked, {
    kind: "member",
    certificate: member.certificate,
    revokes: command.do === "revoke",
  });
  let asker = await askerOf(member);
  // its answer was lost, or the server stopped before it was sent
  if (isRevoked) asker = { ...asker, key: await beforeRevocation(asker.key) };
  return {
    asker,
    signedAt,
    member,
    async carryOut() {
      assertRecent(asked.opened.request, signedAt, asked.now);
      return carryOut(asked, member, asker, signedAt);
    },
  };
}

/**
 * The member whose key says to have signed. GnuPG may sign with a subkey, and the roster knows primary keys: then the
 * mail's From says whose certificate to look at, and no more than that.
 *
 * @throws ListSealError `unknown-author`
 */
async function signer({ parts, list, opened }: RequestContext, from: Address | undefined): Promise<Member> {
  const { store } = parts;
  const [by, more] = await claimedSigners(opened);
  if (by === undefined || more !== undefined) throw unproved("not exactly one signature");
  const member =
    (await store.memberByFingerprint(list.id, by)) ??
    (from === undefined ? undefined : await store.memberByAddress(list.id, from));
  if (member === undefined) throw unproved("signed by nobody on the roster");
  return member;
}

async function answer(asked: RequestContext, proved: JoiningMember): Promise<RequestOutcome> {
  const { parts, list, opened, now } = asked;
  const { store } = parts;
  const { command } = opened.request;
  const memory = remembered(asked, proved.asker.key.fingerprint);
  const repeat = { kind: "answered", what: command.do, code: "repeat" } as const;
  const isRecent = (first: FirstAnswer | undefined) =>
    first !== undefined && now.getTime() < first.answered + NOTICE_INTERVAL_MS;
  const before = await store.firstAnswer(memory);
  if (isRecent(before)) return repeat;
  const { member } = proved;
  if (member !== undefined) {
    const most = member.role === "owner" ? OWNER_REQUESTS : MEMBER_REQUESTS;
    // a revocation is never put off
    const waits = command.do !== "revoke" && !parts.requests.take(member.id, most, now.getTime());
    if (waits) return { kind: "too-many", code: "too-many-requests" };
  }
  const head = async () => store.recordHead(list.id);
  const done = before?.result === undefined ? await tryTo(asked, proved) : undefined;
  await parts.heads.note(store, list.id);
  if (done?.kind === "told") {
    parts.wake();
    return { kind: "answered", what: command.do, code: done.code };
  }
  // the same mail came twice at one moment: the other is answered
  if (done?.kind === "repeat" && isRecent(await store.firstAnswer(memory))) return repeat;
  // a repeat gets the first answer, whatever the roster is now
  let result: RequestResult;
  if (done === undefined) result = firstResult(before?.result ?? "", await head());
  else if (done.kind === "repeat" || done.result === "done") result = { kind: "done", head: await head() };
  else result = done.result;
  const kept = result.kind === "done" || result.kind === "refused" ? JSON.stringify(result) : undefined;
  await store.answer(memory, kept, await sealed(asked, proved.asker, result), member, now.getTime());
  parts.wake();
  return { kind: "answered", what: command.do, code: result.kind === "refused" ? result.code : result.kind };
}

/** Carries it out, unless the list waits for its owner after a restore, or the request is from before that. */
async function tryTo(asked: RequestContext, proved: JoiningMember): Promise<CommandResult> {
  const { parts, list, opened } = asked;
  const paused = (await parts.heads.paused()).has(list.address);
  if (paused && opened.request.command.do !== "resume-server") return refusal("server-restored");
  const refusedBefore = await parts.store.refusedBefore(list.id);
  if (refusedBefore !== undefined && proved.signedAt.getTime() < refusedBefore) return refusal("too-old");
  try {
    const done = await proved.carryOut();
    if (done.kind !== "repeat") await noteProgram(asked, proved);
    return done;
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    return refusal(refusalOf(error, "damaged"));
  }
}

/** What the asker's program takes, by its last request: one that was captured and comes again says nothing. */
async function noteProgram({ parts, list, opened }: RequestContext, proved: JoiningMember): Promise<void> {
  const { store } = parts;
  const member = proved.member ?? (await store.memberByFingerprint(list.id, proved.asker.key.fingerprint));
  const takes = opened.request.takes?.includes("riding-notice") ?? false;
  if (member !== undefined && member.takesRiding !== takes) await store.noteRiding(member.id, takes);
}

/** The first answer again, from the store. */
function firstResult(json: string, head: { readonly number: number; readonly hash: string }): RequestResult {
  const kept: unknown = JSON.parse(json);
  const code =
    typeof kept === "object" && kept !== null && "code" in kept
      ? refusalCodes.find((each) => each === kept.code)
      : undefined;
  return code === undefined ? { kind: "done", head } : { kind: "refused", code };
}

/** Who may get `result` when it leaves: what became of a command is its asker's to know, whatever they are by then. */
function addresseeOf({ memberId }: Requester, result: RequestResult): Addressee {
  if (memberId === undefined || result.kind === "done" || result.kind === "refused")
    return { kind: "anybody" };
  const office = offices[result.kind];
  return office === undefined ? { kind: "member", memberId } : { kind: "member", memberId, needs: office };
}

const offices: Partial<Record<RequestResult["kind"], "owner" | "moderator">> = {
  roster: "owner",
  receipts: "owner",
  held: "moderator",
};

/** `result` as a mail to whoever asked; nothing if nothing can be sealed to them. */
async function sealed(
  asked: RequestContext,
  to: Requester,
  result: RequestResult,
): Promise<NewMail | undefined> {
  const { parts, list, server, opened, inReplyTo, now } = asked;
  const key = list.listKeyFingerprint;
  return answerMail({ list, server, log: parts.log }, to, {
    request: opened.request.id,
    date: now,
    key: key === undefined ? opened.request.list.key : parseListKeyId(key),
    result,
    addressee: addresseeOf(to, result),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
  });
}
