import { parseAddress } from "../../src/mail/mailbox.js";
import { type OuterHeader, type ProtectedHeader, remarksOn } from "../../src/mail/outer-header.js";

const signedAt = new Date("2026-11-01T10:00:00Z");
const inside: ProtectedHeader = {
  list: parseAddress("team@lists.example"),
  author: parseAddress("alice@example.test"),
  names: ["Alice", "Alice A."],
  subject: "予算 2027",
  signedAt,
};
const copy: OuterHeader = {
  subject: "[team] encrypted message",
  from: '"Alice via Team" <team@lists.example>',
  date: "Sun, 01 Nov 2026 10:00:00 +0000",
  received:
    "from a (b [192.0.2.1]) by c with LMTP id x (envelope-from <d@e>); Sun, 1 Nov 2026 11:00:00 +0100 (CET)",
};
const remarks = (change: Partial<OuterHeader>, more: Partial<ProtectedHeader> = {}) =>
  remarksOn({ ...copy, ...change }, { ...inside, ...more });

test.each<[string, Partial<OuterHeader>]>([
  ["a copy of the list's", {}],
  ["folded otherwise", { subject: "[team]  sealed mail" }],
  ["the author's own mail", { from: "Alice <alice@example.test>", received: null }],
  ["an author without a name", { from: "alice@example.test" }],
  ["named as on the list", { from: "=?UTF-8?B?QWxpY2UgQS4gdmlhIFRlYW0=?= <team@lists.example>" }],
  ["the subject that is inside, from another mail program", { subject: "=?UTF-8?B?5LqI566XIDIwMjc=?=" }],
  ["nine days on its way", { received: "by x; Tue, 10 Nov 2026 10:00:00 +0000" }],
  ["dates that can't be read", { date: "yesterday", received: "by x; (((" }],
])("nothing has to be said of %s", (_, change) => {
  expect(remarks(change)).toEqual([]);
});

test.each<[string, string, Partial<OuterHeader>]>([
  ["a subject of somebody else's", "subject", { subject: "Pay 10000 EUR now (verified)" }],
  ["a subject behind the list's", "subject", { subject: "[team] encrypted message: pay 10000 EUR" }],
  ["a subject in encoded words", "subject", { subject: "=?utf-8?Q?Pay?=" }],
  ["a subject of megabytes", "subject", { subject: "x".repeat(3_000_000) }],
  ["another sender", "from", { from: "Mallory <mallory@evil.test>" }],
  ["the author's name at another address", "from", { from: "Alice <alice@evil.test>" }],
  ["another's name at the list's address", "from", { from: "Olive via Team <team@lists.example>" }],
  [
    "another's name at the author's address",
    "from",
    { from: '"Olive, owner of the list" <alice@example.test>' },
  ],
  ["no sender, or several", "from", { from: "a@b.test, team@lists.example" }],
  ["no sender at all", "from", { from: null }],
  ["an old mail that came today", "again", { received: "by x; Sun, 29 Nov 2026 10:00:00 +0000" }],
  ["an old mail under a new date", "again", { date: "Sun, 29 Nov 2026 10:00:00 +0000", received: null }],
])("%s is told", (_, remark, change) => {
  expect(remarks(change)).toEqual([remark]);
});

test("a post that waited for a moderator is as old as the list's word", () => {
  const received = "by x; Sun, 29 Nov 2026 10:00:00 +0000";
  expect(remarks({ received }, { signedAt: new Date("2026-11-28T10:00:00Z") })).toEqual([]);
});
