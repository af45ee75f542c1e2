/** Letters that other mail programs write: old charsets, flowed text, parts that are neither text nor a file. */
import { flowOf, unflow } from "../../src/mail/flowed.js";
import { readPayload, writeClearMail } from "../../src/mail/payload.js";

const head =
  "From: a@b.example\r\nMessage-ID: <1@b.example>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const letter = (rest: string) => readPayload(bytes(head + rest));

test.each([
  ["ISO-2022-JP", "7bit", "\x1b$B$3$s$K$A$O\x1b(B"],
  ["Shift_JIS", "base64", "grGC8YLJgr+CzQ=="],
  ["EUC-JP", "quoted-printable", "=A4=B3=A4=F3=A4=CB=A4=C1=A4=CF"],
])("text in %s", async (charset, encoding, text) => {
  const { text: read } = await letter(
    `Content-Type: text/plain; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${text}\r\n`,
  );
  expect(read?.trim()).toBe("こんにちは");
});

test("flowed text is joined, and each quote keeps its depth", async () => {
  const { text } = await letter(
    "Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\n" +
      ">> deep \r\n>> er\r\n> quoted text that \r\n> goes on\r\nfirst \r\nsecond\r\n From space\r\n-- \r\nAlice\r\n",
  );
  expect(text?.trimEnd()).toBe(
    ">> deep er\n> quoted text that goes on\nfirst second\nFrom space\n-- \nAlice",
  );
});

test("flowed text in base64, with the spaces deleted (Japanese)", async () => {
  const body = Buffer.from("こんに \r\nちは\r\n").toString("base64");
  const { text } = await letter(
    `Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`,
  );
  expect(text?.trimEnd()).toBe("こんにちは");
});

test("fixed text keeps its lines, whatever they end in", async () => {
  const { text } = await letter("Content-Type: text/plain; charset=utf-8\r\n\r\nfirst \r\nsecond\r\n");
  expect(text?.trimEnd()).toBe("first \nsecond");
});

test.each([
  [{ charset: "utf-8", format: "flowed" }, "flowed"],
  [{ format: "Flowed", delsp: "yes", charset: "utf-8" }, "flowed-delsp"],
  [{ charset: "utf-8" }, "fixed"],
  [{ name: "a; format=flowedX" }, "fixed"],
])("%p is %s", (params: Record<string, string>, flow) => {
  expect(flowOf(params)).toBe(flow);
});

test("a soft line at the end and a change of depth lose nothing", () => {
  expect(unflow("> a \nb \n", "flowed")).toBe("> a \nb ");
});

test("a calendar part and a forwarded mail are files, and their own text is not the letter's", async () => {
  const { text, attachments } = await letter(
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
      "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n" +
      "--c\r\nContent-Type: text/plain\r\n\r\nhello\r\n" +
      "--c\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n--c--\r\n" +
      "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: inner\r\n\r\ninside\r\n--b--\r\n",
  );
  expect(text?.trim()).toBe("hello");
  expect(attachments.map(({ type, name }) => [type, name])).toEqual([
    ["text/calendar", "invitation.ics"],
    ["message/rfc822", "inner.eml"],
  ]);
});

test("an opened letter as an ordinary mail: everything is there but the author's keys", async () => {
  const read = await letter(
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n" +
      "--b\r\nContent-Type: application/vnd.listseal.author\r\nContent-Transfer-Encoding: base64\r\n\r\nAQID\r\n--b--\r\n",
  );
  const clear = writeClearMail(read, "team@lists.example");
  const { author, pieces: _read, ...rest } = read;
  expect(author).toBeDefined();
  const { pieces: _back, ...back } = await readPayload(clear);
  expect({ ...back, text: back.text?.trim() }).toEqual({ ...rest, text: rest.text?.trim() });
  const copyOf = "X-ListSeal-Copy: team@lists.example\r\n";
  expect(new TextDecoder().decode(clear)).toContain(copyOf);
  // an answer goes to the list, as to the mail itself, and not to its author alone
  expect(new TextDecoder().decode(clear)).toContain("\r\nReply-To: team@lists.example\r\n");
  const written = new TextDecoder().decode(clear).replace(copyOf, "");
  expect(written).not.toMatch(/listseal|hp=|HP-Outer/i);
});
