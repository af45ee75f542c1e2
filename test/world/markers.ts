import type { Encoding } from "./evidence.js";

/** A marker with everything that makes writing text hard: blanks, Japanese, a character beyond the basic plane. */
export const MARKER = "秘密 marker 🔒 7f3a91";
/** Almost the same: whoever finds this one too does not look properly. */
export const OTHER = "秘密 marker 🔒 7e3a91";

const utf8 = (text: string) => Buffer.from(text, "utf8");
const hexed = (text: string, sign: string) =>
  [...utf8(text)].map((byte) => sign + byte.toString(16).toUpperCase().padStart(2, "0")).join("");
const wrapped = (text: string, columns: number) => text.replace(new RegExp(`(.{${columns}})`, "g"), "$1\r\n");

/** The marker in the middle of other text, written in every way that the search claims to know. */
export const PLANTED: ReadonlyMap<Encoding, readonly Buffer[]> = new Map<Encoding, readonly Buffer[]>([
  ["utf-8", [utf8(`before ${MARKER} after`)]],
  ["utf-16le", [Buffer.from(`before ${MARKER} after`, "utf16le")]],
  ["utf-16be", [Buffer.from(`before ${MARKER} after`, "utf16le").swap16()]],
  [
    "base64",
    [
      ...["", "a", "ab"].map((before) =>
        utf8(wrapped(utf8(`${before}${MARKER} after`).toString("base64"), 11)),
      ),
      utf8(utf8(`x${MARKER}`).toString("base64url")),
      utf8(Buffer.from(`x${MARKER}`, "utf16le").toString("base64")),
    ],
  ],
  [
    "quoted-printable",
    [
      utf8(wrapped(hexed(MARKER, "="), 30).replace(/\r\n/g, "=\r\n")),
      utf8("=E7=A7=98=E5=AF=86 mar=\r\nker =F0=9F=94=92 7f3a91"),
    ],
  ],
  [
    "encoded-word",
    [
      utf8("Subject: =?utf-8?Q?=E7=A7=98=E5=AF=86_mark?=\r\n =?utf-8?Q?er_=F0=9F=94=92_7f3a91?="),
      utf8(
        `Subject: =?UTF-8?B?${utf8("秘密 mar").toString("base64")}?=\r\n =?UTF-8?B?${utf8("ker 🔒 7f3a91 end").toString("base64")}?=`,
      ),
    ],
  ],
  [
    "percent",
    [
      utf8(encodeURIComponent(MARKER)),
      utf8(hexed(MARKER, "%")),
      utf8("%E7%A7%98%E5%AF%86+marker+%F0%9F%94%92+7f3a91"),
    ],
  ],
  [
    "escaped",
    [utf8("\\u79d8\\u5bc6 marker \\ud83d\\udd12 7f3a91"), utf8("&#31192;&#x5BC6; marker &#128274; 7f3a91")],
  ],
  ["folded", [utf8("Subject: 秘密\r\n marker\r\n\t🔒 7f3a91")]],
]);
