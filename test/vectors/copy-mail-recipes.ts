/** Vectors that are mails to a reader: which open by themselves, which only when a person asks, and what is said beside them. */
import {
  all,
  BODY_TYPE,
  elsewhere,
  field,
  inside,
  KEY_PART,
  KEY_TYPE,
  type MailRecipe,
  own,
  remarked,
  SEAL,
  swap,
  toReader,
  twice,
} from "./mail-making.js";

export const copies: [string, MailRecipe][] = [
  // fields of the mail
  toReader("seal-field-twice", { expect: "damaged" }, "The seal field stands there twice.", {
    edit: twice(SEAL),
  }),
  toReader("seal-field-version-2", { expect: "unsupported-version" }, "The seal field says version 2.", {
    edit: swap("v=1;", "v=2;"),
  }),
  toReader(
    "seal-field-other-mode",
    { expect: "damaged" },
    "The seal field says mode `whole`, and the parts are of mode `key`.",
    { edit: swap("mode=key", "mode=whole") },
  ),
  toReader("seal-field-more", { expect: "damaged" }, "The seal field says something more.", {
    edit: swap("mode=key", "mode=key; more=1"),
  }),
  toReader(
    "seal-field-held",
    own,
    "The seal field has the number of a held post, on a copy for its review.",
    { edit: swap("mode=key", "mode=key; held=7") },
  ),
  toReader("no-seal-field", own, "The seal field is missing: a gateway dropped it.", {
    edit: swap(SEAL, ""),
  }),
  toReader("subject-twice", elsewhere, "A second Subject: mail programs show either.", {
    edit: field("Subject: Pay 10000 EUR now"),
  }),
  toReader("from-twice", elsewhere, "A second From.", { edit: field("From: Eve <eve@example.test>") }),
  toReader("to-twice", elsewhere, "A second To.", { edit: field("To: eve@example.test") }),
  toReader("reply-to-twice", elsewhere, "A second Reply-To.", { edit: field("Reply-To: eve@example.test") }),
  toReader("date-twice", elsewhere, "A second Date.", {
    edit: field("Date: Mon, 02 Jun 2025 12:00:00 +0000"),
  }),
  toReader("content-type-twice", { expect: "not-sealed" }, "A second Content-Type.", {
    edit: swap(
      "MIME-Version: 1.0\r\n",
      'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="other"\r\n',
    ),
  }),
  toReader("received-twice", own, "Two Received fields, as every mail has them.", {
    edit: field(
      "Received: from a by b; Sun, 01 Jun 2025 12:00:05 +0000\r\nReceived: from c by a; Sun, 01 Jun 2025 12:00:04 +0000",
    ),
  }),
  toReader("content-location", elsewhere, "A Content-* field that is none of those known.", {
    edit: field("Content-Location: https://example.test/"),
  }),
  toReader("control-character", elsewhere, "A control character in a field.", {
    edit: field("X-Other: a\u0001b"),
  }),
  toReader("blank-line-field", elsewhere, "A line of the header that is only blanks.", {
    edit: field("X-Other: a\r\n "),
  }),
  // the boundary and what is around the parts
  toReader("preamble", elsewhere, "A text in front of the first boundary.", {
    edit: swap(/\r\n\r\n--/, "\r\n\r\nPay 10000 EUR now.\r\n--"),
  }),
  toReader("preamble-of-thunderbird", own, "Thunderbird's fixed sentence in front of the first boundary.", {
    edit: swap(/\r\n\r\n--/, "\r\n\r\nThis is a multi-part message in MIME format.\r\n--"),
  }),
  toReader("epilogue", elsewhere, "A text behind the last boundary.", {
    edit: (text) => `${text}Pay 10000 EUR now.\r\n`,
  }),
  toReader("other-boundary-line", elsewhere, "A line that begins with two hyphens and is not the boundary.", {
    edit: swap("\r\n\r\n--", "\r\n\r\n--other\r\n--"),
  }),
  toReader("boundary-of-base64", elsewhere, "A boundary of characters of base64 alone.", {
    edit: (text) => text.replaceAll(/_ls_[0-9a-f]{32}/g, "AAAA"),
  }),
  toReader("boundary-with-more", elsewhere, "A line that begins with the boundary, and goes on.", {
    edit: (text) => {
      const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? "";
      return text.replace(`--${boundary}\r\n`, () => `--${boundary}x\r\n--${boundary}\r\n`);
    },
  }),
  toReader("line-feeds", own, "Its lines end with LF alone.", {
    edit: (text) => text.replaceAll("\r\n", "\n"),
  }),
  // the notice
  toReader("other-notice", elsewhere, "The notice says something else.", {
    edit: swap("VGhpcyBtZXNzYWdlIGlz", "VGhhdCBtZXNzYWdlIGlz"),
  }),
  toReader("notice-charset", elsewhere, "The notice's charset is none in which its octets are its words.", {
    edit: swap("charset=utf-8", "charset=utf-7"),
  }),
  toReader(
    "notice-charset-latin",
    own,
    "The notice's charset is windows-1252, in which its octets are the same words.",
    { edit: swap("charset=utf-8", "charset=windows-1252") },
  ),
  toReader("notice-html", elsewhere, "The notice is HTML.", { edit: swap("text/plain;", "text/html;") }),
  toReader("no-notice", elsewhere, "No notice in shape `mixed`.", {
    edit: swap(/--_ls_[0-9a-f]{32}\r\nContent-Type: text\/plain[\s\S]*?(?=--_ls_)/, ""),
  }),
  toReader("two-notices", elsewhere, "The notice stands there twice.", {
    edit: twice(/--_ls_[0-9a-f]{32}\r\nContent-Type: text\/plain[\s\S]*?(?=--_ls_)/),
  }),
  // the parts
  toReader(
    "part-not-base64",
    { expect: "damaged", shell: "elsewhere" },
    "The key part says that it is not base64.",
    {
      edit: swap(
        `${KEY_TYPE}\r\nContent-Transfer-Encoding: base64`,
        `${KEY_TYPE}\r\nContent-Transfer-Encoding: 7bit`,
      ),
    },
  ),
  toReader(
    "part-base64-other",
    { expect: "damaged", shell: "elsewhere" },
    "A character that is none of base64 in the key part.",
    {
      edit: swap(/(filename="sealed-key\.pgp"\r\n\r\n....)/, 'filename="sealed-key.pgp"\r\n\r\n*'),
    },
  ),
  toReader(
    "part-description",
    elsewhere,
    "The key part has a Content-Description, which mail programs show.",
    { edit: swap(KEY_TYPE, `Content-Description: Pay now\r\n${KEY_TYPE}`) },
  ),
  toReader("part-name", elsewhere, "The key part's file name is not its own.", {
    edit: swap('filename="sealed-key.pgp"', 'filename="pay-now.pgp"'),
  }),
  toReader("part-name-of-body", elsewhere, "The key part has the body's file name.", {
    edit: swap('filename="sealed-key.pgp"', 'filename="sealed-body.pgp"'),
  }),
  toReader("part-name-rfc2231", elsewhere, "The key part's file name is spelled by RFC 2231.", {
    edit: swap('filename="sealed-key.pgp"', "filename*=utf-8''sealed-key.pgp"),
  }),
  toReader("part-name-twice", elsewhere, "The key part has two file names.", {
    edit: swap('filename="sealed-key.pgp"', 'filename="sealed-key.pgp"; filename="pay-now.pgp"'),
  }),
  toReader("part-type-comment", elsewhere, "A comment in the key part's type.", {
    edit: swap(KEY_TYPE, `${KEY_TYPE} (pay now)`),
  }),
  toReader("part-content-id", own, "The key part has a Content-ID, as webmails write.", {
    edit: swap(KEY_TYPE, `Content-ID: <f1>\r\nX-Attachment-Id: f1\r\n${KEY_TYPE}`),
  }),
  toReader("another-part", elsewhere, "A picture beside the sealed parts.", {
    edit: (text) => {
      const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? "";
      const part = `--${boundary}\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n`;
      return text.replace(`--${boundary}--`, () => `${part}--${boundary}--`);
    },
  }),
  toReader("key-part-twice", { expect: "damaged" }, "The key part stands there twice.", {
    edit: twice(KEY_PART),
  }),
  toReader("no-key-part", { expect: "damaged", shell: "elsewhere" }, "A body without its key part.", {
    edit: all(swap(SEAL, ""), swap(KEY_PART, "")),
  }),
  toReader("stray-list-signature", elsewhere, "A detached list signature beside a copy that has its own.", {
    sealed: (sealed) => ({ ...sealed, listSignature: sealed.mode === "key" ? sealed.key : sealed.message }),
  }),
  toReader(
    "key-type-twice",
    { expect: "damaged" },
    "The key part has two types, of which each program believes another: it is none of these parts.",
    { edit: swap(KEY_TYPE, `${KEY_TYPE}\r\nContent-Type: text/plain`) },
  ),
  toReader("part-form-data", elsewhere, "The key part's disposition is none of a mail's parts.", {
    edit: swap(
      'Content-Disposition: attachment;\r\n filename="sealed-key.pgp"',
      'Content-Disposition: form-data;\r\n filename="sealed-key.pgp"',
    ),
  }),
  toReader("part-name-same-twice", elsewhere, "The key part has its file name twice.", {
    edit: swap('filename="sealed-key.pgp"', 'filename="sealed-key.pgp"; filename="sealed-key.pgp"'),
  }),
  toReader("notice-with-name", elsewhere, "The notice has a file name.", {
    edit: swap(
      "Content-Type: text/plain; charset=utf-8",
      'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: inline; filename="pay-now"',
    ),
  }),
  toReader("notice-more", elsewhere, "The notice's type has a parameter that is none of a text's.", {
    edit: swap("text/plain; charset=utf-8", "text/plain; charset=utf-8; title=pay"),
  }),
  toReader("type-more", elsewhere, "The mail's own type has another parameter than its boundary.", {
    edit: swap("multipart/mixed;", "multipart/mixed; title=pay;"),
  }),
  toReader("encoding-of-the-mail", elsewhere, "The mail says that it is in base64 itself.", {
    edit: field("Content-Transfer-Encoding: base64"),
  }),
  toReader("related", elsewhere, "A multipart/related of the sealed parts alone.", {
    shape: "encrypted",
    edit: swap(/multipart\/encrypted; protocol="[^"]*"/, "multipart/related"),
  }),
  toReader(
    "two-list-signatures",
    { expect: "damaged", shell: "elsewhere" },
    "Delivery `opened`: two detached list signatures.",
    {
      shape: "encrypted",
      delivery: "opened",
      edit: all(
        swap(SEAL, ""),
        twice(/--_ls_[0-9a-f]{32}\r\nContent-Type: application\/vnd\.listseal\.through[\s\S]*?(?=--_ls_)/),
      ),
    },
  ),
  // elsewhere
  toReader("attached", elsewhere, "A copy attached to another mail.", {
    edit: inside("message/rfc822", "Look at this."),
  }),
  toReader("nested", elsewhere, "A copy's parts nested in another mail, beside other text.", {
    edit: inside("multipart", "Pay 10000 EUR now."),
  }),
  toReader("alternative", elsewhere, "A multipart/alternative of the notice and the sealed parts.", {
    edit: swap("multipart/mixed", "multipart/alternative"),
  }),
  toReader("not-mail-of-ours", { expect: "not-sealed" }, "No sealed part.", {
    edit: all(swap(KEY_TYPE, "Content-Type: text/x-one"), swap(BODY_TYPE, "Content-Type: text/x-two")),
  }),
  // what is said outside
  toReader(
    "other-subject",
    remarked("subject"),
    "A Subject outside that is neither the list's nor the letter's.",
    { edit: swap(/^Subject: .*$/m, "Subject: Pay 10000 EUR now") },
  ),
  toReader(
    "protected-subject",
    own,
    "The letter's own Subject outside, as a mail program writes it that knows protected fields.",
    { edit: swap(/^Subject: .*$/m, "Subject: A vector") },
  ),
  toReader("no-subject", own, "No Subject outside.", { edit: swap(/^Subject: .*\r\n/m, "") }),
  toReader("other-from", remarked("from"), "From outside is neither the list nor the author.", {
    edit: swap(/^From: .*$/m, "From: Eve <eve@example.test>"),
  }),
  toReader(
    "other-from-bare",
    remarked("from"),
    "From outside is neither the list nor the author, and has no name.",
    { edit: swap(/^From: .*$/m, "From: eve@example.test") },
  ),
  toReader("other-name", remarked("from"), "From outside is the list, under another's name.", {
    edit: swap(/^From: .*$/m, "From: Eve via Team <team@lists.example>"),
  }),
  toReader("author-outside", own, "From outside is the author.", {
    edit: swap(/^From: .*$/m, "From: Alice <alice@example.test>"),
  }),
  toReader("no-from", remarked("from"), "No From outside.", { edit: swap(/^From: .*\r\n/m, "") }),
  toReader("sent-again", remarked("again"), "It came 12 days after it was signed.", {
    date: new Date("2025-06-13T12:00:00Z"),
  }),
  toReader(
    "sent-again-received",
    remarked("again"),
    "The reader's own server got it 12 days after it was signed.",
    { edit: field("Received: from a by b; Fri, 13 Jun 2025 12:00:05 +0000") },
  ),
  toReader("days-on-its-way", own, "It was 10 days on its way.", { date: new Date("2025-06-11T12:00:00Z") }),
];
