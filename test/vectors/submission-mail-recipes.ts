/** Vectors that are mails to the server: the seal field, From, the parts and their names. */
import {
  all,
  BODY_TYPE,
  field,
  guessed,
  KEY_PART,
  KEY_TYPE,
  type MailRecipe,
  opened,
  refusal,
  SEAL,
  swap,
  toServer,
  twice,
} from "./mail-making.js";

/** So many pictures behind the sealed parts. */
const withPictures = (count: number) => (text: string) => {
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? "";
  const part = `--${boundary}\r\nContent-Type: image/png\r\n\r\nx\r\n`;
  return text.replace(`--${boundary}--`, () => `${part.repeat(count)}--${boundary}--`);
};

export const submissions: [string, MailRecipe][] = [
  // the seal field
  toServer("no-seal-field", opened, "The seal field is missing: a gateway dropped it.", {
    edit: swap(SEAL, ""),
  }),
  toServer("seal-field-twice", refusal("damaged"), "The seal field stands there twice.", {
    edit: twice(SEAL),
  }),
  toServer("seal-field-version-2", refusal("unsupported-version"), "The seal field says version 2.", {
    edit: swap("v=1;", "v=2;"),
  }),
  toServer("seal-field-version-10", refusal("unsupported-version"), "The seal field says version 10.", {
    edit: swap("v=1;", "v=10;"),
  }),
  toServer(
    "seal-field-other-mode",
    refusal("damaged"),
    "The seal field says mode `whole`, and the parts are of mode `key`.",
    { edit: swap("mode=key", "mode=whole") },
  ),
  toServer("seal-field-no-mode", refusal("damaged"), "The seal field says no mode.", {
    edit: swap("; mode=key", ""),
  }),
  toServer("seal-field-capitals", refusal("damaged"), "The seal field's value is in capitals.", {
    edit: swap("v=1; mode=key", "V=1; MODE=KEY"),
  }),
  toServer(
    "seal-field-name-capitals",
    opened,
    "The seal field's name is in capitals: names of fields have no case.",
    { edit: swap("X-ListSeal:", "X-LISTSEAL:") },
  ),
  toServer("seal-field-more", refusal("damaged"), "The seal field says something more.", {
    edit: swap("mode=key", "mode=key; more=1"),
  }),
  toServer("seal-field-short-secret", refusal("damaged"), "The seal field's secret has 31 digits.", {
    edit: swap("mode=key", `mode=key; secret=${"a".repeat(31)}`),
  }),
  toServer(
    "seal-field-secret",
    refusal("wrong-list"),
    "The seal field names a secret, and it is sealed to keys.",
    { edit: swap("mode=key", `mode=key; secret=${"a".repeat(32)}`) },
  ),
  toServer("seal-field-folded", opened, "The seal field is folded.", {
    edit: swap("v=1; mode=key", "v=1;\r\n mode=key"),
  }),
  toServer(
    "seal-field-held",
    opened,
    "The seal field has the number of a held post, which a submission has not: it says nothing to the server.",
    { edit: swap("mode=key", "mode=key; held=7") },
  ),
  // From
  toServer("two-froms", refusal("damaged"), "Two From fields.", {
    edit: field("From: Eve <eve@example.test>"),
  }),
  toServer("no-from", refusal("damaged"), "No From field.", { edit: swap(/^From: .*\r\n/m, "") }),
  toServer("two-mailboxes", refusal("bad-address"), "Two mailboxes in From.", {
    edit: swap(
      "From: Alice <alice@example.test>",
      "From: Alice <alice@example.test>, Eve <eve@example.test>",
    ),
  }),
  toServer(
    "address-capitals",
    opened,
    "From begins with a capital letter, and its domain has some: its canonical form is in lower case.",
    { edit: swap("<alice@example.test>", "<Alice@Example.TEST>") },
  ),
  toServer("address-dot", refusal("bad-address"), "The domain of From ends with a dot.", {
    edit: swap("<alice@example.test>", "<alice@example.test.>"),
  }),
  // threads
  toServer(
    "thread",
    { ...opened, "in-reply-to": "<0@example.test>", references: "<00@example.test> <0@example.test>" },
    "An answer, whose In-Reply-To and References are copied as far as they are message ids.",
    {
      more: { inReplyTo: "<0@example.test>", references: ["<00@example.test>", "<0@example.test>"] },
      edit: swap("References: ", "References: no-id "),
    },
  ),
  // parts
  toServer("parts-in-other-order", opened, "The body in front of the key part.", {
    edit: (text) => {
      const [key = ""] = KEY_PART.exec(text) ?? [];
      const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? "";
      return text.replace(key, "").replace(`--${boundary}--`, () => `${key}--${boundary}--`);
    },
  }),
  toServer("key-part-twice", refusal("damaged"), "The key part stands there twice.", {
    edit: twice(KEY_PART),
  }),
  toServer("no-key-part", refusal("damaged"), "A body without its key part.", { edit: swap(KEY_PART, "") }),
  toServer("no-sealed-part", refusal("not-sealed"), "No sealed part at all.", {
    edit: all(swap(KEY_TYPE, "Content-Type: text/x-one"), swap(BODY_TYPE, "Content-Type: text/x-two")),
  }),
  toServer("key-and-message", refusal("damaged"), "A key part and a message part.", {
    edit: swap(BODY_TYPE, "Content-Type: application/vnd.listseal.message"),
  }),
  toServer("type-capitals", opened, "The key part's type is in capitals: media types have no case.", {
    edit: swap(KEY_TYPE, "Content-Type: APPLICATION/VND.LISTSEAL.KEY"),
  }),
  toServer("sixteen-parts", opened, "Sixteen parts, the notice among them.", { edit: withPictures(13) }),
  toServer("many-parts", refusal("too-large"), "Seventeen parts, the notice among them.", {
    edit: withPictures(14),
  }),
  toServer("key-body-and-message", refusal("damaged"), "A key part, a body and a message part.", {
    edit: (text) => {
      const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? "";
      const part = `--${boundary}\r\nContent-Type: application/vnd.listseal.message\r\n\r\nx\r\n`;
      return text.replace(`--${boundary}--`, () => `${part}--${boundary}--`);
    },
  }),
  toServer(
    "with-certificate",
    { ...opened, certificate: "yes" },
    "With the sender's certificate, as somebody who is no member sends it.",
    { withCertificate: true },
  ),
  toServer("two-certificates", refusal("damaged"), "Two certificates of the sender's.", {
    withCertificate: true,
    edit: twice(/--_ls_[0-9a-f]{32}\r\nContent-Type: application\/vnd\.listseal\.author[\s\S]*?(?=--_ls_)/),
  }),
  // known by their names
  ...(
    [
      ["octet-stream", "application/octet-stream", "sealed-key.pgp", true],
      ["pgp-encrypted", "application/pgp-encrypted", "sealed-key.pgp", true],
      ["pgp-keys", "application/pgp-keys", "sealed-key.pgp", true],
      ["numbered", "application/octet-stream", "sealed-key (1).pgp", true],
      ["numbered-close", "application/octet-stream", "sealed-key(12).pgp", true],
      ["numbered-dash", "application/octet-stream", "sealed-key-1.pgp", true],
      ["name-capitals", "application/octet-stream", "Sealed-Key.PGP", true],
      ["five-digits", "application/octet-stream", "sealed-key (12345).pgp", false],
      ["other-ending", "application/octet-stream", "sealed-key.asc", false],
      ["text", "text/plain", "sealed-key.pgp", false],
      ["picture", "image/png", "sealed-key.pgp", false],
    ] as const
  ).map(([name, type, file, isOurs]) =>
    toServer(
      `name-${name}`,
      isOurs ? opened : refusal("damaged"),
      `The key part is \`${file}\` of type \`${type}\`${isOurs ? "" : ", which is none of these parts"}.`,
      { edit: guessed(type, file) },
    ),
  ),
];
