/** An answer to one member alone: the add-on's own code on both sides, past a real list server. */
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { privateLine } from "../../src/extension/reading/display/private-view.js";
import { authorAlone, type OpenedPrivateMail } from "../../src/extension/reading/private-reading.js";
import { mayAnswerAlone } from "../../src/extension/reading/view.js";
import { load, update } from "../../src/extension/records/storage.js";
import { say } from "../../src/extension/ui/i18n.js";
import type { Correspondent } from "../../src/extension/worker/jobs.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { answerAlone, answerSubject } from "../../src/extension/writing/private-answer.js";
import { privateSubject } from "../../src/mail/fixed-texts.js";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { partTypes } from "../../src/mail/part-types.js";
import { writePrivateMail } from "../../src/mail/private-mail.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
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

const written = { subject: "Re: Lunch", text: "I do, but tell nobody." } as const;
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
const words = ({ view }: OpenedPrivateMail) => privateLine(view).phrases.map(say).join(" · ");

test("it goes to them and not through the list; only they and its author open it, and each is told what it is", async () => {
  await play.untilQuiet();
  const before = play.sink.caught.length;
  const sent = await answers();
  expect(sent).toMatchObject({ from: carol.address, to: bob.address, subject: privateSubject() });
  await play.untilQuiet();
  expect(play.sink.caught).toHaveLength(before);
  const mail = asMail(sent);
  for (const secret of [written.subject, written.text, teamAddress])
    expect(Buffer.from(mail).toString("latin1")).not.toContain(secret);

  const read = await opens(bob, mail);
  if (read.kind !== "private") throw new Error(`it is ${read.kind}`);
  expect(read.view).toMatchObject({
    subject: written.subject,
    text: `${written.text}`,
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
  await bob.as(() =>
    answerAlone(read.correspondent, { subject: answerSubject(read.view.subject), text: "Good." }),
  );
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

test("to the key that was verified and no other: another certificate under their name is refused", async () => {
  const other = (await olga.key()).certificate;
  await expect(answers({ certificate: new Uint8Array(Buffer.from(other, "base64")) })).rejects.toMatchObject({
    code: "wrong-address",
  });
  expect(carol.sentAlone).toEqual([]);
  const standings = ["new", "changed", "refused", "revoked", "known", "you"] as const;
  expect(standings.filter((standing) => mayAnswerAlone(standing))).toEqual([]);
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
