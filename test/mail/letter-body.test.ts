/** Mails of other programs as payloads: what of them is read, and in which order. */
import { readPayload } from "../../src/mail/payload.js";
import { shownBody } from "../../src/mail/shown-body.js";
import { payloadOf, realLifeMails } from "../world/real-life-mails.js";

const fields = [
  ["From", "Erik <erik@example.test>"],
  ["Date", "Mon, 02 Jun 2025 10:00:00 +0000"],
  ["Message-ID", "<1@example.test>"],
] as const;
const read = (name: string) => readPayload(payloadOf(name, fields, new Uint8Array([1, 2, 3])));
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const letter = (rest: string) =>
  readPayload(
    bytes(
      `From: a@b.example\r\nMessage-ID: <1@b.example>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n${rest}`,
    ),
  );

/** Each piece in a word or two. */
async function orderOf(name: string): Promise<readonly string[]> {
  const back = await read(name);
  return (await shownBody(back)).map((piece) => {
    if (piece.kind === "words")
      return piece.html === undefined ? "text" : piece.text === "" ? "rest" : "html";
    const file = back.attachments[piece.attachment]?.name ?? "";
    return piece.kind === "text-file" ? `${piece.fold} ${file}` : `${piece.kind} ${file}`;
  });
}

test.each([
  ["apple-picture", ["text", "picture red.png", "text", "picture blue.png", "text"]],
  ["apple-rich", ["html", "rest"]],
  ["ascii-with-utf8", ["text"]],
  ["bounce-report", ["text", "text", "text"]],
  ["git-attached-patch", ["text", "folded 0001-pier-count-the-seventh-pile.patch"]],
  ["git-send-email", ["text"]],
  ["gmail-reply", ["html"]],
  ["google-invitation", ["entry invite.ics", "html"]],
  ["japanese-flowed", ["text"]],
  ["japanese-phone", ["text"]],
  ["list-footer", ["text", "text"]],
  ["mutt-forwarded", ["text", "mail The older plan.eml", "text"]],
  ["mutt-inline-patch", ["text", "open seventh.patch", "text"]],
  ["newsletter", ["html"]],
  ["outlook-invitation", ["entry invitation.ics", "html"]],
  ["outlook-table", ["html"]],
  ["raw-octet", ["text"]],
  ["right-to-left", ["text"]],
  ["right-to-left-html", ["html"]],
  ["smime-encrypted", []],
  ["smime-signed", ["text"]],
  ["text-colour", ["html"]],
  ["thunderbird-flowed", ["text"]],
  ["thunderbird-forwarded", ["text", "mail Delivery on Thursday.eml"]],
  ["thunderbird-picture", ["html", "folded depths.csv"]],
])("%s", async (name, order) => {
  expect(await orderOf(name)).toEqual(order);
});

test("there is a line above for each of them", () => {
  expect(realLifeMails).toHaveLength(25);
});

test("octets in an encoded word are of its charset, whatever they are", async () => {
  const { subject, attachments } = await read("raw-octet");
  expect([subject, attachments.map(({ name }) => name)]).toEqual(["Frösche am Steg", ["Frösche.dat"]]);
  const subjectOf = async (value: string) => (await letter(`Subject: ${value}\r\n\r\n`)).subject;
  expect(await subjectOf("=?koi8-r?Q?\xf0\xf2\xe9\xf7\xe5\xf4?=")).toBe("ПРИВЕТ");
  // UTF-8, raw, in a word and around it; and what says nothing of itself
  expect(await subjectOf("=?utf-8?Q?Fr\xc3\xb6sche?= am Fl\xc3\xbcsschen")).toBe("Frösche am Flüsschen");
  expect(await subjectOf("Fr\xf6sche")).toBe("Frösche");
});

test("words of ISO-2022-JP beside each other are read, each whole or one cut in two", async () => {
  expect((await read("japanese-phone")).subject).toBe("明日の集合場所について");
  const cut = (...pieces: readonly string[]) =>
    pieces
      .map((piece) => `=?iso-2022-jp?B?${Buffer.from(piece, "latin1").toString("base64")}?=`)
      .join("\r\n ");
  const { subject } = await letter(`Subject: ${cut("\x1b$B$3$", "s$K\x1b(B")}\r\n\r\n`);
  expect(subject).toBe("こんに");
});

test("an octet outside ASCII is never a part of an address", async () => {
  for (const from of ["b\xf6b@b.example", "Bob <bob@b\xf6b.example>", "=?iso-8859-1?Q?b\xf6b?=@b.example"])
    await expect(
      readPayload(
        bytes(`From: ${from}\r\nMessage-ID: <1@b.example>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n`),
      ),
    ).rejects.toMatchObject({ code: "bad-address" });
});

test.each([
  ["US-ASCII with UTF-8", "us-ascii", "3 St\xc3\xbcck", "3 Stück"],
  ["no charset, and UTF-8", "", "3 St\xc3\xbcck", "3 Stück"],
  ["no charset, and nothing known", "", "3 St\xfcck", "3 Stück"],
  ["no charset, and ISO-2022-JP", "", "\x1b$B$3$s\x1b(B", "こん"],
  ["a charset that is one", "iso-8859-1", "3 St\xfcck", "3 Stück"],
])("%s", async (_, charset, octets, text) => {
  const label = charset === "" ? "" : `; charset=${charset}`;
  expect((await letter(`Content-Type: text/plain${label}\r\n\r\n${octets}\r\n`)).text?.trim()).toBe(text);
});

test("flowed text is joined in whatever part it is, and its quotes keep their depth", async () => {
  expect((await read("list-footer")).text).toContain(
    "> How high is it now, and is the lower deck still dry enough to walk on it?\nOnly just.",
  );
  expect((await read("thunderbird-flowed")).text).toContain(
    "see www.example.test/faq (the second page), and",
  );
  expect((await read("japanese-flowed")).text).toContain("ご確認をお願い");
  expect((await read("git-send-email")).text).toContain("     7 |  11.05 | larch\n");
});

test("a text with a file name is a file, whose octets are those that were sent", async () => {
  const { text, attachments } = await read("mutt-inline-patch");
  expect(text).not.toContain("piles(7)");
  expect(new TextDecoder().decode(attachments[0]?.bytes)).toContain("+\treturn piles(7);\n }\n");
  // where nothing else is to be read, it is read
  const alone = await letter('Content-Type: text/plain; name="body.txt"\r\n\r\nhello\r\n');
  expect([alone.text?.trim(), alone.attachments.map(({ name }) => name)]).toEqual(["hello", ["body.txt"]]);
});

test("an invitation that is in the mail twice is one file; another with the same id stays", async () => {
  const { attachments } = await read("google-invitation");
  expect(attachments.map(({ name }) => name)).toEqual(["invite.ics"]);
  const entry = (title: string) =>
    `BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:${title}\r\nDTSTART:20250603T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
  const part = (name: string, title: string) =>
    `--b\r\nContent-Type: text/calendar; name=${name}\r\n\r\n${entry(title)}\r\n`;
  const back = await letter(
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part("a.ics", "one")}${part("b.ics", "two")}--b--\r\n`,
  );
  expect(back.attachments.map(({ name }) => name)).toEqual(["a.ics", "b.ics"]);
  expect((await shownBody(back)).map(({ kind }) => kind)).toEqual(["entry"]);
});

test("times of an entry: as moments where the zone is known, as on the clock where it is not", async () => {
  const [known] = await shownBody(await read("outlook-invitation"));
  expect(known).toMatchObject({
    entry: {
      method: "request",
      events: [{ start: { at: "2025-06-10T12:30:00.000Z", zone: null }, isRepeated: true }],
    },
  });
  const at = async (start: string) => {
    const back = await letter(
      `Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART${start}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
    );
    const [piece] = await shownBody(back);
    return piece?.kind === "entry" ? piece.entry.events[0]?.start : undefined;
  };
  expect(await at(";TZID=Somewhere/Else:20250610T143000")).toEqual({
    wall: "2025-06-10T14:30:00",
    at: null,
    zone: "Somewhere/Else",
  });
  expect(await at(";VALUE=DATE:20250610")).toEqual({ wall: "2025-06-10", at: null, zone: null });
});

test("mails within mails are opened to a depth and a number; what is not read is a file", async () => {
  let inner = "Subject: the last\r\n\r\nhello\r\n";
  for (let depth = 0; depth < 9; depth += 1)
    inner = `Subject: ${depth}\r\nContent-Type: message/rfc822\r\n\r\n${inner}`;
  const deep = await shownBody(await letter(`Content-Type: message/rfc822\r\n\r\n${inner}`));
  let [piece] = deep;
  let opened = 0;
  for (; piece?.kind === "mail"; [piece] = piece.mail.pieces) opened += 1;
  expect(opened).toBe(4);
  const one = "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhello\r\n";
  const many = await letter(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${one.repeat(50)}--b--\r\n`);
  expect((await shownBody(many)).length).toBe(20);
  expect(many.attachments).toHaveLength(50);
});

test("a version that is not read brings no text, and loses no file", async () => {
  const { text, html, attachments } = await letter(
    "Content-Type: multipart/alternative; boundary=b\r\n\r\n" +
      "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" +
      "--c\r\nContent-Type: text/plain\r\n\r\nplain\r\n" +
      "--c\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n--c--\r\n" +
      "--b\r\nContent-Type: text/x-amp-html\r\n\r\n<amp>\r\n" +
      "--b\r\nContent-Type: text/html\r\n\r\n<p>rich\r\n--b--\r\n",
  );
  expect([text?.trim(), html?.trim(), attachments.map(({ name }) => name)]).toEqual([
    "plain",
    "<p>rich",
    ["a.pdf"],
  ]);
});
