/** What a client says to the server's door, and the mail that comes in by it: the real front, on a socket. */
import { once } from "node:events";
import { connect } from "node:net";
import { MAX_HEADER_BYTES, MAX_LINES } from "../../src/server/base/limits.js";
import { openLog } from "../../src/server/base/log.js";
import { queued } from "../../src/server/receive/reply.js";
import { MemoryBudget, openFront } from "../../src/server/receive/smtp.js";
import { readHere } from "../../test/server/read-here.js";
import { promise, type Target } from "../target.js";

const octets = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const lines = (...all: readonly string[]) => `${all.join("\r\n")}\r\n`;

const post = lines(
  "From: Alice <alice@example.test>",
  "X-ListSeal: v=1; mode=key",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "Content-Type: application/vnd.listseal.key",
  "Content-Transfer-Encoding: base64",
  "",
  "wVgBBwME",
  "--b",
  "Content-Type: application/vnd.listseal.body",
  "Content-Transfer-Encoding: base64",
  "",
  "0gEC",
  "--b--",
);
const mailOf = (body: string, from = "<alice@example.test>", to = "<team@lists.test>") =>
  lines("EHLO client.test", `MAIL FROM:${from} SIZE=999 BODY=8BITMIME`, `RCPT TO:${to}`, "DATA") +
  `${body}.\r\n`;

/** What was handed on, and what is wrong with it. */
let fault: string | undefined;

function look(raw: Uint8Array): void {
  const text = Buffer.from(raw).toString("latin1");
  if (text.includes("\0")) fault = "a zero octet was handed on";
  if (/(^|[^\r])\n|\r(?!\n)/.test(text)) fault = "a bare line end was handed on";
  const header = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n");
  if (header > MAX_HEADER_BYTES) fault = "a long header was handed on";
  if (text.split("\r\n").length > MAX_LINES) fault = "too many lines were handed on";
}

/** One for each input: whatever an input leaves behind ends with it. */
const newFront = () =>
  openFront(
    {
      protocol: "smtp",
      host: "127.0.0.1",
      port: 0,
      patience: { silence: 5_000, mail: 5_000, session: 10_000 },
    },
    {
      isOurs: async (recipient) => /^team(-request|-owner|-bounces\+x)?@lists\.test$/i.test(recipient),
      async take(_recipient, _sender, raw) {
        look(raw);
        await readHere.do("read", { raw });
        return queued;
      },
    },
    new MemoryBudget(),
    openLog({ write: () => true }),
  );

export const target: Target = {
  name: "smtp",
  seeds: async () =>
    [
      mailOf(post),
      mailOf("\r\n..\r\n"),
      mailOf(post, "<>", "<team-bounces+x@lists.test>") +
        mailOf(post, "<a@b.test>", "<team-request@lists.test>"),
      lines("HELO x", "NOOP", "HELP", "VRFY a", "RSET", "MAIL FROM:<a@b.test>", "RCPT TO:<x@y.test>"),
      lines("EHLO x", "MAIL FROM:<a@b.test> <c@d.test>", "AUTH PLAIN AAAA", "STARTTLS", "BDAT 3 LAST"),
    ].map((dialogue) => octets(`${dialogue}${lines("QUIT")}`)),
  words: [
    ...[
      "\r\n.\r\n",
      "\n.\n",
      "\r\n.\n",
      "\n.\r\n",
      "\r.\r",
      "\r",
      "\n",
      "\0",
      "\r\n..",
      "DATA\r\n",
      "RSET\r\n",
    ],
    ...[
      "MAIL FROM:<",
      "RCPT TO:<team@lists.test>",
      "SIZE=99999999",
      "SMTPUTF8",
      "EHLO ",
      "LHLO ",
      "BDAT 1\r\n",
    ],
    ...["Received: x\r\n", "--b\r\n", "--b--\r\n", "Content-Transfer-Encoding: quoted-printable\r\n"],
  ],
  async take(input) {
    const front = await newFront();
    const { port } = front;
    fault = undefined;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let said = "";
    socket.on("data", (data: Buffer) => {
      said += data.toString("latin1");
    });
    socket.on("error", () => undefined);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await Promise.race([once(socket, "data"), closed]);
    socket.write(input);
    // whatever it was in the middle of
    socket.end("\r\n.\r\nQUIT\r\n");
    await closed;
    await front.close();
    promise(fault === undefined, fault ?? "");
    for (const line of said.split("\r\n").slice(0, -1)) {
      promise(/^[2345]\d\d[ -]/.test(line) && line.length <= 512, `no reply of SMTP: ${line.slice(0, 80)}`);
    }
  },
};
