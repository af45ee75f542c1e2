/**
 * An SMTP or LMTP client for mails that are written already (RFC 5321, RFC 2033), over one connection.
 *
 * Our own, because of what a fan-out costs: where the relay offers it, a small mail, its end, and the next one's envelope go
 * out in one write (RFC 2920), the body's octets, shared by all copies, go to the system as they are, and the end of a mail
 * can be held back (see {@link SmtpClient.send}). Sending what nobody else composes is the easy part of SMTP; there is no AUTH, and nothing is
 * looked up.
 */
import { isIP, connect as openSocket, type Socket } from "node:net";
import { hostname } from "node:os";
import { connect as startTls } from "node:tls";
import { wireChunks } from "./wire-body.js";

/** Where the relay is, and how it is spoken to. */
export interface SmtpEndpoint {
  readonly protocol: "smtp" | "lmtp";
  readonly host: string;
  readonly port: number;
  /** `require`: STARTTLS with a certificate that fits. `none`: in the clear. */
  readonly tls: "require" | "none";
  /** PEM: the authority that the certificate is checked against, if it isn't a public one. */
  readonly ca?: string;
  /** Where it is not RFC 5321's. */
  readonly patience?: Partial<SmtpTimeouts>;
}

/** A mail and its envelope. */
export interface Envelope {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly pieces: readonly Uint8Array[];
}

/** What was answered, lines joined by LF. `lost`: nothing, and `cause` says why. */
export type RelayReply =
  | { readonly kind: "answer"; readonly code: number; readonly text: string }
  | { readonly kind: "lost"; readonly cause: Error };

/** What a reply decided about: a command, or the mail itself, after the line with the dot that ends it. */
export type DecidingCommand = "MAIL" | "RCPT" | "DATA" | "mail";

/**
 * Of one mail: the reply that decided, or for each recipient one after its end (LMTP). Only a reply about the `mail` can
 * say that it was taken. `withheld`: it was not ended, and the connection is cut.
 */
export type DeliveryReplies =
  | { readonly decider: DecidingCommand; readonly replies: readonly RelayReply[] }
  | { readonly decider: "withheld" };

/**
 * Says when a mail may be ended, and whether: calls `end`, which hands the last line to the system before it returns, or
 * doesn't, and the mail is withheld.
 */
export type EndOfData = (end: () => void) => Promise<void>;

/**
 * Asked when a mail is ended: what will be handed over next on the connection, if that is known already. Its envelope is
 * then announced with the end of this one. If something else comes next, or nothing, the connection is cut.
 */
type FollowingEnvelope = () => Envelope | undefined;

/** How long to wait for the relay, in milliseconds. */
export interface SmtpTimeouts {
  /** To connect, and for each answer until the first mail. */
  readonly connect: number;
  /** For the whole answer to a command (RFC 5321, 4.5.3.2.2 and 4.5.3.2.3). */
  readonly command: number;
  /** For the answer to DATA (4.5.3.2.4: two minutes). */
  readonly data: number;
  /** Until it has taken what was written (4.5.3.2.5: three minutes). */
  readonly block: number;
  /** For the answer to a mail, which it may first look through (4.5.3.2.6: ten minutes, or mails go out twice). */
  readonly mail: number;
}

const MINUTE_MS = 60_000;
const usualPatience: SmtpTimeouts = {
  connect: MINUTE_MS / 2,
  command: 5 * MINUTE_MS,
  data: 2 * MINUTE_MS,
  block: 3 * MINUTE_MS,
  mail: 10 * MINUTE_MS,
};
/** For the last word after QUIT, in milliseconds. */
const GOODBYE_MS = 5_000;
/** Octets of one reply. Stops a relay that never ends its answer from filling memory. */
const MAX_REPLY_OCTETS = 64 * 1024;
/**
 * Octets of a mail that goes out with its end. What a system takes at once for a new connection, whose buffer is empty then, is
 * a multiple: the last line must be with the system when the gate lets go of its recipient, and not wait in this process.
 */
const ONE_WRITE_OCTETS = 16 * 1024;
const TLS_MINIMUM = "TLSv1.2";

const atOnce: EndOfData = async (end) => end();
const nothingNext: FollowingEnvelope = () => undefined;

const fault = (code: string, message: string): Error => Object.assign(new Error(message), { code });

export class SmtpClient {
  #socket: Socket;
  readonly #place: SmtpEndpoint;
  #extensions = new Map<string, string>();
  #received = "";
  #lost: Error | undefined;
  #waiting: (() => void) | undefined;
  /** Commands of an envelope that went out with the end of the mail before. */
  #announced: string | undefined;
  readonly #patience: SmtpTimeouts;

  private constructor(socket: Socket, place: SmtpEndpoint) {
    this.#socket = socket;
    this.#place = place;
    this.#patience = { ...usualPatience, ...place.patience };
    this.#listen(socket);
  }

  /**
   * Connects, says EHLO and, if it has to, STARTTLS.
   *
   * @throws the system's error, Node's for a certificate that does not fit, or one with the code `ETLS` (no STARTTLS is
   *         offered), `ETIMEDOUT`, `ECONNECTION` (closed), `EPROTOCOL` (it does not speak SMTP, or not to us)
   */
  static async connect(place: SmtpEndpoint): Promise<SmtpClient> {
    const socket = openSocket({ host: place.host, port: place.port, noDelay: true });
    const client = new SmtpClient(socket, place);
    try {
      await client.#expect(220);
      await client.#hello();
      if (place.tls === "require") await client.#startTls();
    } catch (error) {
      client.#socket.destroy();
      throw error;
    }
    return client;
  }

  /** True once it can't be used any more. */
  get isClosed(): boolean {
    return this.#lost !== undefined;
  }

  /** The largest mail that the relay takes (RFC 1870); `undefined` if it did not say. */
  get maxOctets(): number | undefined {
    const size = Number(this.#extensions.get("SIZE") ?? 0);
    return size > 0 ? size : undefined;
  }

  /**
   * Hands a mail over.
   *
   * @param ending asked when the relay has said that it will take the mail, until whose last line it can't have taken it: a large
   *        one is with it but for that line, a small one goes out with it
   * @param next what is announced with the end
   * @throws what `ending` rejects with; the connection is then cut, so that the relay forgets what it has got
   */
  async send(
    mail: Envelope,
    ending: EndOfData = atOnce,
    next: FollowingEnvelope = nothingNext,
  ): Promise<DeliveryReplies> {
    const refusal = await this.#open(this.#commandsFor(mail));
    if (refusal !== undefined) return refusal;
    const chunks = await wireChunks(mail.pieces);
    const [only, ...others] = chunks;
    const last = others.length === 0 && (only?.length ?? 0) <= ONE_WRITE_OCTETS ? only : undefined;
    if (last === undefined) await this.#writeBody(chunks);
    // attack or fault: an answer before its time would be taken for the answer to this mail
    this.#isSilent();
    if (!(await this.#end(ending, next, last))) return { decider: "withheld" };
    const replies: RelayReply[] = [];
    // LMTP answers for each recipient
    const expected = this.#place.protocol === "lmtp" ? mail.recipients.length : 1;
    while (replies.length < expected) replies.push(await this.#reply(this.#patience.mail));
    // with one answer too many, who knows which of them was about this mail; a goodbye may come at any time (3.8)
    if (this.#received.startsWith("421") || this.#isExpected()) return { decider: "mail", replies };
    return { decider: "mail", replies: [await this.#reply(0)] };
  }

  #commandsFor({ sender, recipients, pieces }: Envelope): readonly string[] {
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return [
      `MAIL FROM:<${address(sender)}>${this.#extensions.has("SIZE") ? ` SIZE=${size}` : ""}`,
      ...recipients.map((recipient) => `RCPT TO:<${address(recipient)}>`),
      "DATA",
    ];
  }

  /** Says the commands before a mail, unless they are said already. Gives what speaks against going on, if anything does. */
  async #open(commands: readonly string[]): Promise<DeliveryReplies | undefined> {
    const isPipelined = this.#extensions.has("PIPELINING");
    const together = inOneWrite(commands);
    const announced = this.#announced;
    this.#announced = undefined;
    if (announced === undefined) this.#isSilent();
    // the relay waits for another mail, and would take this one for it
    else if (announced !== together) this.destroy();
    if (isPipelined && announced === undefined) this.#write(together);
    let refusal: DeliveryReplies | undefined;
    for (const [index, command] of commands.entries()) {
      if (!isPipelined) this.#write(`${command}\r\n`);
      const decider: DecidingCommand = index === 0 ? "MAIL" : command === "DATA" ? "DATA" : "RCPT";
      const reply = await this.#reply(decider === "DATA" ? this.#patience.data : this.#patience.command);
      if (reply.kind === "lost") return { decider, replies: [reply] };
      const isGood = decider === "DATA" ? reply.code === 354 : reply.code >= 200 && reply.code < 300;
      if (!isGood) refusal ??= { decider, replies: [reply] };
      if (refusal === undefined) continue;
      // refused, and told to go on: an end now would bring an empty mail to those who were not refused
      if (decider === "DATA" && reply.code === 354) this.destroy();
      if (!isPipelined) return refusal;
    }
    return refusal;
  }

  /**
   * Asks whether to end the mail. False if it was not ended: the connection is then cut.
   *
   * @param body of a small mail, which goes out with its end
   */
  async #end(ending: EndOfData, next: FollowingEnvelope, body: Buffer | undefined): Promise<boolean> {
    let isEnded = false;
    try {
      await ending(() => {
        isEnded = true;
        this.#isSilent();
        const following = this.#extensions.has("PIPELINING") ? next() : undefined;
        if (following !== undefined) this.#announced = inOneWrite(this.#commandsFor(following));
        const end = `.\r\n${this.#announced ?? ""}`;
        if (this.#lost !== undefined) return;
        if (body === undefined) this.#socket.write(end, "latin1");
        else this.#socket.write(Buffer.concat([body, Buffer.from(end, "latin1")]));
      });
    } finally {
      if (!isEnded) this.destroy();
    }
    return isEnded;
  }

  /** RSET, so that the next mail starts clean (RFC 5321, 4.1.1.5). */
  async reset(): Promise<void> {
    // the next has begun already
    if (this.#announced !== undefined) return;
    this.#isSilent();
    this.#write("RSET\r\n");
    const reply = await this.#reply(this.#patience.command);
    if (reply.kind === "lost" || reply.code !== 250) this.destroy();
  }

  /** Says goodbye and hangs up. */
  close(): void {
    if (this.#lost !== undefined) return;
    // it would be a line of the mail that was announced
    if (this.#announced !== undefined) {
      this.destroy();
      return;
    }
    this.#lose(fault("ECONNECTION", "closed by us"));
    this.#socket.setTimeout(GOODBYE_MS).unref();
    this.#socket.end("QUIT\r\n");
  }

  /** Hangs up at once: a mail that was not ended is not taken. */
  destroy(): void {
    this.#lose(fault("ECONNECTION", "cut by us"));
    this.#socket.destroy();
  }

  /** Resolves when the system has taken all of it, or the connection is lost. */
  async #writeBody(chunks: readonly Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      if (this.#lost !== undefined) return;
      // nothing waits in this process then: what is written next is with the system at once
      await this.#within(this.#patience.block, (taken) => this.#socket.write(chunk, taken));
    }
  }

  /** Waits until what `begin` began is done, or the connection is lost; loses it when the time is over. */
  async #within(ms: number, begin: (done: () => void) => void): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#lose(fault("ETIMEDOUT", "no answer in time"));
        this.#socket.destroy();
      }, ms);
      this.#waiting = resolve;
      begin(resolve);
    });
    clearTimeout(timer);
    this.#waiting = undefined;
  }

  /**
   * True if nothing has come that was not asked for: it would be taken for the answer to what is asked next, and every
   * later answer for the one before it. Otherwise it is forgotten, and the connection lost.
   */
  #isSilent(): boolean {
    return this.#received === "" || this.#isUnasked();
  }

  /** What has come answers nothing: it is forgotten, and the connection lost. */
  #isUnasked(): false {
    this.#lose(fault("EPROTOCOL", "an answer to nothing"));
    this.#received = "";
    this.#socket.destroy();
    return false;
  }

  /** As {@link #isSilent}; the answers to what was announced may have come, one each. */
  #isExpected(): boolean {
    if (this.#announced === undefined) return this.#isSilent();
    const asked = this.#announced.split("\r\n").length - 1;
    let at = 0;
    for (let answers = 0; at < this.#received.length; answers++) {
      const read = readReply(this.#received.slice(at));
      if (read === "more" && answers < asked) return true;
      if (read === "more" || read === "none" || answers === asked) break;
      at += read.octets;
    }
    return at === this.#received.length || this.#isUnasked();
  }

  #write(text: string): void {
    if (this.#lost === undefined) this.#socket.write(text, "latin1");
  }

  async #hello(): Promise<void> {
    const own = this.#place.protocol === "lmtp" ? "LHLO" : "EHLO";
    this.#write(`${own} ${hostname() || "localhost"}\r\n`);
    const { text } = await this.#expect(250);
    this.#extensions = new Map(
      text
        .split("\n")
        .slice(1)
        .map((line) => {
          const [name = "", value = ""] = line.slice(4).trim().split(/\s+/);
          return [name.toUpperCase(), value];
        }),
    );
  }

  async #startTls(): Promise<void> {
    if (!this.#extensions.has("STARTTLS")) throw fault("ETLS", "STARTTLS is not offered");
    this.#write("STARTTLS\r\n");
    await this.#expect(220);
    // words in the clear behind the answer would be read as if they had come encrypted (RFC 3207, 6)
    if (this.#received !== "") throw fault("EPROTOCOL", "more than an answer to STARTTLS came");
    const plain = this.#socket;
    this.#leave(plain);
    const { host, ca } = this.#place;
    this.#socket = startTls({
      socket: plain,
      host,
      minVersion: TLS_MINIMUM,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    this.#listen(this.#socket);
    // what was offered in the clear may have been anybody's word
    await this.#hello();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.toString("latin1");
    this.#waiting?.();
  };
  readonly #onError = (error: Error): void => this.#lose(error);
  /** An idle connection that the relay closes reports here; the next mail finds out. */
  readonly #onGone = (): void => this.#lose(fault("ECONNECTION", "closed by the relay"));

  #listen(socket: Socket): void {
    socket.on("data", this.#onData).on("error", this.#onError);
    socket.on("end", this.#onGone).on("close", this.#onGone);
  }

  #leave(socket: Socket): void {
    socket.off("data", this.#onData).off("error", this.#onError);
    socket.off("end", this.#onGone).off("close", this.#onGone);
  }

  #lose(cause: Error): void {
    this.#lost ??= cause;
    this.#waiting?.();
  }

  /**
   * The next whole answer. The time is for all of its lines: one that never ends would keep this connection, and the mails
   * behind it, for as long as the relay likes.
   */
  async #reply(ms: number): Promise<RelayReply> {
    const until = performance.now() + ms;
    for (;;) {
      const read = readReply(this.#received);
      if (read === "none") {
        this.#lose(fault("EPROTOCOL", "no answer of SMTP"));
        this.#socket.destroy();
      } else if (read !== "more") {
        this.#received = this.#received.slice(read.octets);
        return read.reply;
      }
      if (this.#lost !== undefined) return { kind: "lost", cause: this.#lost };
      await this.#within(Math.max(0, until - performance.now()), () => undefined);
    }
  }

  async #expect(code: number): Promise<{ readonly code: number; readonly text: string }> {
    const reply = await this.#reply(this.#patience.connect);
    if (reply.kind === "lost") throw reply.cause;
    if (reply.code !== code) throw fault("EPROTOCOL", `the relay said ${reply.code}`);
    return reply;
  }
}

/** Commands as RFC 2920 sends them together. */
const inOneWrite = (commands: readonly string[]): string => `${commands.join("\r\n")}\r\n`;

/** The answer at the beginning of `text`; `none` if that is no answer (RFC 5321, 4.2.1), `more` if its end is to come. */
function readReply(
  text: string,
): { readonly reply: Extract<RelayReply, { kind: "answer" }>; readonly octets: number } | "more" | "none" {
  const code = text.slice(0, 3);
  for (let at = 0; at <= MAX_REPLY_OCTETS; ) {
    const end = text.indexOf("\n", at);
    if (end === -1) return text.length > MAX_REPLY_OCTETS ? "none" : "more";
    // all lines of an answer bear the same code
    if (!/^\d{3}/.test(code) || !text.startsWith(code, at)) return "none";
    const mark = text[at + 3] ?? "";
    if (!"- \r\n".includes(mark)) return "none";
    at = end + 1;
    if (mark === "-") continue;
    const lines = text.slice(0, at).replaceAll("\r", "").trimEnd();
    return { reply: { kind: "answer", code: Number(code), text: lines }, octets: at };
  }
  return "none";
}

/** An address as it is in a command. @throws if it would end the command: a mail is addressed by parsed addresses only */
function address(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\uffff<>]/.test(text)) throw new Error("not an address");
  return text;
}
