/** Vectors that are letters: what is inside the seals, as a reader takes it. */
import { letter } from "./letters.js";
import type { Facts } from "./mail-format.js";
import { field, type MailRecipe, swap } from "./mail-making.js";

type Edit = (text: string) => string;

const plain: Facts = {
  expect: "opened",
  author: "alice",
  name: "Alice",
  to: "team@lists.example",
  subject: "A vector",
  date: "2025-06-01T12:00:00.000Z",
  "message-id": "<1@example.test>",
  text: '"The letter.\\n"',
};
const without = (facts: Facts, name: string): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([each]) => each !== name));

function read(name: string, facts: Facts, comment: string, edit: Edit): [string, MailRecipe] {
  return [
    name,
    {
      facts: { comment, profile: "compatible", ...facts },
      make: async (cast) => {
        const whole = Buffer.from(letter(cast)).toString("latin1");
        return Uint8Array.from(Buffer.from(edit(whole), "latin1"));
      },
    },
  ];
}

const refused = (code: string): Facts => ({ expect: code });
const AUTHOR = /--_ls_[0-9a-f]{32}\r\nContent-Type: application\/vnd\.listseal\.author[\s\S]*?(?=--_ls_)/;
const TEXT_PART =
  /Content-Type: text\/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n[^-]*/;

const twice =
  (pattern: RegExp): Edit =>
  (text) =>
    text.replace(pattern, (found) => found + found);

/** The text part in clear, with these parameters and this text. */
const body = (parameters: string, text: string): Edit =>
  swap(TEXT_PART, `Content-Type: text/${parameters}\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${text}\r\n`);

const good = (profile: "compatible" | "rfc9580"): [string, MailRecipe] => [
  `good-${profile}`,
  { facts: { comment: "The letter of the vectors.", profile, ...plain }, make: async (cast) => letter(cast) },
];

export const letterRecipes: ReadonlyMap<string, MailRecipe> = new Map([
  good("compatible"),
  good("rfc9580"),
  // header fields
  read("no-hp", plain, 'Content-Type does not say `hp="cipher"`.', swap('; hp="cipher"', "")),
  read("no-from", refused("damaged"), "No From.", swap(/^From: .*\r\n/m, "")),
  read("two-froms", refused("damaged"), "Two From fields.", field("From: Eve <eve@example.test>")),
  read(
    "two-mailboxes",
    refused("bad-address"),
    "Two mailboxes in From.",
    swap("From: Alice <alice@example.test>", "From: Alice <alice@example.test>, Eve <eve@example.test>"),
  ),
  read(
    "group-from",
    refused("bad-address"),
    "From is a group of addresses.",
    swap("From: Alice <alice@example.test>", "From: Friends: alice@example.test;"),
  ),
  read(
    "address-capitals",
    plain,
    "From's local part begins with a capital letter: its canonical form is in lower case.",
    swap("From: Alice <alice@", "From: Alice <Alice@"),
  ),
  read(
    "domain-capitals",
    plain,
    "From's domain is in capitals: its canonical form is in lower case.",
    swap("From: Alice <alice@example.test>", "From: Alice <alice@EXAMPLE.TEST>"),
  ),
  read(
    "address-dot",
    refused("bad-address"),
    "From's domain ends with a dot.",
    swap("From: Alice <alice@example.test>", "From: Alice <alice@example.test.>"),
  ),
  read(
    "other-from",
    refused("wrong-author"),
    "From is Eve, the certificate Alice's.",
    swap("From: Alice <alice@example.test>", "From: Eve <eve@example.test>"),
  ),
  read("no-date", refused("damaged"), "No Date.", swap(/^Date: .*\r\n/m, "")),
  read("two-dates", refused("damaged"), "Two Date fields.", field("Date: Mon, 02 Jun 2025 12:00:00 +0000")),
  read("bad-date", refused("damaged"), "A Date that is none.", swap(/^Date: .*$/m, "Date: yesterday")),
  read(
    "date-before-key",
    refused("key-from-the-future"),
    "A Date of before the author's key was made.",
    swap(/^Date: .*$/m, "Date: Sun, 01 Dec 2024 12:00:00 +0000"),
  ),
  read("no-message-id", refused("damaged"), "No Message-ID.", swap(/^Message-ID: .*\r\n/m, "")),
  read(
    "two-message-ids",
    refused("damaged"),
    "Two Message-ID fields.",
    field("Message-ID: <2@example.test>"),
  ),
  read(
    "two-ids-in-one",
    refused("damaged"),
    "Two ids in Message-ID.",
    swap("Message-ID: <1@example.test>", "Message-ID: <1@example.test> <2@example.test>"),
  ),
  read(
    "bare-message-id",
    refused("damaged"),
    "A Message-ID without angle brackets.",
    swap("Message-ID: <1@example.test>", "Message-ID: 1@example.test"),
  ),
  read("no-subject", without(plain, "subject"), "No Subject.", swap(/^Subject: .*\r\n/m, "")),
  read("two-subjects", refused("damaged"), "Two Subject fields.", field("Subject: Another")),
  read(
    "encoded-subject",
    { ...plain, subject: "Grüße" },
    "A Subject in encoded words.",
    swap("Subject: A vector", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?="),
  ),
  read("two-tos", refused("damaged"), "Two To fields.", field("To: eve@example.test")),
  read(
    "cc",
    { ...plain, cc: "carol@example.test" },
    "A Cc, which is inside alone.",
    field("Cc: Carol <carol@example.test>"),
  ),
  read("two-ccs", refused("damaged"), "Two Cc fields.", field("Cc: a@example.test\r\nCc: b@example.test")),
  read(
    "bad-cc",
    { ...plain, cc: "carol@example.test" },
    "One address of Cc is none: it is left out, and the letter is shown.",
    field("Cc: Carol <carol@example.test>, nobody"),
  ),
  read("reply-to", plain, "A protected Reply-To: it is not followed.", field("Reply-To: eve@example.test")),
  read(
    "two-content-types",
    refused("damaged"),
    "Two Content-Type fields.",
    field("Content-Type: text/plain"),
  ),
  read(
    "thread",
    { ...plain, "in-reply-to": "<0@example.test>", references: "<00@example.test> <0@example.test>" },
    "An answer.",
    field("In-Reply-To: <0@example.test>\r\nReferences: <00@example.test> <0@example.test>"),
  ),
  read(
    "two-in-reply-tos",
    refused("damaged"),
    "Two In-Reply-To fields.",
    field("In-Reply-To: <a@example.test>\r\nIn-Reply-To: <b@example.test>"),
  ),
  read(
    "hp-outer-other",
    plain,
    "An HP-Outer that says another Subject than is outside: it is not looked at.",
    swap("HP-Outer: Subject: ", "HP-Outer: Subject: Not "),
  ),
  // the author's parts
  read("no-certificate", refused("unknown-author"), "No certificate of the author's.", swap(AUTHOR, "")),
  read("two-certificates", refused("damaged"), "Two certificates of the author's.", twice(AUTHOR)),
  read("certificate-not-one", refused("key-damaged"), "The author's part is no certificate.", (text) =>
    text.replace(AUTHOR, (part) => part.replace(/\r\n\r\n[\s\S]*?\r\n\r\n/, "\r\n\r\nAAAA\r\n\r\n")),
  ),
  // legacy display elements
  read(
    "legacy-display",
    plain,
    "A Legacy Display element at the top of the text: a reader removes it.",
    body(
      'plain; charset=utf-8; hp-legacy-display="1"',
      "Subject: A vector\r\nFrom: Alice\r\n\r\nThe letter.",
    ),
  ),
  read(
    "legacy-display-unmarked",
    { ...plain, text: '"Subject: A vector\\n\\nThe letter.\\n"' },
    "The same lines in a part that does not say so: they are the author's.",
    body("plain; charset=utf-8", "Subject: A vector\r\n\r\nThe letter."),
  ),
  // texts
  read(
    "flowed",
    plain,
    "A text of format=flowed beside the certificate.",
    body("plain; charset=utf-8; format=flowed", "The \r\nletter."),
  ),
  read("no-entity", refused("damaged"), "No MIME entity at all.", () => "The letter."),
]);
