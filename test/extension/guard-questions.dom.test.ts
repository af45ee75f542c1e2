import type { ComposeDetails } from "../../src/extension/platform/thunderbird.js";
import type { GuardName } from "../../src/extension/writing/guard-names.js";
import { allGuards } from "../../src/extension/writing/guard-switches.js";
import {
  hasOwnImage,
  type MailBeforeSending,
  namesAttachment,
  ownWords,
  questionsAbout,
} from "../../src/extension/writing/guards.js";
import { recipientsOf } from "../../src/extension/writing/recipients.js";
import { storedList } from "./stored-fixture.js";

const lists = { [storedList.address]: storedList };
const team = storedList.address;
const zoe = "zoe@example.test";

interface Plan {
  readonly to?: ComposeDetails;
  readonly change?: Partial<MailBeforeSending>;
  readonly off?: GuardName;
  readonly answered?: readonly GuardName[];
}

function asked({ to = { to: [team] }, change = {}, off, answered = [] }: Plan): readonly string[] {
  const mail: MailBeforeSending = {
    recipients: recipientsOf(to, lists),
    sealing: "on",
    quotesSealed: false,
    quotedList: null,
    body: { kind: "text", content: "words" },
    attachments: 0,
    ...change,
  };
  const switches = off === undefined ? allGuards : { ...allGuards, [off]: false };
  return questionsAbout(mail, switches, answered).map(({ kind }) => kind);
}

const attached = { kind: "text", content: "see the attached plan" } as const;

test.each([
  ["a sealed mail to the list", {}, []],
  ["others beside the list", { to: { to: [team], cc: [zoe] } }, ["other-recipients"]],
  [
    "others in Cc and Bcc are one question",
    { to: { to: [team], cc: ["y@x.test"], bcc: [zoe] } },
    ["other-recipients"],
  ],
  ["a Bcc", { to: { to: [team], bcc: [zoe] } }, ["bcc"]],
  ["the list itself in Bcc", { to: { bcc: [team] } }, ["bcc"]],
  ["a file that is not there", { change: { body: attached } }, ["missing-attachment"]],
  ["a file that is there", { change: { body: attached, attachments: 1 } }, []],
  [
    "several slips, one after the other",
    { to: { to: [team], cc: [zoe] }, change: { body: attached } },
    ["other-recipients", "missing-attachment"],
  ],
  ["unsealed to the list", { change: { sealing: "off" } }, ["clear-to-list"]],
  [
    "unsealed to what is almost the list",
    { to: { to: [`${team}.`] }, change: { sealing: "off" } },
    ["almost-list"],
  ],
  [
    "unsealed to a list of the address book",
    { to: { to: ["Friends <Friends>"] }, change: { sealing: "off" } },
    ["address-book-list"],
  ],
  ["a quote of the same list", { change: { quotesSealed: true, quotedList: team } }, []],
  [
    "a quote of another list",
    { change: { quotesSealed: true, quotedList: "choir@lists.example" } },
    ["other-list-quote"],
  ],
  [
    "unsealed to the list, quoting",
    { change: { sealing: "off", quotesSealed: true } },
    ["clear-to-list", "sealed-quote"],
  ],
  [
    "the quote of a sealed mail to somebody else",
    { to: { to: [zoe] }, change: { sealing: "off", quotesSealed: true } },
    ["sealed-quote"],
  ],
  [
    "ordinary mail, also with a Bcc and words about a file",
    { to: { to: [zoe], bcc: ["y@x.test"] }, change: { sealing: "off", body: attached } },
    [],
  ],
  ["to nobody yet", { to: {}, change: { sealing: "off", quotesSealed: true } }, []],
  [
    "an answer silences its own question",
    { change: { sealing: "off", quotesSealed: true }, answered: ["clear-to-list"] },
    ["sealed-quote"],
  ],
] as const)("%s", (_, plan, questions) => {
  expect(asked(plan)).toEqual(questions);
});

test.each([
  ["other-recipients", { to: { to: [team], cc: [zoe] } }],
  ["bcc", { to: { to: [team], bcc: [zoe] } }],
  ["missing-attachment", { change: { body: attached } }],
  ["clear-to-list", { change: { sealing: "off" } }],
  ["almost-list", { to: { to: [`${team}.`] }, change: { sealing: "off" } }],
  ["address-book-list", { to: { to: ["Friends <Friends>"] }, change: { sealing: "off" } }],
  ["sealed-quote", { to: { to: [zoe] }, change: { sealing: "off", quotesSealed: true } }],
  ["other-list-quote", { change: { quotesSealed: true, quotedList: "choir@lists.example" } }],
] as const)("%s can be switched off, and asks again when it is on", (guard, plan) => {
  expect(asked(plan)).toEqual([guard]);
  expect(asked({ ...plan, off: guard })).toEqual([]);
});

test.each([
  ["I attach it", "attach"],
  ["See the ATTACHED file", "ATTACHED"],
  ["two attachments", "attachments"],
  ["enclosed please find", "enclosed"],
  ["資料を添付します", "添付"],
  ["写真を同封します", "同封"],
  ["別添のとおり", "別添"],
  ["an attaché at the embassy of detachment", null],
  ["file, picture, 資料", null],
])("%j names %j", (text, word) => {
  expect(namesAttachment(text)).toBe(word);
});

test("only what the person has written counts", () => {
  const html = `<body><p>mine</p><div class="moz-cite-prefix">attached 1</div><blockquote type="cite">attached 2</blockquote>
    <div class="moz-forward-container">attached 3</div><pre class="moz-signature">attached 4</pre></body>`;
  expect(ownWords({ kind: "html", content: html }).trim()).toBe("mine");
  const text =
    "mine\n> attached 1\n>> attached 2\nmore\n-------- Forwarded Message --------\nattached 3\n-- \nattached 4";
  expect(ownWords({ kind: "text", content: text })).toBe("mine\nmore");
});

test("a picture in the text is an attachment, one in the quote is not", () => {
  const picture = `<img src="data:image/png;base64,AA==">`;
  expect(hasOwnImage({ kind: "html", content: `<p>${picture}</p>` })).toBe(true);
  expect(hasOwnImage({ kind: "html", content: `<blockquote type="cite">${picture}</blockquote>` })).toBe(
    false,
  );
  expect(hasOwnImage({ kind: "text", content: picture })).toBe(false);
});
