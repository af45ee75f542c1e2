/** Mails that two readers see differently: to one nothing but our own shell, to the other somebody's words beside it. */
import { readMail } from "../../src/extension/worker/read-mail.js";
import { partTypes } from "../../src/mail/part-types.js";
import { readReceived } from "../../src/mail/received.js";

const { key, body, through } = partTypes;
const part = (type: string, text = "c2VhbGVk") =>
  `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${text}`;
const multipart = (boundary: string, ...parts: readonly string[]) =>
  [...parts.flatMap((each) => [`--${boundary}`, each]), `--${boundary}--`, ""].join("\r\n");
const mail = (types: readonly string[], ...bodies: readonly string[]) =>
  Buffer.from(
    [...types.map((type) => `Content-Type: ${type}`), "From: a@b.example", "", ...bodies].join("\r\n"),
    "latin1",
  );
const encrypted = (boundary: string) => `multipart/encrypted; protocol="${key}"; boundary="${boundary}"`;
const [own, other] = [
  multipart("_one_", part(key), part(body)),
  multipart("_two_", part("text/html", "PGI+aGk8L2I+"), part(key), part(body)),
];

const shellOf = async (raw: Uint8Array) => {
  const read = await readMail({ raw });
  return read.kind === "sealed" ? read.shell : read.kind;
};

test("our own shell, for comparison", async () => {
  expect(await shellOf(mail([encrypted("_one_")], own))).toBe("own");
});

const ambiguous: [string, Uint8Array][] = [
  [
    "two Content-Types, each with its own boundary",
    mail([encrypted("_one_"), encrypted("_two_")], own, other),
  ],
  ["the same in the other order", mail([encrypted("_two_"), encrypted("_one_")], own, other)],
  ["words in HTML before the parts", mail([encrypted("_two_")], other)],
];

test.each(ambiguous)("%s: a reader that takes what it finds takes it", async (_name, raw) => {
  const { attachments } = await readReceived(raw, 9);
  const found = attachments.map(({ mimeType }) => mimeType);
  expect(found.filter((type) => type === key || type === body)).toEqual([key, body]);
});

test.each<[string, Uint8Array]>([
  ...ambiguous,
  ["another part after them", mail([encrypted("_a_")], multipart("_a_", part(key), part(body), part("x/y")))],
  ["another of our parts", mail([encrypted("_a_")], multipart("_a_", part(key), part(body), part(body)))],
  [
    "two list signatures",
    mail([encrypted("_a_")], multipart("_a_", part(key), part(body), part(through), part(through))),
  ],
  ["one part too few", mail([encrypted("_a_")], multipart("_a_", part(key)))],
  [
    "the parts within an attached mail",
    mail(["message/rfc822"], `Content-Type: ${encrypted("_one_")}`, "", own),
  ],
])("%s: no shell of ours", async (_name, raw) => {
  expect(await shellOf(raw)).not.toBe("own");
});
