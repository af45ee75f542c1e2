import { HELD_VERSION, type HeldRecord } from "../../src/extension/moderation/held-posts-record.js";
import { TAG_LIMIT } from "../../src/extension/reading/display/limits.js";
import { OWNED_VERSION, type Owned } from "../../src/extension/records/owned-list.js";
import { emptyStored, readStored, type Stored } from "../../src/extension/records/stored.js";
import type { PendingRequest, Requests } from "../../src/extension/requests/pending.js";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { type Leaf, type Multipart, textLeaf, writeEntity } from "../../src/mail/mime.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { makeIntroduction } from "../../src/membership/introduction/introduction.js";
import { makeCode, writeInvitation } from "../../src/membership/invitation/invitation.js";
import { writeAnswer } from "../../src/membership/request/answers.js";
import { newRequestId } from "../../src/membership/request/request.js";
import { generateMemberKey, sealingHalf } from "../../src/openpgp/keys.js";
import { inDays, keyRecord, type MadeList, type MadePerson, makePerson } from "./made-list.js";

/** What an add-on may have kept, and mails of every kind that it tells apart: states to look at, without the way to them. */

/** One mail for a reader's folder. */
export interface MadeMail {
  readonly name: string;
  /** What the add-on takes it for: the kind of its answer. */
  readonly kind: string;
  readonly raw: Uint8Array;
}

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
  "base64",
);

/** HTML with what a mail of somebody's has: a table, a quote, a link, a picture of its own, and one from elsewhere. */
const HTML = `<p>Hello everybody,</p><p>the <b>new plan</b> is below; 詳しくは添付をご覧ください。</p>
<table border="1"><tr><th>Day</th><th>Place</th><th>Who brings the key</th></tr>
<tr><td>Tuesday</td><td>the bridge</td><td>Olive</td></tr></table>
<blockquote type="cite">Where do we meet?</blockquote>
<p>More at <a href="https://example.test/plan">the plan</a>. <img src="cid:hill" alt="a hill"><img src="http://example.test/pixel.gif"></p>`;

/** A mail as offices send it: its own colours, wider than any pane, and a line that no one breaks. */
const WIDE = `<table bgcolor="#eef0ff" width="1500"><tr><td><font color="navy" size="5">The quarter in numbers</font></td>
<td>1</td><td>2</td><td align="right">the last column</td></tr></table><pre>${"a line that is not broken ".repeat(30)}</pre>`;

/** The same without a colour of its own. */
const WIDE_PLAIN = WIDE.replace(/ bgcolor="[^"]*"| color="[^"]*"/g, "");

const TEXT = `Hi all,

I have joined. See https://example.test/a/long/way/to/a/page/that/has/no/spaces/in/it/at/all/so/that/it/has/to/break/somewhere.html

> Where do we meet?
>> Who asks?

-- 
Bob, far away`;

/** Mail of a stranger: these parts in one envelope. */
function plainMail(subject: string, root: Leaf | Multipart): Uint8Array {
  return writeEntity(
    [
      ["From", "Zoe <zoe@example.test>"],
      ["To", "alice@example.test"],
      ["Subject", subject],
      ["Date", new Date().toUTCString()],
      ["Message-ID", `<${subject.replace(/\W/g, "-")}@example.test>`],
      ["MIME-Version", "1.0"],
    ],
    root,
  );
}

/** Another subject in the outer header, so that a folder's mails can be told apart. */
export function titled(raw: Uint8Array, title: string): Uint8Array {
  const text = Buffer.from(raw).toString("latin1");
  return Buffer.from(text.replace(/^Subject: .*$/m, `Subject: ${title}`), "latin1");
}

/** A mail into which somebody has put a sealed mail of the list, beside words of their own. */
export function inForeignShell(copy: Uint8Array): Uint8Array {
  const text = Buffer.from(copy).toString("latin1");
  const type = /^Content-Type:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*/im.exec(text)?.[0] ?? "";
  const body = text.slice(text.indexOf("\r\n\r\n"));
  const head = "From: Zoe <zoe@example.test>\r\nTo: alice@example.test\r\nSubject: foreign shell\r\n";
  const parts = `--shell\r\nContent-Type: text/plain\r\n\r\nLook what I have found.\r\n--shell\r\n${type}${body}\r\n--shell--\r\n`;
  const more = `Date: ${new Date().toUTCString()}\r\nMessage-ID: <shell@example.test>\r\nMIME-Version: 1.0\r\n`;
  return Buffer.from(`${head}${more}Content-Type: multipart/mixed; boundary=shell\r\n\r\n${parts}`, "latin1");
}

/** A character of the sealed body is another one. */
function altered(copy: Uint8Array): Uint8Array {
  const lines = Buffer.from(copy).toString("latin1").split("\r\n");
  const last = lines.findLastIndex((line) => /^[A-Za-z0-9+/]{60,}$/.test(line));
  const line = lines[last] ?? "";
  return Buffer.from(
    lines.with(last, `${line.startsWith("A") ? "B" : "A"}${line.slice(1)}`).join("\r\n"),
    "latin1",
  );
}

/** Everybody and everything of the play. */
export interface Scenery {
  readonly list: MadeList;
  /** An owner of the list, and the reader whose add-on is looked at. */
  readonly alice: MadePerson;
  readonly olive: MadePerson;
  readonly bob: MadePerson;
}

/** Mails of every kind that the add-on tells apart, for Alice. `asked`: the request that one of them answers. */
export async function everyMail(
  { list, alice, olive, bob }: Scenery,
  asked: string,
): Promise<readonly MadeMail[]> {
  const eve: MadePerson = {
    ...bob,
    key: await generateMemberKey({ address: bob.address, name: "Eve", profile: "compatible" }),
  };
  const copy = (author: MadePerson, subject: string, more: object, reader = alice) =>
    list.copyFor(reader, author, {
      ...{ subject, messageId: `<${subject.replace(/\W/g, "-")}@example.test>`, ...more },
    });
  const file = (name: string, type: string, size: number) => ({ name, type, bytes: new Uint8Array(size) });
  const attachments = [
    { name: "hill.png", type: "image/png", bytes: new Uint8Array(PICTURE), contentId: "hill" },
    { name: "red.png", type: "image/png", bytes: new Uint8Array(PICTURE) },
    file("地図 that has a rather long name, as files from offices have.pdf", "application/pdf", 1_300_000),
    file("plan.ics", "text/calendar", 900),
    file("older.zip", "application/zip", 80_000),
  ];
  const good = await copy(olive, "The new plan 新しい予定", { html: HTML, attachments });
  const answer = await writeAnswer(
    {
      request: asked,
      date: new Date(),
      list: { address: list.address, key: list.listKey.fingerprint },
      result: { kind: "done", head: { number: 3, hash: "3".repeat(64) } },
      server: list.serverCertificate,
    },
    list.server,
    sealingHalf(alice.key),
  );
  return [
    { name: "opened-owner", kind: "opened", raw: good },
    { name: "opened-new-author", kind: "opened", raw: await copy(bob, "I have joined", { text: TEXT }) },
    {
      name: "opened-changed-key",
      kind: "opened",
      raw: await copy(eve, "Bob again", { text: "It is me, with a new key." }),
    },
    {
      name: "opened-wide-coloured",
      kind: "opened",
      raw: await copy(olive, "Wide and coloured", { html: WIDE }),
    },
    {
      name: "opened-same-name",
      kind: "opened",
      raw: await copy(await makePerson("mallory@example.test", "Olive"), "The plan", { text: TEXT }),
    },
    {
      name: "opened-too-long",
      kind: "opened",
      raw: await copy(olive, "Many tags", { text: TEXT, html: `<p>x</p>${"<p>x".repeat(TAG_LIMIT)}` }),
    },
    { name: "opened-wide-plain", kind: "opened", raw: await copy(olive, "Wide", { html: WIDE_PLAIN }) },
    { name: "not-for-me", kind: "not-for-me", raw: await copy(olive, "not for Alice", { text: "hi" }, bob) },
    {
      name: "refused",
      kind: "refused",
      raw: altered(await copy(olive, "altered", { text: "hi\n".repeat(50) })),
    },
    // in the shape that has files: of the other one Thunderbird shows no trace inside somebody else's mail
    {
      name: "elsewhere",
      kind: "elsewhere",
      raw: inForeignShell(
        await list.copyFor(
          alice,
          olive,
          { subject: "inside", messageId: "<inside@example.test>", text: "hi" },
          "mixed",
        ),
      ),
    },
    {
      name: "invitation",
      kind: "invitation",
      raw: plainMail("join us", {
        type: "multipart/mixed",
        parts: [
          textLeaf("Please join. I will tell you the code by telephone."),
          {
            type: "application/octet-stream",
            name: "team-alice.listseal",
            bytes: new Uint8Array(9_000),
            disposition: "attachment",
          },
        ],
      }),
    },
    {
      name: "answer",
      kind: "arrived",
      raw: writeRequestMail({
        kind: "answer",
        list: list.address,
        from: makeMailbox("Team", list.address),
        to: makeMailbox(undefined, alice.address),
        date: new Date(),
        messageId: "<answer@example.test>",
        sealed: answer,
      }),
    },
  ].map(({ name, kind, raw }) => ({ name, kind, raw: titled(raw, `state ${name}`) }));
}

/** An invitation to another list, with its code. */
export async function invitationFor(
  list: MadeList,
  owner: MadePerson,
  invitee: MadePerson,
): Promise<{ readonly name: string; readonly file: string; readonly code: string }> {
  const joinBy = new Date(Math.floor(Date.parse(inDays(10)) / 1000) * 1000);
  const terms = { list: list.address, listKey: list.listKey.fingerprint, address: invitee.address, joinBy };
  const record = await list.record(invitee);
  const code = makeCode();
  const file = await writeInvitation(
    {
      listAddress: list.address,
      listName: list.name,
      requestAddress: parseAddress(record.requestAddress),
      ...{ mode: "key", delivery: "resealed", profile: "compatible" },
      listKey: list.listKey,
      server: list.serverCertificate,
      owners: [sealingHalf(owner.key)],
      invitee: invitee.address,
      introduction: await makeIntroduction(owner.key, terms, "compatible"),
      joinBy,
    },
    owner.key,
    code,
  );
  return { name: `${list.slug}-alice.listseal`, file: Buffer.from(file).toString("base64"), code };
}

/** Records of `storage.local`, by their names. */
export type Kept = Readonly<Record<string, unknown>>;

/** A member and owner to whom everything happens at once: each card and each warning of the pages. */
export async function busyLife({ list, alice, olive, bob }: Scenery): Promise<Kept> {
  const mine = await keyRecord(alice);
  const other = { ...mine, fingerprint: "ab".repeat(20), userId: "Alice <alice@elsewhere.test>" };
  const record = await list.record(alice);
  const called = (slug: string, name: string, more: Partial<typeof record> = {}) => {
    const address = `${slug}@lists.example`;
    return [address, { ...record, address, name, requestAddress: `${slug}-request@lists.example`, ...more }];
  };
  const lists = Object.fromEntries([
    called(list.slug, list.name, { role: "owner" }),
    called("council", "Council"),
    called("newsroom", "Newsroom", { memberKey: null }),
    called("readers", "Readers", { role: "read-only" }),
    called("choir", "Choir", { membership: "left" }),
  ]);
  const stored: Stored = {
    ...emptyStored,
    lists,
    memberKeys: {
      [mine.fingerprint]: { ...mine, expiresAt: inDays(20) },
      [other.fingerprint]: { ...other, address: "alice@elsewhere.test", locked: true, expiresAt: inDays(-1) },
      ["cd".repeat(20)]: { ...mine, fingerprint: "cd".repeat(20), revokedAt: inDays(-2) },
    },
    pins: {
      [list.address]: {
        pins: { [bob.address]: { key: bob.key.fingerprint, how: "confirmed" } },
        introductions: {},
        seen: {},
        revoked: {},
      },
    },
    joining: {
      "council@lists.example": { name: "Council", before: null, refused: null },
      "orchard@lists.example": { name: "Orchard", before: null, refused: "invitation-expired" },
    },
  };
  const pending: PendingRequest = {
    id: newRequestId(),
    ...{
      do: "join",
      list: "council@lists.example",
      about: null,
      requestAddress: "council-request@lists.example",
    },
    ...{ server: record.serverCertificate, from: alice.address, key: mine.fingerprint, sealed: "QQ==" },
    ...{ askedAt: inDays(-1), sending: "unsent", failure: "may-not-send" },
  };
  const toServer = { ...pending, list: list.address, requestAddress: record.requestAddress };
  const owned = await list.ownedRecord(alice, [olive, bob]);
  const [member] = owned.members;
  if (member === undefined) throw new Error("a list without its owner");
  const members = owned.members.map((one) =>
    one.address === bob.address
      ? { ...one, bounces: 3, keyExpires: inDays(9), role: "read-only" as const }
      : one,
  );
  const stranger = {
    ...member,
    address: "eve@example.test",
    name: "Eve",
    fingerprint: "ee".repeat(20),
    role: "member",
  } as const;
  const requests: Requests = {
    version: 1,
    pending: [
      pending,
      {
        ...toServer,
        id: newRequestId(),
        do: "remove",
        about: "zoe@example.test",
        sending: "sent",
        failure: null,
      },
      { ...toServer, id: newRequestId(), do: "set-role", about: bob.address },
    ],
    answered: [
      {
        id: newRequestId(),
        do: "leave",
        list: list.address,
        server: record.serverCertificate,
        refused: "last-owner",
      },
    ],
    reported: [],
  };
  const ownedLists: Owned = {
    version: OWNED_VERSION,
    lists: {
      [list.address]: {
        ...owned,
        members: [...members, stranger],
        serverMove: { certificate: "QQ==", fingerprint: "5e".repeat(20), at: inDays(-1), stage: "offered" },
        held: 2,
        invitations: [
          {
            introduction: "1a".repeat(20),
            address: "fay@example.test",
            name: null,
            fileName: "team-fay.listseal",
            madeAt: inDays(-3),
            mailedAt: null,
            joinBy: inDays(11),
            withdrawnAt: null,
          },
          {
            introduction: "2b".repeat(20),
            address: "gus@example.test",
            name: null,
            fileName: "team-gus.listseal",
            madeAt: inDays(-30),
            mailedAt: null,
            joinBy: inDays(-16),
            withdrawnAt: null,
          },
        ],
        refusals: [{ what: "set-role", about: olive.address, code: "last-owner", at: inDays(-2) }],
        notices: [
          {
            ...{ news: "new-list-key", serial: 1, at: inDays(-2), graceEnds: inDays(5) },
            to: [olive, bob].map(({ address, key: { fingerprint } }, place) => ({
              ...{ address, fingerprint, confirmedAt: place === 0 ? inDays(-1) : null },
            })),
          },
        ],
        alarms: [
          { code: "roster-forked", about: null, at: inDays(-1) },
          { code: "introduction-used", about: bob.address, at: inDays(-1) },
          { code: "key-revoked", about: bob.address, at: inDays(-1) },
        ],
      },
    },
  };
  const heldPosts: HeldRecord = {
    version: HELD_VERSION,
    lists: {
      [list.address]: {
        at: inDays(0),
        posts: [
          {
            ...{ author: bob.key.fingerprint, address: bob.address, messageId: "<held@example.test>" },
            ...{ date: inDays(-1), size: 1_300_000 },
          },
          {
            ...{ author: "0f".repeat(20), address: null, messageId: "<unknown@example.test>" },
            ...{ date: inDays(-1), size: 900 },
          },
        ],
      },
    },
  };
  return { listseal: stored, requests, "listseal-owned": ownedLists, "listseal-held": heldPosts };
}

/** The same life with every key locked. */
export const allLocked = (life: Kept): Kept => withLocks(life, true);

/** The same person with every key open: what none of them opens is not for this person. */
export const allOpen = (life: Kept): Kept => withLocks(life, false);

function withLocks(life: Kept, locked: boolean): Kept {
  const stored = readStored(life["listseal"]);
  const keys = Object.entries(stored.memberKeys).map(([name, key]) => [name, { ...key, locked }]);
  return { ...life, listseal: { ...stored, memberKeys: Object.fromEntries(keys) } };
}
