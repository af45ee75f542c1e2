/** Large parts that go past the parser: the result is the parser's own, for honest mail and for mail made to differ. */
import { jest } from "@jest/globals";
import PostalMime, { type Email } from "postal-mime";
import { parseMail } from "../../src/mail/large-parts.js";

const random = (size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};

const inLines = (bytes: Buffer, width: number): string =>
  bytes.toString("base64").replaceAll(new RegExp(`.{1,${width}}`, "g"), "$&\r\n");

const part = (body: string, encoding = "base64", type = "application/vnd.listseal.body"): string =>
  `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\nContent-Disposition: attachment\r\n\r\n${body}\r\n`;

const mail = (...parts: readonly string[]): Buffer =>
  Buffer.from(
    `From: a@x.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join("")}--b--\r\n`,
    "latin1",
  );

const options = { forceRfc822Attachments: true };
const octets = (email: Email): readonly string[] =>
  email.attachments.map(({ content, mimeType }) => {
    const bytes = typeof content === "string" ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
    return `${mimeType} ${bytes.length} ${bytes.toString("base64")}`;
  });

const large = random(400_003);
const more = random(500_001);
const lines = inLines(large, 76);
const middle = lines.indexOf("\r\n", 200_000) + 2;

test.each<readonly [string, Buffer]>([
  ["one large part, lines of 76", mail(part(inLines(random(10), 76)), part(lines))],
  ["lines of 72", mail(part(inLines(large, 72)))],
  ["lines of 998", mail(part(inLines(large, 996)))],
  ["lines that are no multiple of four", mail(part(inLines(large, 74)))],
  ["two large parts", mail(part(lines), part(inLines(more, 72)))],
  ["two runs in one part", mail(part(inLines(large.subarray(0, 300_003), 76) + inLines(more, 72)))],
  ["a part that only looks like base64", mail(part(lines, "7bit"))],
  ["quoted-printable of such lines", mail(part(lines, "quoted-printable"))],
  ["groups of four that begin elsewhere", mail(part(`QQ\r\n${lines}`))],
  ["padding in front", mail(part(`QQ==\r\n${lines}`))],
  ["other characters within", mail(part(`${lines.slice(0, middle + 5)}*-${lines.slice(middle + 7)}`))],
  ["a mail within the mail", mail(part(mail(part(lines)).toString("latin1"), "7bit", "message/rfc822"))],
  [
    "lines in the preamble",
    Buffer.concat([mail().subarray(0, -7), Buffer.from(lines), mail(part("QUJD")).subarray(-200)]),
  ],
])("%s: as the parser alone", async (_name, raw) => {
  const ours = await parseMail(raw, options);
  const parsers = await PostalMime.parse(raw, { ...options, attachmentEncoding: "arraybuffer" });
  expect(octets(ours)).toEqual(octets(parsers));
  expect(ours.headers).toEqual(parsers.headers);
});

test("a large part is what it was", async () => {
  const [only] = (await parseMail(mail(part(lines)), options)).attachments;
  if (only === undefined || typeof only.content === "string") throw new Error("no octets");
  expect(Buffer.from(new Uint8Array(only.content)).equals(large)).toBe(true);
});

test("a large part does not go through the parser", async () => {
  const seen: number[] = [];
  const parse = PostalMime.parse.bind(PostalMime);
  const spy = jest.spyOn(PostalMime, "parse").mockImplementation((raw, how) => {
    seen.push(raw instanceof Uint8Array ? raw.length : Number.NaN);
    return parse(raw, how);
  });
  await parseMail(mail(part(lines)), options);
  spy.mockRestore();
  expect(seen).toHaveLength(1);
  expect(seen[0]).toBeLessThan(2_000);
});
