/** An answer to one member alone: the add-on's own code on both sides, past a real list server. */
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { keepUnlocked, lockAll } from "../../src/extension/keys/unlocked.js";
import { privateLine } from "../../src/extension/reading/display/private-view.js";
import { MailReading } from "../../src/extension/reading/page/read-source.js";
import { authorAlone, type OpenedPrivateMail } from "../../src/extension/reading/private-reading.js";
import { load, update } from "../../src/extension/records/storage.js";
import type { Stored, StoredMemberKey } from "../../src/extension/records/stored.js";
import { say } from "../../src/extension/ui/i18n.js";
import { type Correspondent, mayAnswerAlone } from "../../src/extension/worker/jobs.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { readyPrivateLetter } from "../../src/extension/writing/composer/seal-letter.js";
import { answerAlone } from "../../src/extension/writing/private-answer.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { privateNotice, privateSubject } from "../../src/mail/fixed-texts.js";
import { domainOf, makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { partTypes } from "../../src/mail/part-types.js";
import { writePrivateMail } from "../../src/mail/private-mail.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import { readOpeningKey, readSealingKey } from "../../src/openpgp/keys.js";
import { sealPrivate } from "../../src/protocol/private-letter.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { submit } from "../server/dialogue.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let bob: Addon;
let carol: Addon;

beforeAll(haveWorkerNear);
beforeEach(async () => {
  await begin();
  [olga, bob, carol] = [new Addon("Olga", play), new Addon("Bob", play), new Addon("Carol", play)];
  await olga.claim(cardFile);
  for (const guest of [bob, carol]) await olga.invites(guest);
  await bob.posts("who comes along?");
});
afterEach(async () => {
  await play.discard();
  await lockAll();
});

const text = (content: string) => ({ kind: "text", content, plain: content }) as const;
const written = { subject: "Re: Lunch", body: text("I do, but tell nobody.") };
/** Carol answers Bob alone; gives the mail as it leaves. */
async function answers(changes: Partial<Correspondent> = {}) {
  const opened = await carol.reads("who comes along?");
  await carol.as(() => answerAlone({ ...authorAlone(opened), ...changes }, written));
  const sent = carol.sentAlone.at(-1);
  if (sent === undefined) throw new Error("nothing was sent");
  return sent;
}
const asMail = ({ sealed }: { readonly sealed: Uint8Array }, from = carol.address, to = bob.address) =>
  writePrivateMail({
    from: makeMailbox("Whoever", parseAddress(from)),
    to: makeMailbox(undefined, parseAddress(to)),
    date: new Date(),
    messageId: "<outer@people.test>",
    sealed,
  });
const opens = (who: Addon, raw: Uint8Array) => who.takes(raw);
async function opensPrivate(who: Addon, raw: Uint8Array): Promise<OpenedPrivateMail> {
  const read = await opens(who, raw);
  if (read.kind !== "private") throw new Error(`it is ${read.kind}`);
  return read;
}
const words = ({ view }: OpenedPrivateMail) => privateLine(view).phrases.map(say).join(" · ");

test("it goes to them and not through the list; only they and its author open it, and each is told what it is", async () => {
  await play.untilQuiet();
  const before = play.sink.caught.length;
  const sent = await answers();
  expect(sent).toMatchObject({ from: carol.address, to: bob.address, subject: privateSubject() });
  await play.untilQuiet();
  expect(play.sink.caught).toHaveLength(before);
  const mail = asMail(sent);
  for (const secret of [written.subject, written.body.content, teamAddress])
    expect(Buffer.from(mail).toString("latin1")).not.toContain(secret);

  const read = await opens(bob, mail);
  if (read.kind !== "private") throw new Error(`it is ${read.kind}`);
  expect(read.view).toMatchObject({
    subject: written.subject,
    text: written.body.content,
    author: { address: carol.address, standing: "introduced" },
    list: { address: teamAddress },
    mayReply: true,
    remarks: [],
  });
  expect(words(read)).toMatch(/^Private: to you alone, from Carol <carol@people.test>, not to the list/);
  expect(privateLine(read.view).tone).toBe("good");
  const own = await opens(carol, mail);
  if (own.kind !== "private") throw new Error(`it is ${own.kind}`);
  expect(words(own)).toMatch(/^Private: to .*bob@people.test.* alone, from you, not to the list/);
  expect(own.view.mayReply).toBe(false);
  expect(await opens(olga, mail)).toMatchObject({ kind: "not-for-me" });
  // and is answered alone in its turn, by the certificate that was inside
  await bob.as(() => answerAlone(read.correspondent, { subject: read.view.subject, body: text("Good.") }));
  const back = bob.sentAlone.at(-1);
  if (back === undefined) throw new Error("nothing was sent");
  expect(back.to).toBe(carol.address);
  expect(await opens(carol, asMail(back, bob.address, carol.address))).toMatchObject({
    kind: "private",
    view: { subject: "Re: Lunch", text: "Good." },
  });
});

test("where it can't be sent, or is locked, nothing leaves", async () => {
  carol.mayNotSend = true;
  await expect(answers()).rejects.toMatchObject({ code: "may-not-send" });
  carol.mayNotSend = false;
  const opened = await carol.reads("who comes along?");
  const to = authorAlone(opened);
  await carol.as(() =>
    update((stored) => ({
      stored: {
        ...stored,
        memberKeys: Object.fromEntries(
          Object.entries(stored.memberKeys).map(([name, key]) => [name, { ...key, locked: true }]),
        ),
      },
      result: undefined,
    })),
  );
  await expect(carol.as(() => answerAlone(to, written))).rejects.toMatchObject({ code: "key-locked" });
  expect(carol.sentAlone).toEqual([]);
});

test("while its reader's key is locked it says so, also where another key of theirs is open, and opens when it is unlocked", async () => {
  const mail = asMail(await answers());
  const own = await bob.key();
  const lock = (key: StoredMemberKey) =>
    key.fingerprint === own.fingerprint ? { ...key, locked: true } : key;
  const change = (others: readonly StoredMemberKey[]) =>
    bob.as(() =>
      update((stored) => {
        const keys = [...Object.values(stored.memberKeys).map(lock), ...others];
        return {
          stored: { ...stored, memberKeys: Object.fromEntries(keys.map((key) => [key.fingerprint, key])) },
          result: undefined,
        };
      }),
    );
  await change([]);
  await expect(opens(bob, mail)).rejects.toMatchObject({ code: "key-locked" });
  const { key } = await makeKey({
    ...{ address: "bob@other.test", name: "Bob", passphrase: null, profile: "compatible" },
    now: new Date().toISOString(),
  });
  await change([key]);
  expect(await opens(bob, mail)).toEqual({ kind: "locked" });
  await bob.as(() => keepUnlocked(own.fingerprint, own.secret));
  expect(await opens(bob, mail)).toMatchObject({ kind: "private", view: { text: written.body.content } });
  await bob.as(lockAll);
  expect(await opens(bob, mail)).toEqual({ kind: "locked" });
});

test("to the key that was verified and no other: another certificate under their name is refused", async () => {
  const other = (await olga.key()).certificate;
  await expect(answers({ certificate: new Uint8Array(Buffer.from(other, "base64")) })).rejects.toMatchObject({
    code: "wrong-address",
  });
  expect(carol.sentAlone).toEqual([]);
  const standings = ["new", "changed", "refused", "revoked", "known", "you"] as const;
  expect(standings.filter((standing) => mayAnswerAlone(standing))).toEqual([]);
});

test("who was vouched for when it was read, and is not when it is sealed, is not answered", async () => {
  const opened = await carol.reads("who comes along?");
  const to = authorAlone(opened);
  expect(opened.view.author.standing).toBe("introduced");
  // what opened is not asked again: this is what a composer that was left open would do
  const withoutOwners = (stored: Stored) => ({
    ...stored,
    lists: Object.fromEntries(
      Object.entries(stored.lists).map(([address, list]) => [address, { ...list, owners: [] }]),
    ),
    pins: {},
  });
  const before = await carol.as(load);
  await carol.as(() => update((stored) => ({ stored: withoutOwners(stored), result: undefined })));
  // a writer who has asked when it was read, and asks no more, seals it: the certificate itself is good
  const { secret } = await carol.key();
  const naive = sealPrivate({
    ...{ payload: new Uint8Array(9), messageId: "<1@a.test>", list: "x", date: new Date() },
    to: await readSealingKey("member", to.certificate),
    author: await readOpeningKey("member", fromBase64(secret)),
  });
  await expect(naive).resolves.toBeInstanceOf(Uint8Array);
  await expect(carol.as(() => answerAlone(to, written))).rejects.toMatchObject({
    code: "author-not-confirmed",
  });
  expect(carol.sentAlone).toEqual([]);
  await carol.as(() => update(() => ({ stored: before, result: undefined })));
  await carol.as(() => answerAlone(to, written));
  expect(carol.sentAlone).toHaveLength(1);
});

test("in a browser it leaves as a mail or as one file; outside stand two addresses, and neither list nor names", async () => {
  const opened = await carol.reads("who comes along?");
  const words = { ...written, files: [] };
  const [mail, part, handed] = await carol.as(async () => {
    const ready = await readyPrivateLetter(authorAlone(opened), words);
    expect(ready).toMatchObject({
      ...{ from: carol.address, to: bob.address, subject: privateSubject(), fileName: "private.pgp" },
    });
    return [await ready.mail(), await ready.file(), await ready.parts()] as const;
  });
  const outside = Buffer.from(mail).toString("latin1");
  expect(outside).toContain(`\nTo: ${bob.address}\r\n`);
  expect(outside).toMatch(/\nMessage-ID: <[^@>]*@people\.test>\r\n/);
  expect(outside).not.toMatch(/^(?:In-Reply-To|References|X-ListSeal):/m);
  for (const secret of [
    written.subject,
    written.body.content,
    teamAddress,
    domainOf(parseAddress(teamAddress)),
    "Bob <",
  ])
    expect(outside).not.toContain(secret);
  expect(handed).toMatchObject({ notice: privateNotice(), parts: [{ name: "private.pgp" }] });

  const read = await opensPrivate(bob, mail);
  expect(read.view).toMatchObject({ subject: written.subject, text: written.body.content, remarks: [] });
  // however often it is sealed, it is one letter
  const again = await opensPrivate(bob, asMail({ sealed: part.bytes }));
  expect(again.correspondent.messageId).toBe(read.correspondent.messageId);

  // the attachment alone, as it is saved from a webmail, opens in the Reader page
  const file = (name: string) => ({
    ...{ name, type: "application/octet-stream", file: new Blob([new Uint8Array(part.bytes)]) },
  });
  const reads = (...parts: readonly ReturnType<typeof file>[]) =>
    bob.as(async () => {
      const reading = new MailReading({ kind: "parts", name: "", parts }, arrivals);
      return [await reading.answer("in-its-own-shell"), reading.correspondent] as const;
    });
  expect(await reads(file("private (1).pgp"))).toMatchObject([
    { kind: "private", text: written.body.content, remarks: [] },
    { address: carol.address },
  ]);
  expect(await reads(file("private.pgp"), file("private (1).pgp"))).toMatchObject([
    { kind: "refused", code: "several-messages" },
    undefined,
  ]);
});

test("under somebody else's From, or another Subject, that is said", async () => {
  const mail = asMail(await answers(), "eve@evil.test");
  const read = await opens(bob, mail);
  if (read.kind !== "private") throw new Error(`it is ${read.kind}`);
  expect(read.view.remarks).toEqual([{ kind: "outer-from" }]);
  expect(privateLine(read.view).tone).toBe("warning");
  const renamed = Buffer.from(asMail(await answers()))
    .toString("latin1")
    .replace(privateSubject(), "Pay 10000 EUR now");
  const other = await opens(bob, Buffer.from(renamed, "latin1"));
  expect(other).toMatchObject({ kind: "private", view: { remarks: [{ kind: "outer-subject" }] } });
});

test("labelled as a post it is no post, and a post that is labelled as one is none; the list's server takes neither", async () => {
  const { sealed } = await answers();
  const from = makeMailbox("Carol", parseAddress(carol.address));
  const disguised = writeSubmission({
    from,
    ...{ list: teamAddress, date: new Date(), messageId: "<2@people.test>" },
    sealed: { mode: "whole", message: sealed },
  });
  expect(await readMail({ raw: disguised })).toMatchObject({ kind: "sealed", shell: "own" });
  // a reader who opened whatever opens would show it as a message of the list's
  expect(await opens(bob, disguised).catch((error: unknown) => error)).toMatchObject({
    code: "malformed-key-packet",
  });
  for (const raw of [disguised, asMail({ sealed }, carol.address, teamAddress)])
    expect((await submit(play.port, { sender: carol.address, recipient: teamAddress, raw })).code).toBe(550);

  const copy = play.sink.for(bob.address).find(({ raw }) => raw.includes(partTypes.key));
  const part =
    copy?.raw.toString("latin1").split(partTypes.key)[2]?.split("\r\n\r\n")[1]?.split("\r\n--")[0] ?? "";
  const post = new Uint8Array(Buffer.from(part, "base64"));
  expect(await opens(bob, asMail({ sealed: post })).catch((error: unknown) => error)).toHaveProperty("code");
});

test("by a list that its reader does not know it is refused", async () => {
  const mail = asMail(await answers());
  await bob.as(() => update((stored) => ({ stored: { ...stored, lists: {} }, result: undefined })));
  await expect(opens(bob, mail)).rejects.toMatchObject({ code: "wrong-list" });
  expect(Object.keys((await bob.as(load)).lists)).toEqual([]);
});
