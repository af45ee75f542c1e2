import { toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import { type OuterHeader, remarksOn } from "../../mail/outer-header.js";
import type { MailPart } from "../../mail/sealed-mail.js";
import { filesInside } from "../../mail/shown-body.js";
import { ProtocolError } from "../../openpgp/errors.js";
import type { RosterHead } from "../../protocol/message.js";
import { keyAge } from "../keys/key-validity.js";
import { openSecretsOf } from "../keys/unlocked.js";
import { AddonError, codeOf, type ErrorCode } from "../platform/errors.js";
import { load, namesSeen, rememberPost, update } from "../records/storage.js";
import { likeliestFirst, type Stored, type StoredList } from "../records/stored.js";
import { runJob } from "../worker/client.js";
import type { OpenedLetter } from "../worker/jobs.js";
import type { UnderDeletedKey } from "../worker/open.js";
import { inlineImages, viewPieces } from "./body-pieces.js";
import { imageAddress, isShownImage, PREVIEW_LIMIT } from "./images.js";
import { NAME_LIMIT, presentable, SUBJECT_LIMIT, skeletonOf } from "./untrusted-text.js";
import type { OpenedView, PersonView, Remark } from "./view.js";

/**
 * Opening the sealed parts of a mail, wherever they are from: with which list, what is remembered of it, and what the reader
 * is told. What is in it stays in memory.
 */

export { inlineImages } from "./body-pieces.js";

/** A letter that was opened, with what its display needs. */
export interface OpenedMail {
  readonly letter: OpenedLetter;
  readonly view: OpenedView;
  /** The state that the verdict was made from: {@link basisOf}. */
  readonly basis: string;
}

/**
 * A digest of everything stored that a verdict is made from: lists with their owners, keys and servers, the person's own keys,
 * and what is known of authors. The order of names in it counts for nothing: QUIRK: Chromium's storage sorts them.
 */
export async function basisOf({ lists, memberKeys, pins }: Stored): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify([lists, memberKeys, pins], sorted));
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
}

/** For `JSON.stringify`: the fields of an object in the order of their names. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The same of what is stored now. Never rejects: empty, which no state is, where what is kept can't be read. */
export const basisNow = (): Promise<string> =>
  load()
    .then(basisOf)
    .catch(() => "");

/** Whether a verdict was made from another state than today's; also where what is kept can't be read any more. */
export async function isOutdated({ basis }: OpenedMail): Promise<boolean> {
  return basis !== (await basisNow());
}

/**
 * Is told what a list signature says of the roster's record.
 * @param list     the list's address
 * @param head     number and hash of the record's newest entry, by the server's word
 * @param signedAt when the server signed it
 */
export type HeadListener = (list: string, head: RosterHead, signedAt: Date) => Promise<void>;

const headListeners: HeadListener[] = [];

/** Has `seen` called with each list signature of a mail that is opened, before the mail is shown. For composition roots. */
export function whenHeadSeen(seen: HeadListener): void {
  headListeners.push(seen);
}

/** Why sealed parts do not open. */
export type NotOpened =
  | { readonly kind: "locked" }
  | { readonly kind: "not-for-me"; readonly list: string | null }
  | UnderDeletedKey
  | { readonly kind: "refused"; readonly code: ErrorCode };

/** The sealed parts of a mail, and what the mail around them says. */
export interface SealedInMail {
  /** Fetches them; called once. */
  readonly parts: () => Promise<readonly MailPart[]>;
  /** The addresses that its header names, the list's own fields first. */
  readonly named: readonly string[];
  /** Whether the mail is one of those that the list server and our own composers make. */
  readonly shell: "own" | "elsewhere";
  /** What the mail says of itself, where people see it; null if there is no mail around the parts. */
  readonly outer?: OuterHeader | null;
}

/**
 * Opens them.
 * @throws ListSealError what the worker throws, `key-locked`, and what storage throws
 */
export async function openSealed({
  parts,
  named,
  shell,
  outer = null,
}: SealedInMail): Promise<{ readonly kind: "opened"; readonly opened: OpenedMail } | NotOpened> {
  const stored = await load();
  const lists = listsFor(named, stored);
  const [fetched] = await Promise.all([parts(), secretsOf(stored)]);
  // again: a large mail takes long, and what was locked meanwhile must not open it
  const secrets = await secretsOf(stored);
  const opened = await runJob(
    "open",
    {
      parts: fetched,
      lists,
      secrets,
      pins: stored.pins,
      now: new Date().toISOString(),
    },
    { transfer: buffersOf(fetched) },
  );
  if (opened.kind === "not-sealed") return { kind: "refused", code: "damaged" };
  if (opened.kind === "not-for-me") return unopenedBy(secrets, stored, listNamedBy(named, stored));
  if (opened.kind === "key-deleted") return opened;
  const view = await viewOf(opened, stored, shell, outer);
  const basis = await rememberAuthor(opened, stored);
  if ("roster" in opened.passage) {
    const { roster, signedAt } = opened.passage;
    for (const seen of headListeners) await seen(opened.list, roster, signedAt);
  }
  return { kind: "opened", opened: { letter: opened, view, basis } };
}

/** What a failure is to the reader of the mail. */
export function notOpened(error: unknown): NotOpened {
  const code = codeOf(error, "worker-failed");
  return code === "key-locked" ? { kind: "locked" } : { kind: "refused", code };
}

/** The lists that mail is opened with, those that the mail names first. */
function listsFor(named: readonly string[], { lists }: Stored): readonly StoredList[] {
  return likeliestFirst(named, Object.values(lists));
}

/** The address of the list that a mail says it belongs to, for the sentence that names it. */
function listNamedBy(named: readonly string[], stored: Stored): string | null {
  return named.find((address) => stored.lists[address] !== undefined) ?? named[0] ?? null;
}

/** @throws ListSealError `key-locked` if there are keys and all are locked */
export async function secretsOf(stored: Stored): Promise<readonly string[]> {
  const secrets = await openSecretsOf(stored);
  if (Object.keys(stored.memberKeys).length > 0 && secrets.length === 0)
    throw new ProtocolError("key-locked", "all member keys are locked");
  return secrets;
}

/** What is said of mail that none of these secrets opens: it may be for a key that is locked, while another one is not. */
export function unopenedBy(
  secrets: readonly string[],
  { memberKeys }: Stored,
  list: string | null,
): NotOpened {
  const isEachOpen = secrets.length === Object.keys(memberKeys).length;
  return isEachOpen ? { kind: "not-for-me", list } : { kind: "locked" };
}

/** To be moved, not copied. */
function buffersOf(parts: readonly MailPart[]): readonly ArrayBuffer[] {
  return parts.flatMap(({ bytes: { buffer } }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

async function viewOf(
  opened: OpenedLetter,
  stored: Stored,
  shell: SealedInMail["shell"],
  outer: OuterHeader | null,
): Promise<OpenedView> {
  const { letter, author } = opened;
  const list = stored.lists[opened.list];
  if (list === undefined)
    throw new AddonError("no-such-list", "the list was removed while its mail was opened");
  const before = await rememberPost({
    list: opened.list,
    author: author.fingerprint,
    messageId: opened.messageId,
    dataPacketDigest: opened.dataPacketDigest,
    cameThroughList: "roster" in opened.passage,
  });
  const person = ({ name, address }: { readonly name?: string; readonly address: string }): PersonView => ({
    name: name === undefined ? null : presentable(name, NAME_LIMIT),
    address,
  });
  return {
    kind: "opened",
    list: { name: list.name, address: list.address, fingerprint: list.listKeyFingerprint },
    subject: presentable(letter.subject, SUBJECT_LIMIT),
    author: { ...person(letter.from), fingerprint: author.fingerprint, standing: author.standing },
    to: letter.to.map(person),
    cc: letter.cc.map(person),
    date: letter.date.toISOString(),
    signedAt: opened.signedAt,
    text: letter.text ?? null,
    html: letter.html ?? null,
    inline: inlineImages(letter.attachments),
    ...piecesIn(opened),
    attachments: letter.attachments.flatMap(({ name, type, bytes, contentId }, number) =>
      contentId !== undefined && isShownImage(type) && letter.html?.includes(`cid:${contentId}`) === true
        ? []
        : [{ number, name: presentable(name, SUBJECT_LIMIT), type, size: bytes.length }],
    ),
    passage: passageView(opened, before),
    underOldKey: opened.underOldKey,
    ownKeyEnds: ownKeyEnds(list, stored),
    // attack: a part that the seals don't need is a place for something else
    shell: opened.hasStraySignature ? "elsewhere" : shell,
    remarks: [
      ...(outer === null || shell === "elsewhere" ? [] : outerRemarks(outer, opened)),
      ...(await nameRemarks(opened, list)),
    ],
  };
}

/** What is where, in a mail that is more than one text. */
function piecesIn({ body, letter }: OpenedLetter): Pick<OpenedView, "pieces" | "lang"> {
  const isSimple = body.length === 0 || (body.length === 1 && body[0]?.kind === "words");
  if (!isSimple) return { pieces: viewPieces(body, letter.attachments) };
  const [only] = body;
  return only?.kind === "words" && only.lang !== undefined ? { lang: only.lang } : {};
}

/** In a foreign shell nothing else is to be expected, and that is said already. */
function outerRemarks(outer: OuterHeader, { letter, author, passage, signedAt, list }: OpenedLetter) {
  const inside = {
    list: parseAddress(list),
    author: letter.from.address,
    names: [letter.from.name ?? "", nameIn(author.userId)],
    subject: letter.subject,
    signedAt: "roster" in passage ? passage.signedAt : new Date(signedAt),
  };
  const kinds = { subject: "outer-subject", from: "outer-from", again: "sent-again" } as const;
  return remarksOn(outer, inside).map((remark) => ({ kind: kinds[remark] }));
}

const nameIn = (userId: string): string => /^(.*?)\s*<[^<>]*>\s*$/.exec(userId)?.[1] ?? "";

/** Whether somebody else whom the reader knows goes by the author's name: an owner, or an author of before. */
async function nameRemarks({ letter, author }: OpenedLetter, list: StoredList): Promise<readonly Remark[]> {
  const { name = "", address } = letter.from;
  const skeleton = skeletonOf(name);
  if (skeleton === "" || author.standing === "you") return [];
  const owners = list.owners
    .filter(({ to }) => to === null)
    .map((owner) => ({ address: owner.address, skeleton: skeletonOf(nameIn(owner.userId)) }));
  const isVouchedFor = ["owner", "introduced", "reintroduced", "confirmed"].includes(author.standing);
  // who is not vouched for takes no name from anybody: attack: a stranger who writes first would have the name
  const authors = await namesSeen(list.address, isVouchedFor ? { address, skeleton } : null);
  const other = [...owners, ...authors].find((one) => one.skeleton === skeleton && one.address !== address);
  return other === undefined ? [] : [{ kind: "same-name", address: other.address }];
}

function passageView({ passage }: OpenedLetter, before: "first" | "again" | "reused"): OpenedView["passage"] {
  if (before === "reused" && passage.via !== "own-copy")
    return { via: "unproved", reason: "message-id-reused" };
  return "roster" in passage ? { via: passage.via, roster: passage.roster.number } : passage;
}

function ownKeyEnds({ memberKey, membership }: StoredList, { memberKeys }: Stored): string | null {
  const expiresAt = memberKey === null ? null : (memberKeys[memberKey]?.expiresAt ?? null);
  return membership === "member" && keyAge(expiresAt, new Date()) !== "good" ? expiresAt : null;
}

/** @returns the state that the verdict holds for: that from which the mail was opened, with its author known from now on */
async function rememberAuthor({ list, pins }: OpenedLetter, before: Stored): Promise<string> {
  await update((stored) =>
    JSON.stringify(stored.pins[list]) === JSON.stringify(pins)
      ? { stored, result: undefined }
      : { stored: { ...stored, pins: { ...stored.pins, [list]: pins } }, result: undefined },
  );
  return basisOf({ ...before, pins: { ...before.pins, [list]: pins } });
}

/** Attachment `number` of an opened letter, or of a mail in it. @throws ListSealError `no-such-attachment` */
export function attachmentOf({ letter: { letter, body } }: OpenedMail, number: number) {
  const { attachments } = letter;
  const file = attachments[number] ?? filesInside(body)[number - attachments.length];
  if (file === undefined) throw new AddonError("no-such-attachment", "there is no such attachment");
  return file;
}

/** An attachment as a picture: a `data:` address. @throws ListSealError `no-such-attachment` if it is none that is shown */
export function pictureOf(opened: OpenedMail, number: number): string {
  const file = attachmentOf(opened, number);
  if (!isShownImage(file.type) || file.bytes.length > PREVIEW_LIMIT)
    throw new AddonError("no-such-attachment", "there is no such picture");
  return imageAddress(file);
}
